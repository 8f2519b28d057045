"""Which declared types say exactly what their values are made of.

A checked value of such a type, kept as plain data, comes back as it was. For other types (unions
of classes, types with validators of their own, classes, whose fields nobody checks again once an
instance is made) the engine tries it out, value by value.
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


_HARMLESS = frozenset(
    {
        "arbitrary_types_allowed",
        "alias_generator",
        "extra",
        "from_attributes",
        "frozen",
        "json_schema_extra",
        "populate_by_name",
        "strict",
        "title",
        "use_attribute_docstrings",
        "validate_assignment",
        "validate_by_alias",
        "validate_by_name",
        "validate_default",
    }
)
"""What a model's settings may say without changing values when they are checked again."""


def is_plain_class(kind: type) -> bool:
    """Tell whether any instance is rebuilt from its fields, whatever stands in them."""
    decorators = getattr(kind, "__pydantic_decorators__", None)
    own = decorators is not None and any(
        getattr(decorators, name, None)
        for name in ("validators", "field_validators", "root_validators", "model_validators")
    )
    hooks = ("__private_attributes__", "__pydantic_custom_init__", "__pydantic_post_init__")
    if own or any(getattr(kind, name, None) for name in hooks):
        return False
    checked = getattr(kind, "__pydantic_fields__", {})
    if any(field.metadata for field in checked.values()):
        return False
    config = getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", None) or {}
    if not _HARMLESS.issuperset(config) or config.get("extra") == "allow":
        return False
    if dataclasses.is_dataclass(kind):
        return not hasattr(kind, "__post_init__") and all(f.init for f in dataclasses.fields(kind))
    return isinstance(getattr(kind, "model_fields", None), dict) and set(checked) != {"root"}
