from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime, timedelta

import pytest

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, MessagePosted, ScoreGiven, StepIntent
from packetflow.store import archive as module
from packetflow.store.owner import Owner
from packetflow.store.queries import Window, answer, cost, latency, latency_by_hour
from packetflow.store.settings import Settings
from tests.packetflow.store.records import SECOND, ended, log, span, started, wait
from tests.packetflow.store.test_owner import DAY, count, own, rows, settle, write

KEEP_A_MONTH = Settings(retention_days=30, journal_megabytes=0)


@pytest.fixture
def long_ago():
    return time.time_ns() // DAY * DAY - 40 * DAY + 3600 * SECOND


def again(owner: Owner) -> None:
    owner._next.update(archive=0, roll_up=0)
    settle(owner)


class Asked:
    """An owner as a store."""

    def __init__(self, owner):
        self.sql = owner.ask


def archived(owner):
    found = rows(owner, "select relation, sum(rows)::int n from archived group by 1")
    return {row["relation"]: row["n"] for row in found}


def one_of_each(identity, at):
    return [
        started(identity, at=at),
        span(identity, 1, started=at),
        wait(identity),
        StepIntent(identity, 1, "send", (), "key", at),
        ScoreGiven(identity, "send", "good", 1.0, "", "ada", at),
        ended(identity, at=at + SECOND),
    ]


def test_an_old_execution_goes_to_the_archive_with_all_that_belongs_to_it(tmp_path, long_ago):
    write(tmp_path, *one_of_each(new_id(), long_ago))
    write(tmp_path, *one_of_each(young := new_id(), time.time_ns()))
    write(tmp_path, MessagePosted("m1", "desk", long_ago, "user", "ada", "hello"))
    owner = own(tmp_path, settings=KEEP_A_MONTH)

    settle(owner)
    again(owner)

    assert rows(owner, "select execution_id from executions") == [{"execution_id": young}]
    found = archived(owner)
    assert (
        found.items() >= {"execution": 1, "span": 1, "intent": 1, "score": 1, "message": 1}.items()
    )
    assert count(owner, "intent") == count(owner, "score") == 1
    assert count(owner, "message") == 0
    assert count(owner, "execution_state where status = 'running'") == 1
    files = f"{tmp_path}/.packetflow/archive/day=*/execution-*.parquet"
    assert rows(owner, f"select name, status from read_parquet('{files}')") == [
        {"name": "onboard", "status": "ok"}
    ]
    owner.close()


def test_an_event_stays_taken_when_the_span_of_who_took_it_is_archived(tmp_path, long_ago):
    identity, early = new_id(), EventArrived("e1", "paid", "7", {}, long_ago)
    took = span(identity, 1, started=long_ago, kind="wait", attributes={"event_id": "e1"})
    write(tmp_path, started(identity, at=long_ago), early, took, ended(identity, at=long_ago))
    owner = own(tmp_path, settings=KEEP_A_MONTH)

    settle(owner)
    again(owner)

    assert count(owner, "span") == 0
    assert rows(owner, "select * from taken") == [{"execution_id": identity, "event_id": "e1"}]
    owner.close()


def test_an_execution_that_is_open_stays_whatever_its_age(tmp_path, long_ago):
    identity = new_id()
    write(tmp_path, *one_of_each(identity, long_ago)[:-1])
    owner = own(tmp_path, settings=KEEP_A_MONTH)

    settle(owner)
    again(owner)

    assert rows(owner, "select status from executions") == [{"status": "waiting"}]
    assert count(owner, "intent") == count(owner, "wait") == count(owner, "wait_open") == 1
    owner.close()


def test_an_execution_stays_while_a_journal_has_records_of_it(tmp_path, long_ago):
    identity = new_id()
    write(tmp_path, *one_of_each(identity, long_ago))
    owner = own(tmp_path, settings=Settings(retention_days=30, journal_megabytes=64))

    settle(owner)

    assert count(owner, "executions") == count(owner, "intent") == 1
    owner.close()


def test_journals_older_than_the_retention_go_whatever_room_there_is(tmp_path, long_ago):
    import os

    identity = new_id()
    write(tmp_path, *one_of_each(identity, long_ago))
    (segment,) = (tmp_path / ".packetflow/journal").glob("*.journal")
    os.utime(segment, (0, 0))
    owner = own(tmp_path, settings=Settings(retention_days=30, journal_megabytes=64))

    settle(owner)

    assert not segment.exists()
    assert count(owner, "executions") == 0
    assert archived(owner)["execution"] == 1
    owner.close()


def test_a_late_span_of_an_archived_day_is_counted_once_at_every_moment(tmp_path, long_ago):
    facts = {"started": long_ago, "attributes": {"model": "m", "tokens_in": 10}}
    write(tmp_path, *(span(new_id(), n, **facts) for n in range(5)))
    owner = own(tmp_path, settings=KEEP_A_MONTH)
    settle(owner)
    moment = datetime(1970, 1, 1) + timedelta(microseconds=long_ago // 1000)
    window = Window(moment - timedelta(days=1), moment + timedelta(days=2))

    def told():
        asked = (latency(window), latency_by_hour("validate", window), cost(window))
        (calls,), (hour,), (paid,) = (answer(Asked(owner), query).to_pylist() for query in asked)
        return calls["n"], hour["n"], paid["calls"], paid["tokens_in"]

    before = told()
    write(tmp_path, span(new_id(), 8, **facts))
    owner.ingest()
    late = told()
    owner._next["roll_up"] = 0
    settle(owner)
    rolled = told()
    again(owner)

    assert before == (5, 5, 5, 50)
    assert late == rolled == told() == (6, 6, 6, 60)
    assert archived(owner)["span"] == 6
    owner.close()


def test_a_late_span_that_is_young_enough_to_stay_is_counted_once_for_good(tmp_path, long_ago):
    write(tmp_path, *(span(new_id(), n, started=long_ago) for n in range(5)))
    owner = own(tmp_path, settings=KEEP_A_MONTH)
    settle(owner)
    owner.close()
    write(tmp_path, span(new_id(), 8, started=long_ago))
    moment = datetime(1970, 1, 1) + timedelta(microseconds=long_ago // 1000)
    window = Window(moment - timedelta(days=1), moment + timedelta(days=2))

    owner = own(tmp_path, settings=Settings(retention_days=300, journal_megabytes=0))
    settle(owner)
    again(owner)

    (calls,) = answer(Asked(owner), latency(window)).to_pylist()
    assert (calls["n"], count(owner, "span")) == (6, 1)
    owner.close()


def test_a_lost_database_does_not_take_the_archive_with_it(tmp_path, long_ago):
    write(tmp_path, span(new_id(), 1, started=long_ago))
    owner = own(tmp_path, settings=KEEP_A_MONTH)
    settle(owner)
    owner.close()
    (tmp_path / ".packetflow/store.duckdb").unlink()

    write(tmp_path, span(new_id(), 2, started=long_ago))
    owner = own(tmp_path, settings=KEEP_A_MONTH)
    settle(owner)

    files = f"{tmp_path}/.packetflow/archive/day=*/span-*.parquet"
    found = rows(owner, f"select span_id from read_parquet('{files}') order by 1")
    assert found == [{"span_id": 1}, {"span_id": 2}]
    owner.close()


def test_an_archiving_that_fails_half_way_keeps_every_row_in_one_place(
    tmp_path, long_ago, monkeypatch
):
    write(tmp_path, *(span(new_id(), n, started=long_ago) for n in range(3)))
    owner = own(tmp_path, settings=Settings(journal_megabytes=0))
    settle(owner)
    spots = owner.spots
    before = time.time_ns() // DAY - 30

    def fail(*_):
        raise OSError("the disk went away")

    monkeypatch.setattr(module, "_to_disk", fail)
    with pytest.raises(OSError, match="went away"):
        module.archive(owner._connection, spots.archive, before)
    half = (count(owner, "span"), len(list(spots.archive.rglob("*.new"))))
    monkeypatch.undo()
    module.archive(owner._connection, spots.archive, before)

    assert half == (3, 1)
    files = f"{spots.archive}/day=*/span-*.parquet"
    assert rows(owner, f"select count(*) n from read_parquet('{files}')") == [{"n": 3}]
    assert list(spots.archive.rglob("*.new")) == []
    owner.close()


def test_a_file_whose_rows_have_left_the_tables_gets_its_name_later(tmp_path, long_ago):
    write(tmp_path, span(new_id(), 1, started=long_ago))
    owner = own(tmp_path, settings=KEEP_A_MONTH)
    settle(owner)
    (file,) = owner.spots.archive.rglob("*.parquet")
    shutil.move(file, f"{file}.new")

    again(owner)

    assert file.exists()
    assert list(owner.spots.archive.rglob("*.new")) == []
    owner.close()


def test_old_days_go_to_parquet_and_their_summaries_stay(tmp_path):
    today = time.time_ns() // DAY * DAY
    write(
        tmp_path,
        *(span(new_id(), n, started=today - 40 * DAY + n) for n in range(5)),
        log(new_id(), at=today - 40 * DAY),
        span(new_id(), 9, started=today + 1),
    )
    owner = own(tmp_path, settings=Settings(retention_days=30))
    settle(owner)
    first = (count(owner, "span"), count(owner, "log"))
    write(tmp_path, span(new_id(), 8, started=today - 40 * DAY + 99))
    owner._next["archive"] = owner._next["roll_up"] = 0
    old = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=30)
    settle(owner)

    archived = rows(owner, "select relation, rows from archived order by all")
    files = f"{tmp_path}/.packetflow/archive/day=*/span-*.parquet"
    kept = rows(
        owner, f"select count(*) n, count(distinct span_id) ids from read_parquet('{files}')"
    )
    summed = rows(owner, "select sum(n)::int n from span_hour where hour < ?", [old])
    histogram = rows(owner, "select sum(n)::int n from span_hist where day < ?", [old])
    owner.close()

    assert first == (1, 0)
    assert archived == [
        {"relation": "log", "rows": 1},
        {"relation": "span", "rows": 1},
        {"relation": "span", "rows": 5},
    ]
    assert kept == [{"n": 6, "ids": 6}]
    assert summed == histogram == [{"n": 6}]


def test_files_of_an_interrupted_archiving_are_removed(tmp_path):
    today = time.time_ns() // DAY * DAY
    write(tmp_path, span(new_id(), 1, started=today - 40 * DAY))
    stray = tmp_path / ".packetflow/archive/day=2020-01-01/span-0.parquet.new"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half")
    owner = own(tmp_path, settings=Settings(retention_days=30))

    settle(owner)
    owner.close()

    assert not stray.exists()
    assert len(list((tmp_path / ".packetflow/archive").rglob("*.parquet"))) == 1
