"""Figures of the store: ``python -m tests.bench.bench_store [--spans 1000000] [--kills 5]``.

Prints the cost of an append beside its floor (one bare ``write`` of as many bytes), how fast an
owner ingests, how long a take-over takes, and what the dashboard panels cost on a database of
the size asked for, made of 30 days, 40 capabilities, 8 spans an execution.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, SpanEnded, encoder
from packetflow.store import panels as panels_of
from packetflow.store import queries
from packetflow.store.ask import ask
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.frames import frame, records_of
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner, collect_seldom
from packetflow.store.queries import Filter, Query, Window
from packetflow.store.rollups import HOUR_US, roll_up
from packetflow.store.schema import migrate
from packetflow.store.settings import Settings
from packetflow.store.talk import read_card

NOW = datetime(2026, 11, 21)
SPANS_A_RUN = 8


def a_span(execution_id: str, number: int) -> SpanEnded:
    return SpanEnded(
        execution_id, 1, number, 0, f"step_{number % 8}", (), "capability", f"cap.{number % 40}",
        "ok" if number % 33 else "failed", 1, time.time_ns(), 1_000_000 + number,
        {"risk_score": 0.25, "tier": "gold"},
    )  # fmt: skip


def append_cost(folder: Path, count: int = 200_000) -> None:
    span = a_span(new_id(), 1)
    with JournalWriter(folder, role="bench") as journal:
        append = journal.append
        ours = min(_timed(lambda: append(span), count // 4) for _ in range(4))
    bare = frame(encoder().encode(span))
    descriptor = os.open(folder / "floor", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    floor = min(_timed(lambda: os.write(descriptor, bare), count // 4) for _ in range(4))
    os.close(descriptor)
    print(
        f"journal append, span of {len(bare)} bytes: {ours:.2f} us; "
        f"bare write {floor:.2f} us; ratio {ours / floor:.1f}"
    )


def _timed(call, count):
    begin = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - begin) / count * 1e6


def ingestion(folder: Path, runs: int = 25_000) -> None:
    with JournalWriter(folder, role="bench") as journal:
        for _ in range(runs):
            identity = new_id()
            journal.append(
                ExecutionStarted(identity, 1, time.time_ns(), "onboard", "1", "", "bench", {"n": 1})
            )
            for number in range(SPANS_A_RUN):
                journal.append(a_span(identity, number))
            journal.append(ExecutionEnded(identity, 1, time.time_ns(), "ok", {"plan": "gold"}))
        owner = Owner(folder, settings=Settings())
        begin, cpu = time.perf_counter(), time.process_time()
        owner.catch_up()
        seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
        spans, records = runs * SPANS_A_RUN, runs * (SPANS_A_RUN + 2)
        print(
            f"ingestion with their executions: {spans / seconds:,.0f} spans/s "
            f"({records / seconds:,.0f} records/s, {cpu / records * 1e6:.1f} us cpu each)"
        )
        owner.close()


def spans_only(folder: Path, count: int = 250_000) -> None:
    ids = [new_id() for _ in range(count // SPANS_A_RUN)]
    with JournalWriter(folder, role="bench") as journal:
        for number in range(count):
            journal.append(a_span(ids[number // SPANS_A_RUN % len(ids)], number))
        owner = Owner(folder, settings=Settings())
        begin = time.perf_counter()
        owner.catch_up()
        print(f"ingestion of spans alone: {count / (time.perf_counter() - begin):,.0f} spans/s")
        owner.close()


def restart(folder: Path) -> None:
    identity = new_id()
    with JournalWriter(folder, role="bench") as journal:
        for number in range(10_000):
            journal.append(a_span(identity, number))
    begin = time.perf_counter()
    found = records_of(places(folder).journal, identity)
    milliseconds = 1e3 * (time.perf_counter() - begin)
    print(f"records of a 10,000-step execution: {milliseconds:.0f} ms ({len(found)})")


def take_over(folder: Path, kills: int) -> None:
    begin = time.perf_counter()
    with StoreClient(folder) as client, JournalWriter(folder, role="bench") as journal:
        client.sql("select 1")
        print(f"first answer with no owner there: {time.perf_counter() - begin:.2f} s")
        trips = sorted(_timed(lambda: client.sql("select 1", fresh=False), 1) for _ in range(300))
        print(
            f"select 1 over the socket: p50 {trips[150] / 1e3:.2f} ms, "
            f"p95 {trips[285] / 1e3:.2f} ms"
        )
        fresh = []
        for number in range(50):
            journal.append(a_span(new_id(), number))
            fresh.append(_timed(lambda: client.sql("select count(*) from span"), 1))
        print(f"append, then count with it: p50 {statistics.median(fresh) / 1e3:.1f} ms")
        waits = []
        for _ in range(kills):
            for number in range(20_000):
                journal.append(a_span(new_id(), number))
            os.kill(read_card(places(folder).card).pid, signal.SIGKILL)
            waits.append(
                _timed(lambda: client.sql("select count(*) from span", fresh=False), 1) / 1e6
            )
        if waits:
            print(
                f"take-over after kill -9 of the owner, 20,000 spans to catch up: "
                f"p50 {statistics.median(waits):.2f} s, max {max(waits):.2f} s"
            )


FILL = """
INSERT INTO span
WITH e AS (SELECT range AS e, hash(range) AS h,
    make_timestamp(epoch_us(TIMESTAMP '2026-11-21') - 30 * 86400000000::BIGINT
        + (range * (30 * 86400000000::BIGINT / $runs))::BIGINT) AS t0
    FROM range($runs))
SELECT (printf('%012x', epoch_ms(t0)) || '7' || right(printf('%016x', h), 3) || '8'
        || right(printf('%016x', hash(h)), 15))::UUID, 1, k, (k - 1) // 2, 'step_' || k, [],
    CASE WHEN k % 3 = 0 AND k > 0 THEN 'model' ELSE 'capability' END,
    'cap.' || (hash(e * 8 + k) % 40),
    CASE WHEN hash(e * 31 + k) % 33 = 0 THEN 'failed' ELSE 'ok' END, 1,
    t0 + to_microseconds(k * 1500),
    (1000 * exp(6 + 3 * ((hash(e * 8 + k + 1) % 10000) / 10000.0)))::BIGINT, NULL,
    json_object('score', e % 100), NULL, NULL, 'p1', NULL,
    CASE WHEN k % 3 = 0 AND k > 0 THEN 'm' || (e % 5) END, (hash(e) % 3000)::BIGINT,
    (hash(e + 1) % 900)::BIGINT, NULL, ((hash(e) % 3000) * 0.000002)::DOUBLE, NULL
FROM e, (SELECT unnest(range(8)) AS k) ORDER BY e, k
"""
FILL_RUNS = """
INSERT INTO execution
SELECT execution_id, 1, CASE WHEN bool_or(status = 'failed') THEN 'failed' ELSE 'ok' END,
    'flow_' || (hash(execution_id) % 12), '1', 'sha', 'bench', 'p1', 'r1', min(started_at),
    min(started_at) + to_microseconds(sum(duration_ns)::BIGINT // 1000), json_object('n', 1),
    json_object('plan', 'gold'), NULL, NULL, NULL, NULL, NULL, 'ada', NULL, NULL,
    sum(duration_ns)::BIGINT // 1000
FROM span GROUP BY execution_id ORDER BY min(started_at)
"""
FILL_WAITS = """
INSERT INTO wait
SELECT execution_id, 1, 'ask_' || (hash(execution_id) % 9), [], 'answer', '', NULL, started_at,
    'Really?', NULL, NULL
FROM execution WHERE hash(execution_id) % 10 = 0
"""


def panels(folder: Path, spans: int) -> None:
    path = folder / "panels.duckdb"
    with duckdb.connect(str(path)) as connection:
        migrate(connection)
        begin = time.perf_counter()
        connection.execute(FILL, {"runs": spans // SPANS_A_RUN}).fetchall()
        connection.execute(FILL_RUNS).fetchall()
        connection.execute(FILL_WAITS).fetchall()
        connection.execute(
            "INSERT INTO hour_due SELECT DISTINCT date_trunc('hour', started_at) FROM span"
        ).fetchall()
        made = time.perf_counter() - begin
        begin = time.perf_counter()
        now = int(NOW.timestamp()) * 10**9
        hours = 0
        while done := roll_up(connection, now - HOUR_US * 1000):
            hours += len(done)
        rolled = time.perf_counter() - begin
        connection.execute("CHECKPOINT").fetchall()
        size = path.stat().st_size / 1e6
        print(
            f"{spans:,} spans made in {made:.0f} s, {hours} hours rolled up in {rolled:.0f} s; "
            f"{size:.0f} MB with executions"
        )
        _panels(connection)


def _panels(connection: duckdb.DuckDBPyConnection) -> None:
    day, month = Window(NOW - timedelta(days=1), NOW), Window(NOW - timedelta(days=30), NOW)
    middle = "SELECT execution_id FROM span WHERE started_at > TIMESTAMP '2026-11-05 10:00' LIMIT 1"
    identity = str(connection.execute(middle).fetchall()[0][0])
    asked = {
        "latency percentiles, 24 h": queries.latency(day),
        "latency percentiles, 30 days": queries.latency(month),
        "one capability by hour, 30 days": queries.latency_by_hour("cap.7", month),
        "error rate, 30 days": queries.error_rate(month),
        "throughput a minute, 1 h": queries.throughput(Window(NOW - timedelta(hours=1), NOW)),
        "throughput a day, 30 days": queries.throughput(month, bucket="day"),
        "slowest executions, 24 h": queries.slowest(day),
        "slowest executions, 30 days": queries.slowest(month),
        "latest executions": queries.latest(),
        "latest failed of one name": queries.latest(Filter(name="flow_3", status="failed")),
        "latest with a text, 24 h": queries.latest(Filter(text="gold", since=day.since)),
        "timeline of one execution": queries.timeline(identity),
        "tokens and cost, 30 days": queries.cost(month),
        "metrics: runs over time, 24 h": panels_of.outcomes(day, timedelta(hours=1)),
        "metrics: runs over time, 30 days": panels_of.outcomes(month, timedelta(days=1)),
        "metrics: totals, 30 days": panels_of.totals(month),
        "metrics: standing": panels_of.standing(),
        "metrics: beginning": panels_of.beginning(),
        "metrics: failures, 30 days": panels_of.failures(month),
        "metrics: slowest steps, 24 h": panels_of.slowest_steps(day),
        "metrics: slowest steps, 30 days": panels_of.slowest_steps(month),
        "metrics: waits, 30 days": panels_of.waits(month),
        "metrics: models, 30 days": panels_of.models(month),
        "metrics: latest picked, 30 days": queries.latest(
            Filter(since=month.since, until=month.until, called="cap.7", error_type="failed")
        ),
        "one execution's row": Query(
            "FROM executions WHERE execution_id = $id::UUID", {"id": identity}
        ),
    }
    for name, query in asked.items():
        walls, cpus, rows = [], [], 0
        for _ in range(6):
            begin, cpu = time.perf_counter(), time.process_time()
            with connection.cursor() as cursor:
                rows = ask(cursor, query.sql, query.params).num_rows
            walls.append((time.perf_counter() - begin) * 1e3)
            cpus.append((time.process_time() - cpu) * 1e3)
        print(
            f"  {name:34} wall {min(walls[1:]):7.1f} ms  "
            f"cpu {statistics.median(cpus[1:]):7.1f} ms  {rows} rows"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--spans", type=int, default=1_000_000, help="size of the panels' database; 0 for none"
    )
    parser.add_argument("--kills", type=int, default=5, help="take-overs to time")
    chosen = parser.parse_args()
    collect_seldom()  # as an owner's process does
    steps = [append_cost, spans_only, ingestion, restart]
    for step in steps:
        with tempfile.TemporaryDirectory() as folder:
            step(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        take_over(Path(folder), chosen.kills)
        while places(folder).card.exists():
            time.sleep(0.05)
    if chosen.spans:
        with tempfile.TemporaryDirectory() as folder:
            panels(Path(folder), chosen.spans)


if __name__ == "__main__":
    main()
