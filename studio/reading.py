"""Reads what a person typed into a form: values to run with, or complaints by field."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.forms import Field, Nested, Schema, resolved

MISSING = object()


@dataclass(frozen=True, slots=True)
class Filled:
    """What a person typed, read: values to run with, and complaints by field.

    A field inside a group is called ``group.field``.
    """

    values: dict[str, Any]
    errors: dict[str, str]


class _Inside(Exception):
    """Complaints about fields of a group."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = errors


def read(fields: Iterable[Field], typed: Mapping[str, Any]) -> Filled:
    """Read what was typed; an optional field left empty is not given at all.

    >>> read([Field("n", "integer", required=True)], {"n": None}).errors
    {'n': 'Please fill this in.'}
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for one in fields:
        try:
            value = _read(one, typed.get(one.name))
        except ValueError as error:
            errors[one.name] = str(error)
            continue
        except _Inside as inside:
            errors |= {f"{one.name}.{name}": text for name, text in inside.errors.items()}
            continue
        if value is not MISSING:
            values[one.name] = value
    return Filled(values, errors)


def _read(field: Field, typed: Any) -> Any:
    if isinstance(typed, Nested):
        if typed.json.strip():
            return _read_json(field, typed.json)
        is_needed = field.required and not field.nullable and field.kind == "group"
        if is_needed or not _is_untouched(field, typed.typed):
            return _read_nested(field, typed.typed)
        typed = None
    if typed is None or typed == [] or (isinstance(typed, str) and not typed.strip()):
        if field.required and field.nullable:
            return None
        if field.required:
            raise ValueError("Please fill this in.")
        return MISSING
    match field.kind:
        case "json" | "group" | "rows":
            return _read_json(field, typed)
        case "list":
            return [_read_item(field.fields[0], one) for one in typed]
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


def _read_nested(field: Field, typed: Any) -> Any:
    if field.kind == "group":
        inner = read(field.fields, typed)
        if inner.errors:
            raise _Inside(inner.errors)
        return inner.values
    rows = []
    for number, row in enumerate(typed, 1):
        inner = read(field.fields, row)
        for name, text in inner.errors.items():
            raise ValueError(f"Row {number}, {name}: {text}")
        rows.append(inner.values)
    return rows


def _is_untouched(field: Field, typed: Any) -> bool:
    """Whether nothing stands in a group but what stood there at first."""
    if field.kind == "rows":
        return not typed
    for one in field.fields:
        now = typed.get(one.name)
        if isinstance(now, Nested):
            if now.json.strip() or not _is_untouched(one, now.typed):
                return False
        elif now not in (None, "", [], as_typed(one, one.default)):
            first = False if one.kind == "truth" else (*one.choices, None)[0]
            if one.default is not None or now != first:
                return False
    return True


def _read_item(item: Field, typed: Any) -> Any:
    """One item of a list, which is typed as text."""
    if item.kind not in {"integer", "number"}:
        return typed
    try:
        number = float(typed)
    except (TypeError, ValueError):
        raise ValueError(f"{typed!r} is no number.") from None
    if item.kind == "integer" and number != int(number):
        raise ValueError(f"{typed!r} is no whole number.")
    return _bounded(int(number) if item.kind == "integer" else number, item.schema)


def _bounded(value: float, schema: Schema) -> float:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and value < low:
        raise ValueError(f"Give {low} or more.")
    if high is not None and value > high:
        raise ValueError(f"Give {high} or less.")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if above is not None and value <= above:
        raise ValueError(f"Give more than {above}.")
    if below is not None and value >= below:
        raise ValueError(f"Give less than {below}.")
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


def misfit(value: Any, schema: Schema, definitions: Schema, place: str = "This") -> str:
    """Say why a value does not fit a schema, in a sentence; empty when it fits.

    >>> misfit({"a": 1}, {"type": "object", "required": ["b"]}, {})
    "This misses 'b'."
    """
    schema = resolved(schema, definitions)
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


def _misfit_mapping(value: dict[str, Any], schema: Schema, definitions: Schema, place: str) -> str:
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place} misses {name!r}."
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            said = misfit(value[name], inner, definitions, f"{name!r}")
            if said:
                return said
    return ""


def written(value: Any) -> str:
    """A value as JSON to read and change."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def as_typed(field: Field, value: Any) -> Any:
    """A value as the form's widget takes it, for examples and files."""
    if field.kind == "json" and value is None:
        return ""
    if field.kind == "truth" and value is None and field.required:
        return False
    if field.kind == "list":
        return [str(one) for one in value or ()]
    if field.kind == "json" and not isinstance(value, str):
        return written(value)
    if field.kind == "date" and isinstance(value, str):
        return dt.date.fromisoformat(value[:10])
    if field.kind == "moment" and isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    return value
