"""How values of one declared type are kept: functions made when a plan is compiled.

The general way (`values.pack`) looks at every value anew. A declared dataclass or model whose
fields are plain, or such classes again, is known beforehand: its reader checks that the value is
of exactly these classes and gives plain data in a fraction of the time. Anything that is not as
declared raises `Unlike`, and the general way decides.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec.msgpack import Ext

from packetflow.capabilities.contract import Port
from packetflow.engine.codegen import function, is_safe
from packetflow.engine.exact import is_plain_class
from packetflow.engine.values import Pack, encode, hidden, pack, time_data
from packetflow.kernel.records import ValueTag

Reader: TypeAlias = Callable[[Any], Any]

_TYPED: Final = int(ValueTag.TYPED)
_SCALARS: Final = frozenset({bool, int, float, str, bytes, type(None)})


class Unlike(Exception):
    """The value is not of exactly the classes that its type declares."""


def packer(port: Port) -> Pack | None:
    """How to keep values of a port; ``None`` when they can be kept as they are."""
    if port.secret:
        return hidden
    if _always_plain(port.type):
        return None
    read = reader(port.type)

    def packed(value: Any) -> Any:
        if read is not None:
            try:
                return Ext(_TYPED, encode(read(value)))
            except (Unlike, OverflowError, AttributeError, UnicodeEncodeError, RecursionError):
                pass
        return pack(value, port)

    return packed


@lru_cache(maxsize=4096)
def _plain_type(kind: Any) -> bool:
    if kind in (str, float, bool, bytes, None, type(None)):
        return True
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return bool(arguments) and all(_plain_type(one) for one in arguments)
    if origin is dict:
        return len(arguments) == 2 and arguments[0] is str and _plain_type(arguments[1])
    return False


def _always_plain(kind: Any) -> bool:
    try:
        return kind is int or _plain_type(kind)
    except TypeError:
        return False


def reader(kind: Any) -> Reader | None:
    """A function that gives values of a declared class as plain data; ``None`` for other types.

    The function raises `Unlike` for a value of any other class, a subclass included.
    """
    try:
        return _class_reader(kind, ()) if _is_class(kind) else None
    except (NameError, TypeError):
        return None  # its hints cannot be read


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type) and is_plain_class(kind)


def _reader(kind: Any, above: tuple[Any, ...]) -> Reader | None:
    """The reader of what is no plain scalar."""
    if kind in _LEAVES or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        return _leaf_reader(kind)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional_reader(arguments, above)
    if origin is list and len(arguments) == 1:
        return _list_reader(arguments[0], above)
    if origin is dict and len(arguments) == 2 and arguments[0] is str:
        return _dict_reader(arguments[1], above)
    return _class_reader(kind, above) if _is_class(kind) else None


def _scalars(kind: Any) -> frozenset[type] | None:
    """The plain classes that a type allows; ``None`` when it allows others."""
    arms: tuple[Any, ...] = (kind,)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        arms = typing.get_args(kind)
    found = frozenset(type(None) if arm is None else arm for arm in arms)
    return found if found <= _SCALARS else None


def _leaf_reader(kind: Any) -> Reader:
    change: Callable[[Any], Any] | None = _LEAVES.get(kind, _enum_value)

    def leaf(value: Any) -> Any:
        if type(value) is not kind:
            raise Unlike
        return value if change is None else change(value)

    return leaf


def _enum_value(value: enum.Enum) -> Any:
    if type(value.value) not in _SCALARS:
        raise Unlike
    return value.value


def _finite(value: decimal.Decimal) -> str:
    if not value.is_finite():
        raise Unlike
    return str(value)


def _time(value: dt.datetime | dt.time) -> Any:
    try:
        return time_data(value)
    except TypeError:
        raise Unlike from None


_LEAVES: Final[dict[Any, Callable[[Any], Any] | None]] = {
    dt.date: None,
    dt.timedelta: None,
    uuid.UUID: None,
    dt.datetime: _time,
    dt.time: _time,
    decimal.Decimal: _finite,
}
"""How values that are neither scalars nor made of others become plain data."""


def _optional_reader(arms: tuple[Any, ...], above: tuple[Any, ...]) -> Reader | None:
    others = [arm for arm in arms if arm not in (None, type(None))]
    read = _reader(others[0], above) if len(others) == 1 else None
    if read is None:
        return None
    return lambda value: None if value is None else read(value)


def _list_reader(inside: Any, above: tuple[Any, ...]) -> Reader | None:
    scalars = _scalars(inside)
    if scalars is not None:

        def plain(value: Any) -> Any:
            if type(value) is list and scalars.issuperset(map(type, value)):
                return value
            raise Unlike

        return plain
    read = _reader(inside, above)
    if read is None:
        return None

    def whole(value: Any) -> Any:
        if type(value) is not list:
            raise Unlike
        return [read(item) for item in value]

    return whole


def _dict_reader(inside: Any, above: tuple[Any, ...]) -> Reader | None:
    items = _list_reader(inside, above)
    if items is None:
        return None
    keys = frozenset({str})

    def whole(value: Any) -> Any:
        if type(value) is not dict or not keys.issuperset(map(type, value)):
            raise Unlike
        return dict(zip(value, items(list(value.values())), strict=True))

    return whole


def _class_reader(kind: type, above: tuple[Any, ...]) -> Reader | None:
    if kind in above:
        return None
    known: dict[str, Any] = {"kind": kind, "Unlike": Unlike}
    checks, parts = ["type(value) is not kind"], []
    hints = typing.get_type_hints(kind, include_extras=True)
    for index, name in enumerate(_names(kind)):
        if not is_safe(name):
            return None
        scalars = _scalars(hints[name])
        if scalars is None:
            read = _reader(hints[name], (*above, kind))
            if read is None:
                return None
            known[f"r{index}"] = read
            parts.append(f"{name!r}: r{index}(value.{name})")
            continue
        if len(scalars) == 1:
            (known[f"k{index}"],) = scalars
            checks.append(f"type(v{index} := value.{name}) is not k{index}")
        else:
            known[f"k{index}"] = scalars
            checks.append(f"type(v{index} := value.{name}) not in k{index}")
        parts.append(f"{name!r}: v{index}")
    source = (
        f"def read(value):\n    if {' or '.join(checks)}:\n        raise Unlike\n"
        f"    return {{{', '.join(parts)}}}\n"
    )
    return function(source, "read", known)


def _names(kind: Any) -> list[str]:
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind)]
    return list(kind.model_fields)
