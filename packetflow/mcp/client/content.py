"""What a tool answered, as values."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from packetflow.capabilities.values import Audio, Image, Resource
from packetflow.mcp.client.contracts import Shape
from packetflow.mcp.client.failures import ToolFailed

if TYPE_CHECKING:
    import mcp_types as t

MOST_SIGNS: Final = 2000
"""Of what a failed tool says, so much is shown."""


def values_of(shape: Shape, result: t.CallToolResult) -> dict[str, Any]:
    """The outputs of a call, by name.

    Raises:
        ToolFailed: It gave no structured result although it says that it does, or a picture or
            sound that cannot be decoded.
    """
    structured = result.structured_content
    if shape.value:
        return {shape.value: structured if structured is not None else whole(result.content)}
    if not isinstance(structured, Mapping):
        raise ToolFailed("it gave no structured result, although its output schema promises one")
    return {name: structured[field] for name, field in shape.results.items() if field in structured}


def whole(content: Sequence[t.ContentBlock]) -> Any:
    """All that was answered as one value: a text, a picture, ..., or a list of those.

    Several texts become one, a paragraph each.

    Raises:
        ToolFailed: A picture or sound cannot be decoded.
    """
    made = [value_of(block) for block in content]
    if made and all(isinstance(one, str) for one in made):
        return "\n\n".join(made)
    return made[0] if len(made) == 1 else made or None


def value_of(block: t.ContentBlock) -> Any:
    """One block of content as a value.

    Raises:
        ToolFailed: It cannot be decoded.
    """
    match block.type:
        case "text":
            return block.text
        case "image":
            return Image(_decoded(block.data, "picture"), block.mime_type)
        case "audio":
            return Audio(_decoded(block.data, "sound"), block.mime_type)
        case "resource_link":
            return Resource(str(block.uri), block.name or "", block.mime_type or "")
        case "resource":
            return _resource(block.resource)


def _resource(found: t.TextResourceContents | t.BlobResourceContents) -> Any:
    uri, media_type = str(found.uri), found.mime_type or ""
    text = getattr(found, "text", None)
    if text is not None:
        return Resource(uri, media_type=media_type, content=text)
    content = _decoded(getattr(found, "blob", ""), "resource")
    if media_type.startswith("image/"):
        return Image(content, media_type)
    if media_type.startswith("audio/"):
        return Audio(content, media_type)
    return Resource(uri, media_type=media_type, content=content)


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ToolFailed(f"it sent a {what} that is no base64: {error}") from error


def complaint(result: t.CallToolResult) -> str:
    """What a failed tool says, shortened."""
    said = " ".join(block.text for block in result.content if block.type == "text").strip()
    if len(said) > MOST_SIGNS:
        said = f"{said[:MOST_SIGNS]}..."
    return said or "it says nothing of the reason"


def left_out(shape: Shape, result: t.CallToolResult) -> list[str]:
    """The kinds of content beside a structured result that its contract has no place for."""
    if shape.value and result.structured_content is None:
        return []
    return [block.type for block in result.content if block.type != "text"]
