"""The only place that touches what the protocol's package keeps to itself."""

from pathlib import Path

import pytest
from mcp import Client
from mcp.server.connection import Connection

from packetflow.mcp import sessions
from packetflow.mcp.serving import Opened
from tests.packetflow.mcp.desk import serving


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Connection]:
    """The connections that requests came on."""
    found: list[Connection] = []
    inside = sessions.connection_of

    def noted(context: object) -> Connection:
        found.append(inside(context))  # type: ignore[arg-type]  # what the middleware is given
        return found[-1]

    monkeypatch.setattr(sessions, "connection_of", noted)
    return found


async def told_by(ready: Opened, era: str, seen: list[Connection]) -> int:
    async with Client(ready.server, mode=era) as client:
        await client.list_tools()
        assert all(isinstance(one, Connection) for one in seen)
        return len(ready.shelf.sessions.told())


async def test_a_session_of_the_handshake_era_can_be_told_while_it_lasts(
    folder: Path, seen: list[Connection]
):
    async with serving(folder) as ready:
        assert await told_by(ready, "legacy", seen) == 1
        assert len({id(one) for one in seen}) == 1


async def test_requests_that_stand_alone_leave_nobody_to_tell(folder: Path, seen: list[Connection]):
    async with serving(folder) as ready:
        assert await told_by(ready, "2026-07-28", seen) == 0
        assert seen


@pytest.mark.parametrize("era", ["2026-07-28", "legacy"])
async def test_who_asked_to_hear_of_progress_is_known(folder: Path, era: str):
    wanted = []

    async def hear(_done: float, _total: float | None, _text: str | None) -> None:
        pass

    async def look(ctx, call_next):
        if ctx.method == "tools/call":
            wanted.append(sessions.wants_progress(ctx))
        return await call_next(ctx)

    async with serving(folder) as ready:
        ready.server.middleware.append(look)
        async with Client(ready.server, mode=era) as client:
            await client.call_tool("add", {"a": 1})
            await client.call_tool("add", {"a": 1}, progress_callback=hear)

    assert wanted == [False, True]
