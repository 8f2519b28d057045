from __future__ import annotations

import os
import shutil
import warnings
from contextlib import ExitStack

import pytest

from packetflow.errors import OwnerGone, QueryFailed, StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, ExecutionResumed
from packetflow.store.frames import frame, segments
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner
from packetflow.store.settings import Settings
from tests.forks import copied
from tests.packetflow.store.records import NOON, SECOND, ended, log, span, started, wait, whole

DAY = 86_400 * SECOND


def own(folder, **more):
    return Owner(
        folder,
        settings=more.pop("settings", Settings(journal_megabytes=0)),
        patience_seconds=0,
        **more,
    )


@pytest.fixture
def owner(tmp_path):
    made = own(tmp_path)
    yield made
    made.close()


def write(folder, *records, process=None):
    with JournalWriter(folder, role="test", process=process) as journal:
        for record in records:
            journal.append(record)


def rows(owner, query, params=None):
    return owner.ask(query, params).to_pylist()


def count(owner, table):
    return rows(owner, f"select count(*) n from {table}")[0]["n"]


def settle(owner):
    """Let the owner notice that writers are gone, and read what they left."""
    while owner.ingest():
        pass
    owner.ingest()
    owner.tick()


def test_what_was_appended_before_the_question_is_in_the_answer(owner, tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        for number in range(3):
            journal.append(span(new_id(), number))

            assert count(owner, "span") == number + 1


def test_a_next_owner_goes_on_where_the_last_one_was(tmp_path):
    write(tmp_path, *whole())
    first = own(tmp_path)
    assert count(first, "span") == 3
    first.close()
    write(tmp_path, *whole())

    second = own(tmp_path)

    assert count(second, "span") == 6
    second.close()


def test_only_one_owner_at_a_time(owner, tmp_path):
    with pytest.raises(OwnerGone, match="another process owns"):
        own(tmp_path)


def test_a_forked_child_keeps_nobody_from_owning(tmp_path):
    owner = own(tmp_path)
    leave, stay = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of newer Pythons, about threads
        child = os.fork()
    if child == 0:
        os.close(stay)
        os.read(leave, 1)
        os._exit(0)

    owner.close()
    next_one = own(tmp_path)

    assert count(next_one, "span") == 0
    next_one.close()
    os.close(stay)
    os.close(leave)
    os.waitpid(child, 0)


def test_a_child_that_is_held_up_keeps_nobody_from_owning(tmp_path):
    owner = own(tmp_path)
    with copied(owner.spots.lock):
        owner.close()

        own(tmp_path).close()


def test_a_start_that_failed_keeps_nobody_from_owning(tmp_path, monkeypatch):
    child = ExitStack()

    def refuse(spots):
        child.enter_context(copied(spots.lock))
        raise StoreError("cannot open it")

    with monkeypatch.context() as patched:
        patched.setattr("packetflow.store.owner.open_database", refuse)
        with pytest.raises(StoreError, match="cannot open it"):
            own(tmp_path)

    with child:
        own(tmp_path).close()


def test_an_owner_that_is_closed_answers_no_more(tmp_path):
    owner = own(tmp_path)
    owner.close()
    owner.close()

    with pytest.raises(OwnerGone, match="connect again"):
        owner.ask("select 1")


def test_a_replaced_workspace_is_left_alone(tmp_path):
    folder = tmp_path / "work"
    write(folder, *whole())
    old = own(folder)
    shutil.rmtree(folder)
    write(folder, *whole(), *whole())

    with pytest.raises(OwnerGone, match="deleted while it was open here"):
        own(folder)
    with pytest.raises(OwnerGone, match="deleted or replaced"):
        old.ingest()
    old.close()

    new = own(folder)
    assert count(new, "span") == 6
    new.close()
    again = own(folder)
    assert count(again, "span") == 6
    again.close()


def test_a_log_of_another_database_is_set_aside_and_nothing_is_lost(tmp_path):
    write(tmp_path / "a", *whole())
    other = own(tmp_path / "a")
    other.ask("select 1")
    stray = (tmp_path / "a/.packetflow/store.duckdb.wal").read_bytes()
    other.close()
    folder = tmp_path / "b"
    write(folder, *whole())
    own(folder).close()
    (folder / ".packetflow/store.duckdb.wal").write_bytes(stray)

    owner = own(folder)

    assert count(owner, "span") == 3
    assert len(list((folder / ".packetflow").glob("store.duckdb.wal.aside-*"))) == 1
    owner.close()


def test_a_run_whose_process_is_gone_is_lost(owner, tmp_path):
    identity, parked = sorted([new_id(), new_id()])
    write(tmp_path, started(identity), started(parked), wait(parked), process="p1")

    settle(owner)

    assert rows(owner, "select execution_id, status, process from executions order by 1") == [
        {"execution_id": identity, "status": "lost", "process": "p1"},
        {"execution_id": parked, "status": "waiting", "process": "p1"},
    ]
    assert rows(owner, "select status from execution_state where execution_id = ?", [identity])[
        -1
    ] == {"status": "lost"}


def test_a_run_whose_process_lives_is_not_lost(owner, tmp_path):
    with JournalWriter(tmp_path, role="test", segment_bytes=2000) as journal:
        journal.append(started(new_id()))
        for number in range(60):
            journal.append(span(new_id(), number))

        settle(owner)

        assert rows(owner, "select status from executions") == [{"status": "running"}]


def test_a_run_that_another_process_took_over_is_not_lost(owner, tmp_path):
    identity = new_id()
    write(tmp_path, started(identity))
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(ExecutionResumed(identity, 2, NOON))

        settle(owner)
        assert rows(owner, "select status, epoch from executions") == [
            {"status": "running", "epoch": 2}
        ]

        journal.append(ended(identity, epoch=2))
        assert rows(owner, "select status from executions") == [{"status": "ok"}]


def test_a_lost_run_can_be_taken_up(owner, tmp_path):
    identity = new_id()
    write(tmp_path, started(identity))
    settle(owner)

    write(tmp_path, ExecutionResumed(identity, 2, NOON), ended(identity, epoch=2))
    settle(owner)

    assert rows(owner, "select status, epoch from executions") == [{"status": "ok", "epoch": 2}]


def test_segments_stay_until_all_their_executions_have_ended(tmp_path):
    identity = new_id()
    write(tmp_path, *whole(), started(identity), wait(identity), process="a")
    write(tmp_path, *whole(), process="b")
    owner = own(tmp_path)
    settle(owner)

    left = [path.name for path in segments(tmp_path / ".packetflow/journal")]
    write(tmp_path, ended(identity), process="c")
    settle(owner)
    owner.close()

    assert left == ["a.00000.journal"]
    assert segments(tmp_path / ".packetflow/journal") == []
    again = own(tmp_path)
    assert count(again, "executions") == 3
    assert count(again, "journal_offset") == 0
    again.close()


def test_the_segment_of_a_living_writer_stays(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        for record in whole():
            journal.append(record)
        owner = own(tmp_path)
        settle(owner)
        owner.close()

        assert journal.path.exists()


def test_a_torn_tail_of_a_dead_writer_is_passed_over(owner, tmp_path):
    write(tmp_path, *whole())
    (path,) = segments(tmp_path / ".packetflow/journal")
    path.write_bytes(path.read_bytes() + frame(b"x" * 50)[:30])

    settle(owner)

    assert count(owner, "span") == 3
    assert count(owner, "dead_letter") == 0
    owner.close()
    assert not path.exists()


def test_an_unfinished_record_of_a_living_writer_is_waited_for(owner, tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(span(new_id(), 1))
        content = journal.path.read_bytes()
        body = frame(journal._encode(span(new_id(), 2)))
        journal.path.write_bytes(content + body[:40])

        before = count(owner, "span")
        journal.path.write_bytes(content + body)

        assert (before, count(owner, "span")) == (1, 2)


def test_a_damaged_record_becomes_a_dead_letter(owner, tmp_path):
    write(tmp_path, *(span(new_id(), number) for number in range(5)))
    (path,) = segments(tmp_path / ".packetflow/journal")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)

    settle(owner)

    assert count(owner, "span") == 4
    (letter,) = rows(owner, "from dead_letter")
    assert (letter["segment"], letter["reason"]) == (path.name, "its checksum is wrong")


def test_a_record_larger_than_a_chunk_is_read(owner, tmp_path):
    large = log(new_id(), text="x" * (9 << 20))

    write(tmp_path, span(new_id(), 1), large, span(new_id(), 2))

    assert count(owner, "span") == 2
    assert rows(owner, "select length(text) n from log") == [{"n": 9 << 20}]


class Notes:
    def __init__(self):
        self.records, self.ticks = [], 0

    def seen(self, records):
        self.records += records

    def tick(self, now_ns):
        self.ticks += 1


def test_a_watcher_sees_waits_events_and_ends_once_they_are_committed(tmp_path):
    notes = Notes()
    owner = own(tmp_path, watcher=notes)
    identity = new_id()
    event = EventArrived("ev1", "approved", "k1", {}, NOON)
    records = [started(identity), wait(identity), event, event, span(identity), ended(identity)]

    write(tmp_path, *records)
    settle(owner)
    owner.close()

    assert sorted(map(repr, notes.records)) == sorted(
        map(repr, [event, wait(identity), ended(identity)])
    )
    assert notes.ticks >= 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from span", "delete is not allowed"),
        ("drop table span", "drop is not allowed"),
        ("copy span to 'x.csv'", "copy is not allowed"),
        ("attach 'x.duckdb'", "attach is not allowed"),
        ("set threads = 1", "set is not allowed"),
        ("with d as (delete from span returning *) from d", "read-only"),
        ("select 1; select 2", "one statement at a time"),
        ("", "one statement at a time"),
        ("select 1 from from", "syntax error"),
        ("select nme from executions", "nme"),
        ("select ?", "parameter"),
    ],
)
def test_only_reading_is_allowed_and_mistakes_are_explained(owner, query, message):
    with pytest.raises(QueryFailed, match=f"(?i){message}"):
        owner.ask(query)

    assert rows(owner, "select 1 as one") == [{"one": 1}]


def test_questions_may_have_values_by_place_and_by_name(owner):
    assert rows(owner, "select ? + ? as x", [1, 2]) == [{"x": 3}]
    assert rows(owner, "select $a as x", {"a": "b"}) == [{"x": "b"}]
    assert rows(owner, "pivot (select 'a' k, 1 v) on k in ('a') using sum(v)") == [{"a": 1}]


def test_a_watcher_that_fails_does_not_end_the_owner(tmp_path, capsys):
    class Broken:
        def seen(self, records):
            raise RuntimeError("seen failed")

        def tick(self, now_ns):
            raise RuntimeError("tick failed")

    identity = new_id()
    owner = own(tmp_path, watcher=Broken())
    write(tmp_path, started(identity), wait(identity))

    settle(owner)

    assert count(owner, "executions") == 1
    owner.close()
    said = capsys.readouterr().err
    assert "seen failed" in said
    assert "tick failed" in said


def test_everything_is_for_its_user_only(owner, tmp_path):
    write(tmp_path, *whole())

    assert (tmp_path / ".packetflow").stat().st_mode & 0o777 == 0o700
