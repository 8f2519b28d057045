"""Clients of both eras hear of what changes in the folder."""

import asyncio
from pathlib import Path
from typing import Any

import mcp_types as t
import pytest
from mcp import Client
from mcp.server.subscriptions import ToolsListChanged

from packetflow.mcp.serving import Opened
from packetflow.mcp.settings import write_exposed
from tests.packetflow.mcp.desk import CHAIN, serving, until


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


def save(folder: Path, name: str) -> None:
    (folder / "pipelines" / f"{name}.yaml").write_text(CHAIN.replace("chain", name))


async def test_a_saved_pipeline_reaches_clients_of_the_handshake_era(folder: Path):
    heard: list[Any] = []

    async def hear(message: Any) -> None:
        heard.append(message)

    async with (
        serving(folder, follow=True) as ready,
        Client(ready.server, mode="legacy", message_handler=hear) as client,
    ):
        assert "fresh" not in await names(client)
        assert client.server_capabilities.tools == t.ToolsCapability(list_changed=True)

        save(folder, "fresh")

        await until(lambda: any(isinstance(one, t.ToolListChangedNotification) for one in heard))
        assert "fresh" in await names(client)


async def test_a_saved_pipeline_reaches_clients_of_the_stateless_era(folder: Path):
    async with (
        serving(folder, follow=True) as ready,
        Client(ready.server, mode="2026-07-28") as client,
        asyncio.timeout(60),
        client.listen(tools_list_changed=True) as changes,
    ):
        save(folder, "fresh")

        async for change in changes:
            assert isinstance(change, ToolsListChanged)
            break
        assert "fresh" in await names(client)


@pytest.fixture
async def told(folder: Path) -> Any:
    """Count what is told when a shelf is refreshed by hand."""

    async def count(change: Any) -> list[str]:
        async with serving(folder) as ready:
            heard: list[str] = []
            ready.shelf.bus.subscribe(lambda event: heard.append(type(event).__name__))
            change(ready)
            await ready.shelf.refresh()
            return heard

    return count


async def test_what_is_exposed_or_hidden_is_told(folder: Path, told: Any):
    assert await told(lambda _: write_exposed(folder, ["add"])) == ["ToolsListChanged"]


async def test_nothing_is_told_when_nothing_has_changed(told: Any):
    assert await told(lambda _: None) == []


async def test_a_changed_pipeline_is_an_updated_resource(folder: Path, told: Any):
    def change(_: Opened) -> None:
        path = folder / "pipelines" / "chain.yaml"
        path.write_text(path.read_text().replace("Add twice", "Add it twice"))

    assert await told(change) == ["ToolsListChanged", "ResourceUpdated"]


async def test_settings_that_cannot_be_read_leave_everything_as_it_was(folder: Path):
    async with serving(folder, follow=True) as ready:
        (folder / "packetflow.toml").write_text("[mcp\n")
        save(folder, "fresh")
        await asyncio.sleep(0)
        assert "chain" in ready.shelf.offers.tools

        (folder / "packetflow.toml").write_text("[mcp]\nexpose = ['add']\n")
        await until(lambda: "fresh" in ready.shelf.offers.tools)
        assert "greet" not in ready.shelf.offers.tools
