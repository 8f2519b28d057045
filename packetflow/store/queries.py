"""The questions that dashboards ask, as SQL that stays fast at ten million spans.

Each function answers a `Query`; hand it to `answer` with a store, or its ``sql`` and ``params`` to
anything else. Times are UTC; aware ones are converted. Windows of up to a day are read from the
spans themselves and are exact; longer ones from the hourly and daily summaries, whose percentiles
are at most 4.5 % off, plus the spans of hours that are not summed up yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from packetflow.errors import UnknownName
from packetflow.store.port import Store
from packetflow.store.rows import is_id

if TYPE_CHECKING:
    import pyarrow as pa

Bucket: TypeAlias = Literal["minute", "hour", "day"]

_RAW_LIMIT = timedelta(hours=24)
_FAILED = "status NOT IN ('ok', 'skipped')"


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and its values by name."""

    sql: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, from *since* to before *until*."""

    since: datetime
    until: datetime

    @classmethod
    def last(cls, length: timedelta, *, now: datetime | None = None) -> Window:
        """The stretch of that length up to now."""
        end = now or datetime.now(UTC)
        return cls(end - length, end)

    @property
    def is_short(self) -> bool:
        """Short enough to be read from the spans themselves."""
        return self.until - self.since <= _RAW_LIMIT

    @property
    def params(self) -> dict[str, Any]:
        """The values for ``$since`` and ``$until``."""
        return {"since": _utc(self.since), "until": _utc(self.until)}


def _utc(time: datetime) -> str:
    plain = time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time
    return plain.isoformat(sep=" ")


def answer(store: Store, query: Query, *, fresh: bool = True) -> pa.Table:
    """Ask a store.

    Raises:
        OwnerGone: Nobody answers for the store.
    """
    return store.sql(query.sql, query.params or None, fresh=fresh)


_SHORT_LATENCY = f"""
SELECT name, count(*) AS n, count(*) FILTER ({_FAILED}) AS errors,
    quantile_disc(duration_ns, 0.5) / 1e6 AS p50_ms,
    quantile_disc(duration_ns, 0.95) / 1e6 AS p95_ms,
    quantile_disc(duration_ns, 0.99) / 1e6 AS p99_ms
FROM span
WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP AND kind = $kind
GROUP BY name ORDER BY n DESC, name
"""  # no outside text

_LONG_LATENCY = f"""
WITH fresh AS (
    SELECT name, hist_bucket(duration_ns) AS bucket, status
    FROM span
    WHERE started_at >= (SELECT min(hour) FROM hour_due) AND kind = $kind
        AND started_at >= $since::TIMESTAMP::DATE AND started_at < $until::TIMESTAMP
        AND date_trunc('hour', started_at) IN (SELECT hour FROM hour_due)
), counts AS (
    SELECT name, bucket, sum(n) AS n FROM (
        SELECT name, bucket, n FROM span_hist
        WHERE day >= $since::DATE AND day <= $until::DATE AND kind = $kind
        UNION ALL SELECT name, bucket, 1 FROM fresh)
    GROUP BY name, bucket
), running AS (
    SELECT name, bucket, sum(n) OVER (PARTITION BY name ORDER BY bucket) AS below,
        sum(n) OVER (PARTITION BY name) AS total
    FROM counts
), failed AS (
    SELECT name, sum(errors) AS errors FROM (
        SELECT name, errors FROM span_hour
        WHERE hour >= $since::DATE AND hour < $until::TIMESTAMP AND kind = $kind
            AND hour NOT IN (FROM hour_anew)
        UNION ALL SELECT name, 1 FROM fresh WHERE {_FAILED})
    GROUP BY name
)
SELECT name, any_value(total)::BIGINT AS n, coalesce(any_value(errors), 0)::BIGINT AS errors,
    hist_ns(min(bucket) FILTER (below >= 0.50 * total)) / 1e6 AS p50_ms,
    hist_ns(min(bucket) FILTER (below >= 0.95 * total)) / 1e6 AS p95_ms,
    hist_ns(min(bucket) FILTER (below >= 0.99 * total)) / 1e6 AS p99_ms
FROM running LEFT JOIN failed USING (name)
GROUP BY name ORDER BY n DESC, name
"""  # no outside text


def latency(window: Window, *, kind: str = "capability") -> Query:
    """Ask for calls, errors and latency percentiles of each capability.

    A window of more than a day is widened to whole days. Columns: ``name, n, errors, p50_ms,
    p95_ms, p99_ms``.
    """
    sql = _SHORT_LATENCY if window.is_short else _LONG_LATENCY
    return Query(sql, window.params | {"kind": kind})


_HOURS = f"""
SELECT hour, sum(n)::BIGINT AS n, sum(errors)::BIGINT AS errors, max(p50_ns) / 1e6 AS p50_ms,
    max(p95_ns) / 1e6 AS p95_ms, max(p99_ns) / 1e6 AS p99_ms
FROM (
    SELECT hour, n, errors, p50_ns, p95_ns, p99_ns
    FROM span_hour
    WHERE hour >= date_trunc('hour', $since::TIMESTAMP) AND hour < $until::TIMESTAMP
        AND kind = $kind AND name = $name AND hour NOT IN (FROM hour_anew)
    UNION ALL
    SELECT date_trunc('hour', started_at), count(*), count(*) FILTER ({_FAILED}),
        quantile_disc(duration_ns, 0.5), quantile_disc(duration_ns, 0.95),
        quantile_disc(duration_ns, 0.99)
    FROM span
    WHERE started_at >= (SELECT min(hour) FROM hour_due)
        AND started_at >= date_trunc('hour', $since::TIMESTAMP)
        AND started_at < $until::TIMESTAMP AND kind = $kind AND name = $name
        AND date_trunc('hour', started_at) IN (SELECT hour FROM hour_due)
    GROUP BY 1)
GROUP BY hour ORDER BY hour
"""  # no outside text


def latency_by_hour(name: str, window: Window, *, kind: str = "capability") -> Query:
    """Ask for one capability's calls, errors and percentiles, hour by hour.

    Exact, except that for calls of several models in one hour, or calls that came after their day
    was archived, the slowest part's percentiles stand for the hour. Columns: ``hour, n, errors,
    p50_ms, p95_ms, p99_ms``.
    """
    return Query(_HOURS, window.params | {"kind": kind, "name": name})


def error_rate(window: Window, *, kind: str = "capability") -> Query:
    """Ask which share of calls failed, capability by capability, worst first.

    Columns: ``name, n, errors, error_rate`` (0 to 1).
    """
    inner = latency(window, kind=kind)
    sql = (
        f"SELECT name, n, errors, errors / n AS error_rate FROM ({inner.sql}) "
        "ORDER BY error_rate DESC, n DESC"
    )
    return Query(sql, inner.params)


def throughput(window: Window, *, bucket: Bucket = "minute") -> Query:
    """Ask how many executions began in each minute, hour or day, and how they ended.

    Columns: ``begin, n, ok, failed, open``.
    """
    sql = """
    SELECT date_trunc($bucket, started_at) AS begin, count(*) AS n,
        count(*) FILTER (status = 'ok') AS ok,
        count(*) FILTER (status IN ('failed', 'timed_out', 'cancelled')) AS failed,
        count(*) FILTER (ended_at IS NULL) AS open
    FROM executions
    WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
    GROUP BY 1 ORDER BY 1
    """
    return Query(sql, window.params | {"bucket": bucket})


def slowest(window: Window, *, limit: int = 20) -> Query:
    """Ask for the executions that took longest.

    Columns: ``execution_id, name, status, started_at, duration_ms``.
    """
    sql = """
    SELECT execution_id, name, status, started_at, duration_ms FROM executions
    WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
        AND duration_ms IS NOT NULL
    ORDER BY duration_ms DESC LIMIT $limit
    """
    return Query(sql, window.params | {"limit": limit})


_HAS_TEXT = "contains(lower(concat_ws(' ', name, inputs, outputs, error)), lower($text))"
_HAS_WAIT = "execution_id IN (SELECT execution_id FROM wait WHERE step = $waited)"
_FAILED_SO = (
    "status IN ('failed', 'timed_out') AND coalesce(nullif(error_type, ''), status) = $error_type"
)


@dataclass(frozen=True, slots=True)
class Filter:
    """Which executions to list; what is None does not matter.

    Attributes:
        name: Of this pipeline or capability.
        status: That stand so.
        since: That began then or later.
        text: With this text in inputs, outputs or error, whatever the case of its letters.
        until: That began before then.
        execution_id: Only this one.
        called: That called this capability.
        error_type: With a try that failed so: of what was called, if that is named.
        model: That called this model.
        waited: That waited at this step.
    """

    name: str | None = None
    status: str | None = None
    since: datetime | None = None
    text: str | None = None
    until: datetime | None = None
    execution_id: str | None = None
    called: str | None = None
    error_type: str | None = None
    model: str | None = None
    waited: str | None = None

    def conditions(self) -> tuple[list[str], dict[str, Any]]:
        """The same as SQL about a row of ``executions``, all to hold, and its values."""
        said = ["true"]
        values: dict[str, Any] = {}
        for name, (sql, value) in {
            "name": ("name = $name", self.name),
            "status": ("status = $status", self.status),
            "since": ("started_at >= $since::TIMESTAMP", self.since and _utc(self.since)),
            "until": ("started_at < $until::TIMESTAMP", self.until and _utc(self.until)),
            "text": (_HAS_TEXT, self.text or None),
            "id": ("execution_id = try_cast($id AS UUID)", self.execution_id),
            "waited": (_HAS_WAIT, self.waited),
        }.items():
            if value is not None:
                said.append(sql)
                values[name] = value
        inside = []
        for name, (sql, value) in {
            "called": ("name = $called AND kind = 'capability'", self.called),
            "error_type": (_FAILED_SO, self.error_type),
            "model": ("model = $model", self.model),
        }.items():
            if value is not None:
                inside.append(sql)
                values[name] = value
        if inside:
            if self.since is not None:
                inside.append("started_at >= $since::TIMESTAMP")
            spans = f"SELECT execution_id FROM span WHERE {' AND '.join(inside)}"
            said.append(f"execution_id IN ({spans})")
        return said, values


def latest(wanted: Filter | None = None, *, limit: int = 50, offset: int = 0) -> Query:
    """Ask for the latest executions, newest first.

    Columns: ``execution_id, name, version, status, trigger, started_at, ended_at, duration_ms,
    active_seconds, failed_step, error_type, error, user_id, agent_id, parent_id, retry_of``.
    """
    conditions, values = (wanted or Filter()).conditions()
    values |= {"limit": limit, "offset": offset}
    where = " AND ".join(conditions)
    sql = f"""
    SELECT execution_id, name, version, status, trigger, started_at, ended_at, duration_ms,
        active_seconds, failed_step, error_type, error, user_id, agent_id, parent_id, retry_of
    FROM executions
    WHERE {where} AND started_at >= (
        SELECT min(started_at) FROM (
            SELECT started_at FROM executions WHERE {where}
            ORDER BY started_at DESC LIMIT $limit + $offset))
    ORDER BY started_at DESC, execution_id DESC LIMIT $limit OFFSET $offset
    """  # conditions are our own, values are bound
    return Query(sql, values)


def timeline(execution_id: str) -> Query:
    """Ask for the spans of one execution in the order they began.

    Columns: those of the view ``spans``.
    """
    sql = "FROM spans WHERE execution_id = $id::UUID ORDER BY started_at, span_id"
    return Query(sql, {"id": execution_id})


def cost(window: Window) -> Query:
    """Ask for tokens and cost of each model, day by day.

    A window of more than a day begins at the start of its first hour. Columns: ``day, model,
    calls, tokens_in, tokens_out, cost_usd``.
    """
    sql = """
    SELECT hour::DATE AS day, model, sum(n)::BIGINT AS calls, sum(tokens_in)::BIGINT AS tokens_in,
        sum(tokens_out)::BIGINT AS tokens_out, sum(cost_usd) AS cost_usd
    FROM (
        SELECT hour, model, n, tokens_in, tokens_out, cost_usd FROM span_hour
        WHERE hour >= date_trunc('hour', $since::TIMESTAMP) AND hour < $until::TIMESTAMP
            AND model <> '' AND hour NOT IN (FROM hour_anew)
        UNION ALL
        SELECT started_at, model, 1, coalesce(tokens_in, 0), coalesce(tokens_out, 0),
            coalesce(cost_usd, 0)
        FROM span
        WHERE started_at >= (SELECT min(hour) FROM hour_due)
            AND started_at >= date_trunc('hour', $since::TIMESTAMP)
            AND started_at < $until::TIMESTAMP AND model IS NOT NULL
            AND date_trunc('hour', started_at) IN (SELECT hour FROM hour_due))
    GROUP BY 1, 2 ORDER BY 1, 2
    """
    return Query(sql, window.params)


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything kept of one execution.

    Attributes:
        execution: Its row in ``executions``; payloads are JSON text.
        states: How its status changed, oldest first.
        spans: In the order they began.
        logs: Oldest first.
        waits: Those that ever began, oldest first; ``answered_at`` is when a person's answer came,
            ``answer`` what it was, as JSON text.
        messages: Those it posted.
    """

    execution: dict[str, Any]
    states: pa.Table
    spans: pa.Table
    logs: pa.Table
    waits: pa.Table
    messages: pa.Table


_WAITS = """
SELECT *, (SELECT max(arrived_at) FROM event WHERE event.event = wait.event
    AND starts_with(wait.event, 'answer:')) AS answered_at,
    (SELECT arg_max(payload, arrived_at) FROM event WHERE event.event = wait.event
    AND starts_with(wait.event, 'answer:')) AS answer
FROM wait WHERE execution_id = $id::UUID ORDER BY waiting_since
"""


def log_words(row: Mapping[str, Any]) -> str:
    """A row of ``logs`` in words: which step said what, with the fields it gave.

    >>> log_words({"level": "info", "text": "read", "fields": '{"lines": 3, "step": "read"}'})
    'info read: read (lines=3)'
    """
    fields = json.loads(row["fields"] or "{}")
    step = fields.pop("step", "")
    facts = ", ".join(f"{name}={value}" for name, value in fields.items())
    who = " ".join(str(one) for one in (row["level"] or row["kind"], step) if one)
    return f"{who}: {row['text']}{f' ({facts})' if facts else ''}"


def whole(store: Store, execution_id: str) -> Whole:
    """Read everything kept of one execution.

    Raises:
        UnknownName: There is no such execution.
    """
    values = {"id": execution_id}
    query = "FROM executions WHERE execution_id = $id::UUID"
    rows = store.sql(query, values).to_pylist() if is_id(execution_id) else []
    if not rows:
        raise UnknownName("execution", execution_id)

    def part(sql: str) -> pa.Table:
        return store.sql(sql, values, fresh=False)

    return Whole(
        rows[0],
        part("FROM execution_state WHERE execution_id = $id::UUID ORDER BY epoch, changed_at"),
        answer(store, timeline(execution_id), fresh=False),
        part("FROM logs WHERE execution_id = $id ORDER BY logged_at"),
        part(_WAITS),
        part("FROM messages WHERE execution_id = $id ORDER BY posted_at"),
    )
