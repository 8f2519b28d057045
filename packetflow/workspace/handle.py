"""An execution under way in a workspace, from whichever thread or loop one looks at it."""

from __future__ import annotations

import asyncio
import contextlib
import queue
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future
from typing import Any

from packetflow.engine.events import Ended, Event
from packetflow.engine.execution import Execution, Running, Shows
from packetflow.engine.sync import LoopThread, awake
from packetflow.errors import WorkspaceError


class Handle:
    """Await it, iterate its events (``async for`` or ``for``), ask for its result, cancel it."""

    def __init__(self, running: Running, thread: LoopThread, *, home: Shows | None = None) -> None:
        self._running = running
        self._thread = thread
        self._home = home
        self._future: Future[Execution] = thread.submit(_awaited(running, home))

    def show(self) -> Any:
        """Show it in a notebook's cell, live while it goes on; elsewhere print it.

        Raises:
            WorkspaceError: No workspace has begun it.
        """
        if self._home is None:
            raise WorkspaceError("this run was begun without a workspace, so nobody can show it")
        return self._home.show(self.id)

    @property
    def id(self) -> str:
        """The execution's id."""
        return self._running.id

    def done(self) -> bool:
        """True once it is over or put aside."""
        return self._running.done()

    @property
    def can_be_put_aside(self) -> bool:
        """True when it may wait without this process: the journal has all that it needs."""
        return self._running.can_be_put_aside

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
        return self._awaited_here().__await__()

    async def _awaited_here(self) -> Execution:
        with awake():
            return await asyncio.shield(asyncio.wrap_future(self._future))

    def __iter__(self) -> Iterator[Event]:
        """Its events from now on, in plain code; the last is `Ended`.

        Raises:
            RunError: Called inside a capability on the loop, which would wait for itself.
        """
        self._thread.refuse_to_wait_for_itself("for event in")
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        put = events.put
        self._subscribe(put)
        return self._until_ended(events, put)

    def _until_ended(
        self, events: queue.SimpleQueue[Event | None], put: Callable[[Event | None], None]
    ) -> Iterator[Event]:
        try:
            while (event := events.get()) is not None:
                yield event
                if isinstance(event, Ended):
                    return
            yield Ended(self._future.result())
        finally:
            self._running.ignore(put)

    def __aiter__(self) -> AsyncIterator[Event]:
        """Its events from now on; the last is `Ended`."""
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event | None] = asyncio.Queue()

        def put(event: Event | None) -> None:
            with contextlib.suppress(RuntimeError):  # whoever listened has closed his loop
                loop.call_soon_threadsafe(events.put_nowait, event)

        self._subscribe(put)
        return self._until_ended_there(events, put)

    def __repr__(self) -> str:
        if not self._future.done():
            return f"<handle of execution {self.id[-8:]}, under way>"
        return f"<handle of {self._future.result()!r}>"

    async def _until_ended_there(
        self, events: asyncio.Queue[Event | None], put: Callable[[Event | None], None]
    ) -> AsyncIterator[Event]:
        try:
            while (event := await _next(events)) is not None:
                yield event
                if isinstance(event, Ended):
                    return
            yield Ended(self._future.result())
        finally:
            self._running.ignore(put)

    def _subscribe(self, put: Callable[[Event | None], None]) -> None:
        """Have events put from now on, and ``None`` after the last, however it ends."""
        if not self._future.done():
            self._thread.call(lambda: self._running.listen(put))
        self._future.add_done_callback(lambda _: put(None))


async def _next(events: asyncio.Queue[Event | None]) -> Event | None:
    with awake():
        return await events.get()


async def _awaited(running: Running, home: Shows | None) -> Execution:
    execution = await running
    execution.home = home
    return execution
