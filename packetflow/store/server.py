"""Puts an owner on a loopback socket, and keeps it going as long as somebody needs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import duckdb
import pyarrow as pa
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from packetflow.errors import OwnerGone, PacketFlowError, WireError
from packetflow.store.ingest import Piece
from packetflow.store.owner import Owner
from packetflow.store.talk import (
    PROTOCOL,
    Answer,
    Ask,
    Card,
    Fault,
    Flush,
    Follow,
    Hello,
    Request,
    Seen,
    decode_request,
    encode,
    remove_card,
    write_card,
)
from packetflow.store.transaction import as_store_error
from packetflow.version import VERSION

T = TypeVar("T")

INGEST_EVERY = 0.1
"""Seconds between looks at the journals when nobody asks."""

MUCH = 5000
"""When so many records were new there may be more: the next look follows at once."""

_TICK_EVERY = 1.0
_ALONE_SECONDS = 0.2
_WAITING_ROOM = 50_000


def as_stream(table: pa.Table) -> bytes:
    """Write a table as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content


class Follower:
    """The records that somebody follows and has not got yet."""

    def __init__(self, wish: Follow) -> None:
        self._wish = wish
        self._records: list[bytes] = []
        self._missed = 0
        self.news = asyncio.Event()

    def pick(self, pieces: Sequence[Piece]) -> list[bytes]:
        """Choose the records of this follower; any thread may call it."""
        takes = self._wish.takes
        return [body for piece in pieces for _, body, record in piece.entries if takes(record)]

    def add(self, records: list[bytes]) -> None:
        """Put records in the waiting room; what does not fit is counted only."""
        room = _WAITING_ROOM - len(self._records)
        self._records.extend(records[:room])
        self._missed += max(0, len(records) - room)
        self.news.set()

    def take(self) -> Seen:
        """Empty the waiting room."""
        self.news.clear()
        seen = Seen(self._records, self._missed)
        self._records, self._missed = [], 0
        return seen


class Server:
    """Serves one owner until nobody has needed it for a while.

    Args:
        owner: Closed when `run` returns.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._token = secrets.token_urlsafe(24)
        self._clients = 0
        self._asked_at = self._alone_since = time.monotonic()
        self._leaving = asyncio.Event()
        self._hands = ThreadPoolExecutor(1, "packetflow-ingest")

    async def run(self) -> None:
        """Answer until the last client is gone long enough and all journals are brought in."""
        try:
            async with serve(
                self._meet, "127.0.0.1", 0, compression=None, max_size=None, ping_interval=None
            ) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                card = Card(os.getpid(), port, self._token, VERSION)
                await asyncio.to_thread(write_card, self._owner.spots.card, card)
                await self._keep()
        finally:
            await self._ingesting(self.let_go)
            self._hands.shutdown()

    def let_go(self) -> None:
        """Take the card away and close the owner; once is enough."""
        if self._owner.is_mine:
            remove_card(self._owner.spots.card, os.getpid())
        self._owner.close()

    async def _ingesting(self, work: Callable[[], T]) -> T:
        """Run in the one thread that is never busy with questions."""
        return await asyncio.get_running_loop().run_in_executor(self._hands, work)

    def stop(self) -> None:
        """Leave as soon as what is in hand is done; call it from the loop's thread."""
        self._leaving.set()

    async def _keep(self) -> None:
        next_tick = 0.0
        while not self._leaving.is_set():
            count = 0
            try:
                count = await self._ingesting(self._owner.ingest)
                now = time.monotonic()
                if now >= next_tick:
                    next_tick = now + _TICK_EVERY
                    await self._ingesting(self._owner.tick)
            except OwnerGone:
                return
            except duckdb.FatalException:
                raise  # the database must be opened anew: by the next owner
            except (duckdb.Error, OSError) as error:
                with contextlib.suppress(OSError):  # the log may be on the same full disk
                    sys.stderr.write(f"cannot bring records in: {error}\n")
                    sys.stderr.flush()
                await asyncio.sleep(1.0)
            if not count and self._is_over():
                return
            if count < MUCH:  # bringing in one record costs as much as bringing in a hundred
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._leaving.wait(), INGEST_EVERY)

    def _is_over(self) -> bool:
        """Nobody is there, nobody has asked for long, and nobody has left this very moment."""
        now, linger = time.monotonic(), self._owner.settings.linger_seconds
        alone, unasked = now - self._alone_since, now - self._asked_at
        return not self._clients and unasked > linger and alone > min(linger, _ALONE_SECONDS)

    async def _meet(self, socket: ServerConnection) -> None:
        self._clients += 1
        try:
            await self._converse(socket)
        except ConnectionClosed:
            pass  # the client left in the middle of an answer
        finally:
            self._clients -= 1
            self._alone_since = time.monotonic()

    async def _converse(self, socket: ServerConnection) -> None:
        hello = await _heard(socket)
        known = isinstance(hello, Hello) and secrets.compare_digest(hello.token, self._token)
        if not known or not isinstance(hello, Hello) or hello.protocol != PROTOCOL:
            await socket.send(encode(Fault("wire", "wrong token or protocol")))
            return
        await socket.send(encode(Answer()))
        while True:
            request = await _heard(socket)
            self._asked_at = time.monotonic()
            if isinstance(request, Follow):
                await socket.send(encode(Answer()))
                await self._follow(socket, request)
                return
            await socket.send(await self._work(socket, request))

    async def _work(self, socket: ServerConnection, request: Request) -> bytes:
        """Answer in a thread; a question is broken off when who asked it leaves."""
        try:
            cursor = self._owner.cursor()
        except OwnerGone as error:
            return encode(Fault(error.code, error.message))
        work = asyncio.create_task(asyncio.to_thread(self._reply, request, cursor))
        gone = asyncio.create_task(socket.wait_closed())
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        while not work.done():
            cursor.interrupt()
            await asyncio.wait({work}, timeout=INGEST_EVERY)
        return work.result()

    def _reply(self, request: Request, cursor: duckdb.DuckDBPyConnection) -> bytes:
        try:
            match request:
                case Ask(query, params, fresh):
                    table = self._owner.ask(query, params, fresh=fresh, cursor=cursor)
                    return encode(Answer(as_stream(table)))
                case Flush():
                    cursor.close()
                    self._owner.catch_up()
                    return encode(Answer())
                case Hello() | Follow():
                    return encode(Fault("wire", "out of order"))
        except PacketFlowError as error:
            return encode(Fault(error.code, error.message))
        except Exception as error:  # noqa: BLE001  # the border: one query must not end the owner
            told = as_store_error(error, self._owner.spots.workspace)
            return encode(Fault(told.code, told.message))

    async def _follow(self, socket: ServerConnection, wish: Follow) -> None:
        follower, loop = Follower(wish), asyncio.get_running_loop()

        def listen(pieces: Sequence[Piece]) -> None:
            records = follower.pick(pieces)
            if records:
                loop.call_soon_threadsafe(follower.add, records)

        gone = asyncio.create_task(socket.wait_closed())
        self._owner.listeners.append(listen)
        try:
            while not gone.done():
                news = asyncio.create_task(follower.news.wait())
                await asyncio.wait({gone, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if follower.news.is_set():
                    await socket.send(encode(follower.take()))
        finally:
            self._owner.listeners.remove(listen)
            gone.cancel()


async def _heard(socket: ServerConnection) -> Request:
    message = await socket.recv()
    if isinstance(message, str):
        text = "messages to the owner are binary"
        raise WireError(text)
    return decode_request(message)
