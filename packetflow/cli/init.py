"""``packetflow init``: make a workspace."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json


def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="The folder to make one of; this one if missing."),
    ] = Path(),
    *,
    name: Annotated[str | None, typer.Option(help="Its name; else the folder's.")] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make a workspace: settings, a first capability, a first pipeline.

    Files that are there already are left alone.
    """
    from packetflow.cli.command import Command
    from packetflow.workspace.folder import CONFIG, make_folder

    with Command(as_json=as_json, debug=debug) as command:
        was_one = (folder.expanduser() / CONFIG).is_file()
        made = make_folder(folder, name=name)
        where = shlex.quote(str(folder))
        following = [] if made.path == Path.cwd() else [f"cd {where}"]
        following += ["packetflow run hello name=Ada", "packetflow studio"]
        head = (
            "is a workspace already (what was missing is there now)"
            if was_one
            else "made a workspace"
        )
        command.answer(
            {"workspace": str(made.path), "name": made.name, "new": not was_one, "next": following},
            "\n".join([f"{head}: {made.path}", "next:", *(f"  {one}" for one in following)]),
        )
