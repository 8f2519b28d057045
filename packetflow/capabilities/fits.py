"""Whether a value of one declared type may flow into another: the rule behind every wire."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import Any

_NUMBERS: dict[Any, tuple[Any, ...]] = {float: (int,), complex: (int, float)}
_LOOSE = (Any, object)


def fits(source: Any, target: Any) -> bool:
    """Tell whether every value declared *source* is acceptable where *target* is asked.

    Follows Python's own rules (subclasses, unions, ``int`` for ``float``, a list for a Sequence,
    a TypedDict for a dict, literals for their type); where either side says nothing (``Any``,
    type variables), it fits. Type arguments are compared covariantly, because steps do not
    change what they receive.

    >>> fits(int, float), fits(str, int), fits(list[int], list[float]), fits(str, str | None)
    (True, False, True, True)
    """
    source, target = _plain(source), _plain(target)
    if source is target or target in _LOOSE or source in _LOOSE or _same(source, target):
        return True
    if _is_variable(source) or _is_variable(target):
        return True
    if _is_union(source):
        return all(fits(part, target) for part in typing.get_args(source))
    if _is_union(target):
        return any(fits(source, part) for part in typing.get_args(target))
    if typing.get_origin(source) is typing.Literal:
        return _literal_fits(source, target)
    if typing.get_origin(target) is typing.Literal:
        return False
    return _class_fits(source, target)


def _plain(kind: Any) -> Any:
    """Strip ``Annotated``, ``NewType`` and type aliases; ``None`` becomes its type."""
    while True:
        if kind is None:
            return type(None)
        if getattr(kind, "__metadata__", None) is not None:
            kind = kind.__origin__
        elif isinstance(kind, typing.NewType):
            kind = kind.__supertype__
        elif hasattr(kind, "__value__") and not isinstance(kind, type):
            kind = kind.__value__
        else:
            return kind


def _same(source: Any, target: Any) -> bool:
    try:
        return bool(source == target)
    except Exception:  # noqa: BLE001 - a border: a type's own __eq__ may do anything
        return False


def _is_variable(kind: Any) -> bool:
    return isinstance(kind, (typing.TypeVar, typing.ForwardRef, str))


def _is_union(kind: Any) -> bool:
    return typing.get_origin(kind) in (typing.Union, types.UnionType)


def _literal_fits(source: Any, target: Any) -> bool:
    values = typing.get_args(source)
    if typing.get_origin(target) is typing.Literal:
        return set(values) <= set(typing.get_args(target))
    return all(fits(type(value), target) for value in values)


def _class_fits(source: Any, target: Any) -> bool:
    source_class = typing.get_origin(source) or source
    target_class = typing.get_origin(target) or target
    if target_class in _NUMBERS and source_class in _NUMBERS[target_class]:
        return True
    if typing.is_typeddict(source_class):
        return _typeddict_fits(source_class, target_class)
    if typing.is_typeddict(target_class):
        return source_class is dict
    if not (isinstance(source_class, type) and isinstance(target_class, type)):
        return bool(source_class == target_class)
    if source_class in (str, bytes) and target_class is not source_class:
        # Text is a sequence of text in Python, but a wire from text to a list is a mistake.
        return bool(target_class is collections.abc.Hashable)
    if not _is_subclass(source_class, target_class):
        return False
    return _arguments_fit(source, target, source_class, target_class)


def _is_subclass(source: type, target: type) -> bool:
    try:
        return issubclass(source, target)
    except TypeError:
        return True


def _typeddict_fits(source: Any, target: Any) -> bool:
    if typing.is_typeddict(target):
        have = typing.get_type_hints(source)
        want = typing.get_type_hints(target)
        needed = getattr(target, "__required_keys__", frozenset(want))
        return needed <= set(have) and all(
            fits(have[name], kind) for name, kind in want.items() if name in have
        )
    return isinstance(target, type) and _is_subclass(dict, target)


def _arguments_fit(source: Any, target: Any, source_class: type, target_class: type) -> bool:
    have, want = typing.get_args(source), typing.get_args(target)
    if not have or not want:
        return True
    if source_class is tuple:
        return _tuple_fits(have, want, target_class)
    if len(have) != len(want):
        return True
    return all(fits(one, other) for one, other in zip(have, want, strict=True))


def _tuple_fits(have: tuple[Any, ...], want: tuple[Any, ...], target_class: type) -> bool:
    have_any_length = len(have) == 2 and have[1] is Ellipsis
    want_any_length = target_class is not tuple or (len(want) == 2 and want[1] is Ellipsis)
    if want_any_length:
        return all(fits(part, want[0]) for part in have if part is not Ellipsis)
    if have_any_length or len(have) != len(want):
        return False
    return all(fits(one, other) for one, other in zip(have, want, strict=True))
