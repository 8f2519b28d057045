"""Compiled validators for types, by pydantic.

Values from outside are coerced the way pydantic does in lax mode (``"3"`` fits ``int``), values
of classes that pydantic does not know are checked with ``isinstance``.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import typing_extensions
from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

Validator = Callable[[Any], Any]
"""Returns the value, perhaps converted; raises ``pydantic.ValidationError``."""

_LENIENT = ConfigDict(arbitrary_types_allowed=True)


@lru_cache(maxsize=4096)
def _cached_adapter(kind: Any) -> TypeAdapter[Any]:
    return _build(kind)


def _build(kind: Any) -> TypeAdapter[Any]:
    kind = _portable(kind) if sys.version_info < (3, 12) else kind
    try:
        return TypeAdapter(kind, config=_LENIENT)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(kind)


def _portable(kind: Any) -> Any:
    """Put ``typing_extensions`` TypedDicts in place of those of ``typing``.

    Before Python 3.12 the latter do not say enough about themselves for pydantic.
    """
    if typing.is_typeddict(kind):
        return _portable_dict(kind)
    arguments = typing.get_args(kind)
    changed = tuple(_portable(one) for one in arguments)
    if all(new is old for new, old in zip(changed, arguments, strict=True)):
        return kind
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[changed]  # noqa: UP007 - types are values here
    if origin is typing.Annotated:
        return typing.Annotated[(changed[0], *kind.__metadata__)]
    return origin[changed] if origin is not None else kind


def _portable_dict(kind: Any) -> Any:
    if type(kind).__module__ == "typing_extensions":
        return kind
    hints = typing.get_type_hints(kind, include_extras=True)
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset(hints))
    fields = {
        name: _portable(hint)
        if name in required
        else typing_extensions.NotRequired[_portable(_inside(hint))]
        for name, hint in hints.items()
    }
    return typing_extensions.TypedDict(kind.__name__, fields)  # type: ignore[operator]  # made at run time


def _inside(hint: Any) -> Any:
    wrapped = typing.get_origin(hint) in (typing.NotRequired, typing.Required)
    return typing.get_args(hint)[0] if wrapped else hint


def adapter(kind: Any) -> TypeAdapter[Any]:
    """The pydantic adapter of a type; made once a type where the type can be hashed."""
    try:
        return _cached_adapter(kind)
    except TypeError:
        return _build(kind)


def validator(kind: Any) -> Validator | None:
    """A function that checks one value, or ``None`` when everything fits.

    >>> validator(int)("3"), validator(Any)
    (3, None)
    """
    if kind is Any or kind is object:
        return None
    check: Validator = adapter(kind).validator.validate_python
    return check


def reason(error: ValidationError) -> str:
    """Say in one clause what is wrong with a value, without the value itself.

    >>> try:
    ...     validator(int)("many")
    ... except ValidationError as error:
    ...     print(reason(error))
    should be a valid integer, unable to parse string as an integer (it is a str)
    """
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Input ")
    text = text[:1].lower() + text[1:]
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    kind = type(first["input"]).__name__
    return f"{f'at {place} ' if place else ''}{text} (it is a {kind}){more}"
