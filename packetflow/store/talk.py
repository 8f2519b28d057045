"""What a client and the owner say to each other over the socket.

One msgpack message a WebSocket frame, tag first. A client says `Hello` once, then one `Ask`,
`Flush` or `Follow` after the other; the owner answers each. After a `Follow` the owner only sends
`Seen`, and the client nothing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from packetflow.errors import StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import Record

PROTOCOL = 1


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """Who knows the token may ask."""

    token: str
    protocol: int = PROTOCOL


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="ask"):
    """A query; params are a list, a map or nothing."""

    query: str
    params: Any = None
    fresh: bool = True


class Flush(msgspec.Struct, frozen=True, array_like=True, tag="flush"):
    """Answer when everything is committed."""


class Follow(msgspec.Struct, frozen=True, array_like=True, tag="follow"):
    """Send records as they come in."""

    kinds: tuple[str, ...] = ()
    execution_id: str | None = None

    def takes(self, record: Record) -> bool:
        """Tell whether a record is one of those wanted."""
        wanted = not self.kinds or record.__struct_config__.tag in self.kinds
        return wanted and self.execution_id in {None, getattr(record, "execution_id", None)}


class Answer(msgspec.Struct, frozen=True, array_like=True, tag="answer"):
    """An Arrow IPC stream; empty for `Hello`, `Flush` and `Follow`."""

    table: bytes = b""


class Fault(msgspec.Struct, frozen=True, array_like=True, tag="fault"):
    """What went wrong: the code of an error of PacketFlow and its message."""

    code: str
    message: str


class Seen(msgspec.Struct, frozen=True, array_like=True, tag="seen"):
    """Encoded records, oldest first; ``missed`` when the reader was too slow for some."""

    records: list[bytes]
    missed: int = 0


Request: TypeAlias = Hello | Ask | Flush | Follow
Reply: TypeAlias = Answer | Fault | Seen

encode = msgspec.msgpack.Encoder(enc_hook=str).encode
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
decode_request = _requests.decode
decode_reply = _replies.decode


class Words(msgspec.Struct, frozen=True):
    """Why an owner could not start, as a line of JSON in its log."""

    code: str
    message: str


class Card(msgspec.Struct, frozen=True):
    """Where an owner answers, as kept in ``owner.json``, and its version of PacketFlow."""

    pid: int
    port: int
    token: str
    version: str = ""


def write_card(path: Path, card: Card) -> None:
    """Show where the owner answers, to its own user only."""
    draft = path.with_name(f"{path.name}.{new_id()}.new")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(card))
        draft.replace(path)
    except OSError:
        draft.unlink()
        raise


def read_card(path: Path) -> Card | None:
    """Read where the owner answers; None when there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def remove_card(path: Path, pid: int) -> None:
    """Take the card away, unless it is another owner's."""
    card = read_card(path)
    if card is not None and card.pid == pid:
        path.unlink(missing_ok=True)


def as_error(code: str, message: str) -> StoreError:
    """Make the error again that the owner met."""
    kinds: list[type[StoreError]] = [StoreError, *StoreError.__subclasses__()]
    return next((kind for kind in kinds if kind.code == code), StoreError)(message)


def last_words(log: Path, start: int = 0) -> StoreError | None:
    """Read why an owner could not start, where it said so behind byte *start* of its log."""
    try:
        lines = log.read_bytes()[start:].decode(errors="replace").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        with contextlib.suppress(msgspec.MsgspecError):
            words = msgspec.json.decode(line, type=Words)
            return as_error(words.code, words.message)
    return None
