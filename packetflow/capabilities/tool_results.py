"""What a tool made, as plain values that JSON carries, shortened where they are long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_jsonable_python

LEAST_ITEMS: Final = 1
MOST_ITEMS: Final = 4096
MOST_SIGNS: Final = 65_536
ROWS_AT_ONCE: Final = 10_000

_FLAT: Final = frozenset({int, bool, type(None)})

as_text: Final = json.JSONEncoder(ensure_ascii=False).encode
"""Writes JSON; `json.dumps` makes an encoder for each text."""


def plain_of(value: Any) -> tuple[bool, Any]:
    """Whether some of a value was left out, and the value as JSON carries it."""
    if hasattr(value, "to_pylist") and hasattr(value, "slice"):
        rows = value.slice(0, ROWS_AT_ONCE).to_pylist()
        return value.num_rows > ROWS_AT_ONCE, as_json(rows)
    return False, as_json(value)


def as_json(value: Any) -> Any:
    """A value as numbers, texts, lists and dicts; what JSON has no words for becomes text."""
    if type(value) in _FLAT or (type(value) is str and value.isascii()):
        return value
    try:
        return to_jsonable_python(value, bytes_mode="base64", fallback=_other)
    except (PydanticSerializationError, UnicodeError, RecursionError):
        return repr(value)[:MOST_SIGNS]


def _other(value: Any) -> Any:
    return plain_of(value)[1] if hasattr(value, "to_pylist") else repr(value)[:MOST_SIGNS]


def shortened(whole: Mapping[str, Any], limit_bytes: int) -> tuple[dict[str, Any], bool]:
    """Values by name that are no longer than that as JSON, and whether something was left out.

    Lists and texts lose their ends, so that what is left still has its form.

    >>> shortened({"text": "abc" * 100}, 50)
    ({'text': 'abcabcabcabcabca...'}, True)
    """
    if _size(whole) <= limit_bytes:
        return dict(whole), False
    items, signs = MOST_ITEMS, MOST_SIGNS
    while items >= LEAST_ITEMS:
        cut = {name: _cut(value, items, signs) for name, value in whole.items()}
        if _size(cut) <= limit_bytes:
            return cut, True
        items, signs = items // 4, max(signs // 4, 16)
    return {}, True


def _size(value: Any) -> int:
    return len(as_text(value).encode("utf-8", "replace"))


def _cut(value: Any, items: int, signs: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= signs else f"{value[:signs]}..."
    if isinstance(value, list):
        return [_cut(one, items, signs) for one in value[:items]]
    if isinstance(value, dict):
        return {name: _cut(one, items, signs) for name, one in value.items()}
    return value
