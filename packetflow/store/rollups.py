"""Hourly summaries of spans.

A closed hour has one exact row for each kind, name and model in ``span_hour``, and its share in
the day's latency histogram ``span_hist``, whose counts may be added over any days. Spans that come
late make their hour due again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from packetflow.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

HOUR_US = 3_600_000_000
DAY_HOURS = 24

_HOURS = """
INSERT INTO span_hour
SELECT date_trunc('hour', started_at), kind, name, coalesce(model, ''), count(*),
    count(*) FILTER (status NOT IN ('ok', 'skipped')), sum(duration_ns), max(duration_ns),
    quantile_disc(duration_ns, 0.5), quantile_disc(duration_ns, 0.95),
    quantile_disc(duration_ns, 0.99), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0),
    coalesce(sum(cost_usd), 0)
FROM span
WHERE started_at >= make_timestamp($begin) AND started_at < make_timestamp($end)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_HIST = """
INSERT INTO span_hist
SELECT started_at::DATE, kind, name, hist_bucket(duration_ns), count(*)
FROM span
WHERE started_at >= make_timestamp($begin) AND started_at < make_timestamp($end)
    AND date_trunc('hour', started_at) NOT IN (SELECT hour FROM hour_due)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_WITHDRAW = """
INSERT INTO span_hist
SELECT started_at::DATE, kind, name, hist_bucket(duration_ns), -count(*)
FROM span
WHERE started_at >= make_timestamp($begin) AND started_at < make_timestamp($end)
GROUP BY 1, 2, 3, 4
"""


def run(connection: duckdb.DuckDBPyConnection, query: str, values: object = None) -> list[tuple]:  # type: ignore[type-arg]  # rows of any shape
    """Run a statement to its end."""
    rows: list[tuple] = connection.execute(query, values).fetchall()  # type: ignore[type-arg]  # rows of any shape
    return rows


def horizon(connection: duckdb.DuckDBPyConnection) -> int:
    """Answer the first hour since 1970 whose raw spans were never archived."""
    query = "SELECT max(epoch_us(day::TIMESTAMP)) FROM archived WHERE relation = 'span'"
    ((day,),) = run(connection, query)
    return 0 if day is None else day // HOUR_US + DAY_HOURS


def due_hours(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Answer the hours (since 1970) that have spans which are not summed up."""
    rows = run(connection, "SELECT DISTINCT epoch_us(hour) // 3600000000 FROM hour_due ORDER BY 1")
    return [hour for (hour,) in rows]


def reopen(connection: duckdb.DuckDBPyConnection, hours: Iterable[int]) -> None:
    """Note that hours are about to get spans; call it in the transaction that brings them.

    What they had is taken out of the day's histogram, since due hours are read from the spans.
    """
    for hour in hours:
        begin = hour * HOUR_US
        run(connection, _WITHDRAW, {"begin": begin, "end": begin + HOUR_US})
        run(connection, "INSERT INTO hour_due VALUES (make_timestamp(?))", [begin])


def settle(connection: duckdb.DuckDBPyConnection, hours: list[int], *, anew: bool) -> None:
    """Roll hours up, in the transaction at hand; without *anew*, add to what is there."""
    for hour in hours:
        span = {"begin": hour * HOUR_US, "end": (hour + 1) * HOUR_US}
        if anew:
            run(connection, "DELETE FROM span_hour WHERE hour = make_timestamp(?)", [span["begin"]])
        run(connection, _HOURS, span)
        run(connection, "DELETE FROM hour_due WHERE hour = make_timestamp(?)", [span["begin"]])
    for day in sorted({hour // DAY_HOURS for hour in hours}):
        begin = day * DAY_HOURS * HOUR_US
        if anew:
            query = "DELETE FROM span_hist WHERE day = make_timestamp(?)::DATE"
            run(connection, query, [begin])
        run(connection, _HIST, {"begin": begin, "end": begin + DAY_HOURS * HOUR_US})


def roll_up(connection: duckdb.DuckDBPyConnection, now_ns: int) -> list[int]:
    """Roll up the hours that are over and have changed, and answer them (hours since 1970).

    At most 48 hours at a time, oldest first.
    """
    closed, first = now_ns // 1000 // HOUR_US, horizon(connection)
    hours = [hour for hour in due_hours(connection) if first <= hour < closed][:48]
    if not hours:
        return []
    with transaction(connection):
        settle(connection, hours, anew=True)
    return hours
