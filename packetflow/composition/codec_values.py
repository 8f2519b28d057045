"""How values, types and durations stand in a saved composition.

Text, numbers, booleans, null, lists and mappings stand as themselves. A few others stand as a
mapping with one key that begins with ``$``, so that every format reads them back unchanged.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, Final

from packetflow.capabilities.contract import type_name
from packetflow.errors import CompositionError


class _Hidden:
    __slots__ = ()

    def __repr__(self) -> str:
        return "HIDDEN"

    def __reduce__(self) -> str:
        return "HIDDEN"


HIDDEN: Final = _Hidden()
"""Stands where a secret value was, which nothing may keep."""

DEEPEST_VALUE = 50
LONGEST_KEY = 100

_NAMED_TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "list": list,
    "dict": dict,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "bytes": bytes,
    "any": Any,
}
TYPE_NAMES = tuple(_NAMED_TYPES)
"""The names of types in files, besides ``list[T]``, ``dict[str, T]`` and ``T | None``."""

_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
    "ms": 0.001,
}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_ISO = re.compile(
    r"P(?:(?P<w>\d+)W)?(?:(?P<d>\d+)D)?"
    r"(?:T(?:(?P<h>\d+)H)?(?:(?P<min>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)


def duration(text: str) -> float:
    """Read a duration as seconds.

    Raises:
        ValueError: It is no duration.

    >>> duration("2 days"), duration("1 h 30 min"), duration("PT10M")
    (172800.0, 5400.0, 600.0)
    """
    iso = _ISO.fullmatch(text.strip())
    if iso and any(iso.groupdict().values()):
        return sum(float(n) * _UNITS[unit] for unit, n in iso.groupdict().items() if n)
    total, at = 0.0, 0
    while (match := _AMOUNT.match(text, at)) and match[2] in _UNITS:
        total += float(match[1]) * _UNITS[match[2]]
        at = match.end()
    if not at or at < len(text):
        raise ValueError(f"{text!r} is no duration; write seconds, '10 min', '2 days' or 'PT10M'")
    return total


def written_number(value: float) -> float:
    """A number of seconds as it is written: whole ones without a point.

    Raises:
        CompositionError: It is infinite or no number.
    """
    if not math.isfinite(value):
        raise CompositionError(f"{value} cannot be saved as a number; write a finite one")
    return int(value) if value == int(value) else value


def read_type(text: str) -> Any:
    """Find the type that a text names.

    Raises:
        ValueError: It names none.

    >>> read_type("list[int] | None")
    typing.Optional[list[int]]
    """
    parts = [part.strip() for part in _split(text)]
    kinds = tuple(type(None) if part == "None" else _read_one(part) for part in parts)
    return kinds[0] if len(kinds) == 1 else typing.Union[kinds]  # noqa: UP007 - types are values


def _split(text: str) -> list[str]:
    """Cut at the bars outside of brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _read_one(text: str) -> Any:
    if text in _NAMED_TYPES:
        return _NAMED_TYPES[text]
    outer, bracket, rest = text.partition("[")
    if bracket and rest.endswith("]") and len(text) < LONGEST_KEY:
        inner = rest[:-1].strip()
        if outer == "list":
            return types.GenericAlias(list, (read_type(inner),))
        if outer == "dict" and inner.startswith("str,"):
            return types.GenericAlias(dict, (str, read_type(inner[4:].strip())))
    raise ValueError(
        f"{text!r} is no type that a file can name; use {', '.join(TYPE_NAMES)}, list[...], "
        "dict[str, ...] or '... | None'"
    )


def written_type(kind: Any) -> str:
    """Name a type the way a file does; marks such as ``secret`` are left out.

    Raises:
        CompositionError: A file cannot name it.

    >>> written_type(list[str] | None)
    'list[str] | None'
    """
    if kind is None or kind is type(None):
        return "None"
    if getattr(kind, "__metadata__", None) is not None:
        return written_type(kind.__origin__)
    for name, named in _NAMED_TYPES.items():
        if kind is named:
            return name
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(written_type(part) for part in arguments)
    if origin is list:
        return f"list[{written_type(arguments[0])}]"
    if origin is dict and arguments[0] is str:
        return f"dict[str, {written_type(arguments[1])}]"
    raise CompositionError(
        f"the type {type_name(kind)} cannot be saved in a file; use 'Any' and let the steps say it"
    )


def written_value(value: Any, where: str, depth: int = 0) -> Any:
    """A value as plain text, numbers, booleans, null, lists and mappings.

    Args:
        value: Plain ones, and tuples, sets, dates, times, bytes and mappings with any plain keys.
        where: What it is for; for messages.
        depth: How deep it lies.

    Raises:
        CompositionError: It is of another class, or nested deeper than `DEEPEST_VALUE`.

    >>> written_value({"day": datetime.date(2026, 1, 2), "sizes": (1, 2)}, "set")
    {'day': {'$date': '2026-01-02'}, 'sizes': {'$tuple': [1, 2]}}
    """
    if depth > DEEPEST_VALUE:
        raise CompositionError(f"{where}: the value is nested more than {DEEPEST_VALUE} deep")
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if value is HIDDEN:
        return {"$secret": True}
    if kind is float:
        return value if math.isfinite(value) else {"$float": str(value)}
    if kind is list:
        return [written_value(item, where, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return _written_mapping(value, where, depth)
    if kind in (tuple, set, frozenset):
        items = [written_value(item, where, depth + 1) for item in value]
        if kind is not tuple:
            items.sort(key=repr)
        return {f"${kind.__name__}": items}
    if kind in (datetime.date, datetime.datetime, datetime.time):
        return {f"${kind.__name__}": value.isoformat()}
    if kind is datetime.timedelta:
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is bytes:
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    raise CompositionError(
        f"{where}: a {kind.__name__} cannot be saved in a file; make it an input, or let a step "
        "make it"
    )


def _written_mapping(value: Mapping[Any, Any], where: str, depth: int) -> dict[str, Any]:
    plain_keys = all(type(key) is str and len(key) <= LONGEST_KEY for key in value)
    clash = len(value) == 1 and plain_keys and next(iter(value)).startswith("$")
    if plain_keys and not clash:
        return {key: written_value(item, where, depth + 1) for key, item in value.items()}
    pairs = [
        [written_value(key, where, depth + 1), written_value(item, where, depth + 1)]
        for key, item in value.items()
    ]
    return {"$map": pairs}


def read_value(written: Any) -> Any:
    """Undo `written_value`.

    Raises:
        ValueError: What stands under a key with ``$`` does not fit it.
    """
    if isinstance(written, list):
        return [read_value(item) for item in written]
    if not isinstance(written, dict):
        return written
    if len(written) == 1 and (name := next(iter(written))).startswith("$"):
        try:
            return _read_marked(name, written[name])
        except (TypeError, ValueError, AttributeError, OverflowError, binascii.Error) as error:
            raise ValueError(f"{written[name]!r} is no value for {name}: {error}") from error
    return {key: read_value(item) for key, item in written.items()}


def _read_marked(name: str, inner: Any) -> Any:
    match name:
        case "$float":
            return float(inner)
        case "$tuple":
            return tuple(read_value(_list(inner)))
        case "$set":
            return set(read_value(_list(inner)))
        case "$frozenset":
            return frozenset(read_value(_list(inner)))
        case "$map":
            return {read_value(key): read_value(item) for key, item in _list(inner)}
        case "$date":
            return datetime.date.fromisoformat(inner)
        case "$datetime":
            return datetime.datetime.fromisoformat(inner)
        case "$time":
            return datetime.time.fromisoformat(inner)
        case "$timedelta":
            days, seconds, microseconds = _list(inner)
            return datetime.timedelta(days, seconds, microseconds)
        case "$secret":
            return HIDDEN
        case "$bytes":
            return base64.b64decode(inner, validate=True)
        case _:
            raise ValueError(
                "no such mark; a mapping whose one key begins with $ is kept for marks"
            )


def _list(inner: Any) -> list[Any]:
    if not isinstance(inner, list):
        raise TypeError("it must be a list")
    return inner
