"""Input forms from contracts: JSON Schema to fields, what a person typed to values or complaints.

Knows no browser; `studio.widgets` draws the fields.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from packetflow.kernel.cards import PortCard

FieldKind: TypeAlias = Literal[
    "text", "long", "integer", "number", "truth", "choice", "date", "moment", "json", "path",
    "secret", "table",
]  # fmt: skip
MISSING = object()
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

    @property
    def label(self) -> str:
        """What stands above it: the name in words.

        >>> Field("customer_id", "text").label
        'Customer id'
        """
        return self.name.replace("_", " ").strip().capitalize() or self.name


@dataclass(frozen=True, slots=True)
class Filled:
    """What a person typed, read: values to run with, and complaints by field."""

    values: dict[str, Any]
    errors: dict[str, str]


def fields_of(schema_text: str, ports: Sequence[PortCard]) -> list[Field]:
    """Make the fields of a form; needed ones come first, else in the contract's order.

    Args:
        schema_text: The contract's inputs as JSON Schema.
        ports: The same inputs as cards.
    """
    whole = json.loads(schema_text or "{}")
    definitions = whole.get("$defs", {})
    properties = whole.get("properties", {})
    made = [_field(port, properties.get(port.name, {}), definitions) for port in ports]
    return sorted(made, key=lambda one: not one.required)


def _field(port: PortCard, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Field:
    bare = _without_null(_resolved(schema, definitions), definitions)
    kind = "secret" if port.secret else _kind(port, bare)
    default = schema.get("default")
    if kind == "json" and default is not None:
        default = json.dumps(default, ensure_ascii=False, indent=2)
    choices = tuple(bare.get("enum", ())) or ((bare["const"],) if "const" in bare else ())
    full = {**bare, "$defs": definitions} if definitions else bare
    return Field(
        port.name,
        kind,
        port.help,
        not port.optional,
        None if port.secret else default,
        {"type": "null"} in schema.get("anyOf", ()),
        choices,
        full,
        port.type,
    )


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    return {**definitions.get(name, {}), **schema} if name else schema


def _without_null(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return _resolved(kinds[0], definitions) if len(kinds) == 1 else schema


def _kind(port: PortCard, schema: Mapping[str, Any]) -> FieldKind:
    if "enum" in schema or "const" in schema:
        return "choice"
    if "Table" in port.type and "dict" not in port.type and "properties" not in schema:
        return "table"
    match schema.get("type"):
        case "boolean":
            return "truth"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "string":
            return _text_kind(port, str(schema.get("format", "")))
        case _:
            return "json"


def _text_kind(port: PortCard, form: str) -> FieldKind:
    if form == "date":
        return "date"
    if form == "date-time":
        return "moment"
    words = port.name.lower().split("_")
    if form in {"path", "file-path", "directory-path"} or words[-1] in _PATH_NAMES:
        return "path"
    return "long" if words[-1] in _LONG_NAMES else "text"


def read(fields: Iterable[Field], typed: Mapping[str, Any]) -> Filled:
    """Read what was typed; an optional field left empty is not given at all.

    >>> fields = fields_of('{"properties": {"n": {"type": "integer"}}}', [PortCard("n", "int")])
    >>> read(fields, {"n": None}).errors
    {'n': 'Please fill this in.'}
    """
    values, errors = {}, {}
    for one in fields:
        try:
            value = _read(one, typed.get(one.name))
        except ValueError as error:
            errors[one.name] = str(error)
            continue
        if value is not MISSING:
            values[one.name] = value
    return Filled(values, errors)


def _read(field: Field, typed: Any) -> Any:
    if typed is None or (isinstance(typed, str) and not typed.strip()):
        if field.required and field.nullable:
            return None
        if field.required:
            raise ValueError("Please fill this in.")
        return MISSING
    match field.kind:
        case "json":
            return _read_json(field, typed)
        case "integer" if isinstance(typed, float) and typed != int(typed):
            raise ValueError("Give a whole number.")
        case "integer" | "number":
            return _bounded(int(typed) if field.kind == "integer" else float(typed), field.schema)
        case "date" | "moment" if isinstance(typed, dt.date):
            return typed.isoformat()
        case "path" | "text":
            return str(typed).strip()
        case _:
            return typed


def _bounded(value: float, schema: Mapping[str, Any]) -> float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        raise ValueError(f"Give {low} or more.")
    if high is not None and value > high:
        raise ValueError(f"Give {high} or less.")
    return value


def _read_json(field: Field, typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    try:
        value = json.loads(typed)
    except json.JSONDecodeError as error:
        if field.schema.get("type") is None and not typed.lstrip().startswith(("{", "[", '"')):
            return typed.strip()
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"This is no JSON: {error.msg} ({place}).") from error
    complaint = misfit(value, field.schema, field.schema.get("$defs", {}))
    if complaint:
        raise ValueError(complaint)
    return value


_WORDS = {
    "object": ("a mapping {...}", dict),
    "array": ("a list [...]", list),
    "string": ("a text", str),
    "integer": ("a whole number", int),
    "number": ("a number", (int, float)),
    "boolean": ("true or false", bool),
    "null": ("null", type(None)),
}


def misfit(
    value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any], place: str = "This"
) -> str:
    """Say why a value does not fit a schema, in a sentence; empty when it fits.

    >>> misfit({"a": 1}, {"type": "object", "required": ["b"]}, {})
    "This misses 'b'."
    """
    schema = _resolved(schema, definitions)
    if "anyOf" in schema:
        said = [misfit(value, one, definitions, place) for one in schema["anyOf"]]
        return "" if not all(said) else said[0]
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} must be one of {', '.join(map(repr, schema['enum']))}."
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _WORDS:
        word, wanted = _WORDS[kind]
        is_truth = isinstance(value, bool) and kind in {"integer", "number"}
        if is_truth or not isinstance(value, wanted):  # type: ignore[arg-type]  # types, or a tuple
            return f"{place} must be {word}."
    if isinstance(value, dict):
        return _misfit_mapping(value, schema, definitions, place)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value):
            said_of = misfit(item, schema["items"], definitions, f"Item {index + 1}")
            if said_of:
                return said_of
    return ""


def _misfit_mapping(
    value: dict[str, Any], schema: Mapping[str, Any], definitions: Mapping[str, Any], place: str
) -> str:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place} misses {name!r}."
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            said = misfit(value[name], inner, definitions, f"{name!r}")
            if said:
                return said
    return ""


def as_typed(field: Field, value: Any) -> Any:
    """A value as the form's widget takes it, for examples and files."""
    if field.kind == "json" and value is None:
        return ""
    if field.kind == "json" and not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if field.kind == "date" and isinstance(value, str):
        return dt.date.fromisoformat(value[:10])
    if field.kind == "moment" and isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    return value


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
