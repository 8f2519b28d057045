"""Waiting for events and for people, and handing events to whoever waits.

A wait is kept in the journal before anybody waits, so a restart finds it again. While an
execution only waits it may be put aside: then nothing of it is in memory, and the event that
comes makes a runner resume it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from packetflow.capabilities.contract import Port
from packetflow.capabilities.validate import reason, validator
from packetflow.engine.deadlines import ENCLOSING, Deadline
from packetflow.engine.events import Answered
from packetflow.engine.events import Waits as WaitsEvent
from packetflow.engine.node import Node, Pending
from packetflow.engine.spans import keep_span, recalled
from packetflow.engine.state import Frame, StepFailed
from packetflow.engine.strands import stop_status
from packetflow.engine.values import pack_all, unpack
from packetflow.engine.waiters import Waiter, answer_event
from packetflow.errors import MissingInput, Superseded, TimedOut, WrongType
from packetflow.kernel.records import EventArrived, Status, WaitStarted


class TimeIsOver(Exception):
    """Nothing came in time."""


async def wait(
    frame: Frame,
    step_id: str,
    event: str,
    *,
    key: str = "",
    within_seconds: float | None = None,
    question: str = "",
    choices: Sequence[str] = (),
    answer: str = "",
    since_ns: int = 0,
) -> EventArrived:
    """Keep the wait, then wait for the event; one that came after *since_ns* counts too.

    Raises:
        TimeIsOver: Nothing came within the time, counted from the first start of the wait.
    """
    run = frame.run
    engine = run.engine
    waiter = Waiter(run, event, key, answer or answer_event(run.id, step_id, frame.path))
    now = engine.clock.wall_ns()
    around = ENCLOSING.get()
    past = {} if run.past is None else run.past.waits.get((step_id, frame.path), {})
    started = past.get(event)
    began = (since_ns or now) if started is None else started.at
    limit = _end(began, within_seconds)
    if started is None:
        outer = 0 if around is None else around.keep()
        place, deadline = (
            (run.id, run.epoch, step_id, frame.path),
            min(limit or outer, outer or limit),
        )
        started = WaitStarted(*place, event, key, deadline, now, question, tuple(choices))
        run.append(started)
    engine.waits.add(waiter)
    run.waiting += 1
    run.asking += 1 if question else 0
    try:
        early = await _looked_up(waiter, began, around)
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
            raise
        finally:
            if not run.is_ours:
                message = f"execution {run.id} was taken over by another runner while it waited"
                raise Superseded(message)
    finally:
        run.waiting -= 1
        run.asking -= 1 if question else 0
        if run.passivated:
            run.put_off = (*run.put_off, started)
        if waiter.counted:
            run.busy -= 1
        engine.waits.remove(waiter)


def _end(began: int, seconds: float | None) -> int:
    """When a wait's own time is over; 0 for never."""
    return 0 if seconds is None else began + int(seconds * 1e9)


async def _looked_up(waiter: Waiter, began: int, around: Deadline | None) -> EventArrived | None:
    """What `_early` finds; no time limit around ends before it has looked."""
    if around is None:
        return await _early(waiter, began)
    around.look(1)
    try:
        return await _early(waiter, began)
    finally:
        around.look(-1)


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


async def _early(waiter: Waiter, began: int) -> EventArrived | None:
    """An event that came before anybody waited here.

    One from before the execution counts for a wait with its key, if no other execution took it. An
    answer counts from when its question was asked.
    """
    run = waiter.run
    inbox = run.engine.inbox
    if inbox is None:
        return None
    found = list(await inbox.find(waiter.answer, "", began))
    if waiter.event != waiter.answer:
        if waiter.key:
            found += await inbox.left_over(waiter.event, waiter.key, run.started_at, run.id)
        found += await inbox.find(waiter.event, waiter.key, run.started_at)
    if waiter.future.done():
        return None  # one was delivered meanwhile
    first = next((one for one in found if one.event_id not in run.taken), None)
    if first is not None:
        run.take(first.event_id)
    return first


async def ask_person(
    frame: Frame, step_id: str, question: str, choices: tuple[str, ...], *, number: int = 1
) -> Any:
    """Wait for a person's answer to a question of a step."""
    event = answer_event(frame.run.id, step_id, frame.path, number=number)
    busy, frame.run.busy = frame.run.busy, frame.run.busy - 1
    try:
        arrived = await wait(
            frame, step_id, event, question=question, choices=choices, answer=event
        )
    finally:
        frame.run.busy += 1 if busy else 0
    if frame.run.listeners:
        at = frame.run.engine.clock.wall_ns()
        frame.run.tell(Answered(frame.run.id, step_id, frame.path, at))
    return unpack(arrived.payload.get("answer"), None, frame.run.engine.sink.get)


class WaitNode:
    """Wait for an event, or for a person's answer."""

    inline = False
    __slots__ = (
        "choices",
        "event",
        "gives",
        "id",
        "key",
        "otherwise",
        "ports",
        "question",
        "within",
    )

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
            key = str(frame.scope[self.key])
        event = self.event
        if self.question:
            event = answer_event(run.id, self.id, frame.path)
        began = self._began(frame, event)
        asked = run.engine.clock.wall_ns()  # an answer after a refused one may come meanwhile
        while True:
            try:
                arrived = await wait(
                    frame,
                    self.id,
                    event,
                    key=key,
                    within_seconds=self.within,
                    question=self.question,
                    choices=self.choices,
                    since_ns=asked,
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
                    raise
                text = f"an answer was refused: {refused.cause}"
                run.engine.note(run, "warning", text, {"step": self.id})
                continue
            facts = {"event_id": arrived.event_id, "source": arrived.source}
            keep_span(
                frame,
                self.id,
                "wait",
                name=self.event,
                began=began,
                outputs=pack_all(outputs, self.ports),
                attributes=facts,
            )
            frame.scope.update(outputs)
            return

    def _began(self, frame: Frame, event: str) -> int:
        """When it began to wait, in this life or an earlier one, on the run's clock."""
        run = frame.run
        past = {} if run.past is None else run.past.waits.get((self.id, frame.path), {})
        known = past.get(event)
        return run.now() if known is None else min(run.now(), known.at - run.wall_offset)

    async def _too_late(self, frame: Frame, began: int) -> None:
        cause = TimedOut(self.id, self.within or 0.0)
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
