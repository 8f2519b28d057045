"""User code that is stopped gets a moment to end; then the engine goes on without it.

A coroutine that swallows its cancellation, or tidies up for long, would otherwise hold up the time
limit, the race or the parallel step around it. Whoever stops a step says `STOPPED` or `TIME_IS_UP`:
a step's own scopes (``asyncio.timeout`` and the like) cancel too, and those may take their time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final

from packetflow.engine.state import Frame
from packetflow.engine.strands import STOPPED, TIME_IS_UP, Resumed, Work
from packetflow.errors import StoreError

PATIENCE_SECONDS: Final = 0.1
"""So long a stopped step may go on before it is left alone."""

_OURS: Final = frozenset({STOPPED, TIME_IS_UP})


class Patient:
    """Awaits user code that has already run up to its first wait, in the same task.

    Once the engine stops it, it has `PATIENCE_SECONDS` to end. Then it is left to a task of its
    own, its end is noted in the log, and what it gives is thrown away.

    Args:
        frame: Where it runs.
        step_id: Its step.
        work: The coroutine.
        first: What it waits for.
    """

    __slots__ = ("_first", "_frame", "_step", "_work")

    def __init__(self, frame: Frame, step_id: str, work: Work, first: Any) -> None:
        self._frame = frame
        self._step = step_id
        self._work = work
        self._first = first

    def __await__(self) -> Generator[Any, Any, Any]:
        send: Callable[[Any], Any] = self._work.send
        throw: Callable[[Any], Any] = self._work.throw
        waited = self._first
        while True:
            try:
                if waited is None or type(waited) is asyncio.Future:
                    yield waited
                else:
                    yield from self._heard(waited)
            except GeneratorExit:
                self._work.close()
                raise
            except _StoppedWithin as stopped:
                return (yield from self._ending(stopped.error, waited))
            except BaseException as error:  # noqa: BLE001 - everything belongs to the coroutine
                if isinstance(error, asyncio.CancelledError) and _OURS.intersection(error.args):
                    return (yield from self._ending(error))
                step: Callable[[Any], Any] = throw
                handed: Any = error
            else:
                step, handed = send, None
            try:
                waited = step(handed)
            except StopIteration as stop:
                return stop.value
            finally:
                handed = None  # the frames of an error hold this one

    def _heard(self, waited: Any) -> Generator[Any, Any, None]:
        """Wait for a task of its own, or several, and hear it when the engine stops this one.

        Left to asyncio, the stop would go to that task alone, which may swallow it.

        Raises:
            _StoppedWithin: The engine stopped it; the task has been told.
            asyncio.CancelledError: It was cancelled when the task was done already.
        """
        if not hasattr(waited, "add_done_callback"):
            yield waited  # nothing that can be awaited: asyncio says so
            return
        waited._asyncio_future_blocking = False  # noqa: SLF001 - seen, as a task says it
        gate: asyncio.Future[None] | None = None

        def open_gate(_: object) -> None:
            if gate is not None and not gate.done():
                gate.set_result(None)

        waited.add_done_callback(open_gate)
        try:
            while not waited.done():
                gate = asyncio.get_running_loop().create_future()
                try:
                    yield from gate
                except asyncio.CancelledError as error:
                    if not waited.cancel(*error.args):
                        raise
                    if _OURS.intersection(error.args):
                        raise _StoppedWithin(error) from error
        finally:
            waited.remove_done_callback(open_gate)

    def _ending(
        self, stopped: asyncio.CancelledError, told: Any = None
    ) -> Generator[Any, Any, Any]:
        """Tell it to stop, and wait for its end as long as it may take.

        Args:
            stopped: What it is told.
            told: A task of its own that it waits for, and that has been told already.

        Raises:
            asyncio.CancelledError: It was left alone.
        """
        turn = _Turn()
        clock = self._frame.run.engine.clock
        timer = clock.call_later(PATIENCE_SECONDS, turn.give_up)
        throw: Callable[[Any], Any] = self._work.throw
        waited = told
        again: BaseException | None = stopped
        try:
            while True:
                if told is None:
                    step: Callable[[Any], Any] = self._work.send if again is None else throw
                    try:
                        waited = step(again)
                    except StopIteration as stop:
                        return stop.value
                told = None
                again = yield from turn.until(waited)
                if turn.is_over:
                    self._leave(waited)
                    raise stopped
        except GeneratorExit:
            self._work.close()
            raise
        finally:
            timer.cancel()
            del stopped, again  # they would hold the frame that holds them

    def _leave(self, waited: Any) -> None:
        if waited is not None:
            waited._asyncio_future_blocking = True  # noqa: SLF001 - as its own ``__await__`` says
        work = Resumed(self._work, copy_context(), waited)
        left = self._frame.run.engine.left
        task = asyncio.get_running_loop().create_task(self._to_the_end(work))
        left.add(task)
        task.add_done_callback(left.discard)

    async def _to_the_end(self, work: Resumed) -> None:
        run = self._frame.run
        with suppress(BaseException):  # a border: user code of which nobody hears any more
            await work
        with suppress(StoreError):  # a full disk: whoever runs then has been told already
            run.append(run.lateness(self._step))


class _StoppedWithin(Exception):
    """The engine stopped a coroutine while it waited for a task of its own."""

    def __init__(self, error: asyncio.CancelledError) -> None:
        super().__init__()
        self.error = error


class _Turn:
    """Waits for what a coroutine waits for, or until patience is over."""

    __slots__ = ("_gate", "is_over")

    def __init__(self) -> None:
        self._gate: asyncio.Future[None] | None = None
        self.is_over = False

    def give_up(self) -> None:
        self.is_over = True
        self._open()

    def _open(self, _: object = None) -> None:
        if self._gate is not None and not self._gate.done():
            self._gate.set_result(None)

    def until(self, waited: Any) -> Generator[Any, Any, BaseException | None]:
        """Wait for a future, or one turn, as a task would; answers what the coroutine must hear."""
        if waited is None:
            try:
                yield None
            except asyncio.CancelledError as again:
                return again
            return None
        waited._asyncio_future_blocking = False  # noqa: SLF001 - seen, as a task says it
        waited.add_done_callback(self._open)
        while not (waited.done() or self.is_over):
            self._gate = asyncio.get_running_loop().create_future()
            try:
                yield from self._gate
            except asyncio.CancelledError as again:
                if not waited.cancel(*again.args):
                    return again  # it was done already, so the coroutine itself must hear
        waited.remove_done_callback(self._open)
        return None
