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
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import SchemaValidator

from packetflow.capabilities.contract import article

if TYPE_CHECKING:
    from pydantic import TypeAdapter
    from pydantic_core import ValidationError

Validator = Callable[[Any], Any]
"""Returns the value, perhaps converted; raises ``pydantic.ValidationError``."""

_PLAIN: Final[dict[Any, str]] = {bool: "bool", float: "float", int: "int", str: "str"}
"""Types whose validator needs no pydantic, only its core: loading the rest takes 25 ms."""


@lru_cache(maxsize=4096)
def _cached_adapter(kind: Any) -> TypeAdapter[Any]:
    return _build(kind)


def _build(kind: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, PydanticUserError, TypeAdapter

    kind = _portable(kind) if sys.version_info < (3, 12) else kind
    try:
        return TypeAdapter(kind, config=ConfigDict(arbitrary_types_allowed=True))
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
    import typing_extensions

    if type(kind).__module__ == "typing_extensions":
        return kind
    hints = typing.get_type_hints(kind, include_extras=True)
    required: frozenset[str] = getattr(kind, "__required_keys__", frozenset(hints))
    fields = {name: _portable(_inside(hint)) for name, hint in hints.items()}
    for name in hints.keys() - required:
        fields[name] = typing_extensions.NotRequired[fields[name]]
    make: Any = typing_extensions.TypedDict  # types are values here
    made = make(kind.__name__, fields)
    if hasattr(kind, "__pydantic_config__"):
        made.__pydantic_config__ = kind.__pydantic_config__
    return made


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
    if isinstance(kind, type) and kind in _PLAIN:
        return _plain(_PLAIN[kind])
    check: Validator = adapter(kind).validator.validate_python
    return check


@lru_cache
def _plain(name: str) -> Validator:
    return SchemaValidator({"type": name}).validate_python


def unusable() -> tuple[type[Exception], ...]:
    """What `validator` raises for a type that cannot be checked; asked only once it has raised."""
    from pydantic import PydanticUserError

    return PydanticUserError, NameError


def reason(error: ValidationError) -> str:
    """Say in one clause what is wrong with a value, without the value itself.

    >>> from pydantic import ValidationError
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
    return f"{f'at {place} ' if place else ''}{text} (it is {article(kind)}){more}"
