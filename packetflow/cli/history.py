"""Runs of any time, from the store: a list of them, or all that is kept of one."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from packetflow.cli.bars import MOST_SPANS, timeline
from packetflow.cli.command import Command
from packetflow.cli.outcome import own
from packetflow.cli.plain import in_utc, plain, table
from packetflow.cli.say import (
    console,
    frame_lines,
    is_terminal,
    mark,
    moment,
    rows,
    seconds,
    values,
)
from packetflow.engine.trail import STACK
from packetflow.kernel.ids import short
from packetflow.store.bars import bars
from packetflow.store.queries import Filter, Whole, answer, latest, log_words, whole

if TYPE_CHECKING:
    from packetflow.show import Bar
    from packetflow.workspace.workspace import Workspace

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PAYLOADS = ("inputs", "outputs", "tags", "attributes", "fields", "answer")


def moment_of(text: str) -> dt.datetime:
    """Read a point in time: ``30m`` ago, or a date and time (local when without a zone).

    >>> moment_of("2026-01-31T10:00+00:00").hour
    10
    """
    ago = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if ago:
        past = dt.timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return dt.datetime.now(dt.UTC) - past
    try:
        return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no time; write 30m, 2h, 7d or 2026-01-31") from error


def tell_list(command: Command, ws: Workspace, wanted: Filter, limit: int) -> None:
    """Print the latest runs."""
    found = answer(ws.store, latest(wanted, limit=limit))
    lines = [
        (
            short(str(row["execution_id"])),
            row["status"],
            row["name"] or "composition",
            row["started_at"],
            _took(row),
            _why(row),
        )
        for row in found.to_pylist()
    ]
    heads = ("run", "status", "name", "began", "took", "why")
    nothing = "no runs; `packetflow run NAME` makes one"
    if wanted != Filter(None, None, None):
        nothing = "no runs like that; `packetflow runs` lists all"
    told = table(found, limit)
    told["rows"] = [[plain(in_utc(cell)) for cell in row.values()] for row in found.to_pylist()]
    command.answer(
        told,
        (lambda: rows(heads, lines)) if lines else nothing,
    )


def _took(row: dict[str, Any]) -> str:
    """How long a run took, and how much of it it was at work, where that is not nearly all.

    >>> _took({"duration_ms": 90_000.0, "active_seconds": 2.5})
    '90.00 s (2.50 s at work)'
    """
    if row["duration_ms"] is None:
        return ""
    took, active = row["duration_ms"] / 1000, row["active_seconds"]
    idle = active is not None and took - active > max(1.0, took / 10)
    return f"{seconds(took)} ({seconds(active)} at work)" if idle else seconds(took)


def _why(row: dict[str, Any]) -> str:
    if not row["error_type"]:
        return ""
    where = f"{row['failed_step']}: " if row["failed_step"] else ""
    text = f"{where}{row['error_type']}: {row['error']}"
    return text if len(text) <= 100 else f"{text[:99]}\u2026"


def tell_one(command: Command, ws: Workspace, execution_id: str) -> None:
    """Print everything kept of one run."""
    found = whole(ws.store, execution_id)
    command.answer(as_json(found), lambda: _told(found))


def as_json(found: Whole) -> dict[str, Any]:
    """Everything kept of a run as one JSON object."""
    told = _row(found.execution)
    told["execution_id"] = str(told["execution_id"])
    for name, part in (
        ("states", found.states),
        ("spans", found.spans),
        ("logs", found.logs),
        ("waits", found.waits),
        ("messages", found.messages),
    ):
        told[name] = [_row(row) for row in part.drop(["execution_id"]).to_pylist()]
    trail = trail_in(found.spans.to_pylist(), found.execution["failed_step"])
    told["frames"] = [asdict(one) for one in own(trail)]
    return told


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: json.loads(value)
        if key in _PAYLOADS and isinstance(value, str)
        else plain(in_utc(value))
        for key, value in row.items()
    }


def _told(found: Whole) -> None:
    screen, row = console(), found.execution
    took = f" in {_took(row)}" if row["ended_at"] else ""
    head = f"{mark(row['status'])} [bold]{row['name'] or 'composition'}[/bold]{took}"
    screen.print(f"{head}  [dim]{row['execution_id']}[/dim]")
    began = f"began {moment(row['started_at'])} by {row['trigger']}"
    facts = [began]
    agent = "client" if row["trigger"] == "mcp" else "agent"
    facts += [f"{agent} {row['agent_id']}"] if row["agent_id"] else []
    facts += [f"user {row['user_id']}"] if row["user_id"] else []
    facts += [f"from run {short(row['retry_of'])}"] if row["retry_of"] else []
    screen.print(", ".join(facts), markup=False)
    _values(row)
    spans = found.spans.to_pylist()
    _spans(bars(found, time.time_ns()))
    for wait in found.waits.to_pylist():
        if wait["question"] and wait["answered_at"]:
            text = f"  {wait['step']} asked {wait['question']!r}: {answer_words(wait['answer'])}"
            screen.print(text, markup=False)
    for log in found.logs.to_pylist():
        screen.print(f"  {moment(log['logged_at'])} {log_words(log)}", markup=False)
    if row["error_type"]:
        where = f"step {row['failed_step']}: " if row["failed_step"] else ""
        here = [span["attempt"] for span in spans if span["step"] == row["failed_step"]]
        count = max(here, default=1)
        often = f" ({count} tries)" if count > 1 else ""
        typer.echo(f"failed at {where}{row['error_type']}: {row['error']}{often}")
        for text in frame_lines(own(trail_in(spans, row["failed_step"]))):
            typer.echo(f"  {text}")
    for line in what_next(row):
        typer.echo(f"  {line}")
    if row["status"] == "waiting":
        for wait in found.waits.to_pylist()[-1:]:
            asked = wait["question"] or f"event {wait['event']}"
            typer.echo(f"waits for {asked}; `packetflow waiting` says how to answer")


def answer_words(payload: str | None) -> str:
    """A person's answer as people say it.

    >>> answer_words('{"approved": true}'), answer_words('{"count": 3, "why": "so"}')
    ('yes', 'count=3, why=so')
    """
    found = json.loads(payload or "null")
    if not isinstance(found, dict):
        return _word(found)
    if len(found) == 1:
        return _word(next(iter(found.values())))
    return ", ".join(f"{name}={_word(value)}" for name, value in found.items())


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _values(row: dict[str, Any]) -> None:
    """What it was given and made, and where to get at what is too large to be shown."""
    for side in ("inputs", "outputs"):
        named = json.loads(row[side] or "{}")
        values(side, named)
        large = [one for one, it in named.items() if isinstance(it, dict) and "$blob" in it]
        if large:
            end = short(str(row["execution_id"]))
            typer.echo(f'  in Python: Workspace().execution("{end}").{side}["{large[0]}"]')


def trail_in(spans: list[dict[str, Any]], step: str) -> str:
    """The trail that the last failed span of a step kept; empty without one."""
    for span in reversed(spans):
        if span["step"] == step and span["error_type"]:
            kept = json.loads(span["attributes"] or "{}")
            return str(kept.get(STACK, ""))
    return ""


def what_next(row: dict[str, Any]) -> list[str]:
    """The commands that go on with a run, or do it again."""
    end = short(str(row["execution_id"]))
    step = row["failed_step"]
    match row["status"]:
        case "ok" | "waiting" | "running":
            return []
        case _:
            again = f"packetflow fork {end}{f' --from {step}' if step else ''}"
            resume = f"packetflow resume {end}".ljust(len(again))
            said = [
                f"{resume}   go on from where it stopped",
                f"{again}   the same again as a new run",
            ]
            call = f'Workspace().execution("{end}").failure.replay()'
            return [*said, f"in Python, for a debugger: {call}"] if step else said


def _spans(drawn: list[Bar]) -> None:
    if not drawn:
        return
    typer.echo(f"steps ({len(drawn)})")
    room = shutil.get_terminal_size((100, 24)).columns if is_terminal() else 100
    names = max(len(one.name) for one in drawn[:MOST_SPANS]) + 8
    lines = timeline(drawn[:MOST_SPANS], max(10, min(50, room - names - 30)))
    left = len(drawn) - MOST_SPANS
    rows(("step", "when", "took", "how"), lines, note=f"... {left} more steps" if left > 0 else "")
