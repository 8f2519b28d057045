"""One execution as people see it: its outputs, its spans, and its failure that can be replayed."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import time
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from packetflow.engine.events import Ended, Event
from packetflow.engine.patience import PATIENCE_SECONDS
from packetflow.engine.strands import STOPPED
from packetflow.engine.trail import theirs
from packetflow.errors import CapabilityFailed, PacketFlowError, RunError, UnknownName
from packetflow.kernel.clock import Timer
from packetflow.kernel.records import Path, SpanEnded, Status, WaitStarted, one_line, place_text

if TYPE_CHECKING:
    from packetflow.composition.capability import Capability
    from packetflow.composition.steps import Step
    from packetflow.engine.ending import Live


@dataclass(frozen=True)
class Failure:
    """Why an execution failed: the step, what it was given, what it raised.

    Attributes:
        step: The id of the step.
        path: Item and pass indexes, from the outside in.
        inputs: What its capability was given, by parameter; secrets included while in memory.
        error_type: The class of the exception.
        message: What the exception said.
        cause: The exception itself; ``None`` when the failure was read from the store.
        capability: What was called; ``None`` when it is not known here.
        trail: The lines of the user's code that led there (see `packetflow.engine.trail`).
        scrub: Blacks the execution's secrets out of a text.
    """

    step: str
    path: Path
    inputs: Mapping[str, Any] = field(repr=False)
    error_type: str
    message: str
    cause: BaseException | None = field(default=None, repr=False)
    capability: Capability[..., Any] | None = field(default=None, repr=False)
    trail: str = field(default="", repr=False)
    scrub: Callable[[str], str] = field(default=str, repr=False, compare=False)

    def replay(self) -> Any:
        """Call the capability again with the same inputs, as a plain function.

        The exception is raised here, with the user's own traceback. Works while a loop runs.

        Raises:
            RunError: The capability is not known here.
            Exception: What the capability raises.
        """
        if self.capability is None:
            raise RunError(f"the capability of step {self.step!r} is not known in this process")
        result = self.capability.fn(**self.inputs)
        if inspect.isawaitable(result):
            from packetflow.engine.sync import run_apart

            return run_apart(_awaited(result))
        return result

    def error(self) -> PacketFlowError:
        """The failure as an exception to raise."""
        if isinstance(self.cause, PacketFlowError):
            return self.cause
        return CapabilityFailed(self.step, self.error_type, self.message)

    def _repr_html_(self) -> str:
        from packetflow.engine.picture import failure_html

        return failure_html(self)

    def __str__(self) -> str:
        place = place_text(self.step, self.path)
        return f"{place + ': ' if place else ''}{self.error_type}: {self.message}"

    def __repr__(self) -> str:
        return f"<failure {one_line(str(self))}>"


def _moment(ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC)


async def _awaited(result: Any) -> Any:
    return await result


class Shows(Protocol):
    """Who keeps executions and can show them live: a workspace."""

    def show(self, run: str, /) -> Any:
        """Show the execution of that id."""
        ...


@dataclass
class Execution:
    """One run of a composition.

    Attributes:
        id: Its UUIDv7.
        name: The pipeline's name; empty for a composition without one.
        status: How it stands.
        inputs: What it was given.
        outputs: What it provides; after a failure, what was made before it.
        spans: Every step that ran, in the order they ended.
        failure: Why it failed, if it did.
        started_ns: When it began, in nanoseconds since 1970 UTC.
        ended_ns: When it ended; ``None`` while it waits.
        step: The composition with all ids.
        waits: What it waits for, when it was put aside: events, and questions to people.
        home: The workspace that keeps it, if one does.
    """

    id: str
    name: str
    status: Status
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    spans: list[SpanEnded]
    failure: Failure | None
    started_ns: int
    ended_ns: int | None
    step: Step | None = field(default=None, repr=False)
    waits: tuple[WaitStarted, ...] = ()
    home: Shows | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Any:
        """An output by name.

        Raises:
            PacketFlowError: The failure, if the execution failed before making it.
            RunError: It waits, and has not made it yet.
            UnknownName: It makes no such output.
        """
        if name in self.outputs:
            return self.outputs[name]
        if self.failure is not None:
            raise self.failure.error() from theirs(self.failure.cause)
        if self.status is Status.WAITING:
            said = "; ".join(map(self.how_to_go_on, self.waits))
            raise RunError(f"execution {self.id} has no {name!r} yet: {said or 'it waits'}")
        from difflib import get_close_matches

        near = get_close_matches(name, self.outputs, 1) or list(self.outputs)[:3]
        raise UnknownName(f"output of execution {self.id[-8:]}", name, near)

    @property
    def started_at(self) -> dt.datetime:
        """When it began, UTC."""
        return _moment(self.started_ns)

    @property
    def ended_at(self) -> dt.datetime | None:
        """When it ended, UTC; ``None`` while it waits."""
        return None if self.ended_ns is None else _moment(self.ended_ns)

    @property
    def seconds(self) -> float:
        """How long it took, waiting included."""
        ended = time.time_ns() if self.ended_ns is None else self.ended_ns
        return (ended - self.started_ns) / 1e9

    def raise_for_failure(self) -> Execution:
        """Raise the failure, if there is one; else the execution itself.

        Raises:
            PacketFlowError: It failed.
        """
        if self.failure is not None:
            raise self.failure.error() from theirs(self.failure.cause)
        return self

    def how_to_go_on(self, wait: WaitStarted) -> str:
        """What it waits for at one of its `waits`, and the call that ends the wait."""
        place = place_text(wait.step, wait.path)
        if not wait.question:
            key = f", key={wait.key!r}" if wait.key else ""
            return f"{place} waits for an event: ws.emit({wait.event!r}, {{...}}{key})"
        value = " or ".join(map(repr, wait.choices or (True, False)))
        path = f", path={wait.path!r}" if wait.path else ""
        call = f"ws.answer({self.id[-8:]!r}, {wait.step!r}, {value}{path})"
        return f"{place} asks {wait.question!r}: {call}"

    def show(self) -> Any:
        """Show it in a notebook's cell, live while it goes on; elsewhere print it."""
        from packetflow.engine.picture import Still
        from packetflow.show import pane

        return pane.show(Still(self)) if self.home is None else self.home.show(self.id)

    def _repr_html_(self) -> str:
        from packetflow.engine.picture import execution_html

        return execution_html(self)

    def __repr__(self) -> str:
        tail = f" {one_line(str(self.failure))}" if self.failure else ""
        made = ", ".join(self.outputs)
        tail += "".join(f"; {self.how_to_go_on(wait)}" for wait in self.waits)
        return f"<execution {self.id[-8:]} {self.status.value} ({made}){tail}>"


class Running:
    """An execution under way: await it, follow its events, or cancel it."""

    __slots__ = ("_given_up", "_live", "_observers", "_patience", "_run", "_task")

    def __init__(self, live: Live, task: asyncio.Future[Execution]) -> None:
        self._live = live
        self._run = live.run
        self._task = task
        self._given_up: Execution | None = None
        self._patience: Timer | None = None
        self._observers: tuple[Callable[[], None], ...] = ()
        task.add_done_callback(self._is_over)

    @property
    def id(self) -> str:
        """The execution's id."""
        return self._run.id

    def cancel(self, reason: str = "cancelled") -> None:
        """Stop it: async steps within one turn of the loop, process steps by a kill.

        A step that does not stop within `PATIENCE_SECONDS` is left alone (see
        `packetflow.engine.patience`). What does not stop after twice that is none of the steps, or
        hears no cancellation: the execution ends without it too.
        """
        self._run.stop_reason = reason
        self._run.cancelled = True
        self._run.special = True  # so that no further step begins, whatever the last one does
        # one turn later: a task that is cancelled before its first turn never runs at all
        self._task.get_loop().call_soon(self._task.cancel, STOPPED)
        if self._patience is None and not self.done():
            clock = self._run.engine.clock
            self._patience = clock.call_later(2 * PATIENCE_SECONDS, self._leave_it)

    def _leave_it(self) -> None:
        if not self.done():
            from packetflow.engine.ending import given_up

            self._given_up = given_up(self._live)
            self._is_over(self._task)

    def _is_over(self, _: object) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._run.engine.forget(self)
        observers, self._observers = self._observers, ()
        for tell in observers:
            tell()

    def when_over(self, tell: Callable[[], None]) -> None:
        """Have *tell* called once it is over or put aside; now, if it is already."""
        if self.done():
            tell()
        else:
            self._observers = (*self._observers, tell)

    def done(self) -> bool:
        """True once it is over or put aside."""
        return self._given_up is not None or self._task.done()

    def result(self) -> Execution:
        """How it ended, once it is `done`.

        Raises:
            PacketFlowError: Its end could not be kept.
            asyncio.CancelledError: Its task was cancelled from outside.
        """
        return self._task.result() if self._given_up is None else self._given_up

    @property
    def is_ours(self) -> bool:
        """False once another runner has taken it over."""
        return self._run.is_ours

    @property
    def only_waits(self) -> bool:
        """True while nothing of it is under way but waiting for events."""
        return self._run.only_waits

    @property
    def is_put_aside(self) -> bool:
        """True once it is being put aside: it is over here as soon as it is done."""
        return self._run.passivated

    @property
    def can_be_put_aside(self) -> bool:
        """True when the journal has all that it needs to go on, so that it may wait there."""
        return self._run.can_be_parked()

    @property
    def secrets(self) -> frozenset[str]:
        """The names of its values that may not be shown."""
        return self._run.secrets

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have *listener* called with its events from now on, on the engine's loop."""
        self._run.listen(listener)

    def ignore(self, listener: Callable[[Event], None]) -> None:
        """Call *listener* no more."""
        if listener in self._run.listeners:
            self._run.listeners.remove(listener)

    def put_aside(self) -> bool:
        """Put it aside if it only waits and the journal has all of it; tells whether it does."""
        if not self.only_waits or not self._run.can_be_parked():
            return False
        self._run.passivated = True
        self._task.cancel(STOPPED)
        return True

    def __await__(self) -> Generator[Any, Any, Execution]:
        waiter: asyncio.Future[Execution] = self._task.get_loop().create_future()

        def tell() -> None:
            if waiter.done():
                return
            try:
                waiter.set_result(self.result())
            except asyncio.CancelledError:
                waiter.cancel()
            except Exception as error:  # noqa: BLE001 - raised where it is awaited
                waiter.set_exception(error)

        self.when_over(tell)
        return waiter.__await__()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Its events from now on; the last is `Ended`."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()

        self._run.listen(queue.put_nowait)
        self.when_over(lambda: queue.put_nowait(None))
        try:
            while (event := await queue.get()) is not None:
                if not isinstance(event, Ended):
                    yield event
        finally:
            self._run.unlisten(queue.put_nowait)
        yield Ended(await self)
