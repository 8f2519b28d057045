"""What a store without a database answers, held against what the database answers."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow import Workspace, approval, pipeline
from packetflow.engine.waiters import answer_event
from packetflow.errors import OwnerGone, QueryFailed
from packetflow.kernel.ids import new_id
from packetflow.kernel.order import Moment
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    MetricPoint,
    SpanEnded,
    Status,
    StepDecision,
    WaitStarted,
    encoder,
)
from packetflow.store import light
from packetflow.store.files import places
from packetflow.store.frames import frame
from packetflow.store.inproc import MemoryStore
from packetflow.store.journal import JournalWriter
from packetflow.store.light import LightStore
from packetflow.store.recall import SqlRecall
from tests.packetflow.store.records import NOON

NAMES, KEYS, STEPS, RUNNERS = ("paid", "sent"), ("", "k", "l"), ("ask", "hold"), ("one", "two")
ACTIONS = {
    "begin": 2, "wait": 12, "emit": 9, "answer": 4, "take": 4, "end": 1, "resume": 3, "park": 1,
    "late": 2, "kill": 2, "look": 2,
}  # fmt: skip
"""What may happen, and how often."""


class Life:
    """Executions as runners would keep them: in journals of several processes, and in a store.

    Each action takes numbers that choose among what there is.
    """

    def __init__(self, folder: Path, store: MemoryStore) -> None:
        self.folder, self.store = folder, store
        self.light, self.sql = LightStore(folder), SqlRecall(store)
        self.now = 0
        self.writers = [self.new_writer() for _ in RUNNERS]
        self.idle: set[str] = set()
        self.epochs: dict[str, int] = {}
        self.writer: dict[str, int] = {}
        self.kept: dict[str, dict[int, int]] = {}
        self.wrote: dict[tuple[str, int], JournalWriter] = {}
        self.waits: dict[str, list[WaitStarted]] = {}
        self.events: list[EventArrived] = []

    def at(self) -> int:
        self.now += 1
        return NOON + self.now * 1000

    def keep(self, record, writer: int) -> None:
        self.writers[writer].append(record)
        self.store.append(record)
        if hasattr(record, "epoch"):
            kept = self.kept.setdefault(record.execution_id, {})
            kept[record.epoch] = kept.get(record.epoch, 0) + 1
            self.wrote[record.execution_id, record.epoch] = self.writers[writer]

    def new_id(self) -> str:
        return f"01a20000-0000-7000-8000-{self.now * 7919:012x}"

    def new_writer(self) -> JournalWriter:
        return JournalWriter(self.folder, role="test", process=f"process-{self.at():020}")

    def chosen(self, number: int) -> str:
        ids = list(self.epochs)
        return ids[number % len(ids)]

    def at_work(self, number: int) -> str | None:
        """An execution that its runner works on, if that one lives."""
        identity = self.chosen(number)
        return None if identity in self.idle else identity

    def begin(self, one: int, two: int) -> None:
        at = self.at()
        identity, writer = self.new_id(), one % 2
        self.epochs[identity], self.writer[identity], self.waits[identity] = 1, writer, []
        more = {"user": "ann" if two % 2 else None, "tags": {"a": "b"} if two % 3 else {}}
        record = ExecutionStarted(
            identity, 1, at, "flow", "1", "sha", "mcp", {"x": 1}, RUNNERS[writer],
            arrival=self.now if two % 5 else 0, **more,
        )  # fmt: skip
        self.keep(record, writer)

    def wait(self, one: int, two: int) -> None:
        identity = self.at_work(one)
        if identity is None:
            return
        step, asks = STEPS[two % 2], two % 3 == 0
        event = answer_event(identity, step, (two % 2,)) if asks else NAMES[one % 2]
        key, since = "" if asks else KEYS[two % 3], max(self.now - two % 4, 1)
        deadline = self.at() + 1000 if two % 5 == 0 else 0
        record = WaitStarted(
            identity, self.epochs[identity], step, (two % 2,), event, key, deadline, self.at(),
            "Sure?" if asks else "", ("yes", "no") if asks else (), since if two % 7 else 0,
        )  # fmt: skip
        self.waits[identity].append(record)
        self.keep(record, self.writer[identity])

    def emit(self, one: int, two: int) -> None:
        self.send(NAMES[one % 2], KEYS[two % 3], one)

    def answer(self, one: int, two: int) -> None:
        identity = self.chosen(one)
        if self.waits[identity]:
            wait = self.waits[identity][two % len(self.waits[identity])]
            self.send(answer_event(identity, wait.step, wait.path), "", two)

    def send(self, event: str, key: str, one: int) -> None:
        at = self.at()
        number = self.now if one % 7 else 0
        record = EventArrived(self.new_id(), event, key, {"n": one}, at, "test", number)
        self.events.append(record)
        self.keep(record, one % 2)

    def take(self, one: int, two: int) -> None:
        identity = self.at_work(one)
        if identity is None or not self.waits[identity]:
            return
        wait = self.waits[identity].pop(two % len(self.waits[identity]))
        taken = self.events[one % len(self.events)].event_id if self.events else "none"
        self.keep(self.span(wait, self.epochs[identity], taken), self.writer[identity])

    def span(self, wait: WaitStarted, epoch: int, taken: str) -> SpanEnded:
        return SpanEnded(
            wait.execution_id, epoch, self.now + 1, 0, wait.step, wait.path, "wait", wait.step,
            "ok", 1, self.at(), 500, {"y": 2}, attributes={"event_id": taken},
        )  # fmt: skip

    def end(self, one: int, two: int) -> None:
        identity = self.at_work(one)
        if identity is not None:
            how = ("ok", "", "", "") if two % 2 else ("failed", "ask", "OSError", "no")
            status, step, kind, said = how
            at, epoch = self.at(), self.epochs[identity]
            record = ExecutionEnded(identity, epoch, at, status, {"z": 3}, step, kind, said)
            self.waits[identity].clear()
            self.idle.add(identity)
            self.keep(record, self.writer[identity])

    def kill(self, one: int, two: int) -> None:
        """A process ends in the midst of a record; another comes in its place."""
        writer = self.writers[one % 2]
        writer.close()
        if two % 2:
            with writer.path.open("ab") as journal:
                journal.write(b"\x40\x00\x00\x00torn")
        self.writers[one % 2] = self.new_writer()
        self.idle |= {name for name, number in self.writer.items() if number == one % 2}

    def resume(self, one: int, two: int) -> None:
        identity = self.chosen(one)
        if len(self.epochs) > 0:
            read = dict(self.kept[identity])
            self.epochs[identity] += 1
            self.idle.discard(identity)
            self.writer[identity] = two % 2
            record = ExecutionResumed(
                identity, self.epochs[identity], self.at(), RUNNERS[two % 2], "again", read
            )
            self.keep(record, two % 2)

    def park(self, one: int, _: int) -> None:
        identity = self.at_work(one)
        if identity is not None:
            epoch = self.epochs[identity]
            record = StepDecision(identity, epoch, "", (), "parked", 1, self.at())
            self.keep(record, self.writer[identity])

    def late(self, one: int, two: int) -> None:
        """A runner that stood still writes what no longer counts."""
        self.store.flush()  # who brings both in at once cannot tell which came first
        identity = self.chosen(one)
        epoch = self.epochs[identity] - 1
        writer = self.wrote.get((identity, epoch))
        if writer not in self.writers:
            return
        if two % 2:
            record = ExecutionEnded(identity, epoch, self.at(), "ok", {})
        else:
            record = StepDecision(
                identity, epoch, STEPS[one % 2], (one % 2,), "too_late", 1, self.at()
            )
        self.keep(record, self.writers.index(writer))

    def look(self, one: int, two: int) -> None:
        """Ask both."""
        assert self.light.waiting() == self.sql.waiting()
        for runner in ("", *RUNNERS):
            assert self.light.waiting(runner) == self.sql.waiting(runner)
            assert _ids(self.light.awaited(runner)) == _ids(self.sql.awaited(runner))
        moment = Moment(one % (self.now + 1), NOON + (two % (self.now + 1)) * 1000)
        identity = self.chosen(one)
        for name in NAMES:
            for key in KEYS:
                said = (name, key, moment)
                assert _plain(self.light.events(*said)) == _plain(self.sql.events(*said))
                said = (name, key, moment, identity)
                assert _plain(self.light.left_over(*said)) == _plain(self.sql.left_over(*said))
        for one_id in (*self.epochs, self.new_id()):
            assert _standing(self.light.facts(one_id)) == self.sql.facts(one_id)
            assert self.light.ids_like(one_id[-8:]) == self.sql.ids_like(one_id[-8:])

    def close(self) -> None:
        for writer in self.writers:
            writer.close()
        self.light.close()


def _ids(came) -> list:
    return sorted((identity, event.event_id) for identity, event in came)


def _plain(events) -> list:
    return [(one.event_id, one.event, one.key, one.payload, one.at, one.arrival) for one in events]


def _standing(facts):
    """A store in memory has no processes that could be gone."""
    if facts is not None and facts["status"] == Status.LOST:
        facts["status"] = str(Status.RUNNING)
    return facts


@settings(max_examples=settings.default.max_examples // 5)  # each opens a database
@given(st.integers(0, 1 << 32), st.booleans())
def test_journals_alone_answer_as_the_database_does(seed: int, in_one_pass: bool):
    chance = random.Random(seed)
    with (
        TemporaryDirectory() as folder,
        MemoryStore() as store,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(light, "FEW", 0 if in_one_pass else 8)
        life = Life(Path(folder), store)
        life.begin(1, 2)
        for action in chance.choices(list(ACTIONS), list(ACTIONS.values()), k=60):
            getattr(life, action)(chance.randrange(420), chance.randrange(420))
        life.look(chance.randrange(420), chance.randrange(420))
        again = LightStore(folder)

        assert again.waiting() == life.sql.waiting()
        assert _ids(again.awaited()) == _ids(life.sql.awaited())
        life.close()


def test_a_tail_hears_events_of_other_processes_and_ends_when_closed(tmp_path: Path):
    store = LightStore(tmp_path)
    with JournalWriter(tmp_path, role="test") as journal:
        early = EventArrived(new_id(), "paid", "", {}, NOON)
        journal.append(early)
        tail = store.tail(("event",))
        late = EventArrived(new_id(), "paid", "", {}, NOON)
        journal.append(MetricPoint(NOON, "sent", "counter", 1.0, {}))
        journal.append(late)

        assert tail.get(60) == late
        assert tail.get(0) is None
        with JournalWriter(tmp_path, role="other") as other:
            other.append(early)
            assert tail.get(60) == early
    store.close()
    with pytest.raises(OwnerGone):
        tail.get(60)
    assert list(tail) == []


def test_a_tail_hears_of_a_process_that_began_and_ended_since_it_looked_last(tmp_path: Path):
    store = LightStore(tmp_path)
    tail = store.tail(("metric",))
    point = MetricPoint(NOON, "sent", "counter", 1.0, {})
    with JournalWriter(tmp_path, role="other") as other:
        other.append(point)

    assert tail.get(60) == point
    store.close()


def test_a_record_that_is_half_written_is_read_once_it_is_whole(tmp_path: Path):
    store = LightStore(tmp_path)
    tail = store.tail(("event",))
    first, second = (EventArrived(new_id(), "paid", "", {}, NOON) for _ in range(2))
    with JournalWriter(tmp_path, role="test") as journal:
        late = frame(encoder().encode(second))
        journal.append(first)
        with journal.path.open("ab", buffering=0) as file:
            file.write(late[:20])
            assert tail.get(60) == first
            assert tail.get(0) is None
            file.write(late[20:])

            assert tail.get(60) == second
    store.close()


def test_there_is_no_sql_and_the_error_says_what_to_do(tmp_path: Path):
    with pytest.raises(QueryFailed, match=r"open .* as a workspace"):
        LightStore(tmp_path).sql("select 1")


def test_what_has_ended_takes_no_memory(tmp_path: Path):
    store = LightStore(tmp_path)
    with JournalWriter(tmp_path, role="test") as journal:
        for _ in range(50):
            identity = new_id()
            wait = WaitStarted(identity, 1, "ask", (), "paid", "", 0, NOON)
            journal.append(ExecutionStarted(identity, 1, NOON, "f", "1", "sha", "mcp", {}))
            journal.append(wait)
            assert len(store.waiting()) == 1
            journal.append(ExecutionEnded(identity, 1, NOON, "ok", {}))

    assert store.waiting() == []
    assert (store._stood, store._index.may_wait) == ({}, {})


def test_a_damaged_record_hides_no_other(tmp_path: Path):
    with JournalWriter(tmp_path, role="test") as journal:
        for name in ("a", "b", "c"):
            journal.append(EventArrived(name, "paid", "", {}, NOON, "", 1))
    path = journal.path
    content = bytearray(path.read_bytes())
    content[content.index(b"\xa1b\xa4paid") + 1] ^= 1
    path.write_bytes(content)

    found = LightStore(tmp_path).events("paid", "", Moment(1, NOON))

    assert [one.event_id for one in found] == ["a", "c"]


def test_the_full_store_takes_over_a_folder_that_had_none(tmp_path: Path):
    (tmp_path / "packetflow.toml").write_text('name = "alone"\n')
    asks = pipeline("asks", approval("Publish?", into="verdict"))
    with Workspace(tmp_path, light=True) as ws:
        ws.add(asks)
        waiting, left = ws.run_sync("asks"), ws.run_sync("asks")
        ws.answer(waiting.id[-8:], waiting.waits[0].step, True)
        assert ws.outcome(waiting.id, 60)["verdict"] is True
        assert [row["execution_id"] for row in ws.waiting()] == [left.id]
        assert not places(tmp_path).database.exists()

    with Workspace(tmp_path) as ws:
        rows = ws.sql("select execution_id::varchar as id, status from executions").to_pylist()
        (row,) = ws.waiting()

    assert {one["id"]: one["status"] for one in rows} == {waiting.id: "ok", left.id: "waiting"}
    assert (row["execution_id"], row["question"]) == (left.id, "Publish?")
