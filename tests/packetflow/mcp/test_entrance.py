"""Tokens as they are said now: a real client before and after a change of the settings."""

from pathlib import Path

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from starlette.types import ASGIApp

from tests.packetflow.mcp.desk import app_of

HERE = "http://127.0.0.1:8000/mcp"
OLD, NEW = "o" * 20, "n" * 20


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
