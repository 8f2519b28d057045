"""Connections that ask nothing, on a socket of a plain server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp

from packetflow.mcp import connections
from packetflow.mcp.connections import Watched
from packetflow.mcp.http import Listening, listen

WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LATE = b"the head of a request did not come within 0.1 seconds\n"


@contextlib.asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """A server, and its port."""
    config = uvicorn.Config(app, http=Watched, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    with listen(Listening()) as listener:
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(60):
                yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


@pytest.mark.parametrize("head", [b"", b"GET / HT"])
async def test_a_head_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch, head: bytes):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    async with serving(Response("hello")) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head)
        found = await reader.read()
        writer.close()

    assert found.startswith(b"HTTP/1.1 408 ")
    assert found.endswith(LATE)


async def test_so_is_that_of_a_later_request(monkeypatch: pytest.MonkeyPatch):
    async with serving(Response("hello")) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE)
        await reader.readuntil(b"hello")
        monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
        writer.write(b"GET /a")
        found = await reader.read()
        writer.close()

    assert found.endswith(LATE)


async def test_one_connection_too_many_is_refused_and_told_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "MOST", 1)
    async with serving(Response("hello")) as port:
        _, first = await asyncio.open_connection("127.0.0.1", port)
        reader, second = await asyncio.open_connection("127.0.0.1", port)
        found = await reader.read()
        first.close()
        second.close()

    assert found.startswith(b"HTTP/1.1 503 ")
    assert found.endswith(b"1 connections are open; come back later\n")


async def test_an_answer_may_take_its_time(monkeypatch: pytest.MonkeyPatch):
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        monkeypatch.setattr(connections, "HEAD_SECONDS", 0.0)
        await asyncio.sleep(0.1)
        await Response("hello")(scope, receive, send)

    async with serving(slow) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(WHOLE[:9])
        writer.write(WHOLE[9:])
        found = await reader.readuntil(b"hello")
        writer.close()

    assert found.startswith(b"HTTP/1.1 200 ")
