"""What the engine's tests share: small capabilities, a sink that records as a journal would."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from packetflow import capability
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Execution, Running
from packetflow.engine.ports import MemorySink
from packetflow.errors import JournalFull, UnknownName
from packetflow.kernel.order import Moment, came_since
from packetflow.kernel.records import EventArrived, Record, decoder, encoder
from packetflow.testing import FakeClock


class RecordingSink(MemorySink):
    """Keeps records as bytes, the way a journal does; can be full from some position on."""

    durable = True

    def __init__(self, full_at: int | None = None, *, only_once: bool = False) -> None:
        super().__init__()
        self.kept: list[bytes] = []
        self.asked = 0
        self.full_at = full_at
        self._only_once = only_once
        self._encode = encoder().encode
        self.append = self._append
        self.append_all = self._append_all

    def _append_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self._append(record)

    def _append(self, record: Record) -> None:
        position, self.asked = self.asked, self.asked + 1
        full = self.full_at is not None and position >= self.full_at
        if full and (not self._only_once or position == self.full_at):
            raise JournalFull("the disk is full")
        self.kept.append(self._encode(record))

    @property
    def read(self) -> list[Record]:
        decode = decoder().decode
        return [decode(one) for one in self.kept]


class Named:
    """A catalog of some capabilities and pipelines, by their names."""

    def __init__(self, *items: Any) -> None:
        self.items = {one.name: one for one in items}

    def resolve(self, kind: str, name: str) -> Any:
        return self.items.get(name)

    def matching(self, names: Sequence[str]) -> list[Any]:
        try:
            return [self.items[name] for name in names]
        except KeyError as error:
            raise UnknownName("capability", str(error.args[0])) from error


class Box:
    """An inbox in memory."""

    def __init__(self, *events: EventArrived) -> None:
        self.events = list(events)
        self.taken: set[str] = set()
        self.claimed: dict[str, str] = {}

    async def find(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        return [
            one
            for one in self.events
            if one.event == event and key in ("", one.key) and came_since(one, since)
        ]

    async def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        left = [
            one for one in await self.find(event, key, Moment(0, 0)) if not came_since(one, before)
        ]
        return [one for one in left if one.event_id not in self.taken]

    async def claim(self, event: EventArrived, before: Moment, execution_id: str) -> bool:
        return self.claimed.setdefault(event.event_id, execution_id) == execution_id

    def has_lost(self, event_id: str, execution_id: str) -> bool:
        return self.claimed.get(event_id, execution_id) != execution_id

    def give_back(self, event_id: str, execution_id: str) -> None:
        if self.claimed.get(event_id) == execution_id:
            del self.claimed[event_id]


async def run(flow: Any, /, *, engine: Engine | None = None, **inputs: Any) -> Execution:
    """Run a flow on a fresh engine with time that jumps."""
    mine = engine or Engine(MemorySink(), clock=FakeClock())
    try:
        return await mine.run(flow, inputs)
    finally:
        if engine is None:
            await mine.close()


async def begun(engine: Engine, flow: Any, **inputs: Any) -> Running:
    """Start a flow and let it come to its first wait."""
    running = engine.start(flow, inputs)
    await turns()
    return running


async def turns(count: int = 20) -> None:
    """Give others on the loop some turns."""
    for _ in range(count):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[Any]]:
    """The tasks of this loop but the caller's."""
    return asyncio.all_tasks() - {asyncio.current_task()}


def counted(names: Iterable[str]) -> tuple[dict[str, int], Callable[[str], None]]:
    """Counts by name, and the function that counts."""
    counts = dict.fromkeys(names, 0)

    def count(name: str) -> None:
        counts[name] = counts.get(name, 0) + 1

    return counts, count


def event(name: str, payload: dict[str, Any] | None = None, **said: Any) -> EventArrived:
    """An event as it arrives."""
    number = said.pop("id", f"id-{name}-{said.get('key', '')}")
    return EventArrived(number, name, said.get("key", ""), payload or {}, said.get("at", 2**62))


@capability(provides="n", run_in="loop")
def inc(n: int) -> int:
    "Add one."
    return n + 1


@capability(provides="n", run_in="loop")
def double(n: int) -> int:
    "Twice as much."
    return n * 2


@capability(provides="n")
async def slow_inc(n: int) -> int:
    "Add one, after a turn of the loop."
    await asyncio.sleep(0)
    return n + 1


@capability(provides="n")
def thread_inc(n: int) -> int:
    "Add one in a thread."
    return n + 1


@capability(provides="n", run_in="loop")
def broken(n: int) -> int:
    "Always fail."
    raise ValueError(f"no {n}")


@capability(provides="n")
async def slow_broken(n: int) -> int:
    "Fail after a turn of the loop."
    await asyncio.sleep(0)
    raise ValueError(f"no {n}")


@capability(provides="n")
async def forever(n: int) -> int:
    "Never end."
    await asyncio.Event().wait()
    return n
