"""Start coroutines at once, and pay for an asyncio task only when one really waits.

A step that never suspends costs no task. One that does is carried on by a task that already was
"current" while its first part ran, in a context of its own, so that timeouts, task groups and
cancel scopes opened before the first wait stay valid (Python 3.12's eager tasks give the same
promise; this works from 3.11). Uses the documented extension points `asyncio._enter_task` and
`asyncio._leave_task`.
"""

from __future__ import annotations

import asyncio
from asyncio import tasks as _tasks
from collections.abc import Callable, Coroutine, Generator, Iterable
from contextvars import Context, copy_context
from typing import Any, TypeAlias, TypeVar

from packetflow.engine.state import StepFailed
from packetflow.kernel.records import Status

T = TypeVar("T")
Work: TypeAlias = Coroutine[Any, Any, Any]
Ended: TypeAlias = Callable[[int, BaseException | None], None]
"""Called with the strand's number and its error, if any, when it ends."""

TIME_IS_UP = "packetflow: time is up"
"""The message of a cancellation that means a time limit."""
STOPPED = "packetflow: stopped"
"""The message of any other cancellation by the engine."""


def stop_status(stopped: asyncio.CancelledError) -> Status:
    """Tell a step that ran out of time from one that was cancelled otherwise."""
    return Status.TIMED_OUT if stopped.args[:1] == (TIME_IS_UP,) else Status.CANCELLED


_enter = _tasks._enter_task  # noqa: SLF001 - documented for extending asyncio
_leave = _tasks._leave_task  # noqa: SLF001 - documented for extending asyncio


class Resumed:
    """Awaits a coroutine that has already run up to its first wait."""

    __slots__ = ("context", "first", "stopped", "work")

    def __init__(self, work: Work, context: Context, first: Any) -> None:
        self.work = work
        self.context = context
        self.first = first
        self.stopped: BaseException | None = None
        """Thrown in instead of the first wait: its task was cancelled before it got there."""

    def __await__(self) -> Generator[Any, Any, Any]:
        run = self.context.run
        send: Callable[[Any], Any] = self.work.send
        throw: Callable[[Any], Any] = self.work.throw
        waited = self.first
        while True:
            try:
                if self.stopped is not None:
                    stopped, self.stopped = self.stopped, None
                    raise stopped  # noqa: TRY301 - it is thrown into the work below
                answer = yield waited
            except GeneratorExit:
                self.work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - everything belongs to the coroutine
                step: Callable[[Any], Any] = throw
                handed: Any = error
            else:
                step, handed = send, answer
            try:
                waited = run(step, handed)
            except StopIteration as stop:
                return stop.value
            finally:
                handed = None  # the frames of an error hold this one


class _CarrierTask(asyncio.Task[Any]):
    """A task whose cancellation waits until it has begun.

    A plain task that is cancelled before its first turn never runs at all, and the coroutine it
    was to carry on would be left hanging.
    """

    begun = False
    spoiled = False
    """Somebody cancelled it: what it runs next would hear of that."""

    def cancel(self, msg: Any | None = None) -> bool:
        self.spoiled = True
        if self.begun:
            return super().cancel(msg)
        self.get_loop().call_soon(super().cancel, msg)
        return True


class _Carrier:
    """A task that waits to carry on whatever coroutine suspends first."""

    __slots__ = ("_asleep", "_ended", "_number", "_resumed", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._resumed: Resumed | None = None
        self._asleep: asyncio.Future[None] | None = None
        self._number = 0
        self._ended: Ended | None = None
        self.task = _CarrierTask(self._carry(), loop=loop)

    @property
    def usable(self) -> bool:
        """False once somebody cancelled it while nobody used it."""
        return not (self.task.spoiled or self.task.done())

    def claim(self, resumed: Resumed, number: int = 0, ended: Ended | None = None) -> None:
        """Have it carry this on; with nobody to tell of its end, the task has it as its result."""
        self._resumed, self._number, self._ended = resumed, number, ended
        if self._asleep is not None and not self._asleep.done():
            self._asleep.set_result(None)

    async def _carry(self) -> Any:
        self.task.begun = True
        error: BaseException | None = None
        try:
            if self._resumed is None:
                self._asleep = asyncio.get_running_loop().create_future()
                try:
                    await self._asleep
                except asyncio.CancelledError as stopped:
                    if self._resumed is None:
                        return None
                    self._resumed.stopped = stopped
            value = await self._resumed  # type: ignore[misc]  # claimed before it wakes
        except BaseException as raised:
            if self._ended is None:
                raise
            error = raised  # handed to the group, which decides
        if self._ended is None:
            return value
        self._ended(self._number, error)
        error = None  # it would hold the frame that holds it
        return None


class Carriers:
    """The spare tasks of one event loop; as many as strands have been nested."""

    __slots__ = ("_loop", "_spares")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._spares: list[_Carrier] = []

    def take(self, loop: asyncio.AbstractEventLoop) -> _Carrier:
        """A task nobody uses yet."""
        if self._loop is not loop:
            self._loop = loop
            self._spares = []
        while self._spares:
            spare = self._spares.pop()
            if spare.usable:
                return spare
        return _Carrier(loop)

    def give(self, carrier: _Carrier) -> None:
        """Hand a task back that was not needed after all."""
        self._spares.append(carrier)

    def run(
        self, context: Context, begin: Callable[..., Work | None], *given: Any
    ) -> tuple[_Carrier, Resumed] | tuple[None, Any]:
        """Call *begin* and run the coroutine it gives, if any, up to its first wait.

        Returns:
            ``None`` and what it gave when it has ended; else the carrier, which has to be claimed
            for it, and the rest.

        Raises:
            BaseException: What it raised before its first wait.
        """
        loop = asyncio.get_running_loop()
        carrier = self.take(loop)
        parent = asyncio.current_task(loop)
        if parent is not None:
            _leave(loop, parent)
        _enter(loop, carrier.task)
        try:
            work = context.run(begin, *given)
            if work is None:
                self.give(carrier)
                return None, None
            first = context.run(work.send, None)
        except StopIteration as ended:
            self.give(carrier)
            return None, ended.value
        except BaseException:
            self.give(carrier)
            raise
        finally:
            _leave(loop, carrier.task)
            if parent is not None:
                _enter(loop, parent)
        return carrier, Resumed(work, context, first)

    def begin(
        self, begin: Callable[..., Work], *given: Any
    ) -> tuple[asyncio.Task[Any] | None, Any]:
        """Run a coroutine up to its first wait, in a context of its own; raises what it raised.

        Returns:
            The task that goes on with it; or ``None``, and what it gave.
        """
        carrier, left = self.run(copy_context(), begin, *given)
        if carrier is None:
            return None, left
        carrier.claim(left)
        return carrier.task, None

    async def close(self) -> None:
        """End the spare tasks."""
        spares, self._spares = self._spares, []
        for spare in spares:
            spare.task.cancel()
        if spares:
            await asyncio.wait([spare.task for spare in spares])


class Strands:
    """Coroutines side by side under one parent; all of them end before `join` returns.

    The first error cancels the others and is raised by `join`.
    """

    __slots__ = (
        "_carriers",
        "_context",
        "_error",
        "_joined",
        "_loop",
        "_on_end",
        "_open",
        "_stopped",
        "_tasks",
    )

    def __init__(self, carriers: Carriers, on_end: Ended | None = None) -> None:
        self._carriers = carriers
        self._context = copy_context()
        self._stopped: asyncio.CancelledError | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._open = 0
        self._error: BaseException | None = None
        self._joined: asyncio.Future[None] | None = None
        self._on_end = on_end

    @property
    def open(self) -> int:
        """How many are still under way."""
        return self._open

    @property
    def failed(self) -> bool:
        """True once one of them has failed, or the group was cancelled."""
        return self._error is not None or self._stopped is not None

    def add(self, begin: Callable[..., Work | None], *given: Any, number: int = 0) -> bool:
        """Call *begin* and run the coroutine it gives, if any, up to its first wait.

        Returns:
            True when it has already ended without waiting.

        Raises:
            BaseException: What it raised before its first wait.
        """
        carrier, left = self._carriers.run(self._context.copy(), begin, *given)
        if carrier is None:
            return True
        self._carry(carrier, left, number)
        return False

    def add_all(self, begins: Iterable[Callable[[T], Work | None]], given: T) -> Work | None:
        """Add several, numbered from 0, for less than each by itself; ends the adding.

        Returns:
            What is left to await: ``None`` when all have ended, and well.
        """
        loop, carriers, copy = self._loop, self._carriers, self._context.copy
        parent = asyncio.current_task(loop)
        carrier = carriers.take(loop)
        if parent is not None:
            _leave(loop, parent)
        _enter(loop, carrier.task)
        raised = None
        try:
            for number, begin in enumerate(begins):
                if carrier.task.spoiled:
                    _leave(loop, carrier.task)
                    carrier = carriers.take(loop)
                    _enter(loop, carrier.task)
                context = copy()
                work = context.run(begin, given)
                if work is None:
                    continue
                try:
                    first = context.run(work.send, None)
                except StopIteration:
                    continue
                _leave(loop, carrier.task)
                self._carry(carrier, Resumed(work, context, first), number)
                carrier = carriers.take(loop)
                _enter(loop, carrier.task)
        except BaseException as error:  # noqa: BLE001 - raised by join, after the others ended
            raised = error
        _leave(loop, carrier.task)
        if parent is not None:
            _enter(loop, parent)
        carriers.give(carrier)
        if raised is not None:
            self.fail(raised)
        return self.join() if self._open or raised is not None else None

    def _carry(self, carrier: _Carrier, resumed: Resumed, number: int) -> None:
        """Have a task carry on a strand that waits."""
        self._open += 1
        self._tasks[number] = carrier.task
        carrier.claim(resumed, number, self._ended)

    def _ended(self, number: int, error: BaseException | None) -> None:
        self._open -= 1
        self._tasks.pop(number, None)
        if self._on_end is not None:
            try:
                self._on_end(number, error)
            except BaseException as raised:  # noqa: BLE001 - the group's error, raised by join
                self.fail(raised)
        elif error is not None:
            self.fail(error)
        if self._open == 0 and self._joined is not None and not self._joined.done():
            self._joined.set_result(None)

    def fail(self, error: BaseException) -> None:
        """Cancel what is under way; `join` will raise *error*, or the first before it."""
        if self._error is None or _graver(error, self._error):
            self._error = error
        self.cancel()

    def cancel(self, number: int | None = None) -> None:
        """Cancel one strand, or all."""
        wanted = list(self._tasks.values()) if number is None else [self._tasks.get(number)]
        why = self._stopped.args[0] if self._stopped is not None and self._stopped.args else STOPPED
        for task in wanted:
            if task is not None:
                task.cancel(why)

    async def join(self) -> None:
        """Wait until every strand has ended.

        Raises:
            BaseException: The first error; or the cancellation of the caller, after the strands
                have been cancelled and have ended. What stops a whole run, such as a full disk,
                goes before both.
        """
        while self._open:
            self._joined = self._loop.create_future()
            try:
                await self._joined
            except asyncio.CancelledError as cancelled:
                self._stopped = cancelled
                self.cancel()
        self._on_end = None  # whoever made the group may be held by it
        error, self._error = self._error, None
        if error is not None and _stops_the_run(error):
            raise error
        if self._stopped is not None:
            raise self._stopped
        if error is not None:
            raise error


def _stops_the_run(error: BaseException) -> bool:
    return not isinstance(error, (StepFailed, asyncio.CancelledError))


def _graver(error: BaseException, known: BaseException) -> bool:
    """Tell whether a later error says more than the first one."""
    if isinstance(known, asyncio.CancelledError):
        return not isinstance(error, asyncio.CancelledError)
    return _stops_the_run(error) and not _stops_the_run(known)
