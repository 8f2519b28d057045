"""``packetflow runs``: the latest runs, or everything about one."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Where


def runs(
    execution: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="A run's id, or its beginning or end (4 characters)."),
    ] = None,
    *,
    status: Annotated[
        str | None,
        typer.Option(
            metavar="STATUS",
            help="Those that stand so: ok, failed, waiting, running, cancelled, lost.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Those of this pipeline.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Those begun then or later: 30m, 2h, 7d, 2026-01-31."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")] = 20,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the latest runs, or show everything about one.

    With an ID: inputs, outputs, the steps in time, and where and why it failed.
    """
    from packetflow.cli.command import Command
    from packetflow.cli.history import moment_of, tell_list, tell_one
    from packetflow.kernel.records import Status
    from packetflow.store.queries import Filter

    if status is not None and status not in set(Status):
        raise typer.BadParameter(f"{status!r} is no status; it is one of {', '.join(Status)}")
    wanted = Filter(name, status, None if since is None else moment_of(since))
    with Command(as_json=as_json, debug=debug) as command, command.open(workspace) as ws:
        if execution is None:
            tell_list(command, ws, wanted, limit)
        else:
            tell_one(command, ws, ws.full_id(execution))
