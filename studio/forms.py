"""Input forms from contracts: JSON Schema to fields, with what could fill them.

Knows no browser: `studio.widgets` draws the fields, `studio.reading` reads what was typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from packetflow.kernel.cards import PortCard

Schema: TypeAlias = Mapping[str, Any]
FieldKind: TypeAlias = Literal[
    "text", "long", "integer", "number", "truth", "choice", "date", "moment", "json", "path",
    "secret", "table", "group", "rows", "list",
]  # fmt: skip
PLAIN = frozenset({"text", "long", "integer", "number", "truth", "choice"})
"""Kinds that fit a cell of a table."""

DEEPEST = 3
_PATH_NAMES = ("path", "file", "source", "folder")
_LONG_NAMES = ("text", "content", "prompt", "sql", "query", "body", "message", "html", "markdown")


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form.

    Attributes:
        name: The input's name.
        kind: Which widget it gets.
        help: What it is.
        required: Whether a run needs it.
        default: What the form starts with; None for nothing.
        nullable: Whether nothing (None) may be given.
        choices: What may be chosen.
        schema: Its JSON Schema, without ``null``.
        type_text: Its type as written in a signature.
        fields: What a group, or each of its rows, is made of; for a list, its one item.
    """

    name: str
    kind: FieldKind
    help: str = ""
    required: bool = False
    default: Any = None
    nullable: bool = False
    choices: tuple[Any, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    type_text: str = ""
    fields: tuple[Field, ...] = ()

    @property
    def label(self) -> str:
        """What stands above it: the name in words.

        >>> Field("customer_id", "text").label
        'Customer id'
        """
        return self.name.replace("_", " ").strip().capitalize() or self.name


@dataclass(frozen=True, slots=True)
class Nested:
    """What stands in the fields of a group, the rows of a table, and the JSON box beside them."""

    typed: Any
    json: str = ""


def fields_of(schema_text: str, ports: Sequence[PortCard]) -> list[Field]:
    """Make the fields of a form; needed ones come first, else in the contract's order.

    Args:
        schema_text: The contract's inputs as JSON Schema.
        ports: The same inputs as cards.
    """
    whole = json.loads(schema_text or "{}")
    definitions = whole.get("$defs", {})
    properties = whole.get("properties", {})
    made = [_top(port, properties.get(port.name, {}), definitions) for port in ports]
    return sorted(made, key=lambda one: not one.required)


def _top(port: PortCard, schema: Schema, definitions: Schema) -> Field:
    facts = {**schema, "description": port.help}
    made = _field(port.name, facts, definitions, is_needed=not port.optional)
    bare = resolved(schema, definitions)
    if port.secret:
        return replace(made, kind="secret", default=None)
    if "Table" in port.type and "dict" not in port.type and "properties" not in bare:
        return replace(made, kind="table", type_text=port.type)
    return replace(made, type_text=port.type)


def _field(
    name: str, schema: Schema, definitions: Schema, *, is_needed: bool, depth: int = 0
) -> Field:
    bare = _without_null(resolved(schema, definitions), definitions)
    kind = _kind(name, bare)
    inner = _inner(bare, definitions, depth) if kind in {"group", "list"} else ()
    if kind == "list" and inner and inner[0].kind == "group":
        inner = inner[0].fields
        kind = "rows" if all(one.kind in PLAIN for one in inner) else "json"
    if kind in {"group", "list"} and not (inner and (kind == "group" or inner[0].kind in PLAIN)):
        kind = "json"
    default = schema.get("default")
    if kind == "json" and default is not None:
        default = json.dumps(default, ensure_ascii=False, indent=2)
    choices = tuple(bare.get("enum", ())) or ((bare["const"],) if "const" in bare else ())
    help_text = str(schema.get("description") or "")
    full = {**bare, "$defs": definitions} if definitions else bare
    can_be_null = {"type": "null"} in schema.get("anyOf", ())
    return Field(
        name, kind, help_text, is_needed, default, can_be_null, choices, full, fields=inner
    )


def _inner(schema: Schema, definitions: Schema, depth: int) -> tuple[Field, ...]:
    """The fields of a mapping, or the one field that each item of a list is."""
    if depth >= DEEPEST:
        return ()
    if schema.get("type") == "array":
        item = schema.get("items", {})
        return (_field("item", item, definitions, is_needed=True, depth=depth + 1),)
    needed = set(schema.get("required", ()))
    return tuple(
        _field(name, inner, definitions, is_needed=name in needed, depth=depth + 1)
        for name, inner in schema.get("properties", {}).items()
    )


def resolved(schema: Schema, definitions: Schema) -> Schema:
    """A schema with what it refers to put in its place."""
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    return {**definitions.get(name, {}), **schema} if name else schema


def _without_null(schema: Schema, definitions: Schema) -> Schema:
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return resolved(kinds[0], definitions) if len(kinds) == 1 else schema


def _kind(name: str, schema: Schema) -> FieldKind:
    if "enum" in schema or "const" in schema:
        return "choice"
    match schema.get("type"):
        case "boolean":
            return "truth"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "string":
            return _text_kind(name, str(schema.get("format", "")))
        case "object" if schema.get("properties") and not schema.get("additionalProperties"):
            return "group"
        case "array" if schema.get("items"):
            return "list"
        case _:
            return "json"


def _text_kind(name: str, form: str) -> FieldKind:
    match form:
        case "date":
            return "date"
        case "date-time":
            return "moment"
        case "password":
            return "secret"
        case _:
            pass
    words = name.lower().split("_")
    if form in {"path", "file-path", "directory-path"} or words[-1] in _PATH_NAMES:
        return "path"
    return "long" if words[-1] in _LONG_NAMES else "text"


def samples(folder: Path, fields: Sequence[Field]) -> dict[str, dict[str, Any]]:
    """Files of the workspace that fill this form: JSON mappings with all needed inputs.

    Args:
        folder: The workspace; only files in its ``files`` folder are looked at.
        fields: Of the form; one with files, not values, takes no samples.

    Returns:
        By the file's name, its values for the form.
    """
    needed = {one.name for one in fields if one.required}
    if not needed:
        return {}
    found = {}
    for path in sorted((folder / "files").glob("*.json"))[:50]:
        try:
            if path.stat().st_size > 1 << 20:
                continue
            content = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(content, dict) and needed <= set(content):
            names = {one.name for one in fields}
            found[path.name] = {key: val for key, val in content.items() if key in names}
    return found


def combined(fields: Iterable[Field], examples: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Values for a form from examples of the capabilities inside a pipeline, first come first.

    An example that needs more than the form asks for is of other data, so it is left out.

    >>> combined([Field("path", "path")], [{"path": "a.md", "other": 1}, {"path": "b.md"}])
    {'path': 'b.md'}
    """
    names = {one.name for one in fields}
    values: dict[str, Any] = {}
    for example in examples:
        if names.issuperset(example):
            values = {**example, **values}
    return values
