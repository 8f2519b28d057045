"""Tokens as they are said now: a real client before and after a change of the settings."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp

from packetflow.mcp import entrance
from tests.packetflow.mcp.desk import app_of
from tests.packetflow.mcp.test_connections import serving
from tests.packetflow.mcp.test_http import HEADERS, INITIALIZE

HERE = "http://127.0.0.1:8000/mcp"
OLD, NEW = "o" * 20, "n" * 20
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


async def tools(app: ASGIApp, token: str = "") -> set[str] | str:
    """What a real client is offered; else what it is told at the door."""
    told = []

    async def note(answer: httpx2.Response) -> None:
        if answer.status_code >= 400:
            await answer.aread()
            told.append(f"{answer.status_code} {answer.json()['error_description']}")

    headers = {"authorization": f"Bearer {token}"} if token else {}
    hooks = {"response": [note]}
    inside = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=inside, headers=headers, event_hooks=hooks) as http:
        try:
            async with Client(streamable_http_client(HERE, http_client=http)) as client:
                return {tool.name for tool in (await client.list_tools()).tools}
        except Exception:  # noqa: BLE001 - whatever it is to the client
            assert told
            return told[0]


async def test_tokens_count_as_they_are_said_now(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OLD", OLD)
    monkeypatch.setenv("NEW", NEW)
    path = folder / "packetflow.toml"
    plain = path.read_text()

    def say(token: str, patterns: str = '["*"]') -> None:
        path.write_text(f'{plain}\n[mcp.tokens.me]\nenv = "{token}"\ntools = {patterns}\n')

    async with app_of(folder) as app:
        everything = await tools(app)
        assert "greet" in everything

        say("OLD")
        refused = await tools(app)
        assert str(refused).startswith("401 ")
        assert "[mcp.tokens]" in refused
        assert await tools(app, NEW) == refused
        assert await tools(app, OLD) == everything

        say("NEW", '["a*"]')
        assert await tools(app, OLD) == refused
        assert await tools(app, NEW) == {"add", "ask_twice", "attach"}

        say("NEW", '["add"]')
        assert await tools(app, NEW) == {"add"}

        path.write_text(plain)
        assert await tools(app) == everything


async def test_while_the_tokens_cannot_be_read_nobody_is_let_in(folder: Path):
    path = folder / "packetflow.toml"
    plain = path.read_text()

    async with app_of(folder) as app:
        for wrong in ('\n[mcp.tokens.me]\nenv = "NOT_SET_ANYWHERE"\n', "\n[mcp.tokens.me\n"):
            path.write_text(plain + wrong)
            refused = await tools(app, OLD)
            assert str(refused).startswith("503 ")
            assert "NOT_SET_ANYWHERE" not in refused
        path.write_text(plain)
        assert "greet" in await tools(app)


async def test_what_is_open_under_a_token_that_is_taken_back_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(entrance, "LOOK_SECONDS", 0.01)
    monkeypatch.setenv("OLD", OLD)
    monkeypatch.setenv("NEW", NEW)
    path = folder / "packetflow.toml"
    both = path.read_text() + BOTH
    path.write_text(both)
    async with app_of(folder, follow=True) as app, serving(app) as port, asyncio.timeout(60):
        client = functools.partial(listening, f"http://127.0.0.1:{port}/mcp")
        async with client(OLD) as old, client(NEW) as new:
            path.write_text(both + "\n[half written")
            assert str(await tools(app, OLD)).startswith("503 ")
            path.write_text(both.replace('"greet", ', ""))
            await heard(old, "tools/list_changed")

            path.write_text(both.replace('"OLD"', '"NEW"'))
            async for _ in old:  # to its end
                pass

            path.write_text(both.replace('"OLD"', '"NEW"').replace('"greet", ', ""))
            await heard(new, "tools/list_changed")


BOTH = """
[mcp.tokens.me]
env = "OLD"
[mcp.tokens.them]
env = "NEW"
"""


@contextlib.asynccontextmanager
async def listening(address: str, token: str) -> AsyncIterator[AsyncIterator[str]]:
    """The lines that a client of the handshake era is told, beside what it asks."""
    headers = {**HEADERS, "authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, timeout=60) as http:
        begun = await http.post(address, json=INITIALIZE)
        http.headers["mcp-session-id"] = begun.headers["mcp-session-id"]
        await http.post(address, json=INITIALIZED)
        async with http.stream("GET", address) as answer:
            yield answer.aiter_lines()


async def heard(lines: AsyncIterator[str], what: str) -> None:
    async for line in lines:
        if what in line:
            return
    pytest.fail(f"the stream ended before {what}")


async def test_names_of_the_server_count_as_they_are_said_now(folder: Path):
    path = folder / "packetflow.toml"
    plain = path.read_text()
    async with app_of(folder) as app:
        inside = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=inside, base_url="http://box.lan:8000") as http:

            async def status() -> int:
                return (await http.post("/mcp", json=INITIALIZE, headers=HEADERS)).status_code

            assert await status() == 421
            path.write_text(plain.replace("[mcp]", '[mcp]\nhosts = ["box.lan"]', 1))
            assert await status() == 200
            path.write_text(plain)
            assert await status() == 421
