"""What a tool made, as plain values that JSON carries, shortened where they are long."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from pydantic_core import to_jsonable_python

LEAST_ITEMS: Final = 1
MOST_ITEMS: Final = 4096
MOST_SIGNS: Final = 65_536
ROWS_AT_ONCE: Final = 10_000
MOST_WORDS: Final = 4096
"""The most signs of a complaint."""

LEAST_NAMES: Final = 100
"""So many fields of an object always stay: its schema may need them."""

DEEPEST: Final = 100
"""What is nested deeper is left out: readers of JSON give up at 200 levels or so."""

_NESTED: Final = frozenset({dict, list})

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
        return to_jsonable_python(value, bytes_mode="base64", inf_nan_mode="null", fallback=_other)
    except (ValueError, RecursionError):  # too deep, half characters, circles
        return told(repr(value), MOST_SIGNS)


def told(text: str, most: int = MOST_WORDS) -> str:
    """A text that can be sent: not too long, and without halves of characters."""
    short = text if len(text) <= most else f"{text[:most]}..."
    return short.encode("utf-8", "backslashreplace").decode()


def odd_numbers(values: Mapping[str, Any]) -> list[str]:
    """The names of values with NaN or infinite numbers in them, for which JSON has only null."""
    found = []
    for name, value in values.items():
        try:
            json.dumps(
                to_jsonable_python(value, bytes_mode="base64", fallback=_other), allow_nan=False
            )
        except (ValueError, RecursionError) as error:
            if "JSON compliant" in str(error):
                found.append(name)
    return found


def _other(value: Any) -> Any:
    return plain_of(value)[1] if hasattr(value, "to_pylist") else repr(value)[:MOST_SIGNS]


def shortened(whole: Mapping[str, Any], limit_bytes: int) -> tuple[dict[str, Any], bool]:
    """Values by name that are no longer than that as JSON, and whether something was left out.

    Lists, texts and objects of many fields lose their ends, so that the rest still has its form;
    so does what is nested deeper than readers of JSON go.

    >>> shortened({"text": "abc" * 100}, 50)
    ({'text': 'abcabcabcabcabca...'}, True)
    """
    if _size(whole) <= limit_bytes:
        deep = _is_deep(whole)
        return _flat(whole, DEEPEST) if deep else dict(whole), deep
    items, signs = MOST_ITEMS, MOST_SIGNS
    while items >= LEAST_ITEMS:
        cut = {name: _flat(_cut(one, items, signs), DEEPEST) for name, one in whole.items()}
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
        some = islice(value.items(), max(items, LEAST_NAMES))
        return {name: _cut(one, items, signs) for name, one in some}
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, Mapping) else one)
            if type(inner) in _NESTED
        ]
        if not level:
            return False
    return True


def _flat(value: Any, levels: int) -> Any:
    if not isinstance(value, dict | list):
        return value
    if levels <= 0:
        return "..."
    if isinstance(value, list):
        return [_flat(one, levels - 1) for one in value]
    return {name: _flat(one, levels - 1) for name, one in value.items()}
