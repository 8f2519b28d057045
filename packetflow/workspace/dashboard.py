"""A workspace in a notebook's cell: what runs, what waits, what failed, what ran last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from packetflow.kernel.records import Path
from packetflow.show import html
from packetflow.show.text import safe
from packetflow.show.timeline import seconds_text
from packetflow.store.port import Store

LATEST: Final = 10
MOST_OPEN: Final = 20
ONE_LINE: Final = '<td style="white-space:nowrap">'
_RUNS: Final = """
SELECT execution_id::VARCHAR AS id, name, status, started_at, duration_ms, error
FROM executions {where} ORDER BY started_at DESC LIMIT {most}
"""
_DAY: Final = """
SELECT count(*) AS n, count(*) FILTER (status = 'ok') AS ok,
    count(*) FILTER (status IN ('failed', 'timed_out', 'lost')) AS failed
FROM executions WHERE started_at > $since::TIMESTAMP
"""


class Home(Protocol):
    """What of a workspace its dashboard needs."""

    store: Store

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for an event or a person."""
        ...

    def answer(self, execution_id: str, step: str, value: Any, path: Path = ()) -> str:
        """Answer what a step asks."""
        ...


class Dashboard:
    """Implements `packetflow.show.pane.View` for a workspace."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def html(self) -> str:
        """Counts of a day, what asks, what runs, what failed, what ran last."""
        now = _now()
        day = self._rows(_DAY, since=str(now - dt.timedelta(days=1)))[0]
        runs = "run" if day["n"] == 1 else "runs"
        said = f"{day['n']:,} {runs} in 24 hours: {day['ok']:,} ok, {day['failed']:,} failed"
        running = self._runs("WHERE status = 'running'", MOST_OPEN)
        failed = self._runs("WHERE status IN ('failed', 'timed_out', 'lost')", LATEST // 2)
        latest = self._runs("", LATEST)
        waits = self._home.waiting()[:MOST_OPEN]
        return html.page(
            html.part("head", html.heading(self._home.name, said)),
            html.part("waits", _waits(waits)),
            html.part("running", _table("Running now", running, now)),
            html.part("failed", _table("Failed last", failed, now)),
            html.part("latest", _table("Latest runs", latest, now) or _NOTHING),
        )

    def text(self) -> str:
        """The same in plain words."""
        now = _now()
        waits = [f"  {row['name']}: {row['step']} {_for_what(row)}" for row in self._home.waiting()]
        rows = [
            f"  {row['status']:9} {row['name']}  {_took(row, now)}  id {row['id'][-8:]}"
            f"{'  ' + _short(row['error']) if row['error'] else ''}"
            for row in self._runs("", LATEST)
        ]
        parts = [self._home.name]
        parts += ["waiting", *waits] if waits else []
        parts += ["latest runs", *rows] if rows else ["  nothing has run yet"]
        return "\n".join(parts)

    def is_live(self) -> bool:
        """Always: other processes run things, too."""
        return True

    def heard(self, said: Mapping[str, Any]) -> None:
        """Answer what a run asks.

        Raises:
            UnknownName: That step does not wait any more.
        """
        self._home.answer(said["run"], said["step"], said["value"], tuple(said["path"]))

    def _runs(self, where: str, most: int) -> list[dict[str, Any]]:
        return self._rows(_RUNS.format(where=where, most=most))

    def _rows(self, query: str, **params: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._home.store.sql(query, params or None).to_pylist()
        return rows


_NOTHING: Final = "<p>Nothing has run here yet: ws.run_sync('hello', name='Ada')</p>"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _waits(rows: Iterable[Mapping[str, Any]]) -> str:
    items = "".join(
        f"<li><b>{safe(row['name'] or 'composition')}</b> {safe(_for_what(row))} "
        f"{_answers(row)}</li>"
        for row in rows
    )
    return f"<h4>Waiting</h4><ul>{items}</ul>" if items else ""


def _answers(row: Mapping[str, Any]) -> str:
    if not row["question"]:
        return ""
    choices = {str(one): one for one in row["choices"] or ()} or {"Yes": True, "No": False}
    place = {"run": row["execution_id"], "step": row["step"], "path": list(row["path"] or ())}
    return "".join(html.button(label, {**place, "value": it}) for label, it in choices.items())


def _for_what(row: Mapping[str, Any]) -> str:
    return str(row["question"]) if row["question"] else f"waits for the event {row['event']}"


def _table(title: str, rows: Iterable[Mapping[str, Any]], now: dt.datetime) -> str:
    """A line for each run; a column for errors only where there are some."""
    rows = list(rows)
    fails = any(row["error"] for row in rows)
    body = "".join(
        f"<tr>{ONE_LINE}{html.dot(row['status'])}</td><td>{safe(row['name'] or 'composition')}</td>"
        f"{ONE_LINE}{safe(_took(row, now))}</td>"
        + (f"<td>{safe(_short(row['error'] or ''))}</td>" if fails else "")
        + f"<td><code>{safe(row['id'][-8:])}</code></td></tr>"
        for row in rows
    )
    names = ("", "run", "took", *(("error",) if fails else ()), "id")
    heads = "".join(f'<th scope="col">{one}</th>' for one in names)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    shown = f'<div class="pf-wide" style="overflow-x:auto">{table}</div>'
    return f"<h4>{title}</h4>{shown}" if body else ""


def _took(row: Mapping[str, Any], now: dt.datetime) -> str:
    if row["duration_ms"] is not None:
        return seconds_text(row["duration_ms"] / 1000)
    return f"{seconds_text(max(0.0, round((now - row['started_at']).total_seconds())))} so far"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 90 else f"{line[:89]}\u2026"
