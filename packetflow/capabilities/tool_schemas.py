"""The JSON Schemas that clients see, and whether a value fits one, in words.

A contract's schema is handed on as it is. Only what JSON cannot carry is said otherwise: a table
goes as a list of rows, bytes go as base64; pictures, sounds and references that a tool makes
travel beside the structured result, as content of their own, so its schema leaves them out.
Secrets are taken, never given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from packetflow.capabilities.fitting import fitting, is_plain
from packetflow.errors import WireError
from packetflow.kernel.cards import PortCard

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

COMPLAINTS: Final = 5
"""At most so many things that are wrong are told at once."""

_SHOWN: Final = 80
_MEDIA: Final = frozenset({"Image", "Audio", "Markdown", "Resource"})
_INNER: Final = re.compile(r"^(?:list\[(?P<inside>.+)\]|(?P<bare>.+))$")

ROWS: Final[Mapping[str, Any]] = {"type": "array", "items": {"type": "object"}}
"""A table, as its rows."""


def kind_of(port: PortCard) -> str:
    """What a port's values are to a client: ``Image``, ``Audio``, ..., ``Table`` or ``""``.

    >>> kind_of(PortCard("charts", "list[Image] | None")), kind_of(PortCard("n", "int"))
    ('Image', '')
    """
    return _kind_of_type(port.type)


@lru_cache(maxsize=1024)
def _kind_of_type(written: str) -> str:
    bare = written.removesuffix(" | None").strip()
    found = _INNER.match(bare)
    inside = "" if found is None else (found["inside"] or found["bare"] or "")
    return inside if inside in _MEDIA or inside == "Table" else ""


def input_schema(written: str, ports: Sequence[PortCard]) -> dict[str, Any]:
    """The schema of a tool's arguments."""
    schema = _object(written)
    for port in ports:
        if kind_of(port) == "Table":
            _replace(schema, port, dict(ROWS))
    return schema


def output_schema(written: str, ports: Sequence[PortCard]) -> dict[str, Any] | None:
    """The schema of a tool's structured result; ``None`` if it has none."""
    schema = _object(written)
    for port in ports:
        kind = kind_of(port)
        if port.secret or kind in _MEDIA:
            schema["properties"].pop(port.name, None)
            if port.name in schema.get("required", ()):
                schema["required"] = [one for one in schema["required"] if one != port.name]
        elif kind == "Table":
            _replace(schema, port, dict(ROWS))
    if not schema.get("required", True):
        del schema["required"]
    return schema if schema["properties"] else None


def inputs_of(ports: Sequence[PortCard], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as the values that a run takes: rows become a table.

    Raises:
        WireError: Rows make no table.
    """
    inputs = dict(arguments)
    for port in ports:
        rows = inputs.get(port.name)
        if kind_of(port) == "Table" and isinstance(rows, list):
            import pyarrow as pa

            try:
                inputs[port.name] = pa.Table.from_pylist(rows)
            except (pa.ArrowException, TypeError, ValueError) as error:
                raise WireError(f"{port.name}: the rows make no table: {error}") from error
    return inputs


def _object(written: str) -> dict[str, Any]:
    schema: dict[str, Any] = msgspec.json.decode(written)
    schema.setdefault("type", "object")
    schema.setdefault("properties", {})
    return schema


def _replace(schema: dict[str, Any], port: PortCard, shape: dict[str, Any]) -> None:
    known = schema["properties"].get(port.name)
    if known is not None and "x-python-type" in known:
        about = {"description": port.help} if port.help else {}
        schema["properties"][port.name] = shape | about


class Check:
    """Tells whether values fit a schema, again and again.

    Args:
        schema: The schema, draft 2020-12.
        secret: Names at its top whose values are not told.

    Raises:
        ValueError: It is no schema.
    """

    def __init__(self, schema: Mapping[str, Any], *, secret: Iterable[str] = ()) -> None:
        if not is_plain(schema):
            _refuse_unsound(msgspec.json.encode(schema))
        self._schema = schema
        self._fits = fitting(schema)
        self._secret = frozenset(secret)

    @cached_property
    def _validator(self) -> Any:
        from jsonschema import Draft202012Validator  # takes a second to load in some environments

        return Draft202012Validator(self._schema)

    def complaints(self, value: Any) -> list[str]:
        """What is wrong with a value: which field, and why; nothing when it fits.

        >>> Check({"properties": {"n": {"type": "integer"}}}).complaints({"n": "x"})
        ["n: 'x' is not of type 'integer'"]
        """
        if self._fits(value) or self._validator.is_valid(value):
            return []
        errors = sorted(self._validator.iter_errors(value), key=lambda one: one.json_path)
        said = list(dict.fromkeys(self._said(error) for error in errors))
        if len(said) > COMPLAINTS:
            said = [*said[:COMPLAINTS], f"and {len(said) - COMPLAINTS} more"]
        return said

    def _said(self, error: ValidationError) -> str:
        place = field_of(error.absolute_path)
        if error.absolute_path and error.absolute_path[0] in self._secret:
            return f"{place}: does not fit (its value is secret)"
        if not error.absolute_path and self._secret and error.validator != "required":
            return "does not fit (it holds a secret)"
        return f"{place}: {_shortened(error)}" if place else _shortened(error)


def _shortened(error: ValidationError) -> str:
    value = repr(error.instance)
    if len(value) <= _SHOWN:
        return str(error.message)
    return str(error.message).replace(value, f"{value[:_SHOWN]}...")[: 10 * _SHOWN]


def field_of(path: Iterable[str | int]) -> str:
    """A place inside a value as people write it.

    >>> field_of(["customer", "lines", 2, "price"])
    'customer.lines[2].price'
    """
    written = ""
    for part in path:
        written += f"[{part}]" if isinstance(part, int) else f".{part}" if written else part
    return written


@lru_cache(maxsize=1024)
def _refuse_unsound(written: bytes) -> None:
    """Look whether it is a schema, once: that takes a millisecond, and lists are made often."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(msgspec.json.decode(written))
    except SchemaError as error:
        raise ValueError(f"is no JSON Schema: {error.message}") from error


@lru_cache(maxsize=1024)
def check_for(schema: str, secret: frozenset[str] = frozenset()) -> Check:
    """The check of a schema given as JSON text, made once."""
    return Check(msgspec.json.decode(schema), secret=secret)
