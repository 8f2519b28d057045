"""The messages of the canvas, protocol 1; the table is in ``docs/canvas.md``."""

from __future__ import annotations

import logging
from typing import Any, Final, TypeAlias

import msgspec

from packetflow.errors import WireError

PROTOCOL: Final = 1
MOST_BYTES: Final = 6 << 20
"""A longer message is refused."""


class Open(msgspec.Struct, frozen=True, tag="open", tag_field="type"):
    """Begin, or begin again after a lost connection."""

    client: str
    pipeline: str
    seen: int | None = None
    protocol: int = PROTOCOL


class Whole(msgspec.Struct, frozen=True, tag="whole", tag_field="type"):
    """Say the whole document: what changed does not go with what the page has."""


class Edit(msgspec.Struct, frozen=True, tag="edit", tag_field="type"):
    """Do these in order, as one entry of the history."""

    client: str
    seq: int
    ops: list[dict[str, Any]]


class Fits(msgspec.Struct, frozen=True):
    """The id of a type, and which side of what is sought must fit."""

    type: str
    side: str


class Search(msgspec.Struct, frozen=True, tag="palette", tag_field="type"):
    """Search capabilities and pipelines."""

    ask: int
    text: str = ""
    fits: Fits | None = None


class Run(msgspec.Struct, frozen=True, tag="run", tag_field="type"):
    """Start the draft as it is, or a part of it."""

    ask: int
    inputs: dict[str, Any] = {}
    until: str | None = None
    since: str | None = None
    only: str | None = None


class Stop(msgspec.Struct, frozen=True, tag="stop", tag_field="type"):
    """Stop an execution."""

    execution: str


class Reply(msgspec.Struct, frozen=True, tag="answer", tag_field="type"):
    """Answer what waits."""

    execution: str
    step: str
    value: Any
    path: list[int] = []


class Preview(msgspec.Struct, frozen=True, tag="preview", tag_field="type"):
    """Ask for a value of a run, in part."""

    ask: int
    execution: str
    step: str
    port: str


class Follow(msgspec.Struct, frozen=True, tag="follow", tag_field="type"):
    """Draw a run on the canvas; null ends it."""

    execution: str | None = None


Message: TypeAlias = Open | Whole | Edit | Search | Run | Stop | Reply | Preview | Follow

log = logging.getLogger(__name__)
_DECODER = msgspec.json.Decoder(Message)


def read_message(content: str | bytes) -> Message:
    """Read what a canvas says.

    Raises:
        WireError: It is too long, no JSON, or none of the messages.
    """
    if len(content) > MOST_BYTES:
        raise WireError(f"a message has at most {MOST_BYTES:,} bytes")
    try:
        message: Message = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"this is no message of the canvas: {error}") from error
    return message


def ask_of(content: str | bytes) -> int | None:
    """The number that an answer to an unreadable message repeats, if it can be told."""
    try:
        said = msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    ask = said.get("ask") if isinstance(said, dict) else None
    return ask if isinstance(ask, int) else None


def mishap(error: Exception) -> str:
    """What to say of a mistake of ours; where it happened is logged. For supervision borders."""
    log.error("something went wrong inside", exc_info=error)
    return f"something went wrong inside: {type(error).__name__}: {error}"


def written(kind: str, **fields: Any) -> bytes:
    """A message to a canvas."""
    return msgspec.json.encode({"type": kind, **fields}, enc_hook=str)
