"""Standard input and output as the protocol's streams, where every line gets its answer.

The protocol's package passes over a line that it cannot read. Whoever sent it would wait for ever,
so it is told what is wrong with it, under the number of its request where that can be read.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import AsyncIterator
from typing import Any, Final, Self

import anyio
import mcp_types as t
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from packetflow.mcp.lines import unreadable

_FORM: Final = "it takes one object a line, with a method, and params that are an object"


@contextlib.asynccontextmanager
async def pipes() -> AsyncIterator[tuple[ReadStream[Any], WriteStream[SessionMessage]]]:
    """What comes in, and where answers go."""
    async with stdio_server() as (reading, writing):
        yield Answered(reading, writing), writing


class Answered:
    """What comes in, without what cannot be read: that is answered at once.

    Args:
        reading: What comes in.
        writing: Where the answers go.
    """

    def __init__(
        self,
        reading: ReadStream[SessionMessage | Exception],
        writing: WriteStream[SessionMessage],
    ) -> None:
        self._reading = reading
        self._writing = writing

    @property
    def last_context(self) -> contextvars.Context | None:
        """In which context the last message was read."""
        found: contextvars.Context | None = getattr(self._reading, "last_context", None)
        return found

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        while True:
            item = await self._reading.receive()
            if not isinstance(item, ValidationError):
                return item
            answer = answer_to(item)
            if answer is not None:
                await self._writing.send(SessionMessage(answer))

    async def aclose(self) -> None:
        """Take no more."""
        await self._reading.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def answer_to(error: ValidationError) -> t.JSONRPCError | None:
    """The answer to a line that is no message; ``None`` to one with nothing in it."""
    found = unreadable(error)
    if found is None:
        return None
    form = "" if found.code == t.PARSE_ERROR else f"; {_FORM}"
    return found.error(f"this line {found.why}{form}")
