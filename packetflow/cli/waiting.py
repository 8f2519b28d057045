"""``packetflow waiting``, ``answer`` and ``emit``: what waits, and what it waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli.options import Debug, Json, Quiet, Where

if TYPE_CHECKING:
    from packetflow.kernel.records import WaitStarted
    from packetflow.workspace.workspace import Workspace


def waiting(*, workspace: Where = None, as_json: Json = False, debug: Debug = False) -> None:
    """List what waits, with the command that ends each wait."""
    from packetflow.cli.command import Command
    from packetflow.cli.outcome import command as command_for
    from packetflow.cli.plain import in_utc
    from packetflow.cli.say import rows
    from packetflow.kernel.ids import short

    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        found = ws.waiting()
        told = [row | {"command": command_for(ws, wait_of(row))} for row in found]
        lines = [
            (
                short(row["execution_id"]),
                row["name"],
                row["step"],
                row["waiting_since"],
                row["question"] or f"event {row['event']}",
                row["command"],
            )
            for row in told
        ]
        heads = ("run", "name", "step", "since", "waits for", "end it with")
        command.answer(
            {"waiting": [{key: in_utc(value) for key, value in row.items()} for row in told]},
            (lambda: rows(heads, lines)) if lines else "nothing waits",
        )


def wait_of(row: dict[str, Any]) -> WaitStarted:
    """A row of `Workspace.waiting` as the record it comes from, as far as that tells."""
    from packetflow.kernel.records import WaitStarted

    return WaitStarted(
        row["execution_id"],
        0,
        row["step"],
        tuple(row["path"]),
        row["event"],
        row["key"] or "",
        0,
        0,
        row["question"] or "",
        tuple(row["choices"] or ()),
    )


def answer(
    execution: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The run that waits: its id, or the beginning or end of it."
        ),
    ],
    words: Annotated[
        list[str],
        typer.Argument(metavar="[STEP] ANSWER", help="The step, if several wait; then the answer."),
    ],
    *,
    at: Annotated[
        str | None,
        typer.Option(metavar="N.N", help="Which item or pass, when the step waits several times."),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who answers, for the records.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Only keep the answer; let another process go on.")
    ] = False,
    quiet: Quiet = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Answer the question of a run that waits, and go on with it.

    Its steps run in the process that put it aside, while that is open, else in this one.
    """
    from packetflow.cli.answers import chosen, fitting
    from packetflow.cli.command import Command
    from packetflow.cli.follow import Manner, announced, gone_on
    from packetflow.cli.running import learn_source, told

    if len(words) > 2:
        raise typer.BadParameter("give ID, the STEP if several wait, and one ANSWER")
    manner = Manner.of_this_terminal(as_json=as_json, quiet=quiet)
    with (
        Command(as_json=as_json, debug=debug) as command,
        command.open(workspace, wait_seconds=manner.patience) as ws,
    ):
        whole = ws.full_id(execution)
        learn_source(ws, whole)
        wait = chosen(ws, whole, words[0] if len(words) == 2 else None, at)
        value = fitting(ws, wait, words[-1])
        event_id = ws.answer(whole, wait.step, value, wait.path)
        note(ws, whole, wait, user)
        if keep:
            facts = {"execution_id": whole, "step": wait.step, "event_id": event_id}
            command.answer(facts, f"kept the answer to {wait.step} of {whole}")
            return
        announced(whole, manner)
        told(command, ws, gone_on(ws, whole, [wait], manner))


def note(ws: Workspace, execution_id: str, wait: WaitStarted, user: str | None) -> None:
    """Keep who answered."""
    if user is None:
        return
    from packetflow.kernel.records import LogLine

    text = f"{user} answered {wait.step}"
    at = ws.engine.clock.wall_ns()
    fields = {"user": user, "step": wait.step}
    ws.journal.append(LogLine(execution_id, 0, at, "audit", "info", text, fields))


def emit(
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The event's name.")],
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME=VALUE", help="Its payload; JSON where it is JSON."),
    ] = None,
    *,
    key: Annotated[
        str, typer.Option(metavar="KEY", help="Whom it concerns, for waits with a key.")
    ] = "",
    event_id: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="ID", help="Its id, when it comes from elsewhere and may come twice."
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Only keep it; let another process go on.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Send a named event, and go on with the runs that wait for it."""
    from packetflow.cli.command import Command
    from packetflow.cli.emitting import payload_of, send

    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        send(command, ws, event, payload_of(words or ()), key=key, event_id=event_id, keep=keep)
