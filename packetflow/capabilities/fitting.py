"""Tells quickly that a value fits a schema, where that can be told quickly.

A validator walks through its schema anew for each value. Here the schema becomes functions, once;
they cover what contracts are made of, and say no whenever they are not sure: then the validator
decides, and says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

Fits: TypeAlias = Callable[[Any], bool]

_WORDS: Final = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
    | {"$comment", "format", "contentMediaType", "contentEncoding"}
)
"""Keywords that say nothing about whether a value fits."""
_SHAPES: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf"}
    | {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}
)
_OBJECT: Final = frozenset({"properties", "required", "additionalProperties"})
_TYPES: Final[Mapping[str, frozenset[type]]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
    "array": frozenset({list}),
    "object": frozenset({dict}),
}


def never(_: Any) -> bool:
    """Nothing is sure."""
    return False


def fitting(schema: Any) -> Fits:
    """A function that is true only of values that fit; of others, and when it is not sure, false.

    >>> fits = fitting({"type": "object", "properties": {"n": {"type": "integer"}}})
    >>> fits({"n": 1}), fits({"n": "1"}), fits({"n": 1.0})
    (True, False, False)
    """
    if schema is True or schema == {}:
        return _always
    if not isinstance(schema, Mapping):
        return never
    if any(not (key in _SHAPES or key in _WORDS or key.startswith("x-")) for key in schema):
        return never
    parts = [make(schema) for key, make in _PARTS.items() if key in schema]
    if not _OBJECT.isdisjoint(schema):
        parts.append(_object(schema))
        if schema.get("type") == "object":
            del parts[0]  # of the type, which the other part looks at, too
    if never in parts:
        return never
    if len(parts) == 1:
        return parts[0]
    return lambda value: all(part(value) for part in parts)


def is_plain(schema: Any) -> bool:
    """Whether this is a schema for sure; false of what uses other keywords than `fitting` knows.

    >>> is_plain({"type": "object", "required": ["n"]}), is_plain({"type": "whole"})
    (True, False)
    """
    if type(schema) is not dict:
        return isinstance(schema, bool)
    return all(key.startswith("x-") or _MEANT.get(key, never)(one) for key, one in schema.items())


def _always(_: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) in {int, float}


def _are_names(value: Any) -> bool:
    return _is_list(value) and all(map(_is_text, value)) and len({*value}) == len(value)


def _are_types(value: Any) -> bool:
    names = [value] if _is_text(value) else value
    return _are_names(names) and bool(names) and _TYPES.keys() >= set(names)


_MEANT: Final[Mapping[str, Fits]] = {
    "type": _are_types,
    "properties": lambda value: isinstance(value, dict) and all(map(is_plain, value.values())),
    "required": _are_names,
    "additionalProperties": is_plain,
    "items": is_plain,
    "enum": _is_list,
    "anyOf": lambda value: _is_list(value) and bool(value) and all(map(is_plain, value)),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), _is_switch),
    "default": _always,
    "examples": _is_list,
    **dict.fromkeys(("title", "description", "$comment", "format"), _is_text),
    **dict.fromkeys(("contentMediaType", "contentEncoding"), _is_text),
}
"""What the values of keywords have to be."""


def _type(schema: Mapping[str, Any]) -> Fits:
    said = schema["type"]
    names = [said] if isinstance(said, str) else said
    kinds = frozenset[type]().union(*(_TYPES.get(name, frozenset()) for name in names))
    return lambda value: type(value) in kinds


def _enum(schema: Mapping[str, Any]) -> Fits:
    texts = frozenset(one for one in schema["enum"] if type(one) is str)
    return lambda value: type(value) is str and value in texts


def _any_of(schema: Mapping[str, Any]) -> Fits:
    ways = [way for way in map(fitting, schema["anyOf"]) if way is not never]
    return (lambda value: any(way(value) for way in ways)) if ways else never


def _items(schema: Mapping[str, Any]) -> Fits:
    fits = fitting(schema["items"])
    if fits is never:
        return never
    return lambda value: type(value) is list and all(map(fits, value))


def _between(least: str, most: str, kinds: tuple[type, ...], measure: Callable[[Any], Any]) -> Any:
    def make(schema: Mapping[str, Any]) -> Fits:
        low, high = schema.get(least), schema.get(most)

        def fits(value: Any) -> bool:
            if type(value) not in kinds:
                return False
            size = measure(value)
            return (low is None or size >= low) and (high is None or size <= high)

        return fits

    return make


def _object(schema: Mapping[str, Any]) -> Fits:
    inner = {name: fitting(one) for name, one in schema.get("properties", {}).items()}
    needed: Sequence[str] = schema.get("required", ())
    further = fitting(schema.get("additionalProperties", True))

    def fits(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name in needed:
            if name not in value:
                return False
        return all(inner.get(name, further)(one) for name, one in value.items())

    return fits


_number = _between("minimum", "maximum", (int, float), lambda value: value)
_length = _between("minLength", "maxLength", (str,), len)
_count = _between("minItems", "maxItems", (list,), len)

_PARTS: Final[Mapping[str, Callable[[Mapping[str, Any]], Fits]]] = {
    "type": _type,
    "enum": _enum,
    "anyOf": _any_of,
    "items": _items,
    "minimum": _number,
    "maximum": _number,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _count,
    "maxItems": _count,
}
