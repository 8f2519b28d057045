"""Who waits in this engine, by the names of events, and which event is for whom.

An event goes to every execution that waits for it, to one wait of each. A wait without a key takes
only what has come since its execution began; a wait with a key also takes an earlier event of that
key, if no other execution has taken it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetflow.engine.state import Run
from packetflow.engine.values import pack_all, sound
from packetflow.kernel.order import Moment, came_since
from packetflow.kernel.records import EventArrived, Path

if TYPE_CHECKING:
    from packetflow.engine.engine import Engine


def answer_event(execution_id: str, step: str, path: Path, *, number: int = 1) -> str:
    """The name of the event by which a person answers a step's question, counted from 1."""
    index = "".join(f".{one}" for one in path)
    later = "" if number == 1 else f"#{number}"
    return f"answer:{execution_id}:{step}{index}{later}"


def key_text(key: object) -> str:
    """A key as records hold it: a text without halves of characters; empty for none."""
    return "" if key is None else sound(str(key))


def new_event(
    engine: Engine, event: str, payload: Mapping[str, Any], *, key: str, event_id: str, source: str
) -> EventArrived:
    """An event that comes now, its names and values such that a record can hold them."""
    packed = pack_all({key_text(name): value for name, value in payload.items()}, {})
    at, number = engine.clock.wall_ns(), engine.order()
    said = (key_text(event), key_text(key), packed, at, source, number)
    return EventArrived(key_text(event_id), *said)


class Waiter:
    """One wait under way."""

    __slots__ = ("answer", "counted", "event", "future", "key", "run", "since")

    def __init__(self, run: Run, event: str, key: str, answer: str) -> None:
        self.run = run
        self.event = event
        self.key = key
        self.answer = answer
        self.since: Moment | None = None
        """When it was asked; an earlier answer was to an earlier question."""
        self.counted = False
        self.future: asyncio.Future[EventArrived] = asyncio.get_running_loop().create_future()

    def takes(self, arrived: EventArrived) -> bool:
        """Tell whether the event is meant for this wait."""
        if self.future.done() or arrived.event_id in self.run.taken:
            return False
        if arrived.event == self.answer:
            return self.since is None or came_since(arrived, self.since)
        if arrived.event != self.event or (self.key and arrived.key != self.key):
            return False
        # an earlier one of its key it has looked up before it began to wait
        return came_since(arrived, self.run.began)

    def give(self, arrived: EventArrived) -> None:
        """Hand it an event that its execution has taken."""
        self.future.set_result(arrived)
        self.run.busy += 1  # so that it is not put aside before it has woken
        self.counted = True

    def let_go(self) -> None:
        """It ends without the event that it may just have been given: others may take that."""
        future, run = self.future, self.run
        if not future.done() or future.cancelled() or future.exception() is not None:
            return
        arrived = future.result()
        run.let_take(arrived.event_id)
        if run.engine.inbox is not None:
            run.engine.inbox.give_back(arrived.event_id, run.id)
        run.engine.deliver(arrived)


class Waits:
    """Who waits in this engine, by the names of events."""

    def __init__(self) -> None:
        self._by_event: dict[str, Waiter | dict[Waiter, None]] = {}

    def add(self, waiter: Waiter) -> None:
        """Note a waiter."""
        for name in {waiter.event, waiter.answer}:
            known = self._by_event.get(name)
            if known is None:
                self._by_event[name] = waiter
            elif isinstance(known, Waiter):
                self._by_event[name] = {known: None, waiter: None}
            else:
                known[waiter] = None

    def remove(self, waiter: Waiter) -> None:
        """Forget a waiter."""
        for name in {waiter.event, waiter.answer}:
            known = self._by_event.get(name)
            if isinstance(known, dict):
                known.pop(waiter, None)
            if known is waiter or not known:
                self._by_event.pop(name, None)

    def deliver(self, arrived: EventArrived) -> int:
        """Hand an event to those who wait for it, one wait an execution; tells how many."""
        served: set[str] = set()
        known = self._by_event.get(arrived.event, ())
        for waiter in (known,) if isinstance(known, Waiter) else tuple(known):
            if waiter.run.id not in served and waiter.takes(arrived):
                waiter.run.take(arrived.event_id)
                waiter.give(arrived)
                served.add(waiter.run.id)
        return len(served)
