"""Messages to bytes and back, without any I/O: the wire protocol between runners and clients.

A message is the three bytes ``PF`` and the protocol's number, then one msgpack map whose ``type``
names the message. Values in payloads are encoded as in records. What cannot be read raises
`WireError`; nothing else is ever raised by `decode`, whatever the bytes.

>>> from packetflow.kernel.messages import Ping
>>> decode(encode(Ping("1", at=5)))
Ping(id='1', at=5)
"""

from __future__ import annotations

from typing import Final

import msgspec

from packetflow.errors import WireError
from packetflow.kernel.messages import PROTOCOL, Message

LIMIT: Final = 64 << 20
"""The most bytes of one message."""

MAGIC: Final = b"PF"
HEADER: Final = MAGIC + bytes([PROTOCOL])

_DECODER: Final = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """Turn a message into bytes.

    Raises:
        WireError: It holds a value that cannot travel, or is larger than 64 MiB.
    """
    buffer = bytearray(HEADER)
    try:
        msgspec.msgpack.Encoder().encode_into(message, buffer, len(HEADER))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        kind = type(message).__name__
        raise WireError(f"a {kind} cannot be sent: {error}", kind=kind) from error
    if len(buffer) > LIMIT:
        kind = type(message).__name__
        raise WireError(
            f"a {kind} of {len(buffer):,} bytes is over the limit of {LIMIT:,}; send less, or keep "
            "it in a file and send its path",
            kind=kind,
            size=len(buffer),
        )
    return bytes(buffer)


def decode(content: bytes | bytearray | memoryview) -> Message:
    """Read a message.

    Raises:
        WireError: The bytes are too many, no message, or of another protocol version.
    """
    size = len(content)
    if size > LIMIT:
        raise WireError(f"a message of {size:,} bytes is over the limit of {LIMIT:,}", size=size)
    header = bytes(content[: len(HEADER)])
    if not header.startswith(MAGIC) or size < len(HEADER):
        raise WireError(
            "these bytes are no PacketFlow message; is something else talking to the runner?"
        )
    if header != HEADER:
        other = header[len(MAGIC)]
        raise WireError(
            f"the message speaks protocol {other}, this side speaks {PROTOCOL}; "
            "use the same PacketFlow version on both sides",
            protocol=other,
        )
    try:
        message: Message = _DECODER.decode(memoryview(content)[len(HEADER) :])
    except (
        msgspec.DecodeError,
        TypeError,
        ValueError,
        OverflowError,
        RecursionError,
        MemoryError,
    ) as error:
        raise WireError(f"the message cannot be read: {error}") from error
    return message
