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
from itertools import islice
from typing import Any, Final

import mcp_types as t
from pydantic_core import to_jsonable_python

from packetflow.errors import WireError
from packetflow.kernel.cards import PortCard
from packetflow.mcp.schemas import kind_of

LEAST_ITEMS: Final = 1
MOST_ITEMS: Final = 4096
MOST_SIGNS: Final = 65_536
ROWS_AT_ONCE: Final = 10_000
DEEPEST: Final = 100
"""What is nested deeper is left out: readers of JSON give up at 200 levels or so."""

MOST_WORDS: Final = 4096
"""The most signs of a complaint."""

LEAST_NAMES: Final = 100
"""So many fields of an object always stay: its schema may need them."""

_NESTED: Final = frozenset({dict, list})

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
            cut, plain = _plain(value)
            made.shortened |= cut
            made.structured[port.name] = plain
        else:
            place = f"{EXECUTION}{execution_id}/{port.name}"
            for one in value if isinstance(value, list) else [value]:
                block, whole = _block(kind, one, place, limit_bytes)
                media += block
                made.shortened |= not whole
    _bound(made, limit_bytes)
    if _is_deep(made.structured):
        made.structured, made.shortened = _flat(made.structured, DEEPEST), True
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
        yield t.TextContent(text=json.dumps(structured, ensure_ascii=False))


def _plain(value: Any) -> tuple[bool, Any]:
    """A value as JSON carries it, and whether some of it was left out."""
    if hasattr(value, "to_pylist") and hasattr(value, "slice"):
        rows = value.slice(0, ROWS_AT_ONCE).to_pylist()
        return value.num_rows > ROWS_AT_ONCE, as_json(rows)
    return False, as_json(value)


def as_json(value: Any) -> Any:
    """A value as numbers, texts, lists and dicts; what JSON has no words for becomes text."""
    try:
        return to_jsonable_python(value, bytes_mode="base64", inf_nan_mode="null", fallback=_other)
    except (ValueError, RecursionError):  # too deep, half characters, circles
        return told(repr(value), MOST_SIGNS)


def told(text: str, most: int = MOST_WORDS) -> str:
    """A text that can be sent: not too long, and without halves of characters."""
    short = text if len(text) <= most else f"{text[:most]}..."
    return short.encode("utf-8", "backslashreplace").decode()


def odd_numbers(values: Mapping[str, Any]) -> list[str]:
    """The outputs that hold NaN or an infinite number, for which JSON has only null."""
    found = []
    for name in values:
        try:
            plain = to_jsonable_python(values[name], bytes_mode="base64", fallback=_other)
            json.dumps(plain, allow_nan=False)
        except WireError:
            continue
        except (ValueError, RecursionError) as error:
            if "JSON compliant" in str(error):
                found.append(name)
    return found


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


def _bound(made: Made, limit_bytes: int) -> None:
    """Shorten the structured result until it is short enough: lists and texts lose their ends."""
    if _size(made.structured) <= limit_bytes:
        return
    made.shortened = True
    whole = made.structured
    items, signs = MOST_ITEMS, MOST_SIGNS
    while items >= LEAST_ITEMS:
        made.structured = _cut(whole, items, signs)
        if _size(made.structured) <= limit_bytes:
            return
        items, signs = items // 4, max(signs // 4, 16)
    made.structured = {}


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if type(one) is dict else one)
            if type(inner) in _NESTED
        ]
        if not level:
            return False
    return True


def _flat(value: Any, levels: int) -> Any:
    if type(value) in _NESTED and levels <= 0:
        return "..."
    if type(value) is dict:
        return {name: _flat(one, levels - 1) for name, one in value.items()}
    return [_flat(one, levels - 1) for one in value] if type(value) is list else value


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def _cut(value: Any, items: int, signs: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= signs else f"{value[:signs]}..."
    if isinstance(value, list):
        return [_cut(one, items, signs) for one in value[:items]]
    if isinstance(value, dict):
        some = islice(value.items(), max(items, LEAST_NAMES))
        return {name: _cut(one, items, signs) for name, one in some}
    return value
