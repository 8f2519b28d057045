"""What a run made, as a client reads it: content blocks, and a structured result.

Text stays text, Markdown too; pictures and sounds become blocks of their own; a reference becomes a
link, or travels along when it carries its content. All else is in the structured result, and once
more as text, for clients that read no structures. What is too long is shortened so that it still
fits its schema, and a link says where the whole is.
"""

from __future__ import annotations

import base64
import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import mcp_types as t
from pydantic_core import PydanticSerializationError, to_jsonable_python

from packetflow.errors import WireError
from packetflow.kernel.cards import PortCard
from packetflow.mcp.schemas import kind_of

LEAST_ITEMS: Final = 1
MOST_ITEMS: Final = 4096
MOST_SIGNS: Final = 65_536
ROWS_AT_ONCE: Final = 10_000

EXECUTION: Final = "execution://"

_FLAT: Final = frozenset({int, bool, type(None)})


@dataclass
class Made:
    """What a run made.

    Attributes:
        content: The blocks, in the order of the outputs.
        structured: The structured result.
        shortened: Whether something was left out.
    """

    content: list[t.ContentBlock] = field(default_factory=list)
    structured: dict[str, Any] = field(default_factory=dict)
    shortened: bool = False


def made_of(
    ports: Sequence[PortCard],
    values: Mapping[str, Any],
    *,
    execution_id: str,
    limit_bytes: int,
) -> Made:
    """Turn the outputs of a run into what a client reads.

    Args:
        ports: The outputs, in order.
        values: By name, as they came from the runner; reading one may raise `WireError`.
        execution_id: Where the whole can be read.
        limit_bytes: The most of the structured result as text, and of each picture or sound.
    """
    made = Made()
    media: list[t.ContentBlock] = []
    for port in ports:
        if port.secret or port.name not in values:
            continue
        try:
            value = values[port.name]
        except WireError as error:
            media.append(t.TextContent(text=f"{port.name}: {error.message}"))
            made.shortened = True
            continue
        kind = kind_of(port)
        if kind in {"", "Table"}:
            cut, plain = _plain(value)
            made.shortened |= cut
            made.structured[port.name] = plain
        else:
            place = f"{EXECUTION}{execution_id}/{port.name}"
            for one in value if isinstance(value, list) else [value]:
                block, whole = _block(kind, one, place, limit_bytes)
                media += block
                made.shortened |= not whole
    written = _bounded(made, limit_bytes)
    made.content = [*_texts(made.structured, written), *media]
    if made.shortened:
        made.content += whole_at(execution_id)
    if not made.content:
        made.content = [t.TextContent(text="done")]
    return made


def whole_at(execution_id: str) -> Iterator[t.ContentBlock]:
    """The words and the link that say where the whole result is."""
    uri = f"{EXECUTION}{execution_id}"
    yield t.TextContent(text=f"The result was shortened; the whole is the resource {uri}")
    yield t.ResourceLink(uri=uri, name=f"execution {execution_id}", mime_type="application/json")


def _texts(structured: Mapping[str, Any], written: str) -> Iterator[t.ContentBlock]:
    """The structured result as text: a single text as it is, else as it is written in JSON."""
    if len(structured) == 1:
        (only,) = structured.values()
        if isinstance(only, str):
            yield t.TextContent(text=only)
            return
    if structured:
        yield t.TextContent(text=written)


def _plain(value: Any) -> tuple[bool, Any]:
    """A value as JSON carries it, and whether some of it was left out."""
    if hasattr(value, "to_pylist") and hasattr(value, "slice"):
        rows = value.slice(0, ROWS_AT_ONCE).to_pylist()
        return value.num_rows > ROWS_AT_ONCE, as_json(rows)
    return False, as_json(value)


def as_json(value: Any) -> Any:
    """A value as numbers, texts, lists and dicts; what JSON has no words for becomes text."""
    if type(value) in _FLAT or (type(value) is str and value.isascii()):
        return value
    try:
        return to_jsonable_python(value, bytes_mode="base64", fallback=_other)
    except (PydanticSerializationError, UnicodeError, RecursionError):
        return repr(value)[:MOST_SIGNS]


def _other(value: Any) -> Any:
    return _plain(value)[1] if hasattr(value, "to_pylist") else repr(value)[:MOST_SIGNS]


def _block(
    kind: str, value: Any, place: str, limit_bytes: int
) -> tuple[list[t.ContentBlock], bool]:
    """The blocks of one picture, sound, text or reference, and whether all of it is in them."""
    if not isinstance(value, Mapping):
        return [], True
    if kind == "Markdown":
        text = str(value.get("text", ""))
        cut = text[:limit_bytes]
        return [t.TextContent(text=cut)], cut == text
    if kind == "Resource":
        return _reference(value), True
    content, media_type = bytes(value.get("content", b"")), str(value.get("media_type", ""))
    if len(content) > limit_bytes:
        return [_link(place, media_type, len(content))], False
    encoded = base64.b64encode(content).decode("ascii")
    if kind == "Audio":
        return [t.AudioContent(data=encoded, mime_type=media_type)], True
    return [t.ImageContent(data=encoded, mime_type=media_type)], True


def _link(place: str, media_type: str, size: int) -> t.ResourceLink:
    name = place.rpartition("/")[2]
    return t.ResourceLink(uri=place, name=name, mime_type=media_type or None, size=size)


def _reference(value: Mapping[str, Any]) -> list[t.ContentBlock]:
    uri, content = str(value.get("uri", "")), value.get("content")
    guessed = mimetypes.guess_type(uri)[0]
    media_type = str(value.get("media_type") or guessed or "") or None
    if content is None:
        name = str(value.get("name") or uri.rstrip("/").rpartition("/")[2] or uri)
        return [t.ResourceLink(uri=uri, name=name, mime_type=media_type)]
    return [t.EmbeddedResource(resource=resource_contents(uri, content, media_type))]


def resource_contents(
    uri: str, content: str | bytes, media_type: str | None
) -> t.TextResourceContents | t.BlobResourceContents:
    """The content of a resource: text as it is, bytes as base64."""
    if isinstance(content, bytes):
        blob = base64.b64encode(content).decode("ascii")
        return t.BlobResourceContents(uri=uri, mime_type=media_type, blob=blob)
    return t.TextResourceContents(uri=uri, mime_type=media_type, text=content)


def _bounded(made: Made, limit_bytes: int) -> str:
    """Shorten the structured result until it is short enough: lists and texts lose their ends.

    Returns:
        What is left, as JSON.
    """
    written = _written(made.structured)
    if _size(written) <= limit_bytes:
        return written
    made.shortened = True
    whole = made.structured
    items, signs = MOST_ITEMS, MOST_SIGNS
    while items >= LEAST_ITEMS:
        made.structured = _cut(whole, items, signs)
        written = _written(made.structured)
        if _size(written) <= limit_bytes:
            return written
        items, signs = items // 4, max(signs // 4, 16)
    made.structured = {}
    return _written(made.structured)


_written: Final = json.JSONEncoder(ensure_ascii=False).encode


def _size(written: str) -> int:
    return len(written) if written.isascii() else len(written.encode("utf-8", "replace"))


def _cut(value: Any, items: int, signs: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= signs else f"{value[:signs]}..."
    if isinstance(value, list):
        return [_cut(one, items, signs) for one in value[:items]]
    if isinstance(value, dict):
        return {name: _cut(one, items, signs) for name, one in value.items()}
    return value
