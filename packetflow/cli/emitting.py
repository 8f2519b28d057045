"""Sending an event: kept first, then handed to the runs that wait for it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import typer

from packetflow.cli.command import Command
from packetflow.cli.follow import Manner, gone_on
from packetflow.cli.outcome import as_json, told_failure
from packetflow.cli.running import GOOD, learn_source
from packetflow.cli.waiting import wait_of
from packetflow.errors import PacketFlowError
from packetflow.kernel.ids import short

if TYPE_CHECKING:
    from packetflow.engine.execution import Execution
    from packetflow.kernel.records import WaitStarted
    from packetflow.workspace.workspace import Workspace


def payload_of(words: Iterable[str]) -> dict[str, Any]:
    """Read ``name=value`` each, as JSON where it is JSON, else as text.

    >>> payload_of(["draft=inbox/a.md", "urgent=true"])
    {'draft': 'inbox/a.md', 'urgent': True}
    """
    payload: dict[str, Any] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{word!r} is no NAME=VALUE")
        try:
            payload[name] = json.loads(text)
        except ValueError:
            payload[name] = text
    return payload


def send(
    command: Command,
    ws: Workspace,
    event: str,
    payload: Mapping[str, Any],
    *,
    key: str,
    event_id: str | None,
    keep: bool,
) -> None:
    """Keep an event, go on with the runs that wait for it, and say how they came out.

    Raises:
        typer.Exit: With code 1: one of them did not go on, or ended in another way than well.
    """
    waiting: dict[str, list[WaitStarted]] = {}
    for row in ws.waiting():
        if row["event"] == event and (row["key"] or "") in {"", key}:
            waiting.setdefault(row["execution_id"], []).append(wait_of(row))
    sent = ws.emit(event, payload, key=key, event_id=event_id)
    told: list[dict[str, Any]] = []
    starts = _started_by(ws, event)
    lines = [f"kept event {event} as {sent}; {len(waiting)} waiting for it"]
    lines += [f"  starts {name} in the workspace's runner, once that lives" for name in starts]
    failed: list[Execution] = []
    left: list[str] = []
    for execution_id, served in () if keep else waiting.items():
        try:
            learn_source(ws, execution_id)
            execution = gone_on(ws, execution_id, served, Manner())
        except PacketFlowError as error:
            end, what = short(execution_id), {"code": error.code, "message": error.message}
            told.append({"execution_id": execution_id, "error": what})
            lines.append(f"  {end} was left alone")
            left.append(f"error: {end} was left alone: {error.message}\n  packetflow runs {end}")
            continue
        ports = {} if execution.step is None else execution.step.contract.outputs
        told.append(as_json(ws, execution, ports))
        lines.append(f"  {short(execution_id)} {execution.status.value}")
        if execution.status not in GOOD:
            failed.append(execution)
    answer = {"event_id": sent, "event": event, "executions": told, "starts": starts}
    command.answer(answer, "\n".join(lines))
    for execution in failed:
        told_failure(execution)
    for text in left:
        typer.echo(text, err=True)
    if failed or left:
        raise typer.Exit(1)


def _started_by(ws: Workspace, event: str) -> list[str]:
    """The pipelines that an event starts by itself."""
    return [
        pipeline.name
        for pipeline in ws.catalog.pipelines()
        if any(one.kind == "event" and one.what == event for one in pipeline.triggers)
    ]
