"""Hourly summaries of spans, and moving old rows to Parquet files.

A closed hour has one exact row for each kind, name and model in ``span_hour``, and its share in
the day's latency histogram ``span_hist``, whose counts may be added over any days. Spans that come
late make their hour due again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb

from packetflow.store.ingest import HOUR_US

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

AGES: Final[dict[str, str]] = {
    "span": "started_at",
    "log": "logged_at",
    "metric": "measured_at",
    "execution_state": "changed_at",
    "intent": "intended_at",
    "decision": "decided_at",
    "wait": "waiting_since",
    "history": "kept_at",
}
"""The tables whose old rows are archived, and the column that tells their age."""


def _run(connection: duckdb.DuckDBPyConnection, query: str, values: object = None) -> list[tuple]:  # type: ignore[type-arg]  # rows of any shape
    rows: list[tuple] = connection.execute(query, values).fetchall()  # type: ignore[type-arg]  # rows of any shape
    return rows


def _horizon(connection: duckdb.DuckDBPyConnection) -> int:
    """The first hour since 1970 whose raw spans were never archived."""
    query = "SELECT max(epoch_us(day::TIMESTAMP)) FROM archived WHERE relation = 'span'"
    ((day,),) = _run(connection, query)
    return 0 if day is None else day // HOUR_US + DAY_HOURS


def _due(connection: duckdb.DuckDBPyConnection) -> list[int]:
    rows = _run(connection, "SELECT DISTINCT epoch_us(hour) // 3600000000 FROM hour_due ORDER BY 1")
    return [hour for (hour,) in rows]


def _settle(connection: duckdb.DuckDBPyConnection, hours: list[int], *, anew: bool) -> None:
    """Roll hours up, in the transaction at hand; without *anew*, add to what is there."""
    for hour in hours:
        span = {"begin": hour * HOUR_US, "end": (hour + 1) * HOUR_US}
        if anew:
            _run(
                connection, "DELETE FROM span_hour WHERE hour = make_timestamp(?)", [span["begin"]]
            )
        _run(connection, _HOURS, span)
        _run(connection, "DELETE FROM hour_due WHERE hour = make_timestamp(?)", [span["begin"]])
    for day in sorted({hour // DAY_HOURS for hour in hours}):
        begin = day * DAY_HOURS * HOUR_US
        if anew:
            query = "DELETE FROM span_hist WHERE day = make_timestamp(?)::DATE"
            _run(connection, query, [begin])
        _run(connection, _HIST, {"begin": begin, "end": begin + DAY_HOURS * HOUR_US})


def roll_up(connection: duckdb.DuckDBPyConnection, now_ns: int) -> list[int]:
    """Roll up the hours that are over and have changed, and answer them (hours since 1970).

    At most 48 hours at a time, oldest first.
    """
    closed, horizon = now_ns // 1000 // HOUR_US, _horizon(connection)
    hours = [hour for hour in _due(connection) if horizon <= hour < closed][:48]
    if not hours:
        return []
    connection.begin()
    try:
        _settle(connection, hours, anew=True)
        connection.commit()
    except BaseException:  # undone whatever it was, and raised again
        connection.rollback()
        raise
    return hours


def archive(connection: duckdb.DuckDBPyConnection, folder: Path, before_day: int) -> list[int]:
    """Move the rows of whole days to ``day=.../TABLE-N.parquet`` files below *folder*.

    Args:
        connection: With no transaction open.
        folder: Where the files go.
        before_day: Days since 1970; older ones are moved. What was rolled up stays.

    Returns:
        The late hours that were rolled up on the way (hours since 1970).
    """
    _sweep(connection, folder)
    settled: list[int] = []
    for day in _days(connection, before_day):
        connection.begin()
        try:
            horizon = _horizon(connection)
            hours = [hour for hour in _due(connection) if hour // DAY_HOURS == day]
            if hours:
                _settle(connection, hours, anew=hours[0] >= horizon)
            for relation, column in AGES.items():
                _move(connection, folder, (relation, column), day)
            connection.commit()
        except BaseException:  # undone whatever it was, and raised again
            connection.rollback()
            raise
        settled += hours
    return settled


def _days(connection: duckdb.DuckDBPyConnection, before_day: int) -> list[int]:
    parts = " UNION ".join(
        f"SELECT DISTINCT epoch_us({column}) // 86400000000 AS day FROM {relation} "
        f"WHERE {column} < make_timestamp($limit)"
        for relation, column in AGES.items()
    )
    limit = before_day * DAY_HOURS * HOUR_US
    return [day for (day,) in _run(connection, f"{parts} ORDER BY day", {"limit": limit})]


def _move(
    connection: duckdb.DuckDBPyConnection, folder: Path, what: tuple[str, str], day: int
) -> None:
    relation, column = what
    begin = day * DAY_HOURS * HOUR_US
    bounds = [begin, begin + DAY_HOURS * HOUR_US]
    within = f"{column} >= make_timestamp(?) AND {column} < make_timestamp(?)"
    ((rows,),) = _run(connection, f"SELECT count(*) FROM {relation} WHERE {within}", bounds)
    if not rows:
        return
    ((name,),) = _run(connection, "SELECT strftime(make_timestamp(?), '%Y-%m-%d')", [begin])
    query = "SELECT count(*) FROM archived WHERE relation = ? AND day = ?::DATE"
    ((number,),) = _run(connection, query, [relation, name])
    file = f"day={name}/{relation}-{number}.parquet"
    (folder / file).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = str(folder / file).replace("'", "''")
    copy = f"COPY (FROM {relation} WHERE {within} ORDER BY {column}) TO '{target}' (FORMAT parquet)"
    _run(connection, copy, bounds)
    _run(connection, f"DELETE FROM {relation} WHERE {within}", bounds)
    values = [name, relation, file, rows]
    query = "INSERT INTO archived VALUES (?, ?, ?, ?, now() AT TIME ZONE 'UTC')"
    _run(connection, query, values)


def _sweep(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Remove files of an archiving that was interrupted: their rows are still in the tables."""
    known = {file for (file,) in _run(connection, "SELECT file FROM archived")}
    for path in _files(folder):
        if path.relative_to(folder).as_posix() not in known:
            path.unlink(missing_ok=True)


def _files(folder: Path) -> Iterable[Path]:
    return folder.glob("day=*/*.parquet*")
