"""What a tool takes, gives and touches, from what its server says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packetflow.capabilities.contract import MISSING, Contract, Port
from packetflow.capabilities.effects import Effect
from packetflow.capabilities.validate import unusable, validator
from packetflow.mcp.client.facts import Hints, ToolFacts
from packetflow.mcp.client.names import identifier, identifiers
from packetflow.mcp.client.shapes import is_secret, port_type


@dataclass(frozen=True)
class Shape:
    """How a tool's arguments and result are the inputs and outputs of a capability.

    Attributes:
        contract: What it requires and provides.
        arguments: By input, the argument as the server writes it.
        results: By output, the field of the structured result.
        value: The output that holds the whole result, of a tool that says nothing of its fields.
    """

    contract: Contract
    arguments: Mapping[str, str]
    results: Mapping[str, str]
    value: str = ""


def shape_of(facts: ToolFacts) -> Shape:
    """The shape of a tool.

    A property that is not required, or has a default, is an optional input. The fields of an
    output schema are the outputs; a tool without one gives a single value, ``NAME_result``: the
    structured result if there is one, else its text, picture, sound or reference, or a list.

    >>> facts = ToolFacts("find-notes", input_schema={
    ...     "properties": {"query": {"type": "string"}, "max-hits": {"type": "integer"}},
    ...     "required": ["query"]})
    >>> str(shape_of(facts).contract), shape_of(facts).arguments["max_hits"]
    ('(query: str, max_hits?: int) -> (find_notes_result: Any)', 'max-hits')
    """
    requires, arguments = _requires(facts.input_schema)
    fields = _properties(facts.output_schema)
    if not fields or facts.output_schema is None:
        value = f"{identifier(facts.name)}_result".lstrip("_")
        return Shape(Contract(requires, (Port(value),)), arguments, {}, value)
    results = identifiers(fields)
    needed = _required(facts.output_schema)
    provides = tuple(
        Port(
            name,
            port_type(fields[said], facts.output_schema),
            optional=said not in needed,
            secret=is_secret(fields[said]),
            help=_help(fields[said]),
        )
        for name, said in results.items()
    )
    return Shape(Contract(requires, provides), arguments, results)


def _requires(schema: Mapping[str, Any]) -> tuple[tuple[Port, ...], dict[str, str]]:
    fields = _properties(schema)
    needed = _required(schema)
    arguments = identifiers(fields)
    ports = []
    for name, said in arguments.items():
        kind = port_type(fields[said], schema)
        default = _default(fields[said], kind)
        ports.append(
            Port(
                name,
                kind,
                optional=said not in needed or default is not MISSING,
                default=default,
                secret=is_secret(fields[said]),
                help=_help(fields[said]),
            )
        )
    return tuple(ports), arguments


def _properties(schema: Mapping[str, Any] | None) -> dict[str, Any]:
    found = (schema or {}).get("properties")
    return {str(name): one for name, one in found.items()} if isinstance(found, Mapping) else {}


def _required(schema: Mapping[str, Any]) -> frozenset[str]:
    found = schema.get("required")
    return frozenset(map(str, found)) if isinstance(found, list) else frozenset()


def _default(schema: Any, kind: Any) -> Any:
    """The default; none where it does not fit its own schema, as servers sometimes write."""
    if not isinstance(schema, Mapping) or "default" not in schema or is_secret(schema):
        return MISSING
    try:
        check = validator(kind)
        if check is not None:
            check(schema["default"])
    except (ValueError, TypeError):  # pydantic's own complaints are ValueErrors
        return MISSING
    except unusable():
        return MISSING
    return schema["default"]


def _help(schema: Any) -> str:
    said = schema.get("description") if isinstance(schema, Mapping) else None
    return " ".join(said.split()) if isinstance(said, str) else ""


def effects_of(hints: Hints, server: str, *, trusted: bool) -> tuple[Effect, ...]:
    """What a call touches.

    What the server says counts only where a person trusts it; else each call may change anything
    there, and is never repeated unasked.

    >>> effects_of(Hints(read_only=True, open_world=False), "notes", trusted=True)
    (<effect reads notes>,)
    >>> effects_of(Hints(read_only=True), "notes", trusted=False)
    (<effect writes notes>,)
    """
    if not trusted:
        return (Effect.writes(server),)
    if hints.read_only:
        outside = (Effect.reads("network"),) if hints.open_world else ()
        return (Effect.reads(server), *outside)
    written = Effect.writes(server, idempotent=hints.idempotent)
    return (written, Effect.custom("destructive")) if hints.destructive else (written,)
