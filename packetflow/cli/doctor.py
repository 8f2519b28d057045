"""``packetflow doctor``: is everything here as it should be, and what to do where it is not."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Where


def doctor(
    *,
    effects: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Really run this capability with its first example, in a scratch copy of the "
            "workspace, and report what it touches without declaring it.",
        ),
    ] = None,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Check that everything here is as it should be.

    Versions, workspace, store, disk, clock, models, processes; exit code 1 on a failure.

    Names of environment variables are shown, never their values.
    """
    from packetflow.cli.checks import everything, tell
    from packetflow.cli.command import Command
    from packetflow.workspace.folder import find_folder

    with Command(as_json=as_json, debug=debug) as command:
        folder = find_folder(workspace)
        if effects is not None:
            from packetflow.cli.effects import examined, report

            found = examined(folder, effects)
            report(command, found)
            if not found.is_good:
                raise typer.Exit(1)
            return
        checks = everything(folder)
        tell(command, folder, checks)
        if any(check.status == "fail" for check in checks):
            raise typer.Exit(1)
