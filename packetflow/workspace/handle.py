"""An execution under way in a workspace, from whichever thread or loop one looks at it."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import Future, wait

from packetflow.engine.events import Ended, Event
from packetflow.engine.execution import Execution, Running
from packetflow.engine.sync import LoopThread


class Handle:
    """Await it, iterate its events (``async for`` or ``for``), ask for its result, cancel it."""

    def __init__(self, running: Running, thread: LoopThread) -> None:
        self._running = running
        self._thread = thread
        self._future: Future[Execution] = thread.submit(_awaited(running))

    @property
    def id(self) -> str:
        """The execution's id."""
        return self._running.id

    def done(self) -> bool:
        """True once it is over or put aside."""
        return self._future.done()

    def cancel(self, reason: str = "cancelled") -> None:
        """Stop it."""
        self._thread.loop.call_soon_threadsafe(self._running.cancel, reason)

    def result(self, timeout: float | None = None) -> Execution:
        """Wait for it in plain code.

        Raises:
            TimeoutError: It takes longer than *timeout* seconds.
            RunError: Called inside a capability on the loop, which would wait for itself.
        """
        if not self._future.done():
            self._thread.refuse_to_wait_for_itself("result")
        return self._future.result(timeout)

    def __await__(self) -> Generator[object, None, Execution]:
        # whoever gives up waiting leaves the execution, and others who wait, alone
        return asyncio.shield(asyncio.wrap_future(self._future)).__await__()

    def __iter__(self) -> Iterator[Event]:
        """Its events from now on, in plain code; the last is `Ended`.

        Raises:
            RunError: Called inside a capability on the loop, which would wait for itself.
        """
        self._thread.refuse_to_wait_for_itself("for event in")
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread.submit(_pump(self._running, events))
        while (event := events.get()) is not None:
            if isinstance(event, Ended):
                wait([self._future])  # who has seen the end finds it done
            yield event

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Its events from now on; the last is `Ended`."""
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        class Bridge:
            def put(self, event: Event | None) -> None:
                loop.call_soon_threadsafe(events.put_nowait, event)

        self._thread.submit(_pump(self._running, Bridge()))
        while (event := await events.get()) is not None:
            yield event


async def _awaited(running: Running) -> Execution:
    return await running


async def _pump(running: Running, events: object) -> None:
    put = events.put  # type: ignore[attr-defined]  # a queue, or the bridge above
    try:
        async for event in running:
            put(event)
            if isinstance(event, Ended):
                break
    finally:
        put(None)
