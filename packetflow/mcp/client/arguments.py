"""Values as the arguments of a tool: as JSON, and held against the whole input schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic_core import PydanticSerializationError, to_jsonable_python

from packetflow.mcp.client.facts import ToolFacts
from packetflow.mcp.client.failures import ToolFailed

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MOST_COMPLAINTS: Final = 3
_PATTERNS: Final = ("pattern", "patternProperties")
_MOST_SIGNS: Final = 300


def arguments_of(
    tool: ToolFacts, names: Mapping[str, str], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The arguments of a call.

    Nothing (``None``) for an argument that is not required, and cannot be null, leaves it out.

    Args:
        tool: The tool.
        names: By input, the argument as the server writes it.
        given: Values by input.

    Raises:
        ToolFailed: A value cannot be said in JSON, or does not fit the schema: which, and why.
    """
    made = {}
    for name, value in given.items():
        try:
            argument = names.get(name, name)
            if value is not None or not _may_be_left_out(tool, argument):
                made[argument] = as_json(value)
        except (PydanticSerializationError, UnicodeError, RecursionError) as error:
            kind = type(value).__name__
            raise ToolFailed(
                f"its input {name!r} cannot be sent as JSON (it is a {kind})"
            ) from error
    wrong = complaints(tool, made)
    if wrong:
        raise ToolFailed(f"the arguments do not fit its schema: {'; '.join(wrong)}")
    return made


def _may_be_left_out(tool: ToolFacts, argument: str) -> bool:
    """Whether it is optional, and its type is not null."""
    required, fields = (tool.input_schema.get(key) for key in ("required", "properties"))
    if isinstance(required, list) and argument in required:
        return False
    said = fields.get(argument) if isinstance(fields, Mapping) else None
    kind = said.get("type") if isinstance(said, Mapping) else None
    return kind is not None and kind != "null" and "null" not in kind


def as_json(value: Any) -> Any:
    """A value as JSON carries it: a table as its rows, bytes as base64.

    Raises:
        PydanticSerializationError: JSON has no words for it.
    """
    return to_jsonable_python(value, bytes_mode="base64", inf_nan_mode="null", fallback=_other)


def _other(value: Any) -> Any:
    if hasattr(value, "to_pylist"):
        return as_json(value.to_pylist())
    raise PydanticSerializationError(f"{type(value).__name__} is no JSON")


def complaints(tool: ToolFacts, arguments: Mapping[str, Any]) -> list[str]:
    """What does not fit the schema, in words; nothing when all fits.

    A schema that is none, or that refers to what stands elsewhere, is left to the server.
    """
    from jsonschema.exceptions import SchemaError
    from referencing.exceptions import Unresolvable

    secret = _secret(tool.input_schema)
    try:
        check = _check(msgspec.json.encode(tool.input_schema))
        errors = sorted(check.iter_errors(arguments), key=lambda one: str(one.json_path))
    except (SchemaError, Unresolvable, RecursionError):
        return []
    return [_said(one, secret) for one in errors[:MOST_COMPLAINTS]]


@lru_cache(maxsize=512)
def _check(schema: bytes) -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing.jsonschema import EMPTY_REGISTRY

    said = msgspec.json.decode(schema)
    Draft202012Validator.check_schema(said)
    kind: type[Draft202012Validator] = extend(
        Draft202012Validator, dict.fromkeys(_PATTERNS, _left_to_the_server)
    )
    # with a registry of its own it never fetches what a reference names
    return kind(said, registry=EMPTY_REGISTRY)


def _left_to_the_server(*_: Any) -> None:
    """Some patterns take for ever on some texts, and nothing could stop them."""


def _secret(schema: Mapping[str, Any]) -> frozenset[str]:
    from packetflow.mcp.client.shapes import is_secret

    fields = schema.get("properties")
    return (
        frozenset(n for n, one in fields.items() if is_secret(one))
        if isinstance(fields, Mapping)
        else frozenset()
    )


def _said(error: Any, secret: Iterable[str]) -> str:
    path = list(error.absolute_path)
    place = ".".join(str(part) for part in path)
    hides = path[0] in secret if path else bool(secret) and error.validator != "required"
    if hides:
        return f"{place or 'a value'} does not fit"
    said = str(error.message)[:_MOST_SIGNS]
    return f"{place}: {said}" if place else said
