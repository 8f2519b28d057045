"""Values as JSON for machines and for the eye: tables bounded, pictures and charts as a word.

What JSON has no words for becomes a small object with a telling key: ``{"markdown": ...}``,
``{"image": "image/png", "bytes": 1234}``, ``{"chart": title, ...}``; a table becomes
``{"columns": [...], "rows": [[...], ...], "count": n}`` with at most `MOST_ROWS` rows.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import math
import uuid
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Any

from packetflow.capabilities.contract import Port
from packetflow.capabilities.values import Audio, Image, Markdown, Resource
from packetflow.show.tables import cells_of

MOST_ROWS = 100
SECRET = {"$secret": True}
_DEEPEST = 60


def as_text(value: Any) -> str:
    r"""Write a value as indented JSON; what JSON cannot hold is made plain first.

    >>> as_text({"at": dt.date(2026, 1, 2), "share": float("nan")})
    '{\n  "at": "2026-01-02",\n  "share": null\n}'
    """
    return json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False)


def shown(values: Mapping[str, Any], ports: Mapping[str, Port]) -> dict[str, Any]:
    """Named values as plain ones, with secrets left out."""
    return {
        name: SECRET if name in ports and ports[name].secret else plain(value)
        for name, value in values.items()
    }


def plain(value: Any, depth: int = 0) -> Any:
    """A value of numbers, texts, lists and dicts with text keys that says the same."""
    if depth > _DEEPEST:
        return {"$opaque": f"nested more than {_DEEPEST} deep"}
    match value:
        case None | bool():
            return value
        case enum.Enum():
            return plain(value.value, depth + 1)
        case str():
            return value.encode("utf-8", "replace").decode()
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else None
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return value.total_seconds()
        case decimal.Decimal() | uuid.UUID() | PurePath():
            return str(value)
        case Mapping():
            return {str(plain(key)): plain(item, depth + 1) for key, item in value.items()}
        case list() | tuple():
            return [plain(item, depth + 1) for item in value]
        case AbstractSet():
            return sorted((plain(item, depth + 1) for item in value), key=repr)
        case bytes() | bytearray() | memoryview():
            return {"bytes": len(value)}
        case _:
            return _made(value, depth)


def _made(value: Any, depth: int) -> Any:
    """Values of classes."""
    match value:
        case Markdown():
            return {"markdown": value.text}
        case Image():
            return {"image": value.media_type, "bytes": len(value.content), "alt": value.alt}
        case Audio():
            return {"audio": value.media_type, "bytes": len(value.content)}
        case Resource():
            return {"resource": value.uri, "name": value.name, "media_type": value.media_type}
        case _:
            return _foreign(value, depth)


def _foreign(value: Any, depth: int) -> Any:
    """Values of classes that are not ours, or of layers that are not loaded unless used."""
    module = type(value).__module__
    if module.startswith("pyarrow") and hasattr(value, "column_names"):
        return table(value)
    if module == "packetflow.library.figures":
        return {"chart": value.title, "note": value.note, "traces": len(value.spec["data"])}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
        return plain(fields, depth + 1)
    if hasattr(value, "model_dump"):
        return plain(value.model_dump(), depth + 1)
    if hasattr(value, "tolist") and module.startswith("numpy"):
        return plain(value.tolist(), depth + 1)
    return {"$opaque": repr(value)[:200]}


def in_utc(value: Any) -> Any:
    """A time of the store, which is UTC without saying so, with its zone; else as it is."""
    is_bare = isinstance(value, dt.datetime) and value.tzinfo is None
    return value.replace(tzinfo=dt.UTC) if is_bare else value


def table(value: Any, rows: int = MOST_ROWS) -> dict[str, Any]:
    """An Arrow table as its columns, its first rows, and how many rows it has."""
    names = list(value.column_names)
    columns = [cells_of(value.column(place).slice(0, rows)) for place in range(len(names))]
    lines = [[plain(cell) for cell in line] for line in zip(*columns, strict=True)]
    return {"columns": names, "rows": lines, "count": value.num_rows}
