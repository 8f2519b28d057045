"""``packetflow run``: run a pipeline, a capability, a file, and print what comes out."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Quiet, Sets, Where


def run(  # noqa: PLR0913 - the options of a command
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A pipeline, a capability, a .yaml file, or FILE.py:NAME."
        ),
    ],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE", help="Inputs, as with --set.")
    ] = None,
    *,
    file: Annotated[
        str | None,
        typer.Option(
            "--input", "-i", metavar="FILE", help="Inputs as JSON or YAML; - reads standard input."
        ),
    ] = None,
    sets: Sets = None,
    user: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who asks, for the records.")
    ] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="KEY=VALUE", help="A fact to keep with it.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Write a line for each event.")
    ] = False,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Begin it in the background and print its id.")
    ] = False,
    wait_seconds: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="How long to stay while it waits for an event "
            "(default: 30 on a terminal, else 0); after that it is put aside.",
        ),
    ] = None,
    quiet: Quiet = False,
    execution_id: Annotated[str | None, typer.Option(hidden=True)] = None,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Run a pipeline and print its outputs and its execution id.

    Exit code 0 when it went well or waits for somebody, 1 when it failed.
    """
    from packetflow.cli.command import Command
    from packetflow.cli.follow import Manner
    from packetflow.cli.running import Request, pairs, perform

    manner = Manner.of_this_terminal(lines=follow, as_json=as_json, quiet=quiet)
    patience = manner.patience if wait_seconds is None else wait_seconds
    request = Request(
        name,
        file,
        (*(words or ()), *(sets or ())),
        user=user,
        tags=pairs(tags or ()),
        execution_id=execution_id,
        background=no_wait,
        piped=sys.stdin.read() if file == "-" else None,
    )
    with (
        Command(as_json=as_json, debug=debug) as command,
        command.open(workspace, wait_seconds=patience) as ws,
    ):
        perform(command, ws, request, manner)
