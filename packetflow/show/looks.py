"""How to show a value: as a table, a chart, a page, words or a tree.

Values are plain data, as they are recorded: a dataclass as a dict, Markdown as ``{"text": ...}``, a
table as `pyarrow.Table`. Their declared type, as written in a signature, tells them apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeAlias

import pyarrow as pa

Kind: TypeAlias = Literal[
    "table",
    "chart",
    "markdown",
    "image",
    "audio",
    "page",
    "text",
    "list",
    "fact",
    "tree",
    "link",
    "missing",
]
LONG_TEXT = 120
MOST_LEAVES = 2_000
"""A tree is shown up to so many values; a list in it up to a tenth of that."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing to show.

    Attributes:
        kind: What to show it as.
        value: A `pyarrow.Table`, plotly's JSON, text, bytes or plain data, as *kind* needs it.
        title: Its own title, if it has one.
        note: What the reader must know besides; for bytes, their media type.
    """

    kind: Kind
    value: Any
    title: str = ""
    note: str = ""


def looks(value: Any, type_text: str = "") -> list[Look]:
    """Choose how to show a value; several looks for a list of charts.

    Args:
        value: Plain data.
        type_text: Its declared type, as in ``list[Chart]``; may be empty.

    >>> [look.kind for look in looks({"text": "# Hi"}, "Markdown")]
    ['markdown']
    """
    if isinstance(value, pa.Table):
        return [Look("table", value)]
    if isinstance(value, Mapping):
        return [_of_mapping(value, type_text)]
    if isinstance(value, list | tuple):
        return _of_list(list(value), type_text)
    if isinstance(value, bytes | bytearray):
        return [Look("missing", f"{len(value):,} bytes")]
    if isinstance(value, str):
        return [_of_text(value)]
    if value is None:
        return [Look("missing", "none")]
    return [Look("fact", said(value))]


def said(value: Any) -> str:
    """Say a number, a truth value or a date in a few characters.

    >>> said(True), said(1234567), said(0.30000000000000004), said(2.0)
    ('yes', '1,234,567', '0.3', '2')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.6g}" if math.isfinite(value) else str(value)
    return str(value)


def _of_text(text: str) -> Look:
    start = text[:200].lstrip().lower()
    if start.startswith(("<!doctype html", "<html")):
        return Look("page", text)
    if "<svg" in start and text.rstrip().endswith("</svg>"):
        return Look("image", text.encode(), note="image/svg+xml")
    if len(text) <= LONG_TEXT and "\n" not in text:
        return Look("fact", text)
    return Look("text" if not _is_markdown(text) else "markdown", text)


def _is_markdown(text: str) -> bool:
    return bool(re.search(r"(^#{1,4} )|(\*\*[^*\n]+\*\*)|(^[-*] .+\n[-*] )", text, re.MULTILINE))


def _of_mapping(value: Mapping[str, Any], type_text: str) -> Look:
    keys = set(value)
    if keys == {"text"} and isinstance(value["text"], str) and type_text != "dict":
        return Look("markdown", value["text"])
    if "spec" in keys and isinstance(value["spec"], Mapping) and "data" in value["spec"]:
        note, title = str(value.get("note") or ""), str(value.get("title") or "")
        return Look("chart", dict(value["spec"]), title, note)
    if keys >= {"content", "media_type"} and isinstance(value["content"], bytes):
        media_type = str(value["media_type"])
        kind: Kind = "audio" if media_type.startswith("audio/") else "image"
        return Look(kind, value["content"], str(value.get("alt") or ""), media_type)
    if "uri" in keys and keys <= {"uri", "name", "media_type"}:
        return Look("link", str(value["uri"]), str(value.get("name") or ""))
    if "$opaque" in keys:
        return Look("missing", str(value["$opaque"]))
    if "$secret" in keys:
        return Look("missing", "a secret; it is never kept")
    if keys == {"$table"}:
        rows = value["$table"].get("rows")
        return Look("missing", f"a table of {rows} rows; its content is no longer at hand")
    return Look("tree", value)


def _of_list(values: list[Any], type_text: str) -> list[Look]:
    if not values:
        return [Look("missing", "none")]
    if all(isinstance(one, Mapping) for one in values):
        each = [_of_mapping(one, type_text) for one in values]
        if all(one.kind in {"chart", "image", "markdown"} for one in each):
            return each
        table = as_table(values)
        if table is not None:
            return [Look("table", table)]
    if all(isinstance(one, str) for one in values) and sum(map(len, values)) < 4000:
        return [Look("list", values)]
    return [Look("tree", values)]


def as_table(rows: list[Any]) -> pa.Table | None:
    """Rows as a table when each cell is plain or a short list; None when they nest deeper."""
    names: dict[str, None] = {}
    for row in rows:
        for name, cell in row.items():
            if isinstance(cell, Mapping):
                return None
            names[str(name)] = None
    columns = {name: [_cell(row.get(name)) for row in rows] for name in names}
    try:
        return pa.table(columns)
    except (pa.ArrowException, TypeError, OverflowError):
        return pa.table({n: [None if c is None else str(c) for c in v] for n, v in columns.items()})


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return ", ".join(said(one) for one in value)
    return value


def plain(value: Any) -> Any:
    """The same value in what JSON has; tables as a word, numbers that are none as null."""
    match value:
        case Mapping():
            return {str(key): plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
        case pa.Table():
            return f"table of {value.num_rows:,} rows: {', '.join(value.column_names)}"
        case bytes() | bytearray():
            return f"{len(value):,} bytes"
        case float():
            return value if math.isfinite(value) else None
        case str() | int() | None:
            return value
        case _:
            return str(value)


def preview(tree: Any, most: int = MOST_LEAVES) -> tuple[Any, bool]:
    """The beginning of plain data, and whether that is all of it.

    >>> preview({"a": list(range(9)), "b": "x" * 9}, most=40)
    ({'a': [0, 1, 2, 3, '... 5 more'], 'b': 'xxxxxxxxx'}, False)
    """
    left = most
    is_whole = True

    def cut(value: Any) -> Any:
        nonlocal left, is_whole
        left -= 1
        many = max(1, min(most // 10, left))
        match value:
            case Mapping() if len(value) > many:
                is_whole = False
                kept = {key: cut(one) for key, one in islice(value.items(), many)}
                return kept | {"...": f"{len(value) - many:,} more"}
            case Mapping():
                return {key: cut(one) for key, one in value.items()}
            case list() | tuple() if len(value) > many:
                is_whole = False
                return [*(cut(one) for one in value[:many]), f"... {len(value) - many:,} more"]
            case list() | tuple():
                return [cut(one) for one in value]
            case str() if len(value) > most:
                is_whole = False
                return f"{value[:most]}... ({len(value):,} characters)"
            case _:
                return value

    return plain(cut(tree)), is_whole
