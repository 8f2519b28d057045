"""A store without a database: journals that are read where they lie, for a tool that stands alone.

It answers what runs ask (`packetflow.store.port.Recall`), and no SQL. Journals stay the truth, so
the full store may open the folder at any later time. What an answer needs beyond a short index
(`packetflow.store.journal_index`) is read when it is asked for; of what waits it is remembered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from packetflow.engine.past import counted
from packetflow.engine.waiters import answer_event
from packetflow.errors import QueryFailed
from packetflow.kernel.order import Moment, came_since
from packetflow.kernel.records import (
    FINAL,
    EventArrived,
    ExecutionEnded,
    ExecutionStarted,
    Record,
    SpanEnded,
    Status,
    StepIntent,
    WaitStarted,
)
from packetflow.store.files import places
from packetflow.store.frames import IDS, in_order, is_dead, mentions, parts_of, process_of, segments
from packetflow.store.glance import Glance
from packetflow.store.journal_index import JournalIndex, LightTail, picked
from packetflow.store.port import Params
from packetflow.store.standing import Change, Standing
from packetflow.store.talk import Follow

if TYPE_CHECKING:
    import pyarrow as pa

FEW: Final = 8
"""So many names or ids are looked for one by one; more of them in one pass over all records."""

_WITH_EPOCH: Final = frozenset({b"exec", b"resume", b"wait", b"end", b"decide", b"span", b"intent"})


@dataclass(frozen=True, slots=True)
class _Stood:
    """How an execution stood when its records were last read; ``taken`` are ids of events."""

    started: ExecutionStarted | None
    standing: Standing
    ended: ExecutionEnded | None
    taken: frozenset[str]

    @property
    def waits(self) -> list[WaitStarted]:
        """What it waits for."""
        return [wait for wait in self.standing.waits.values() if wait is not None]


@dataclass(slots=True)
class _Came:
    """The events of a name by id, from a number of their order on."""

    since: int
    events: dict[str, EventArrived] = field(default_factory=dict)

    def add(self, event: EventArrived) -> None:
        self.events.setdefault(event.event_id, event)


class LightStore:
    """The journals of a workspace, asked without a database; safe to share between threads.

    Implements `packetflow.store.port.Recall`, and `packetflow.store.port.Store` but for SQL.

    Args:
        folder: The workspace folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = places(folder).journal
        self._glance = Glance()
        self._index = JournalIndex(self._folder)
        self._index.on_event, self._index.on_change = self._note, self._forget
        self._stood: dict[str, _Stood] = {}
        self._came: dict[str, _Came] = {}

    def sql(self, query: str, params: Params = None, *, fresh: bool = True) -> pa.Table:  # noqa: ARG002
        """There is nobody to ask.

        Raises:
            QueryFailed: Always.
        """
        place = self._folder.parent.parent
        message = f"no database is kept here; open {place} as a workspace of PacketFlow to ask it"
        raise QueryFailed(message, query=query)

    def flush(self) -> None:
        """There is nothing to bring in."""

    def tail(self, kinds: Collection[str] = (), execution_id: str | None = None) -> LightTail:
        """Follow records from now on; see `packetflow.store.port.Store.tail`."""
        return self._index.follow(Follow(tuple(kinds), execution_id))

    def close(self) -> None:
        """End what follows; closing twice is fine."""
        self._index.close()

    def waiting(self, runner: str = "") -> list[dict[str, Any]]:
        """What waits now, the oldest first."""
        found = [
            (wait.at, _row(stood.started, wait))
            for stood in self._waiters().values()
            if runner in ("", stood.standing.runner)
            for wait in stood.waits
        ]
        return [row for _, row in sorted(found, key=lambda pair: pair[0])]

    def awaited(self, runner: str = "") -> list[tuple[str, EventArrived]]:
        """What came for executions that wait, and is not yet taken."""
        found: list[tuple[str, EventArrived]] = []
        waiters = {name: one for name, one in self._waiters().items() if one.started is not None}
        came = self._gathered(waiters.values())
        for identity, stood in waiters.items():
            if runner not in ("", stood.standing.runner):
                continue
            for wait in stood.waits:
                for event, for_all in _came_for(stood, wait, came):
                    is_taken = event.event_id in stood.taken
                    if not is_taken and (for_all or not self._taken_by(event.event_id)):
                        found.append((identity, event))
        return sorted(found, key=lambda pair: _order(pair[1]))

    def events(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events that came since a moment, the oldest first."""
        named = self._named(event, since.number)
        return [one for one in named if key in ("", one.key) and came_since(one, since)]

    def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events from before a moment that no other execution has taken."""
        named = [one for one in self._named(event, 0) if one.key == key]
        early = [one for one in named if not came_since(one, before)]
        return [one for one in early if not self._taken_by(one.event_id) - {execution_id}]

    def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; ``None`` when there is none of that id."""
        stood = self._read([execution_id])[execution_id]
        started, ended, status = stood.started, stood.ended, stood.standing.status
        if started is None:
            return None
        if status == Status.RUNNING and not self._lives(stood.standing.process):
            status = Status.LOST
        took = None
        if ended is not None and status in FINAL:
            took = (ended.at // 1000 - started.at // 1000) / 1000
        return {
            "execution": execution_id,
            "name": started.name,
            "status": str(status),
            "trigger": started.trigger,
            "user": started.user,
            "client": started.agent,
            "started_at": _time(started.at),
            "duration_ms": took,
            "failed_step": (ended and ended.failed_step) or None,
            "error_type": (ended and ended.error_type) or None,
            "error": (ended and ended.error) or None,
            "tags": started.tags,
        }

    def ids_like(self, part: str) -> list[str]:
        """Ids of executions that begin or end like that."""
        found: set[str] = set()
        for path in segments(self._folder):
            with contextlib.suppress(FileNotFoundError):
                every = {one.decode() for one in set(IDS.findall(path.read_bytes()))}
                found |= {one for one in every if one.startswith(part) or one.endswith(part)}
        real = (one for one in sorted(found, reverse=True) if self.facts(one) is not None)
        return [one for _, one in zip(range(4), real, strict=False)]

    def kept(self, execution_id: str) -> dict[str, bytes]:  # noqa: ARG002
        """Nothing: no journal is removed here."""
        return {}

    def _note(self, event: EventArrived) -> None:
        """An event was read."""
        if event.event in self._came:
            self._came[event.event].add(event)

    def _forget(self, content: bytes) -> None:
        """Records were read: what they mention may stand otherwise."""
        if self._stood:
            for one in set(IDS.findall(content)):
                self._stood.pop(one.decode(), None)

    def _waiters(self) -> dict[str, _Stood]:
        """The executions that wait."""
        index = self._index
        with index.lock:
            index.look()
            news, wanted = index.news, list(index.may_wait)
            known = {name: self._stood[name] for name in wanted if name in self._stood}
        new = self._read([name for name in wanted if name not in known])
        with index.lock:
            if news == index.news:  # else it is read again when next asked
                self._stood = {name: one for name, one in {**known, **new}.items() if one.waits}
                index.may_wait = {name: index.may_wait[name] for name in self._stood}
        return {name: one for name, one in {**known, **new}.items() if one.waits}

    def _read(self, wanted: Collection[str]) -> dict[str, _Stood]:
        """Work out from all their records how executions stand."""
        if len(wanted) <= FEW:
            may_hold = self._glance.may_hold
            return {one: _stood(parts_of(self._folder, one, may_hold)) for one in wanted}
        parts: dict[str, dict[str, list[Record]]] = {one: {} for one in wanted}
        ids = frozenset(one.encode() for one in wanted)
        for path in segments(self._folder):
            with contextlib.suppress(FileNotFoundError):
                for record in picked(path, lambda tag, one: one in ids and tag in _WITH_EPOCH):
                    if isinstance(record, Change | StepIntent):
                        parts[record.execution_id].setdefault(path.name, []).append(record)
        return {one: _stood(part) for one, part in parts.items()}

    def _gathered(self, waiters: Iterable[_Stood]) -> dict[str, _Came]:
        """The events of the names that anybody waits for; remembered while that is so."""
        sought: dict[str, int] = {}
        for stood in waiters:
            for wait in stood.waits:
                for name, since in _names(stood, wait):
                    sought[name] = min(since, sought.get(name, since))
        with self._index.lock:
            self._index.look()
            known = self._came
            old = {name for name in sought if name in known and known[name].since <= sought[name]}
            new = {name: _Came(since) for name, since in sought.items() if name not in old}
            self._came = {**{name: known[name] for name in old}, **new}
            if new:
                for event in self._events_of(new, min(one.since for one in new.values())):
                    new[event.event].add(event)
            return self._came.copy()

    def _named(self, event: str, since: int) -> list[EventArrived]:
        """The events of a name from a number on, each once, the oldest first."""
        with self._index.lock:
            self._index.look()
            came = self._came.get(event)
            if came is None or came.since > since:
                came = _Came(since)
                for one in self._events_of([event], since):
                    came.add(one)
            return sorted(came.events.values(), key=_order)

    def _events_of(self, names: Collection[str], since: int) -> Iterator[EventArrived]:
        """Read the events of some names in all segments that may have one of them."""
        for path in self._index.with_events(since):
            with contextlib.suppress(FileNotFoundError):
                if len(names) <= FEW and not any(mentions(path, one.encode()) for one in names):
                    continue
                for record in picked(path, lambda tag, _: tag == b"event"):
                    if isinstance(record, EventArrived) and record.event in names:
                        yield record

    def _taken_by(self, event_id: str) -> set[str]:
        """The executions that have taken an event."""
        found, needle = set(), event_id.encode()
        for path in segments(self._folder):
            with contextlib.suppress(FileNotFoundError):
                if mentions(path, needle):
                    for record in picked(path, lambda tag, _: tag == b"span"):
                        if isinstance(record, SpanEnded) and _taken(record) == event_id:
                            found.add(record.execution_id)
        return found

    def _lives(self, process: str) -> bool:
        """Tell whether a process holds one of its segments."""
        own = (path for path in segments(self._folder) if process_of(path.name) == process)
        return not all(is_dead(path) for path in own)


def _stood(parts: Mapping[str, list[Record]]) -> _Stood:
    """How an execution stands, by its records in each segment."""
    standing, taken = Standing(), set()
    started: ExecutionStarted | None = None
    ended: ExecutionEnded | None = None
    writers = {id(one): process_of(name) for name, part in parts.items() for one in part}
    lives = counted(in_order(parts))
    for record in (one for epoch in sorted(lives) for one in lives[epoch]):
        if not isinstance(record, Change):
            continue
        step = standing.take(record, writers[id(record)])
        match record:
            case ExecutionStarted():
                started = structs.replace(record, inputs={}, calls={})
            case ExecutionEnded() if step.counts:
                ended = structs.replace(record, outputs={})
            case SpanEnded():
                taken.add(_taken(record))
            case _:
                pass
    return _Stood(started, standing, ended, frozenset(taken))


def _taken(span: SpanEnded) -> str:
    """The id of the event that a wait has ended with; empty for others."""
    if span.kind != "wait" or not span.attributes:
        return ""
    return str(span.attributes.get("event_id", ""))


def _names(stood: _Stood, wait: WaitStarted) -> list[tuple[str, int]]:
    """The names of the events that a wait may end with, and from which number on they matter."""
    answer = answer_event(wait.execution_id, wait.step, wait.path)
    began = 0 if stood.started is None else stood.started.arrival
    own = (wait.event, 0 if wait.key else wait.since)
    return [own] if answer == wait.event else [own, (answer, began)]


def _came_for(
    stood: _Stood, wait: WaitStarted, came: Mapping[str, _Came]
) -> Iterator[tuple[EventArrived, bool]]:
    """What came that a wait may end with, and whether it came for all since a run began."""
    began = Moment(wait.since, 0 if stood.started is None else stood.started.at)
    for name, _ in _names(stood, wait):
        found = came.get(name)
        for event in [] if found is None else list(found.events.values()):
            for_all = name != wait.event or came_since(event, began)
            if for_all if name != wait.event or not wait.key else event.key == wait.key:
                yield event, for_all


def _row(started: ExecutionStarted | None, wait: WaitStarted) -> dict[str, Any]:
    """A row of `LightStore.waiting`."""
    return {
        "execution_id": wait.execution_id,
        "name": started and started.name,
        "step": wait.step,
        "path": list(wait.path),
        "event": wait.event,
        "key": wait.key,
        "question": wait.question,
        "choices": list(wait.choices),
        "deadline": _time(wait.deadline) if wait.deadline else None,
        "waiting_since": _time(wait.at),
    }


def _time(at_ns: int) -> datetime:
    """A time as the database has it: UTC, without saying so."""
    return datetime(1970, 1, 1) + timedelta(microseconds=at_ns // 1000)


def _order(event: EventArrived) -> tuple[int, int]:
    return event.arrival, event.at // 1000
