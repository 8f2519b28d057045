"""Capabilities that do not run on the loop: in threads, in processes, or piece by piece."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from packetflow.capabilities.context import Context
from packetflow.engine.events import PartialOutput
from packetflow.engine.state import Frame
from packetflow.engine.use import UseNode
from packetflow.errors import StoreError

if TYPE_CHECKING:
    from packetflow.engine.threads import Call


async def awaited(node: UseNode, frame: Frame, call: Call) -> Any:
    """Wait for a call in a thread; note its end if that comes after a cancellation."""
    run = frame.run

    def late() -> None:
        with suppress(StoreError):  # a full disk: whoever runs then has been told already
            run.append(run.lateness(node.id))

    with run.engine.clock.working():
        try:
            return await call.future
        except asyncio.CancelledError:
            call.when_late(late)
            raise


class ThreadUse(UseNode):
    """A plain function, in a thread.

    A thread cannot be stopped: when the step is cancelled its result is thrown away, and a log
    line says so once it is there.
    """

    __slots__ = ()

    async def result(self, frame: Frame, context: Context | None) -> Any:
        """Call it in a thread."""
        local = copy_context()
        call = frame.run.engine.threads.call(lambda: local.run(self.call, frame.scope, context))
        return await awaited(self, frame, call)


class ProcessUse(UseNode):
    """A plain function, in another process, which is killed when the step is cancelled."""

    __slots__ = ()

    async def result(self, frame: Frame, context: Context | None) -> Any:  # noqa: ARG002 - never wanted here
        """Call it in another process."""
        inputs = self.joint.gather(frame.scope)
        declaration = self.declaration
        place = (declaration.fn.__module__, declaration.fn.__qualname__, declaration.source[0])
        engine = frame.run.engine
        with engine.clock.working():
            return await engine.processes.call(place, inputs)


class StreamUse(UseNode):
    """A generator: each piece is shown as it comes, all of them together are the output."""

    __slots__ = ()

    async def result(self, frame: Frame, context: Context | None) -> Any:
        """Collect the pieces."""
        pieces: list[Any] = []
        if self.declaration.mode == "async_generator":
            stream: AsyncIterator[Any] = self.call(frame.scope, context)
            async for piece in stream:
                pieces.append(piece)
                self._show(frame, piece)
            return self._whole(pieces)
        local = copy_context()
        loop = asyncio.get_running_loop()

        def collect() -> Any:
            generator: Generator[Any, Any, Any] = local.run(self.call, frame.scope, context)
            while not call.unwanted:
                try:
                    piece = local.run(next, generator)
                except StopIteration as stop:
                    return stop.value
                pieces.append(piece)
                loop.call_soon_threadsafe(self._show, frame, piece)
            generator.close()
            return None

        call: Call = frame.run.engine.threads.call(collect)
        returned = await awaited(self, frame, call)
        return self._whole(pieces) if returned is None else returned

    def _whole(self, pieces: list[Any]) -> Any:
        made = self.declaration.contract.provides
        return "".join(pieces) if made and made[0].type is str else pieces

    def _show(self, frame: Frame, piece: Any) -> None:
        run = frame.run
        if run.listeners and not self.redacts:
            run.tell(PartialOutput(run.id, self.id, frame.path, piece))
