"""What a client is told of a tool, in words: the fields of a schema, the hints, the differences.

Knows no browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from studio.forms import Schema, resolved

DEEPEST: Final = 3
MOST: Final = 16
_KINDS: Final = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no",
    "null": "nothing", "object": "record", "array": "list",
}  # fmt: skip
_FORMATS: Final = {"date": "date", "date-time": "date and time", "uri": "address", "uuid": "id"}


@dataclass(frozen=True)
class SchemaRow:
    """One field of a schema.

    Attributes:
        name: With the names of what it is in before it.
        kind: What goes in, in words.
        is_needed: Whether it may not be left out.
        default: What it is when left out, as JSON; empty where that is not said.
        about: What it is for.
    """

    name: str
    kind: str
    is_needed: bool = False
    default: str = ""
    about: str = ""


class Hints(Protocol):
    """What a tool says of its effects; the protocol package's ``ToolAnnotations``."""

    read_only_hint: bool | None
    destructive_hint: bool | None
    idempotent_hint: bool | None
    open_world_hint: bool | None


def schema_rows(schema: Schema, *, most: int = MOST) -> list[SchemaRow]:
    """The fields of an object, those inside others below them unless there are too many.

    >>> schema_rows({"properties": {"n": {"type": "integer", "default": 3}}})
    [SchemaRow(name='n', kind='whole number', is_needed=False, default='3', about='')]
    """
    definitions = schema.get("$defs", {})
    found = list(_rows(schema, definitions, "", DEEPEST))
    return found if len(found) <= most else list(_rows(schema, definitions, "", 1))


def _rows(schema: Schema, definitions: Schema, before: str, levels: int) -> Iterator[SchemaRow]:
    needed = set(schema.get("required", ()))
    for name, written in schema.get("properties", {}).items():
        field = resolved(written, definitions)
        known = field.get("default")
        default = json.dumps(known, ensure_ascii=False) if known not in (None, "", [], {}) else ""
        kind, about = kind_words(field, definitions), str(field.get("description") or "")
        yield SchemaRow(f"{before}{name}", kind, name in needed, default, about)
        inner, mark = field, "."
        if field.get("type") == "array":
            inner, mark = resolved(field.get("items", {}), definitions), "[]."
        if levels > 1 and inner.get("properties"):
            yield from _rows(inner, definitions, f"{before}{name}{mark}", levels - 1)


def kind_words(schema: Schema, definitions: Schema) -> str:
    """What fits a schema, in words.

    >>> kind_words({"type": "array", "items": {"type": "string"}}, {})
    'list of text'
    >>> kind_words({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, {})
    "'a' or 'b', or nothing"
    """
    bare = resolved(schema, definitions)
    if "enum" in bare or "const" in bare:
        return " or ".join(repr(one) for one in bare.get("enum", [bare.get("const")]))
    several = bare.get("anyOf") or bare.get("oneOf")
    if several:
        kinds = list(dict.fromkeys(kind_words(one, definitions) for one in several))
        return ", or ".join(sorted(kinds, key=lambda one: one == "nothing"))
    kind = bare.get("type")
    if isinstance(kind, list):
        return " or ".join(_KINDS.get(str(one), str(one)) for one in kind)
    if kind == "array" and bare.get("items"):
        return f"list of {kind_words(bare['items'], definitions)}"
    return _FORMATS.get(str(bare.get("format")), _KINDS.get(str(kind), "anything"))


def hint_words(hints: Hints | None) -> list[str]:
    """What a client may conclude from a tool's hints."""
    if hints is None:
        return []
    if hints.read_only_hint:
        said = ["changes nothing"]
    else:
        said = ["may change things for good" if hints.destructive_hint else "adds or changes"]
        said.append("repeating it does no harm" if hints.idempotent_hint else "not to be repeated")
    said.append("reaches other systems" if hints.open_world_hint else "stays on this machine")
    return said


@dataclass(frozen=True)
class Known:
    """What a client's own documentation says it does with tools; empty where it says nothing."""

    client: str
    questions: str = ""
    changes: str = ""
    more: str = ""


CLIENTS: Final = (
    Known("Claude Desktop", more="installs a bundle (.mcpb) that is opened with it"),
    Known("Claude Code", "put to you", "seen at once",
          "calls the tool mcp__SERVER__TOOL"),
    Known("VS Code", "put to you", "seen at once",
          "shows the title; a tool that changes nothing needs no confirmation"),
    Known("Cursor", "put to you", "seen at once", "shows pictures in the chat"),
)  # fmt: skip
"""Read in their documentation in November 2026, not tried; Claude Code was seen to connect."""


def differences(*, asks: bool) -> list[tuple[str, Mapping[str, str]]]:
    """What differs between clients.

    Args:
        asks: Whether the tool asks a person.
    """
    found: list[tuple[str, Mapping[str, str]]] = []
    for one in CLIENTS:
        told = {"Changed tools": one.changes or "not documented", "Besides": one.more}
        if asks:
            waits = "not documented: if it cannot ask, the run waits in Runs for somebody"
            told = {"A question": one.questions or waits, **told}
        found.append((one.client, told))
    return found
