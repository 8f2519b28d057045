"""Which declared types say exactly what classes their values are made of.

A value of such a type, kept as plain data, comes back as it was. For other types (unions of
classes, open classes, types with validators of their own) the engine tries it out, value by value.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import types
import typing
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeAlias

Classes: TypeAlias = frozenset[type]

_SCALARS = (bool, int, float, str, bytes, type(None), None)
_LEAVES = (dt.date, dt.datetime, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID)
_CONTAINERS = (list, tuple, set, frozenset, dict)


@lru_cache(maxsize=4096)
def _known(kind: Any) -> Classes | None:
    return _classes(kind, ())


def exact_classes(kind: Any) -> Classes | None:
    """The classes below a declared type, itself included; ``None`` when they cannot be told.

    >>> exact_classes(list[int]), exact_classes(Any) is None
    (frozenset({<class 'list'>}), True)
    """
    try:
        return _known(kind)
    except TypeError:
        return None


def _classes(kind: Any, above: tuple[Any, ...]) -> Classes | None:
    if kind in _SCALARS:
        return frozenset()
    if kind in above:
        return None
    if kind in _LEAVES or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        return frozenset({kind})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return frozenset() if all(type(one) in _SCALARS for one in arguments) else None
    if origin in (typing.Union, types.UnionType):
        return _union(arguments, above)
    if origin in _CONTAINERS:
        inside = _all((a for a in arguments if a is not Ellipsis), (*above, kind))
        return None if inside is None else inside | {origin}
    if typing.is_typeddict(kind):
        inside = _all(typing.get_type_hints(kind).values(), (*above, kind))
        return None if inside is None else inside | {dict}
    if isinstance(kind, type) and is_plain_class(kind):
        inside = _all(typing.get_type_hints(kind, include_extras=True).values(), (*above, kind))
        return None if inside is None else inside | {kind}
    return None


def _union(arms: tuple[Any, ...], above: tuple[Any, ...]) -> Classes | None:
    """A union is clear when at most one of its arms is no plain scalar, beside ``None`` only."""
    others = [arm for arm in arms if arm not in (None, type(None))]
    if all(arm in _SCALARS for arm in others):
        return frozenset()
    return _classes(others[0], above) if len(others) == 1 else None


def _all(kinds: Iterable[Any], above: tuple[Any, ...]) -> Classes | None:
    found: Classes = frozenset()
    for kind in kinds:
        one = _classes(kind, above)
        if one is None:
            return None
        found |= one
    # an instance of a subclass would come back as its base
    if any(a is not b and issubclass(a, b) for a in found for b in found):
        return None
    return found


def is_plain_class(kind: type) -> bool:
    """Tell whether instances are nothing but their fields."""
    decorators = getattr(kind, "__pydantic_decorators__", None)
    own = decorators is not None and any(
        getattr(decorators, name, None)
        for name in ("validators", "field_validators", "root_validators", "model_validators")
    )
    if own or getattr(kind, "__private_attributes__", None):
        return False
    if dataclasses.is_dataclass(kind):
        return not hasattr(kind, "__post_init__") and all(f.init for f in dataclasses.fields(kind))
    fields = getattr(kind, "model_fields", None)
    config = getattr(kind, "model_config", {})
    return isinstance(fields, dict) and config.get("extra") != "allow" and set(fields) != {"root"}
