"""What a run made, as a client reads it: content blocks, and a structured result.

Text stays text, Markdown too; pictures and sounds become blocks of their own; a reference becomes a
link, or travels along when it carries its content. All else is in the structured result, and once
more as text, for clients that read no structures. What is too long is shortened so that it still
fits its schema, and a link says where the whole is.
"""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import mcp_types as t

from packetflow.capabilities.tool_results import as_text, plain_of, shortened
from packetflow.capabilities.tool_schemas import kind_of
from packetflow.errors import WireError
from packetflow.kernel.cards import PortCard

EXECUTION: Final = "execution://"


@dataclass
class Made:
    """What a run made.

    Attributes:
        content: The blocks, in the order of the outputs.
        structured: The structured result.
        shortened: Whether something was left out.
        unsent: Outputs that could not be sent at all, with the reason.
    """

    content: list[t.ContentBlock] = field(default_factory=list)
    structured: dict[str, Any] = field(default_factory=dict)
    shortened: bool = False
    unsent: dict[str, str] = field(default_factory=dict)


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
            made.unsent[port.name] = error.message
            made.shortened = True
            continue
        kind = kind_of(port)
        if kind in {"", "Table"}:
            cut, plain = plain_of(value)
            made.shortened |= cut
            made.structured[port.name] = plain
        else:
            place = f"{EXECUTION}{execution_id}/{port.name}"
            for one in value if isinstance(value, list) else [value]:
                block, whole = _block(kind, one, place, limit_bytes)
                media += block
                made.shortened |= not whole
    made.structured, cut = shortened(made.structured, limit_bytes)
    made.shortened |= cut
    made.content = [*_texts(made.structured), *media]
    if made.shortened:
        made.content += [t.TextContent(text="The result was shortened."), *whole_at(execution_id)]
    if not made.content:
        made.content = [t.TextContent(text="done")]
    return made


def whole_at(execution_id: str) -> Iterator[t.ContentBlock]:
    """The words and the link that say where the whole result is."""
    uri = f"{EXECUTION}{execution_id}"
    yield t.TextContent(text=f"The whole is the resource {uri}")
    yield t.ResourceLink(uri=uri, name=f"execution {execution_id}", mime_type="application/json")


def _texts(structured: Mapping[str, Any]) -> Iterator[t.ContentBlock]:
    """The structured result as text: a single text as it is, else as JSON."""
    if len(structured) == 1:
        (only,) = structured.values()
        if isinstance(only, str):
            yield t.TextContent(text=only)
            return
    if structured:
        yield t.TextContent(text=as_text(structured))


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
