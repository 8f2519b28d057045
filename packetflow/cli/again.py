"""``packetflow resume`` and ``packetflow fork``: go on with a run, or run it again from a step."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Quiet, Sets, Where

Identity = Annotated[
    str, typer.Argument(metavar="ID", help="A run's id, or its beginning or end (4 characters).")
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Write a line for each event.")]


def resume(
    execution: Identity,
    *,
    accept_changes: Annotated[
        bool,
        typer.Option(
            "--accept-changes", help="Go on although a capability has changed since it began."
        ),
    ] = False,
    follow: Follow = False,
    quiet: Quiet = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Go on with a run that stopped, or that waits.

    It may have been interrupted, have failed or been cancelled. Steps that are done are not run
    again.
    """
    from packetflow.cli.command import Command
    from packetflow.cli.follow import Manner, announced
    from packetflow.cli.running import came_out, learn_source
    from packetflow.errors import RunError

    manner = Manner.of_this_terminal(lines=follow, as_json=as_json, quiet=quiet)
    with (
        Command(as_json=as_json, debug=debug) as command,
        command.open(workspace, wait_seconds=manner.patience) as ws,
    ):
        whole = ws.full_id(execution)
        learn_source(ws, whole)
        announced(whole, manner)
        try:
            handle = ws.resume(whole, accept_changes=accept_changes)
        except RunError as refused:
            if "accept_changes=True" not in refused.message:
                raise
            said = refused.message.replace("accept_changes=True", "--accept-changes")
            raise RunError(said) from refused
        came_out(command, ws, handle, manner)


def fork(
    execution: Identity,
    *,
    from_step: Annotated[
        str | None,
        typer.Option("--from", metavar="STEP", help="Do this step and all that follows again."),
    ] = None,
    sets: Sets = None,
    follow: Follow = False,
    quiet: Quiet = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run it again as a new run, from a step or with changed inputs.

    What need not be done again is taken from the old run.
    """
    from packetflow.cli.command import Command
    from packetflow.cli.follow import Manner, announced
    from packetflow.cli.inputs import Given, read
    from packetflow.cli.running import came_out, learn_source

    manner = Manner.of_this_terminal(lines=follow, as_json=as_json, quiet=quiet)
    with (
        Command(as_json=as_json, debug=debug) as command,
        command.open(workspace, wait_seconds=manner.patience) as ws,
    ):
        whole = ws.full_id(execution)
        learn_source(ws, whole)
        given = Given(words=tuple(sets or ()))
        known = ws.archive.definition(ws.archive.story(whole))
        changed = read(known.contract, given, ws.folder.path, whole=False) if known else {}
        pipeline, everything, start = ws.ready_to_fork(whole, from_step, changed)
        announced(start.execution_id, manner)
        came_out(command, ws, ws.start_with(pipeline, everything, start), manner)
