"""The endpoint for tools, between the studio's guards and the workspace's server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from packetflow.errors import WorkspaceError
from packetflow.mcp import doors, http
from studio.guard import OwnPagesOnly
from studio.tool_endpoint import PATH, ToolEndpoint, wanted_path
from tests.studio.in_process import HostDoor, make_workspace

ASK = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/list",
    "params": {
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
    },
}
HEADERS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/list",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(doors, "RunnerDoor", HostDoor)
    return make_workspace(tmp_path)


@pytest_asyncio.fixture
async def endpoint(folder: Path) -> AsyncIterator[ToolEndpoint]:
    made = ToolEndpoint(folder)
    await made.begin()
    yield made
    await made.close()


async def asked(endpoint: ToolEndpoint, **headers: str) -> httpx.Response:
    """What a client is answered that comes as the studio's visitors do."""
    app = Starlette(routes=[Route(PATH, endpoint)], middleware=[Middleware(OwnPagesOnly)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.post(PATH, json=ASK, headers=HEADERS | headers)


async def switched(endpoint: ToolEndpoint, *, on: bool) -> None:
    """Switch as a page does: from another thread."""
    await asyncio.to_thread(lambda: endpoint.switch(on=on))


async def test_it_answers_only_while_it_is_switched_on(endpoint: ToolEndpoint):
    before = await asked(endpoint)
    await switched(endpoint, on=True)
    during = await asked(endpoint)
    await switched(endpoint, on=False)
    after = await asked(endpoint)

    assert (before.status_code, after.status_code) == (404, 404)
    assert [one["name"] for one in during.json()["result"]["tools"]] == ["asks", "hello", "rest"]


async def test_no_page_reaches_it_not_even_of_another_port_of_this_machine(endpoint: ToolEndpoint):
    await switched(endpoint, on=True)

    assert (await asked(endpoint, origin="http://127.0.0.1:3000")).status_code == 403
    assert (await asked(endpoint, origin="null")).status_code == 403
    assert (await asked(endpoint, origin="http://[::1")).status_code == 403
    assert (await asked(endpoint, host="evil.example")).status_code == 421


async def test_it_asks_for_the_workspaces_tokens_and_not_for_the_studios_cookie(
    folder: Path, endpoint: ToolEndpoint, monkeypatch: pytest.MonkeyPatch
):
    with (folder / "packetflow.toml").open("a") as settings:
        settings.write('\n[mcp.tokens.me]\nenv = "MY_TOKEN"\n')
    with pytest.raises(WorkspaceError, match="MY_TOKEN is not set"):
        await switched(endpoint, on=True)
    monkeypatch.setenv("MY_TOKEN", "t" * 20)
    await switched(endpoint, on=True)

    assert (await asked(endpoint)).status_code == 401
    assert (await asked(endpoint, authorization=f"Bearer {'t' * 20}")).status_code == 200
    settings_file = folder / "packetflow.toml"
    settings_file.write_text(settings_file.read_text().replace("MY_TOKEN", "OTHER_TOKEN"))
    monkeypatch.setenv("OTHER_TOKEN", "o" * 20)
    assert (await asked(endpoint, authorization=f"Bearer {'t' * 20}")).status_code == 401
    assert (await asked(endpoint, authorization=f"Bearer {'o' * 20}")).status_code == 200


async def test_that_it_is_wanted_outlives_the_studio_and_stays_out_of_git(
    folder: Path, endpoint: ToolEndpoint
):
    await switched(endpoint, on=True)
    await endpoint.close()
    again = ToolEndpoint(folder)
    await again.begin()

    async with asyncio.timeout(60):
        while not again.is_open:
            await asyncio.sleep(0.01)
    await again.close()
    assert wanted_path(folder).is_relative_to(folder / ".packetflow")
    assert "studio" not in (folder / "packetflow.toml").read_text()


def test_without_a_serving_studio_nothing_can_be_switched(folder: Path):
    with pytest.raises(WorkspaceError, match="packetflow studio"):
        ToolEndpoint(folder).switch(on=True)


async def test_who_listens_is_let_go_when_it_is_switched_off(endpoint: ToolEndpoint):
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def forever(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    await switched(endpoint, on=True)
    endpoint._app = forever
    listening = asyncio.create_task(endpoint({"type": "http"}, receive, send))
    async with asyncio.timeout(60):
        while not told:
            await asyncio.sleep(0.01)
        await switched(endpoint, on=False)
        await listening

    assert told[-1] == {"type": "http.response.body", "body": b""}


async def test_off_and_on_again_while_it_starts_leaves_one_server(
    endpoint: ToolEndpoint, monkeypatch: pytest.MonkeyPatch
):
    started, alive = asyncio.Event(), set()

    @contextlib.asynccontextmanager
    async def slow(_: object, door: object) -> AsyncIterator[object]:
        await started.wait()
        alive.add(door)
        yield object()
        alive.discard(door)

    monkeypatch.setattr(http, "endpoint", slow)
    switching = [asyncio.create_task(one) for one in (endpoint._open(), endpoint.close())]
    switching.append(asyncio.create_task(endpoint._open()))
    asyncio.get_running_loop().call_later(0.1, started.set)
    await asyncio.wait_for(asyncio.gather(*switching, return_exceptions=True), 60)

    assert (len(alive), endpoint.is_open) == (1, True)
    await endpoint.close()
    assert (len(alive), endpoint.is_open) == (0, False)
