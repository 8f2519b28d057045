"""The connection on an event loop, against what may answer at a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from packetflow.errors import RunnerLost, WireError
from packetflow.kernel.messages import PROTOCOL, Done, Ping, Pong, Refused, Welcome
from packetflow.kernel.wire import decode, encode
from packetflow.runner.card import RunnerCard
from packetflow.runner.link import Unreachable
from packetflow.runner.loop_link import LoopLink

WAIT = 60.0


def card(port: int) -> RunnerCard:
    return RunnerCard("r-1", 1, 0.0, port, "token", 1, "0", PROTOCOL, 0.0)


@asynccontextmanager
async def answering(first: object, *, pieces: bool = False) -> AsyncIterator[int]:
    """A server that answers the greeting so, and a ping by itself; ``pieces``: in fragments."""

    async def serve_one(connection: ServerConnection) -> None:
        decode(await connection.recv())
        await connection.send(encode(first))
        async for content in connection:
            request = decode(content)
            if not isinstance(request, Ping):
                await connection.close(1000, "enough")
                return
            answer = encode(Pong(request.id, request.at, 0))
            if pieces:
                await connection.send([answer[:3], answer[3:5], answer[5:]])
            else:
                await connection.send(answer)

    async with serve(serve_one, "127.0.0.1", 0, compression=None) as server:
        yield next(iter(server.sockets)).getsockname()[1]


async def opened(folder: Path, port: int) -> LoopLink:
    return await LoopLink.open(folder, card(port), "test", 15.0)


@pytest.mark.parametrize("pieces", [False, True])
async def test_a_request_is_answered(tmp_path: Path, pieces: bool):
    async with answering(Welcome("r-1", 1, 1, "0"), pieces=pieces) as port:
        link = await opened(tmp_path, port)
        answer = asyncio.get_running_loop().create_future()

        link.send(lambda id: Ping(id, 7), answer.set_result)

        assert (await asyncio.wait_for(answer, WAIT)).at == 7
        assert not link.is_awaited
        link.close()


async def test_who_waits_hears_that_the_connection_has_gone(tmp_path: Path):
    async with answering(Welcome("r-1", 1, 1, "0")) as port:
        link = await opened(tmp_path, port)
        answer = asyncio.get_running_loop().create_future()

        link.send(lambda id: Done(id), answer.set_result)

        assert isinstance(await asyncio.wait_for(answer, WAIT), RunnerLost)
        assert not link.is_open
        with pytest.raises(RunnerLost):
            link.send(lambda id: Ping(id, 1), print)


async def test_what_is_no_runner_of_this_kind_is_told_apart(tmp_path: Path):
    async with answering(Refused("", "wire", "another protocol")) as port:
        with pytest.raises(WireError, match="another protocol"):
            await opened(tmp_path, port)
    async with answering(Refused("", "moved", "leaving")) as port:
        with pytest.raises(Unreachable):
            await opened(tmp_path, port)
    with pytest.raises(Unreachable):
        await opened(tmp_path, port)


async def test_what_speaks_no_websocket_is_unreachable(tmp_path: Path):
    async def rude(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unreachable):
            await opened(tmp_path, server.sockets[0].getsockname()[1])
