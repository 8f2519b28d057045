"""The JSON Schemas that clients see, and whether a value fits one, in words.

A contract's schema is handed on as it is. Only what JSON cannot carry is said otherwise: a table
goes as a list of rows, bytes go as base64; pictures, sounds and references that a tool makes
travel beside the structured result, as content of their own, so its schema leaves them out.
Secrets are taken, never given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from packetflow.capabilities.fitting import fitting, is_plain
from packetflow.capabilities.tool_names import input_names
from packetflow.errors import WireError, did_you_mean
from packetflow.kernel.cards import PortCard

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

COMPLAINTS: Final = 5
"""At most so many things that are wrong are told at once."""

_SHOWN: Final = 80
_NAMES: Final = 20
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
    """The schema of a tool's arguments; see `input_names` for what some of them are called."""
    schema = _object(written)
    for port in ports:
        if kind_of(port) == "Table":
            _replace(schema, port, dict(ROWS))
    called = input_names(tuple(schema["properties"]))
    if called:
        schema["properties"] = {
            called.get(name, name): {"title": name, **one} if name in called else one
            for name, one in schema["properties"].items()
        }
    if called and "required" in schema:
        schema["required"] = [called.get(name, name) for name in schema["required"]]
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
    """Arguments as the values that a run takes, by their own names: rows become a table.

    Raises:
        WireError: Rows make no table.
    """
    inputs = dict(arguments)
    for name, called in _called(ports).items():
        if called in inputs:
            inputs[name] = inputs.pop(called)
    for port in ports:
        rows = inputs.get(port.name)
        if isinstance(rows, list) and kind_of(port) == "Table":
            import pyarrow as pa

            try:
                inputs[port.name] = pa.Table.from_pylist(rows)
            except (pa.ArrowException, TypeError, ValueError) as error:
                raise WireError(f"{port.name}: the rows make no table: {error}") from error
    return inputs


def as_called(ports: Sequence[PortCard], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by the names that the tool's schema has; their own names are known, too."""
    called = _called(ports)
    if not called:
        return dict(arguments)
    return {called.get(name, name): value for name, value in arguments.items()}


def secrets_in(ports: Sequence[PortCard]) -> list[str]:
    """The arguments whose values are never told, by the names that the tool's schema has."""
    called = _called(ports)
    return [called.get(port.name, port.name) for port in ports if port.secret]


def _called(ports: Sequence[PortCard]) -> dict[str, str]:
    return input_names(tuple([port.name for port in ports]))


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
        only: The names that there are at its top; any by default.

    Raises:
        ValueError: It is no schema.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        *,
        secret: Iterable[str] = (),
        only: Iterable[str] | None = None,
    ) -> None:
        if not is_plain(schema):
            _refuse_unsound(msgspec.json.encode(schema))
        self._schema = schema
        self._fits = fitting(schema)
        self._secret = frozenset(secret)
        self._only = None if only is None else dict.fromkeys(only)

    @cached_property
    def _validator(self) -> Any:
        from jsonschema import Draft202012Validator  # takes a second to load in some environments

        return Draft202012Validator(self._schema)

    def complaints(self, value: Any) -> list[str]:
        """What is wrong with a value: which field, and why; nothing when it fits.

        >>> Check({"properties": {"n": {"type": "integer"}}}).complaints({"n": "x"})
        ["n: 'x' is not of type 'integer'"]
        """
        unknown: list[str] = []
        if self._only is not None and isinstance(value, Mapping):
            others = value.keys() - self._only.keys()
            unknown = [unknown_name(name, self._only) for name in sorted(others)]
        if self._fits(value) or self._validator.is_valid(value):
            return unknown[:COMPLAINTS]
        errors = sorted(self._validator.iter_errors(value), key=lambda one: one.json_path)
        said = list(dict.fromkeys([*unknown, *(self._said(error) for error in errors)]))
        if len(said) > COMPLAINTS:
            said = [*said[:COMPLAINTS], f"and {len(said) - COMPLAINTS} more"]
        return said

    def _said(self, error: ValidationError) -> str:
        place = field_of(error.absolute_path)
        if error.absolute_path and error.absolute_path[0] in self._secret:
            return f"{place}: does not fit (its value is secret)"
        if not error.absolute_path and self._secret and error.validator != "required":
            return "does not fit (it holds a secret)"
        text = _shortened(error)
        if error.validator == "additionalProperties" and error.validator_value is False:
            known = list(error.schema.get("properties", ()))
            names = [name for name in error.instance if name not in known]
            if "patternProperties" not in error.schema:
                text = "; ".join(unknown_name(name, known) for name in names[:COMPLAINTS])
        return f"{place}: {text}" if place else text


def unknown_name(name: str, known: Iterable[str]) -> str:
    """That there is no such name, which ones there are, and the nearest.

    >>> unknown_name("lang", ["text", "language"])
    "there is no 'lang'; did you mean 'language'? There are: text, language"
    """
    names = list(known)
    near = did_you_mean(get_close_matches(name, names, 1))
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    there = f"There are: {', '.join(names[:_NAMES])}{more}" if names else "There are none"
    shown = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."
    return f"there is no {shown!r}{near or '.'} {there}"


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
