"""Values with a look of their own: pictures, sounds, Markdown, references.

Tables need no class here: a table between steps is a `pyarrow.Table`.
"""

from __future__ import annotations

import base64
import reprlib
from dataclasses import dataclass


def _data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture: encoded bytes and their media type (``image/png``, ``image/svg+xml``, ...)."""

    content: bytes
    media_type: str = "image/png"
    alt: str = ""

    def __repr__(self) -> str:
        return f"<image {self.media_type}, {len(self.content):,} bytes>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        if self.media_type == "image/svg+xml":
            return {"image/svg+xml": self.content.decode()}
        return {self.media_type: self.content}


@dataclass(frozen=True, slots=True)
class Audio:
    """A sound: encoded bytes and their media type (``audio/wav``, ``audio/mpeg``, ...)."""

    content: bytes
    media_type: str = "audio/wav"

    def __repr__(self) -> str:
        return f"<audio {self.media_type}, {len(self.content):,} bytes>"

    def _repr_html_(self) -> str:
        return f'<audio controls src="{_data_url(self.content, self.media_type)}"></audio>'


@dataclass(frozen=True, slots=True)
class Markdown:
    """Text to be shown as Markdown."""

    text: str

    def __repr__(self) -> str:
        return f"Markdown({reprlib.repr(self.text)})"

    def _repr_markdown_(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing kept elsewhere, by its address (``file:``, ``https:``, ``execution://ID``).

    With a content it carries that along, a text or bytes.
    """

    uri: str
    name: str = ""
    media_type: str = ""
    content: str | bytes | None = None
