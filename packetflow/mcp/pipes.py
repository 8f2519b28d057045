"""One client over standard input and output: every line gets its answer, whatever came before.

The protocol's package passes over a line that it cannot read. Whoever sent it would wait for ever,
so it is told what is wrong with it, under the number of its request where that can be read.
Nor can that package be interrupted while it waits for a line, so lines are read by `Lines`.

The package also holds a client to the era of its first request. But one that asks for the newer
era, hears nothing since the server is still starting, and turns to the older one, is served, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import fcntl
import os
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final, Self, cast

import anyio
import mcp_types as t
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from packetflow.mcp.lines import unreadable

_FORM: Final = "it takes one object a line, with a method, and params that are an object"
_STDIN: Final = 0
_ABOVE_STANDARD: Final = 3
_AHEAD: Final = 64


@contextlib.asynccontextmanager
async def pipes() -> AsyncIterator[tuple[Incoming, WriteStream[SessionMessage]]]:
    """What comes in, and where answers go; a client that takes no more of them has left.

    What goes wrong inside is raised as it is, not in a group.
    """
    try:
        with _input_of_its_own() as source:
            lines = cast("anyio.AsyncFile[str]", Lines(source))  # it is only iterated over
            async with stdio_server(stdin=lines) as (reading, writing):
                yield Incoming(reading, writing), writing
    except ExceptionGroup as group:
        _, others = group.split(BrokenPipeError)
        if others is not None:
            raise others.exceptions[0] from None


@contextlib.contextmanager
def _input_of_its_own() -> Iterator[int]:
    """Standard input under another number; who reads the usual one meanwhile finds its end."""
    source = fcntl.fcntl(_STDIN, fcntl.F_DUPFD_CLOEXEC, _ABOVE_STANDARD)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, _STDIN)
    os.close(nothing)
    try:
        yield source
    finally:
        os.dup2(source, _STDIN)  # it stays open: somebody may still wait for a line of it


class Lines:
    """Lines of a file, each as soon as it is there; who waits for one can be interrupted.

    They are read by a thread of their own that holds up nobody's end.

    Args:
        source: The number of the open file.
    """

    def __init__(self, source: int) -> None:
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    def _read(self) -> None:
        source = open(self._source, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            for line in source:
                self._room.acquire()
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        if line is None:
            raise StopAsyncIteration
        self._room.release()
        return line


async def serve_pipes(
    server: Server[Any], incoming: Incoming, writing: WriteStream[SessionMessage]
) -> None:
    """Serve one client until it leaves.

    Args:
        server: The server.
        incoming: What comes in; closed in the end.
        writing: Where answers go; closed in the end.
    """
    options = server.create_initialization_options()
    async with writing:
        await server.run(incoming, Lent(writing), options)
        while incoming.turns():
            await server.run(incoming, Lent(writing), options)


class Incoming:
    """What comes in, without what cannot be read: that is answered at once.

    It ends where its client turns from the newer era to the older one, and goes on from there.

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
        self._asked = False
        self._settled = False
        self._kept: SessionMessage | None = None

    def turns(self) -> bool:
        """Whether it ended since its client turned; it can be read on then."""
        self._settled = True
        return self._kept is not None

    @property
    def last_context(self) -> contextvars.Context | None:
        """In which context the last message was read."""
        found: contextvars.Context | None = getattr(self._reading, "last_context", None)
        return found

    async def receive(self) -> SessionMessage | Exception:
        """The next message."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            return kept
        while isinstance(item := await self._reading.receive(), ValidationError):
            answer = answer_to(item)
            if answer is not None:
                await self._writing.send(SessionMessage(answer))
        if isinstance(item, SessionMessage) and not self._settled:
            self._settle(item)
        return item

    def _settle(self, item: SessionMessage) -> None:
        if not isinstance(item.message, t.JSONRPCRequest):
            return
        if item.message.method == "server/discover":
            self._asked = True
        elif item.message.method == "initialize" and self._asked:
            self._kept = item
            raise anyio.EndOfStream
        else:
            self._settled = True

    async def aclose(self) -> None:
        """Take no more, unless it is to be read on."""
        if self._kept is None:
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


class Lent:
    """Where answers go, for one who must not close it.

    Args:
        writing: Where.
    """

    def __init__(self, writing: WriteStream[SessionMessage]) -> None:
        self.send = writing.send

    async def aclose(self) -> None:
        """Leave it open."""

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
