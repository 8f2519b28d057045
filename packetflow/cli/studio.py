"""``packetflow studio``: open the studio in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from packetflow.cli.options import Debug, Json, Where


def studio(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it listens.")] = 8501,
    host: Annotated[str, typer.Option(help="On which address it listens.")] = "127.0.0.1",
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the browser.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Open the studio: pages to build, run and look at pipelines.

    Ctrl-C ends it.
    """
    from contextlib import suppress
    from importlib import import_module

    from packetflow.cli.command import Command
    from packetflow.errors import WorkspaceError
    from packetflow.workspace.folder import find_folder, open_folder

    with Command(as_json=as_json, debug=debug) as command:
        folder = open_folder(find_folder(workspace))
        try:
            serve = import_module("studio.app").serve
        except ModuleNotFoundError as missing:
            raise WorkspaceError(
                f"the studio needs {missing.name!r}, which is not installed: "
                "pip install 'packetflow[studio]'"
            ) from missing

        def announce(url: str) -> None:
            text = f"studio of {folder.path} at {url} (Ctrl-C ends it)"
            command.answer({"url": url, "workspace": str(folder.path)}, text)

        with suppress(KeyboardInterrupt):  # the way to end it
            serve(folder.path, port=port, host=host, open_browser=not no_browser, announce=announce)
