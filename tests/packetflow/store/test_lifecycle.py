from __future__ import annotations

import itertools

import pytest

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionResumed, StepDecision, WaitStarted
from packetflow.store.ingest import Piece
from packetflow.store.inproc import MemoryStore
from tests.packetflow.store.records import NOON, SECOND, ended, span, started, wait


@pytest.fixture
def store():
    with MemoryStore() as made:
        yield made


def resumed(identity, epoch):
    return ExecutionResumed(identity, epoch, NOON + 5 * SECOND, f"r{epoch}", "lost")


def standing(store, *records):
    """The row in executions after each record was brought in on its own."""
    for record in records:
        store.append(record)
        store.flush()
    (row,) = store.sql("FROM executions").to_pylist()
    return row


def test_a_run_is_running_until_it_ends(store):
    identity = new_id()

    before = standing(store, started(identity, user="ada", tags={"k": "v"}))
    after = standing(store, ended(identity))

    assert (before["status"], before["ended_at"], before["user_id"]) == ("running", None, "ada")
    assert (after["status"], after["duration_ms"], after["outputs"]) == (
        "ok",
        1000,
        '{"plan":"gold"}',
    )
    assert (after["name"], after["inputs"], after["tags"]) == (
        "onboard",
        '{"customer":"c1"}',
        '{"k":"v"}',
    )


def test_a_failure_keeps_where_and_why(store):
    identity = new_id()

    row = standing(
        store,
        started(identity),
        ended(
            identity,
            status="failed",
            outputs={},
            failed_step="send",
            error_type="OSError",
            error="no route",
        ),
    )

    assert [row[name] for name in ("status", "failed_step", "error_type", "error", "outputs")] == [
        "failed", "send", "OSError", "no route", None,
    ]  # fmt: skip


def test_a_wait_shows_until_its_step_has_ended(store):
    identity = new_id()
    asked = wait(identity, deadline=NOON + 60 * SECOND)

    assert standing(store, started(identity), asked)["status"] == "waiting"
    (row,) = store.sql("FROM waiting").to_pylist()
    assert (row["name"], row["event"], row["key"], row["choices"]) == (
        "onboard",
        "approved",
        "k1",
        ["yes", "no"],
    )
    assert row["deadline"].minute == 1

    assert standing(store, span(identity, step="approval"))["status"] == "running"
    assert store.sql("FROM waiting").num_rows == 0


def test_with_two_waits_it_waits_until_both_are_over(store):
    identity = new_id()
    item = WaitStarted(identity, 1, "each", (3,), "approved", "k2", 0, NOON)

    standing(store, started(identity), wait(identity), item)

    assert standing(store, span(identity, 1, step="approval"))["status"] == "waiting"
    assert standing(store, span(identity, 2, step="each", path=(2,)))["status"] == "waiting"
    assert standing(store, span(identity, 3, step="each", path=(3,)))["status"] == "running"


def test_a_resumed_run_that_is_put_aside_again_waits(store):
    identity = new_id()
    aside = StepDecision(identity, 2, "", (), "parked", 1, NOON + 6 * SECOND)

    again = standing(store, started(identity), wait(identity), resumed(identity, 2))
    row = standing(store, aside)

    assert (again["status"], row["status"]) == ("running", "waiting")
    (waits,) = store.sql("FROM waiting").to_pylist()
    assert (waits["step"], waits["status"]) == ("approval", "waiting")


def test_a_run_thought_lost_that_was_put_aside_waits(store):
    identity = new_id()
    aside = StepDecision(identity, 2, "", (), "parked", 1, NOON + 6 * SECOND)
    standing(store, started(identity), wait(identity), resumed(identity, 2))
    store._database.ingest.lose({identity})

    assert standing(store, aside)["status"] == "waiting"


def test_an_end_ends_all_waits(store):
    identity = new_id()

    standing(store, started(identity), wait(identity), ended(identity, status="cancelled"))

    assert store.sql("FROM waiting").num_rows == 0
    assert store.sql("FROM wait").num_rows == 1


def test_records_of_an_older_epoch_do_not_count(store):
    identity = new_id()

    row = standing(
        store, started(identity), resumed(identity, 2), ended(identity, epoch=1, status="failed")
    )

    assert (row["status"], row["epoch"], row["runner"]) == ("running", 2, "r2")
    assert standing(store, wait(identity, epoch=1))["status"] == "running"
    assert standing(store, ended(identity, epoch=2))["status"] == "ok"
    assert standing(store, ended(identity, epoch=1, status="failed"))["status"] == "ok"


def test_what_has_ended_can_be_taken_up_again(store):
    identity = new_id()

    row = standing(store, started(identity), ended(identity, status="failed"), resumed(identity, 2))

    assert (row["status"], row["ended_at"], row["name"]) == ("running", None, "onboard")
    assert standing(store, ended(identity, epoch=2))["status"] == "ok"
    assert store.sql("select count(*) n from executions").to_pylist() == [{"n": 1}]


def pieces(identity):
    """What two processes wrote about one execution that the second one took over."""
    first = [started(identity), span(identity, 1)]
    second = [
        resumed(identity, 2),
        wait(identity, epoch=2),
        span(identity, 2, step="approval"),
        ended(identity, epoch=2),
    ]
    return first, second


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_the_order_in_which_journals_are_read_does_not_matter(store, order, together):
    identity = new_id()
    made = [
        Piece("", f"p{number}", 0, [(0, b"", record) for record in records])
        for number, records in enumerate(pieces(identity), 1)
    ]
    chosen = [made[number] for number in order]

    for batch in [chosen] if together else [[piece] for piece in chosen]:
        store._database.ingest.apply(batch)

    row = standing(store)
    assert (row["status"], row["epoch"], row["process"], row["name"]) == ("ok", 2, "p2", "onboard")
    assert row["started_at"].hour == 12
    assert store.sql("FROM waiting").num_rows == 0


def test_status_is_the_same_whether_records_come_at_once_or_one_by_one(store):
    one, other = new_id(), new_id()
    records = [started, wait, lambda i: span(i, step="approval"), ended]
    for make in records:
        store.append(make(one))
        store.flush()
    for make in records:
        store.append(make(other))

    rows = store.sql("select * exclude (execution_id) from executions").to_pylist()
    states = store.sql("select execution_id, status from execution_state").to_pylist()

    assert rows[0] == rows[1]
    assert [s["status"] for s in states if s["execution_id"] == one] == [
        s["status"] for s in states if s["execution_id"] == other
    ]


def test_what_is_known_by_heart_equals_what_is_stored(store):
    identity = new_id()
    standing(store, started(identity), wait(identity))
    store.append(started(new_id()))
    store.append(ended(new_id()))
    store.flush()
    known = {
        name: (s.epoch, s.status, s.process, set(s.waits))
        for name, s in store._database.ingest.executions.open.items()
    }

    store._database.ingest.reload()

    assert known == {
        name: (s.epoch, s.status, s.process, set(s.waits))
        for name, s in store._database.ingest.executions.open.items()
    }
    assert len(known) == 2
