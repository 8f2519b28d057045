"""The way from the server to whatever holds the user's code.

`RunnerDoor` asks the workspace's runner, a process of its own. Inside one process,
`packetflow.runner.host.Host` is the door itself: a server that stands alone uses it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from packetflow.kernel.cards import Description, Listing
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.runner.port import Tell
from packetflow.store.recall import SqlRecall

if TYPE_CHECKING:
    from packetflow.store.client import StoreClient


class Door(Protocol):
    """What the server needs; a part of `packetflow.runner.port.RunnerHost`.

    All calls are made on the server's event loop, and *tell* is called there.
    """

    async def listing(self, query: str, limit: int) -> Listing:
        """What there is; *limit* 0 means all."""
        ...

    async def describe(self, name: str, source: str | None) -> Description:
        """All about a pipeline or a capability."""
        ...

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; answers its id once its first record is kept."""
        ...

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that is over tells its `Outcome` at once."""
        ...

    def unfollow(self, execution_id: str, tell: Tell) -> None:
        """Tell no more."""
        ...

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already."""
        ...

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for."""
        ...

    async def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; see `packetflow.store.port.Recall.facts`."""
        ...


class RunnerDoor:
    """The workspace's runner, asked without holding up the event loop; made on that.

    Args:
        folder: The workspace.
    """

    def __init__(self, folder: Path) -> None:
        from packetflow.runner.client import RunnerClient  # what stands alone asks nobody else
        from packetflow.runner.loop_client import LoopClient

        self.client = RunnerClient(folder, role="mcp")
        self._runs = LoopClient(self.client.folder, role="mcp")
        self._store: StoreClient | None = None

    async def listing(self, query: str, limit: int) -> Listing:
        """What there is; *limit* 0 means all."""
        return await self._runs.listing(query, limit)

    async def describe(self, name: str, source: str | None) -> Description:
        """All about a pipeline or a capability."""
        return await asyncio.to_thread(lambda: self.client.describe(name, source=source))

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; answers its id once its first record is kept."""
        return await self._runs.start(request, tell)

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that is over tells its `Outcome` at once."""
        await self._runs.follow(execution_id, tell)

    def unfollow(self, execution_id: str, tell: Tell) -> None:  # noqa: ARG002 - the protocol's
        """Tell no more."""
        self._runs.unfollow(tell)

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already."""
        return await self._runs.cancel(execution_id, reason)

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for."""
        await self._runs.answer(request)

    async def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; see `packetflow.store.port.Recall.facts`."""
        if self._store is None:
            from packetflow.store.client import StoreClient  # a server that stands alone has none

            self._store = StoreClient(self.client.folder)
        return await asyncio.to_thread(SqlRecall(self._store).facts, execution_id)

    async def close(self) -> None:
        """Let go of the runner and the store."""
        if self._store is not None:
            await asyncio.to_thread(self._store.close)
        await self._runs.close()
        await asyncio.to_thread(self.client.close)
