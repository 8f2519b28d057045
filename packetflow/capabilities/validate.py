"""Compiled validators for types, by pydantic.

Values from outside are coerced the way pydantic does in lax mode (``"3"`` fits ``int``), values
of classes that pydantic does not know are checked with ``isinstance``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError

Validator = Callable[[Any], Any]
"""Returns the value, perhaps converted; raises ``pydantic.ValidationError``."""

_LENIENT = ConfigDict(arbitrary_types_allowed=True)


@lru_cache(maxsize=4096)
def _cached_adapter(kind: Any) -> TypeAdapter[Any]:
    return _build(kind)


def _build(kind: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(kind, config=_LENIENT)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
        return TypeAdapter(kind)


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
