"""The way from the server to whatever holds the user's code.

`RunnerDoor` asks the workspace's runner, a process of its own. Inside one process,
`packetflow.runner.host.Host` is the door itself: a server that stands alone uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Protocol

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Description, FailureCard, Listing, Outcome
from packetflow.kernel.messages import AnswerStep, CapabilityRequest
from packetflow.runner.client import RunnerClient
from packetflow.runner.port import Tell
from packetflow.runner.remote import RemoteRun


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
    """The workspace's runner, asked without holding up the event loop.

    Args:
        folder: The workspace.
        client: The client to use; by default one that starts a runner where there is none.
    """

    def __init__(self, folder: Path, client: RunnerClient | None = None) -> None:
        self.client = client or RunnerClient(folder, role="mcp")
        self._pumps: dict[Tell, asyncio.Task[None]] = {}

    async def listing(self, query: str, limit: int) -> Listing:
        """What there is; *limit* 0 means all."""
        return await asyncio.to_thread(lambda: self.client.listing(query, limit=limit))

    async def describe(self, name: str, source: str | None) -> Description:
        """All about a pipeline or a capability."""
        return await asyncio.to_thread(lambda: self.client.describe(name, source=source))

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; answers its id once its first record is kept."""
        run = await asyncio.to_thread(
            lambda: self.client.run(
                request.name,
                request.inputs,
                source=request.source,
                trigger=request.trigger,
                user=request.user,
                agent=request.agent,
                tags=request.tags,
                execution_id=request.execution_id,
            )
        )
        self._follow(run, tell)
        return run.execution_id

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that is over tells its `Outcome` at once."""
        self._follow(await asyncio.to_thread(self.client.follow, execution_id), tell)

    def unfollow(self, execution_id: str, tell: Tell) -> None:  # noqa: ARG002 - the protocol's
        """Tell no more."""
        pump = self._pumps.pop(tell, None)
        if pump is not None:
            pump.cancel()

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already."""
        return await asyncio.to_thread(self.client.cancel, execution_id, reason)

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for."""
        await asyncio.to_thread(
            lambda: self.client.answer(
                request.execution_id, request.step, request.value, path=request.path
            )
        )

    async def close(self) -> None:
        """Let go of the runner."""
        pumps = list(self._pumps.values())
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await asyncio.to_thread(self.client.close)

    def _follow(self, run: RemoteRun, tell: Tell | None) -> None:
        if tell is not None:
            self._pumps[tell] = asyncio.create_task(self._pump(run, tell))

    async def _pump(self, run: RemoteRun, tell: Tell) -> None:
        """Hand an execution's events on to the loop as they come."""
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(news.set)

        told = 0
        with run.waking(wake):
            while True:
                news.clear()
                over = run.done()
                events = run.events_from(told)
                for event in events:
                    tell(event)
                told += len(events)
                if over:
                    break
                await news.wait()
        self._pumps.pop(tell, None)
        tell(ended(run))


def ended(run: RemoteRun) -> Outcome:
    """How an execution ended; that its runner is gone is an end, too."""
    try:
        return run.result(0)
    except PacketFlowError as error:
        return lost(run.execution_id, error)


def lost(execution_id: str, error: PacketFlowError) -> Outcome:
    """The outcome of an execution of which nothing more is heard."""
    failure = FailureCard("", type(error).__name__, error.message, code=error.code)
    return Outcome(execution_id, "lost", failure=failure)
