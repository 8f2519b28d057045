from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from packetflow.errors import UnknownName
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, WaitStarted
from packetflow.store import queries
from packetflow.store.inproc import MemoryStore
from packetflow.store.queries import Filter, Window, answer
from tests.packetflow.store.records import NOON, SECOND, ended, log, span, started, wait

AT_NOON = datetime(2026, 11, 21, 12)
HOUR = 3600 * SECOND


@pytest.fixture
def store():
    with MemoryStore() as made:
        yield made


def calls(store, durations_ms, *, name="validate", at=NOON, **more):
    identity = new_id()
    for number, milliseconds in enumerate(durations_ms):
        store.append(
            span(
                identity,
                number + 1,
                name=name,
                started=at + number,
                duration_ns=milliseconds * 1_000_000,
                **more,
            )
        )


def window(hours, *, until=AT_NOON + timedelta(hours=1)):
    return Window(until - timedelta(hours=hours), until)


def test_short_windows_give_exact_percentiles_per_capability(store):
    calls(store, range(1, 101))
    calls(store, [7], name="send", status="failed")

    rows = answer(store, queries.latency(window(24))).to_pylist()

    assert rows == [
        {"name": "validate", "n": 100, "errors": 0, "p50_ms": 50, "p95_ms": 95, "p99_ms": 99},
        {"name": "send", "n": 1, "errors": 1, "p50_ms": 7, "p95_ms": 7, "p99_ms": 7},
    ]


def test_long_windows_count_the_same_before_and_after_the_roll_up(store):
    for days in range(5):
        calls(store, range(1, 101), at=NOON - days * 24 * HOUR)
    calls(store, [7, 8], name="send", status="failed")
    wide = window(24 * 10)

    before = answer(store, queries.latency(wide)).to_pylist()
    store.tick(NOON + HOUR)
    after = answer(store, queries.latency(wide)).to_pylist()

    assert before == after
    assert [(row["name"], row["n"], row["errors"]) for row in after] == [
        ("validate", 500, 0),
        ("send", 2, 2),
    ]
    assert after[0]["p95_ms"] == pytest.approx(95, rel=0.045)
    assert store.sql("select count(*) n from hour_due").to_pylist() == [{"n": 0}]


def test_a_late_span_is_counted_once_in_its_hour(store):
    calls(store, [10, 20])
    store.tick(NOON + HOUR)
    calls(store, [30], at=NOON + 1000)
    store.tick(NOON + HOUR)

    rows = answer(store, queries.latency_by_hour("validate", window(48))).to_pylist()

    assert [(row["n"], row["p50_ms"]) for row in rows] == [(3, 20)]
    assert answer(store, queries.latency(window(48))).to_pylist()[0]["n"] == 3


def test_the_open_hour_is_read_from_the_spans(store):
    calls(store, [10, 20])
    calls(store, [40], at=NOON + HOUR)
    store.tick(NOON + HOUR + 1)

    rows = answer(
        store, queries.latency_by_hour("validate", window(72, until=AT_NOON + timedelta(hours=3)))
    ).to_pylist()

    assert [(row["hour"].hour, row["n"]) for row in rows] == [(12, 2), (13, 1)]
    assert store.sql("select count(*) n from span_hour").to_pylist() == [{"n": 1}]


@pytest.mark.parametrize("hours", [24, 24 * 10])
def test_the_error_rate_puts_the_worst_first(store, hours):
    calls(store, [1] * 9)
    calls(store, [1], status="failed")
    calls(store, [1, 1], name="send", status="timed_out")
    calls(store, [1], name="skip", status="skipped")

    rows = answer(store, queries.error_rate(window(hours))).to_pylist()

    assert [(row["name"], row["error_rate"]) for row in rows] == [
        ("send", 1.0),
        ("validate", 0.1),
        ("skip", 0.0),
    ]


def test_throughput_counts_executions_by_how_they_ended(store):
    for number, status in enumerate(["ok", "failed", None]):
        identity = new_id()
        store.append(started(identity, at=NOON + number * SECOND))
        if status:
            store.append(ended(identity, at=NOON + 20 * SECOND, status=status))
    store.append(started(new_id(), at=NOON + 61 * SECOND))

    rows = answer(store, queries.throughput(window(24))).to_pylist()

    assert [(row["n"], row["ok"], row["failed"], row["open"]) for row in rows] == [
        (3, 1, 1, 1),
        (1, 0, 0, 1),
    ]


def test_the_slowest_executions_come_first(store):
    ids = [new_id() for _ in range(3)]
    for seconds, identity in zip((2, 9, 4), ids, strict=True):
        store.append(started(identity))
        store.append(ended(identity, at=NOON + seconds * SECOND))

    rows = answer(store, queries.slowest(window(24), limit=2)).to_pylist()

    assert [(row["execution_id"], row["duration_ms"]) for row in rows] == [
        (ids[1], 9000),
        (ids[2], 4000),
    ]


def test_the_latest_executions_can_be_filtered(store):
    first, second, third = (new_id() for _ in range(3))
    store.append(started(first, at=NOON, name="onboard", inputs={"customer": "Ada"}))
    store.append(started(second, at=NOON + 1000, name="report"))
    store.append(started(third, at=NOON + 2000, name="onboard"))
    store.append(ended(third, at=NOON + 3000, status="failed", error="No Route to ada"))

    def ids(wanted=None, **more):
        return answer(store, queries.latest(wanted, **more)).column("execution_id").to_pylist()

    assert ids() == [third, second, first]
    assert ids(limit=1, offset=1) == [second]
    assert ids(Filter(name="onboard")) == [third, first]
    assert ids(Filter(status="running")) == [second, first]
    assert ids(Filter(text="ADA")) == [third, first]
    assert ids(Filter(since=AT_NOON + timedelta(microseconds=1))) == [third, second]
    assert ids(Filter(name="onboard", status="ok")) == []


def test_a_time_with_a_zone_is_converted(store):
    store.append(started(new_id()))
    east = timezone(timedelta(hours=2))

    late = Filter(since=datetime(2026, 11, 21, 14, 0, 1, tzinfo=east))
    soon = Filter(since=datetime(2026, 11, 21, 14, 0, 0, tzinfo=east))

    assert answer(store, queries.latest(late)).num_rows == 0
    assert answer(store, queries.latest(soon)).num_rows == 1


@pytest.mark.parametrize("roll_up", [False, True])
def test_cost_adds_up_by_model_and_day(store, roll_up):
    paid = {"model": "small", "tokens_in": 100, "tokens_out": 10, "cost_usd": 0.25}
    calls(store, [1, 1], kind="model", attributes=paid)
    calls(store, [1], kind="model", attributes=paid | {"model": "large"}, at=NOON - 24 * HOUR)
    calls(store, [1])
    if roll_up:
        store.tick(NOON + HOUR)

    rows = answer(store, queries.cost(window(48))).to_pylist()

    assert [
        (row["day"].day, row["model"], row["calls"], row["tokens_in"], row["cost_usd"])
        for row in rows
    ] == [
        (20, "large", 1, 100, 0.25),
        (21, "small", 2, 200, 0.5),
    ]


def test_one_execution_is_read_whole(store):
    identity = new_id()
    for record in (
        started(identity),
        wait(identity),
        log(identity),
        span(identity, step="approval"),
        ended(identity),
    ):
        store.append(record)
    store.append(log(new_id()))

    found = queries.whole(store, identity)

    assert found.execution["status"] == "ok"
    assert found.execution["outputs"] == '{"plan":"gold"}'
    assert found.states.column("status").to_pylist() == ["running", "waiting", "running", "ok"]
    assert found.spans.column("step").to_pylist() == ["approval"]
    assert found.logs.num_rows == 1
    assert found.waits.column("question").to_pylist() == ["Really?"]


def test_the_waits_of_an_execution_say_when_a_person_answered(store):
    identity, other = new_id(), new_id()
    for asker, name in ((identity, "answer:me"), (identity, "answer:open"), (other, "approved")):
        asked = WaitStarted(asker, 1, "ask", (), name, "", 0, NOON, "Really?")
        store.append(asked)
    store.append(EventArrived("e1", "answer:me", "", {"answer": True}, NOON + 5 * SECOND))
    store.append(EventArrived("e2", "approved", "", {}, NOON + 5 * SECOND))
    store.append(started(identity))
    store.append(started(other))

    answered = queries.whole(store, identity).waits.column("answered_at").to_pylist()

    assert [one and one.second for one in answered] == [5, None]
    assert queries.whole(store, other).waits.column("answered_at").to_pylist() == [None]


def test_an_execution_that_is_not_there_is_named(store):
    with pytest.raises(UnknownName, match="no execution is called"):
        queries.whole(store, new_id())
    with pytest.raises(UnknownName):
        queries.whole(store, "nonsense")


def test_a_window_ends_now_unless_told():
    until = datetime(2026, 1, 2, tzinfo=UTC)

    assert Window.last(timedelta(days=1), now=until).since == datetime(2026, 1, 1, tzinfo=UTC)
    assert not Window.last(timedelta(days=2)).is_short
