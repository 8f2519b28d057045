"""What is offered now, kept fresh: clients of both eras hear when it changes.

A shelf follows the folder: a saved pipeline or changed settings count at once, a changed capability
file as soon as the runner that has read it is in place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any, Final

from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError

from packetflow.errors import PacketFlowError
from packetflow.mcp.doors import Door
from packetflow.mcp.offers import Offers, offers_of
from packetflow.mcp.sessions import Sessions
from packetflow.mcp.settings import McpSettings, read_settings
from packetflow.workspace.folder import CONFIG
from packetflow.workspace.presence import state_of

SETTLE_MILLISECONDS: Final = 5
"""Files count as changed once nothing has happened to them for so long."""

LOOK_SECONDS: Final = 0.5
"""So often it looks by itself, since a watch misses what happens before it has begun.

So it finds a new runner, too: its card lies where each call changes something.
"""

RUNNER_CARD: Final = "runner.json"
PIPELINE: Final = "pipeline://"

log = logging.getLogger(__name__)


class Shelf:
    """What a workspace offers.

    Args:
        door: Whom to ask what there is.
        folder: The workspace.

    Attributes:
        offers: What is offered; empty before `refresh`.
        settings: What the workspace says about it.
        bus: Where clients of the stateless era hear of changes.
        sessions: The clients of the handshake era.
    """

    def __init__(self, door: Door, folder: Path) -> None:
        self._door = door
        self.folder = folder
        self.offers = Offers()
        self.settings = McpSettings()
        self.bus = InMemorySubscriptionBus()
        self.sessions = Sessions()
        self._refreshing = asyncio.Lock()
        self._refused: dict[str, str] = {}
        self._known: dict[str, tuple[int, int]] = {}

    async def refresh(self) -> None:
        """Look what is offered now, and tell clients what has changed.

        Raises:
            PacketFlowError: The settings cannot be read, or nobody can say what there is.
        """
        async with self._refreshing:
            self._known = self._known or self._look()
            settings = read_settings(self.folder)
            offers = offers_of(await self._door.listing("", 0), settings)
            known, self.offers, self.settings = self.offers, offers, settings
            for name, why in offers.refused.items():
                if self._refused.get(name) != why:
                    log.warning("%s is not offered: %s", name, why)
            self._refused = dict(offers.refused)
            await self._tell(known, offers)

    async def _tell(self, old: Offers, new: Offers) -> None:
        if old.tool_list() != new.tool_list():
            await self.bus.publish(ToolsListChanged())
            await self._notify(lambda one: one.send_tool_list_changed())
        if old.prompt_list() != new.prompt_list():
            await self.bus.publish(PromptsListChanged())
            await self._notify(lambda one: one.send_prompt_list_changed())
        names = {card.name for card in old.exposed()} ^ {card.name for card in new.exposed()}
        if names or [one.uri for one in old.addresses] != [one.uri for one in new.addresses]:
            await self.bus.publish(ResourcesListChanged())
            await self._notify(lambda one: one.send_resource_list_changed())
        for uri in self._updated(old, new):
            await self.bus.publish(ResourceUpdated(uri=uri))
            for connection in self.sessions.told():
                if uri in self.sessions.watched(connection):
                    await connection.send_resource_updated(uri)

    def _updated(self, old: Offers, new: Offers) -> Iterable[str]:
        for card in new.exposed():
            known = old.pipelines.get(card.name)
            if known is not None and known != card:
                yield f"{PIPELINE}{card.name}"

    async def _notify(self, send: Callable[[Any], Any]) -> None:
        for connection in self.sessions.told():
            with contextlib.suppress(MCPError, OSError, RuntimeError):  # it has just gone
                await send(connection)

    async def follow(self) -> None:
        """Refresh after every change of the folder, until cancelled."""
        while True:
            async for _ in self._changes():
                known = self._look()
                if known != self._known:
                    self._known = known
                    await self._refreshed()

    async def _refreshed(self) -> None:
        try:
            await self.refresh()
        except PacketFlowError as error:
            log.warning("what is offered stays as it was: %s", error)

    async def _changes(self) -> AsyncIterator[None]:
        """Something may have changed; ends when folders have come or gone."""
        from watchfiles import awatch

        parts = [self.folder, self.folder / "pipelines"]
        there = [one for one in parts if one.is_dir()]

        def counts(_: Any, path: str) -> bool:
            place = Path(path)
            return place.suffix == ".yaml" or place.name == CONFIG or place in parts

        changes = awatch(
            *there,
            watch_filter=counts,
            recursive=False,
            step=SETTLE_MILLISECONDS,
            debounce=40 * SETTLE_MILLISECONDS,
            yield_on_timeout=True,
            rust_timeout=int(LOOK_SECONDS * 1000),
        )
        async for _ in changes:
            yield
            if there != [one for one in parts if one.is_dir()]:
                return

    def _look(self) -> dict[str, tuple[int, int]]:
        """The files that count, as they are: what changes while nobody watches counts, too."""
        found = {}
        pipelines = sorted((self.folder / "pipelines").glob("*.yaml"))
        for path in (self.folder / CONFIG, state_of(self.folder) / RUNNER_CARD, *pipelines):
            with contextlib.suppress(OSError):
                facts = path.stat()
                found[str(path)] = (facts.st_mtime_ns, facts.st_size)
        return found


@contextlib.asynccontextmanager
async def kept_fresh(shelf: Shelf) -> AsyncIterator[Shelf]:
    """A shelf that follows its folder.

    Raises:
        PacketFlowError: Nobody can say what there is.
    """
    await shelf.refresh()
    following = asyncio.create_task(shelf.follow())
    try:
        yield shelf
    finally:
        following.cancel()
        await asyncio.wait([following])  # whoever closes may be cancelled meanwhile
