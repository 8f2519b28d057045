"""What the studio's metrics ask besides `packetflow.store.queries`: small answers to draw.

Every answer has at most some hundred rows, whatever the store holds, and the columns that its
function names. Times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from packetflow.store.queries import Query, Window, cost


def outcomes(window: Window, step: timedelta, *, origin: datetime | None = None) -> Query:
    """Ask how many executions began in each stretch of time, by how they stand.

    Args:
        window: From when to when.
        step: The length of a stretch, at least a second.
        origin: A moment at which some stretch begins, such as a midnight; else one of UTC.

    Columns: ``begin, status, n``.
    """
    sql = """
    SELECT time_bucket(to_seconds($step), started_at, $origin::TIMESTAMP) AS begin, status,
        count(*) AS n
    FROM executions
    WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
    GROUP BY 1, 2 ORDER BY 1, 2
    """
    middle = origin or datetime(2000, 1, 3, tzinfo=UTC)
    values = {"step": step.total_seconds(), "origin": Window(middle, middle).params["since"]}
    return Query(sql, window.params | values)


def totals(window: Window, *, name: str | None = None) -> Query:
    """Ask for the executions that began in a window, or those of one name, in one row.

    Columns: ``n, failed, p50_ms`` (of those that ended; NULL when none did).
    """
    sql = f"""
    SELECT count(*) AS n, count(*) FILTER (status IN ('failed', 'timed_out', 'lost')) AS failed,
        quantile_disc(duration_ms, 0.5) FILTER (duration_ms IS NOT NULL) AS p50_ms
    FROM executions
    WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
        {"" if name is None else "AND name = $name"}
    """  # no outside text
    return Query(sql, window.params if name is None else window.params | {"name": name})


def standing() -> Query:
    """Ask what is under way at this moment, in one row.

    Columns: ``running, waiting, oldest`` (when the first of them began; NULL when there is none).
    """
    sql = """
    SELECT count(*) FILTER (status = 'running') AS running,
        count(*) FILTER (status = 'waiting') AS waiting, min(started_at) AS oldest
    FROM execution_open
    """
    return Query(sql)


def beginning() -> Query:
    """Ask when the first execution that is kept began; NULL when nothing ran.

    Columns: ``first``.
    """
    return Query("SELECT min(started_at) AS first FROM executions")


def failures(window: Window, *, limit: int = 20) -> Query:
    """Ask which capabilities failed with which type of error, the most frequent first.

    Each try counts. Columns: ``name, error_type, n``.
    """
    sql = """
    SELECT name, coalesce(nullif(error_type, ''), status) AS error_type, count(*) AS n
    FROM span
    WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
        AND kind = 'capability' AND status IN ('failed', 'timed_out')
    GROUP BY ALL ORDER BY n DESC, name, error_type LIMIT $limit
    """
    return Query(sql, window.params | {"limit": limit})


def slowest_steps(window: Window, *, limit: int = 20) -> Query:
    """Ask for the calls of capabilities that took longest.

    Columns: ``execution_id, run, step, name, status, started_at, duration_ms``; ``run`` is what
    was run.
    """
    sql = """
    WITH slow AS (
        SELECT execution_id, step, name, status, started_at, duration_ns FROM span
        WHERE started_at >= $since::TIMESTAMP AND started_at < $until::TIMESTAMP
            AND kind = 'capability'
        ORDER BY duration_ns DESC LIMIT $limit)
    SELECT s.execution_id::VARCHAR AS execution_id, any_value(e.name) AS run, s.step, s.name,
        s.status, s.started_at, s.duration_ns / 1e6 AS duration_ms
    FROM slow s LEFT JOIN executions e ON e.execution_id = s.execution_id
        AND e.execution_id IN (SELECT execution_id FROM slow)
    GROUP BY ALL ORDER BY duration_ms DESC, execution_id, step
    """
    return Query(sql, window.params | {"limit": limit})


def waits(window: Window, *, limit: int = 20) -> Query:
    """Ask where executions waited for a person, an event or a time, the most frequent first.

    Columns: ``run, step, n, open, p50_ms, longest_ms``: how many waits began in the window, how
    many of them still last, and how long the others took (NULL when none ended).
    """
    sql = """
    WITH began AS (
        SELECT execution_id, step, path, min(waiting_since) AS since FROM wait
        WHERE waiting_since >= $since::TIMESTAMP AND waiting_since < $until::TIMESTAMP
        GROUP BY ALL
    ), still AS (
        SELECT DISTINCT execution_id, step, path FROM wait_open
    ), ended AS (
        SELECT execution_id, step, path, max(duration_ns) / 1e6 AS took_ms FROM span
        WHERE kind = 'wait' AND started_at >= $since::TIMESTAMP
            AND execution_id IN (SELECT execution_id FROM began)
        GROUP BY ALL
    ), runs AS (
        SELECT execution_id, any_value(name) AS run FROM executions
        WHERE execution_id IN (SELECT execution_id FROM began) GROUP BY ALL
    )
    SELECT coalesce(run, '') AS run, b.step, count(*) AS n, count(s.execution_id) AS open,
        quantile_disc(took_ms, 0.5) AS p50_ms, max(took_ms) AS longest_ms
    FROM began b LEFT JOIN still s USING (execution_id, step, path)
        LEFT JOIN ended USING (execution_id, step, path) LEFT JOIN runs USING (execution_id)
    GROUP BY 1, 2 ORDER BY open DESC, n DESC, run, step LIMIT $limit
    """
    return Query(sql, window.params | {"limit": limit})


def models(window: Window) -> Query:
    """Ask for calls, tokens and cost of each model, the most tokens first.

    The window begins at the start of its first hour. Columns: ``model, calls, tokens_in,
    tokens_out, cost_usd``.
    """
    inner = cost(window)
    sql = f"""
    SELECT model, sum(calls)::BIGINT AS calls, sum(tokens_in)::BIGINT AS tokens_in,
        sum(tokens_out)::BIGINT AS tokens_out, sum(cost_usd) AS cost_usd
    FROM ({inner.sql}) GROUP BY model ORDER BY sum(tokens_in + tokens_out) DESC, model
    """  # no outside text
    return Query(sql, inner.params)


def begun_by(trigger: str, *, limit: int = 50) -> Query:
    """Ask for the latest executions that one thing began, newest first.

    Args:
        trigger: What began them, such as ``mcp``.
        limit: At most so many.

    Columns: ``execution_id, name, status, started_at, duration_ms, error, user_id, agent_id,
    tags`` (JSON).
    """
    sql = """
    SELECT execution_id, name, status, started_at, duration_ms, error, user_id, agent_id, tags
    FROM executions WHERE trigger = $trigger
    ORDER BY started_at DESC, execution_id DESC LIMIT $limit
    """
    return Query(sql, {"trigger": trigger, "limit": limit})
