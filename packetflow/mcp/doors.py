"""The way from the server to whatever holds the user's code.

`RunnerDoor` asks the workspace's runner, a process of its own. Inside one process,
`packetflow.runner.host.Host` is the door itself: a server that stands alone uses it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from packetflow.kernel.cards import Description, Listing
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.runner.client import RunnerClient
from packetflow.runner.loop_client import LoopClient
from packetflow.runner.port import Tell


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


class RunnerDoor:
    """The workspace's runner, asked without holding up the event loop; made on that.

    Args:
        folder: The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.client = RunnerClient(folder, role="mcp")
        self._runs = LoopClient(self.client.folder, role="mcp")

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

    async def close(self) -> None:
        """Let go of the runner."""
        await self._runs.close()
        await asyncio.to_thread(self.client.close)
