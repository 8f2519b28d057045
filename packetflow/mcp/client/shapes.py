"""JSON Schemas as Python types: what the check holds against other ports when it draws a wire.

A type says as much of a schema as Python's types can: choices, lists, objects with their fields,
what may be null. The rest (formats, bounds, patterns, combinations) stays beside the type as the
schema itself, so that forms and other clients read it; and each call holds its arguments against
the whole schema anyway.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NotRequired, Required, TypedDict, Union

from packetflow.capabilities.contract import secret
from packetflow.mcp.client.names import identifier

MOST_PARTS: Final = 2000
"""A schema is read up to so many parts, references followed; what comes later may be anything."""

DEEPEST: Final = 24

_PLAIN: Final[Mapping[str, Any]] = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "null": None,
}
_SAID_BY_PORTS: Final = frozenset({"title", "description", "default", "writeOnly", "examples"})
_HOLDS_SCHEMAS: Final = frozenset({"properties", "patternProperties", "dependentSchemas"})
_HOLDS_VALUES: Final = frozenset({"enum", "const", "default", "examples"})


@dataclass(frozen=True)
class JsonShape:
    """A JSON Schema beside a type, as text; what pydantic says of the type is this schema."""

    text: str

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


def type_of(schema: Any, whole: Any = None) -> Any:
    """The type of a value that a schema describes.

    Args:
        schema: The schema: an object, or true for anything.
        whole: The document that references point into; the schema itself by default.

    >>> type_of({"type": "array", "items": {"type": "integer"}})
    list[int]
    >>> type_of({"enum": ["a", "b"]})
    typing.Literal['a', 'b']
    """
    base = schema if whole is None else whole
    return _type_of(_text(schema), "" if base is schema else _text(base))


@lru_cache(maxsize=4096)
def _type_of(schema: str, whole: str) -> Any:
    read = json.loads(schema)
    return _Reader(json.loads(whole) if whole else read).kind(read)


def port_type(schema: Any, whole: Any) -> Any:
    """The type of an input or output: with what only its schema says beside it, secrets marked."""
    kind = type_of(schema, whole)
    if not isinstance(schema, Mapping):
        return kind
    details = plain_schema(schema, whole)
    if any(name != "type" for name in details):
        kind = Annotated[kind, JsonShape(_text(details))]
    return Annotated[kind, secret] if is_secret(schema) else kind


def is_secret(schema: Any) -> bool:
    """Whether a value must not be kept or shown: it is write-only, or a password."""
    said = schema if isinstance(schema, Mapping) else {}
    return said.get("writeOnly") is True or said.get("format") == "password"


def plain_schema(schema: Any, whole: Any) -> dict[str, Any]:
    """A schema by itself: references are replaced by what they mean, what a port says is left out.

    Where a schema contains itself, anything goes.

    >>> plain_schema({"$ref": "#/$defs/Day"}, {"$defs": {"Day": {"enum": ["Mo", "Tu"]}}})
    {'enum': ['Mo', 'Tu']}
    """
    found = _Reader(whole).inlined(schema)
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if name not in _SAID_BY_PORTS}


class _Reader:
    """Follows a schema's references, each at most once on the way down."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole
        self._open: list[str] = []
        self._left = MOST_PARTS

    def kind(self, schema: Any) -> Any:
        """The type of what a schema describes."""
        self._left -= 1
        if not isinstance(schema, Mapping) or self._left < 0 or len(self._open) > DEEPEST:
            return Any
        self._open.append("")
        try:
            kind = self._said(schema)
            return kind | None if schema.get("nullable") is True and kind is not Any else kind
        except TypeError:  # types that Python cannot join, such as a union with a forward name
            return Any
        finally:
            self._open.pop()

    def _said(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            return self._referred(str(schema["$ref"]), self.kind, Any)
        if "const" in schema:
            return _choices([schema["const"]])
        if isinstance(schema.get("enum"), list):
            return _choices(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.get(word), list):
                return _joined(self.kind(one) for one in schema[word])
        several = schema.get("allOf")
        if isinstance(several, list) and len(several) == 1 and "properties" not in schema:
            return self.kind(several[0])
        said = schema.get("type")
        if isinstance(said, list):
            return _joined(self._of(str(one), schema) for one in said)
        if said is None and isinstance(schema.get("properties"), Mapping):
            said = "object"
        if isinstance(several, list) and said == "object":
            return dict[str, Any]
        return Any if said is None else self._of(str(said), schema)

    def _of(self, said: str, schema: Mapping[str, Any]) -> Any:
        if said == "array":
            inside = self.kind(schema.get("items"))
            return list[inside]  # type: ignore[valid-type]  # types are values here
        if said == "object":
            return self._object(schema)
        return _PLAIN.get(said, Any)

    def _object(self, schema: Mapping[str, Any]) -> Any:
        fields = schema.get("properties")
        if isinstance(fields, Mapping) and fields:
            required = _names(schema.get("required"))
            kinds = {
                str(name): (Required if name in required else NotRequired)[self.kind(inner)]
                for name, inner in fields.items()
            }
            make: Any = TypedDict  # types are values here
            made = make(_title(schema), kinds)
            made.__pydantic_config__ = {"extra": "allow"}
            return made
        inside = self.kind(schema.get("additionalProperties"))
        return dict[str, inside]  # type: ignore[valid-type]  # types are values here

    def _referred(self, reference: str, go_on: Any, otherwise: Any) -> Any:
        if reference in self._open or len(self._open) > DEEPEST:
            return otherwise
        found = _at(self._whole, reference)
        if found is None:
            return otherwise
        self._open.append(reference)
        try:
            return go_on(found)
        finally:
            self._open.pop()

    def inlined(self, schema: Any) -> Any:
        """The schema with its references replaced by what they mean."""
        self._left -= 1
        if isinstance(schema, Mapping):
            if self._left < 0:
                return {}
            made = {
                str(word): self._inside(str(word), inner)
                for word, inner in schema.items()
                if word not in {"$ref", "$defs", "definitions", "$schema", "$id"}
            }
            if "$ref" not in schema:
                return made
            found = self._referred(str(schema["$ref"]), self.inlined, {})
            return found | made if isinstance(found, dict) else found
        if isinstance(schema, list):
            return [self.inlined(one) for one in schema]
        return schema

    def _inside(self, word: str, inner: Any) -> Any:
        if word in _HOLDS_VALUES:
            return inner
        if word in _HOLDS_SCHEMAS and isinstance(inner, Mapping):
            return {str(name): self.inlined(one) for name, one in inner.items()}
        return self.inlined(inner)


def _at(whole: Any, reference: str) -> Any:
    """What a reference of the same document points to; ``None`` for any other, or for nothing."""
    if reference == "#":
        return whole
    if not reference.startswith("#/"):
        return None
    found = whole
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return found


def _choices(values: Sequence[Any]) -> Any:
    """The type of some values: themselves where Python has words for that, else their types."""
    if values and all(one is None or type(one) in (str, int, bool) for one in values):
        bare = [one for one in values if one is not None]
        if not bare:
            return None
        kind: Any = Literal[tuple(bare)]
        return kind | None if len(bare) < len(values) else kind
    kinds: dict[type, Any] = {dict: dict[str, Any], list: list[Any], type(None): None}
    return _joined(kinds.get(type(one), type(one)) for one in values)


def _joined(kinds: Iterable[Any]) -> Any:
    several = list(dict.fromkeys(kinds))
    if not several or Any in several:
        return Any
    if several == [None]:
        return None
    return Union[tuple(several)] if len(several) > 1 else several[0]  # noqa: UP007 - types are values here


def _names(said: Any) -> frozenset[str]:
    return (
        frozenset(one for one in said if isinstance(one, str))
        if isinstance(said, list)
        else frozenset()
    )


def _title(schema: Mapping[str, Any]) -> str:
    said = schema.get("title")
    return identifier(said) if isinstance(said, str) and said.strip() else "Fields"


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=False, ensure_ascii=False, default=str)
