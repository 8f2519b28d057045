"""Waiting for events and for people, and handing events to whoever waits.

A wait is kept in the journal before anybody waits, so a restart finds it again. While an
execution only waits it may be put aside: then nothing of it is in memory, and the event that
comes makes a runner resume it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from packetflow.capabilities.contract import Port
from packetflow.capabilities.validate import reason, validator
from packetflow.engine.deadlines import ENCLOSING, Deadline
from packetflow.engine.events import Answered
from packetflow.engine.events import Waits as WaitsEvent
from packetflow.engine.lookup import look_later, look_up
from packetflow.engine.node import Node, Pending
from packetflow.engine.spans import keep_span, recalled
from packetflow.engine.state import Frame, StepFailed
from packetflow.engine.strands import stop_status
from packetflow.engine.values import pack_all, unpack
from packetflow.engine.waiters import Waiter, answer_event, key_text
from packetflow.errors import MissingInput, StoreError, Superseded, TimedOut, WrongType
from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived, Status, WaitStarted

_FORMS: Final = {bool: "boolean", str: "string", int: "integer", float: "number"}
"""What JSON Schema calls the types that a form asks for."""

_NONE: Final[dict[str, WaitStarted]] = {}
"""Shared by all steps that have not waited before; nothing is ever put in."""


class Asked(NamedTuple):
    """What a person is asked; ``form`` is what the answer looks like, a JSON Schema as text."""

    question: str = ""
    choices: tuple[str, ...] = ()
    form: str = ""


_NOBODY: Final = Asked()


class TimeIsOver(Exception):
    """Nothing came in time."""


async def wait(
    frame: Frame,
    step_id: str,
    event: str,
    *,
    key: str = "",
    within_seconds: float | None = None,
    asked: Asked = _NOBODY,
    answer: str = "",
    since: Moment | None = None,
) -> EventArrived:
    """Keep the wait, then wait for the event; an answer that came since a moment counts too.

    Raises:
        TimeIsOver: Nothing came within the time, counted from the first start of the wait.
    """
    run = frame.run
    engine = run.engine
    waiter = Waiter(run, event, key, answer or answer_event(run.id, step_id, frame.path))
    now = engine.clock.wall_ns()
    around = ENCLOSING.get()
    past = _NONE if run.past is None else run.past.waits.get((step_id, frame.path), _NONE)
    started = past.get(event)
    if started is None:
        began = Moment(engine.order(), now) if since is None else since
        limit = _end(began.at, within_seconds)
        outer = 0 if around is None else around.keep()
        started = WaitStarted(  # no names for its parts: a parked run would hold them
            run.id,
            run.epoch,
            step_id,
            frame.path,
            event,
            key,
            min(limit or outer, outer or limit),
            now,
            asked.question,
            asked.choices,
            began.number if asked.question else run.arrival,
            asked.form,
        )
        run.append(started)
    else:
        began = Moment(started.since, started.at)
        limit = _end(began.at, within_seconds)
    if asked.question:
        waiter.since = began
    with _under_way(waiter, started):
        early, looking = await _looked_up(waiter, began, around)
        if early is not None:
            return early
        if run.listeners:
            run.tell(WaitsEvent(started))
        if not 0 < started.deadline <= now:  # what is late must not be put aside again
            run.idle()
        try:
            return await _until(waiter, limit, now)
        except (TimeIsOver, asyncio.CancelledError):
            past.pop(event, None)  # it is over: another try waits anew
            waiter.let_go()
            raise
        finally:
            if looking is not None:
                looking.cancel()
            if not run.is_ours:
                waiter.let_go()
                message = f"execution {run.id} was taken over by another runner while it waited"
                raise Superseded(message)


@contextmanager
def _under_way(waiter: Waiter, started: WaitStarted) -> Iterator[None]:
    """Hear events meanwhile, and count that the execution waits."""
    run = waiter.run
    asks = 1 if started.question else 0
    run.engine.waits.add(waiter)
    run.waiting += 1
    run.waited += 1
    run.asking += asks
    try:
        yield
    finally:
        run.waiting -= 1
        run.asking -= asks
        if run.passivated:
            run.put_off = (*run.put_off, started)
        if waiter.counted:
            run.busy -= 1
        run.engine.waits.remove(waiter)


async def _looked_up(
    waiter: Waiter, began: Moment, around: Deadline | None
) -> tuple[EventArrived | None, asyncio.Task[None] | None]:
    """An event that came before, or who looks for one until the store can be asked."""
    try:
        return await look_up(waiter, began, around), None
    except StoreError as error:
        return None, look_later(waiter, began, error)


def _end(began: int, seconds: float | None) -> int:
    """When a wait's own time is over; 0 for never."""
    return 0 if seconds is None else began + int(seconds * 1e9)


async def _until(waiter: Waiter, deadline: int, now: int) -> EventArrived:
    if deadline == 0:
        return await waiter.future
    future = waiter.future

    def expire() -> None:
        if not future.done():
            future.set_exception(TimeIsOver())

    clock = waiter.run.engine.clock
    timer = clock.call_later(max(0.0, (deadline - now) / 1e9), expire)
    try:
        return await future
    finally:
        timer.cancel()


async def ask_person(frame: Frame, step_id: str, asked: Asked, *, number: int = 1) -> Any:
    """Wait for a person's answer to a question of a step; again when it is none of the choices."""
    run = frame.run
    event = answer_event(run.id, step_id, frame.path, number=number)
    busy, run.busy = run.busy, run.busy - 1
    since = Moment(run.engine.order(), run.engine.clock.wall_ns())
    choices = asked.choices
    try:
        while True:
            arrived = await wait(
                frame,
                step_id,
                event,
                asked=asked,
                answer=event,
                since=since,
            )
            answer = unpack(arrived.payload.get("answer"), None, run.engine.sink.get)
            if not choices or answer in choices:
                break
            text = f"an answer was refused: it is {answer!r}; the choices are {', '.join(choices)}"
            run.engine.note(run, "warning", text, {"step": step_id})
    finally:
        run.busy += 1 if busy else 0
    if run.listeners:
        at = run.engine.clock.wall_ns()
        run.tell(Answered(run.id, step_id, frame.path, at))
    return answer


class WaitNode:
    """Wait for an event, or for a person's answer."""

    inline = False
    __slots__ = (
        "asked", "choices", "event", "gives", "id", "key", "otherwise", "ports", "question",
        "within",
    )  # fmt: skip

    def __init__(
        self,
        step_id: str,
        event: str,
        key: str | None,
        *,
        gives: Sequence[Port],
        within: float | None,
        otherwise: Node | None,
        question: str,
        choices: Sequence[str],
    ) -> None:
        self.id = step_id
        self.event = event
        self.key = key
        self.gives = tuple(gives)
        self.ports: Mapping[str, Port] = {port.name: port for port in gives}
        self.within = within
        self.otherwise = otherwise
        self.question = question
        self.choices = tuple(choices)
        self.asked = Asked(question, self.choices, self._form()) if question else _NOBODY

    def _form(self) -> str:
        """What the answer looks like."""
        if self.choices or len(self.gives) != 1:
            return ""
        kind = _FORMS.get(self.gives[0].type)
        return "" if kind is None else f'{{"type": "{kind}"}}'

    def start(self, frame: Frame) -> Pending:
        """Wait, unless the event was already taken in an earlier life."""
        kept = recalled(frame, self.id, self.ports)
        if kept is not None:
            frame.scope.update(kept)
            return None
        if self.otherwise is not None and frame.run.decided(self.id, frame.path, "too_late"):
            return self.otherwise.start(frame)
        return self._run(frame)

    async def _run(self, frame: Frame) -> None:
        run = frame.run
        key = ""
        if self.key is not None:
            if self.key not in frame.scope:
                cause = MissingInput([self.key], f"step {self.id!r}")
                raise StepFailed(self.id, frame.path, cause, {}) from cause
            key = key_text(frame.scope[self.key])
        event = self.event
        if self.question:
            event = answer_event(run.id, self.id, frame.path)
        began = self._began(frame, event)
        # an answer after a refused one may come meanwhile
        since = None
        if self.question:
            since = Moment(run.engine.order(), run.engine.clock.wall_ns())
        while True:
            try:
                arrived = await wait(
                    frame,
                    self.id,
                    event,
                    key=key,
                    within_seconds=self.within,
                    asked=self.asked,
                    since=since,
                )
            except TimeIsOver:
                await self._too_late(frame, began)
                return
            except asyncio.CancelledError as stopped:
                if not run.passivated and not run.cancelled:
                    status = stop_status(stopped)
                    keep_span(frame, self.id, "wait", name=self.event, began=began, status=status)
                raise
            try:
                outputs = self._outputs(frame, arrived)
            except StepFailed as refused:
                if not self.question:
                    if not self._keep(frame, began, arrived, error=refused):
                        continue
                    raise
                text = f"an answer was refused: {refused.cause}"
                run.engine.note(run, "warning", text, {"step": self.id})
                continue
            if self._keep(frame, began, arrived, outputs=outputs):
                frame.scope.update(outputs)
                return

    def _keep(
        self,
        frame: Frame,
        began: int,
        arrived: EventArrived,
        *,
        outputs: Mapping[str, Any] | None = None,
        error: StepFailed | None = None,
    ) -> bool:
        """Keep what the event gave, or why it is of no use; either way it is taken.

        Returns:
            False when another runner has it, since this one stood still after claiming it.
        """
        engine = frame.run.engine
        if engine.inbox is not None and engine.inbox.has_lost(arrived.event_id, frame.run.id):
            return False
        try:
            keep_span(
                frame,
                self.id,
                "wait",
                name=self.event,
                began=began,
                status=Status.OK if error is None else Status.FAILED,
                outputs=pack_all(outputs or {}, self.ports),
                attributes={"event_id": arrived.event_id, "source": arrived.source},
                error=error,
            )
        except StoreError:
            if engine.inbox is not None:
                engine.inbox.give_back(arrived.event_id, frame.run.id)
            raise
        return True

    def _began(self, frame: Frame, event: str) -> int:
        """When it began to wait, in this life or an earlier one, on the run's clock."""
        run = frame.run
        past = {} if run.past is None else run.past.waits.get((self.id, frame.path), {})
        known = past.get(event)
        return run.now() if known is None else min(run.now(), known.at - run.wall_offset)

    async def _too_late(self, frame: Frame, began: int) -> None:
        cause = TimedOut(self.id, self.within or 0.0, waited=True)
        if self.otherwise is None:
            keep_span(
                frame,
                self.id,
                "wait",
                name=self.event,
                began=began,
                status=Status.TIMED_OUT,
                error=cause,
            )
            raise StepFailed(self.id, frame.path, cause, {}) from cause
        frame.run.decide((self.id, frame.path), "too_late", 1)
        pending = self.otherwise.start(frame)
        if pending is not None:
            await pending

    def _outputs(self, frame: Frame, arrived: EventArrived) -> dict[str, Any]:
        """What the payload gives, checked."""
        get = frame.run.engine.sink.get
        payload = {name: unpack(slot, None, get) for name, slot in arrived.payload.items()}
        outputs: dict[str, Any] = {}
        for port in self.gives:
            if port.name in payload:
                value = payload[port.name]
            elif "answer" in payload:
                value = payload["answer"]
            elif len(self.gives) == 1:
                value = payload
            elif port.optional:
                continue
            else:
                cause = MissingInput([port.name], f"the payload of event {self.event!r}")
                raise StepFailed(self.id, frame.path, cause, {}) from cause
            outputs[port.name] = self._checked(frame, port, value)
        return outputs

    def _checked(self, frame: Frame, port: Port, value: Any) -> Any:
        from pydantic import ValidationError

        if self.choices and value not in self.choices:
            text = f"is {value!r}; the choices are {', '.join(self.choices)}"
            cause = WrongType(port.name, f"step {self.id!r}", text)
            raise StepFailed(self.id, frame.path, cause, {}) from cause
        check = validator(port.type)
        try:
            return value if check is None else check(value)
        except ValidationError as error:
            cause = WrongType(port.name, f"step {self.id!r}", reason(error))
            raise StepFailed(self.id, frame.path, cause, {}) from error
