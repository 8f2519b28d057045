"""What the studio's metrics ask: counted by hand over a few records."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from packetflow.kernel.ids import new_id
from packetflow.store import panels, queries
from packetflow.store.inproc import MemoryStore
from packetflow.store.queries import Filter, Window, answer
from tests.packetflow.store.records import NOON, SECOND, ended, span, started, wait

AT_NOON = datetime(2026, 11, 21, 12)
HOUR = 3600 * SECOND
DAY = Window(AT_NOON - timedelta(hours=23), AT_NOON + timedelta(hours=1))
EARLIER = Window(AT_NOON - timedelta(days=9), AT_NOON - timedelta(days=8))


@pytest.fixture
def store():
    with MemoryStore() as made:
        yield made


def ran(store, status="ok", *, at=NOON, seconds=1, name="onboard", spans=()):
    identity = new_id()
    store.append(started(identity, at=at, name=name))
    for number, facts in enumerate(spans):
        store.append(span(identity, number + 1, started=at + number, **facts))
    if status:
        store.append(ended(identity, at=at + seconds * SECOND, status=status))
    return identity


def rows(store, query):
    return answer(store, query).to_pylist()


def test_executions_are_counted_by_when_they_began_and_how_they_stand(store):
    for status in ("ok", "ok", "failed", None):
        ran(store, status)
    ran(store, "cancelled", at=NOON - HOUR)

    counted = rows(store, panels.outcomes(DAY, timedelta(hours=1)))

    assert [(row["begin"].hour, row["status"], row["n"]) for row in counted] == [
        (11, "cancelled", 1),
        (12, "failed", 1),
        (12, "ok", 2),
        (12, "running", 1),
    ]


def test_a_day_begins_at_the_midnight_of_who_looks(store):
    ran(store)
    east = timezone(timedelta(hours=13))
    midnight = datetime(2026, 11, 1, tzinfo=east)

    counted = rows(store, panels.outcomes(DAY, timedelta(days=1), origin=midnight))

    assert counted[0]["begin"].replace(tzinfo=UTC) == datetime(2026, 11, 22, tzinfo=east)


def test_totals_count_what_failed_and_take_the_middle_of_what_ended(store):
    for seconds, status in ((1, "ok"), (2, "timed_out"), (9, "failed")):
        ran(store, status, seconds=seconds)
    ran(store, None)

    assert rows(store, panels.totals(DAY)) == [{"n": 4, "failed": 2, "p50_ms": 2000.0}]
    assert rows(store, panels.totals(EARLIER)) == [{"n": 0, "failed": 0, "p50_ms": None}]
    assert rows(store, panels.totals(DAY, name="no such name"))[0]["n"] == 0


def test_what_is_under_way_is_counted_whenever_it_began(store):
    assert rows(store, panels.standing()) == [{"running": 0, "waiting": 0, "oldest": None}]
    assert rows(store, panels.beginning()) == [{"first": None}]

    ran(store, None, at=NOON - 99 * HOUR)
    ran(store, "ok", at=NOON)

    assert rows(store, panels.standing())[0]["running"] == 1
    assert rows(store, panels.beginning())[0]["first"] == AT_NOON - timedelta(hours=99)


def test_failures_count_each_try_by_capability_and_error(store):
    bad = {"name": "read", "status": "failed", "error_type": "OSError", "error": "gone"}
    ran(store, "ok", spans=[bad, bad, {"name": "read"}, {"name": "send", "status": "timed_out"}])
    ran(store, "failed", spans=[bad | {"kind": "each"}, {"name": "stop", "status": "cancelled"}])

    assert rows(store, panels.failures(DAY)) == [
        {"name": "read", "error_type": "OSError", "n": 2},
        {"name": "send", "error_type": "timed_out", "n": 1},
    ]


def test_the_slowest_steps_name_their_run(store):
    slow = ran(store, spans=[{"name": "read", "duration_ns": 5 * SECOND, "step": "r"}], name="tidy")
    ran(store, spans=[{"name": "send"}, {"name": "all", "kind": "each", "duration_ns": 9 * SECOND}])

    found = rows(store, panels.slowest_steps(DAY))

    assert [(row["run"], row["name"], row["duration_ms"]) for row in found] == [
        ("tidy", "read", 5000.0),
        ("onboard", "send", 5.0),
    ]
    assert found[0]["execution_id"] == slow
    assert len(rows(store, panels.slowest_steps(DAY, limit=1))) == 1


def test_waits_tell_those_that_last_from_those_that_ended(store):
    for seconds in (60, 120, None):
        identity = new_id()
        store.append(started(identity))
        store.append(wait(identity))
        if seconds:
            took = {"kind": "wait", "step": "approval", "duration_ns": seconds * SECOND}
            store.append(span(identity, started=NOON, **took))
            store.append(ended(identity, at=NOON + seconds * SECOND))

    assert rows(store, panels.waits(DAY)) == [
        {"run": "onboard", "step": "approval", "n": 3, "open": 1, "p50_ms": 60000.0,
         "longest_ms": 120000.0},
    ]  # fmt: skip
    assert rows(store, panels.waits(EARLIER)) == []


def test_models_add_up_over_days(store):
    asked = {"gen_ai.request.model": "m", "tokens_in": 10, "tokens_out": 2, "cost_usd": 0.5}
    for days in (0, 1, 2):
        ran(store, at=NOON - days * 24 * HOUR, spans=[{"attributes": asked}])
    week = Window(AT_NOON - timedelta(days=7), AT_NOON + timedelta(hours=1))

    expected = {"model": "m", "calls": 3, "tokens_in": 30, "tokens_out": 6, "cost_usd": 1.5}
    assert rows(store, panels.models(week)) == [expected]
    store.tick(NOON + HOUR)
    assert rows(store, panels.models(week)) == [expected]


def test_executions_are_found_by_what_happened_inside_them(store):
    asked = {"gen_ai.request.model": "m"}
    bad = {"name": "read", "status": "failed", "error_type": "OSError", "error": "gone"}
    failed = ran(store, spans=[bad, {"name": "read"}])
    modelled = ran(store, spans=[{"name": "read"}, {"name": "ask", "attributes": asked}])
    waited = ran(store, None, at=NOON - 2 * HOUR)
    store.append(wait(waited))

    def found(**wanted):
        return {str(row["execution_id"]) for row in rows(store, queries.latest(Filter(**wanted)))}

    assert found(called="read") == {failed, modelled}
    assert found(called="read", error_type="OSError") == {failed}
    assert found(called="ask", error_type="OSError") == set()
    assert found(model="m") == {modelled}
    assert found(waited="approval") == {waited}
    assert found(until=AT_NOON) == {waited}
    assert found(execution_id=failed) == {failed}
    assert found(execution_id="no id; DROP TABLE span") == set()
