"""``packetflow mcp snippets``: what to write into which client."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.mcp.snippets import Snippet


def snippets(
    *,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="One client only, such as 'VS Code'.")
    ] = None,
    http: Annotated[
        str | None,
        typer.Option("--http", metavar="URL", help="For a server that answers there already."),
    ] = None,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Show what to write where, so that a client finds the workspace's tools."""
    from packetflow.cli.command import Command
    from packetflow.errors import WorkspaceError
    from packetflow.mcp.launches import Launch, http_launch, workspace_launch
    from packetflow.mcp.settings import read_settings
    from packetflow.mcp.snippets import CLIENTS, snippets_of
    from packetflow.workspace.folder import find_folder, open_folder

    with Command(as_json=as_json, debug=debug) as command:
        folder = open_folder(find_folder(workspace))
        tokens = list(read_settings(folder.path).tokens.values())
        launch: Launch
        if http is not None:
            launch = http_launch(folder.name, http, tokens)
        else:
            launch = workspace_launch(folder.name, folder.path, sys.executable, script=script())
        wanted = _plain(client or "")
        found = [
            one
            for one in snippets_of(launch, windows=os.name == "nt")
            if wanted in {"", _plain(one.client)}
        ]
        if not found:
            known = ", ".join(CLIENTS)
            raise WorkspaceError(f"there is no snippet for {client!r} here; there are: {known}")
        told = [dataclasses.asdict(one) for one in found]
        command.answer({"snippets": told}, "\n\n".join(_shown(one) for one in found))


def script() -> str:
    """The program ``packetflow`` of this interpreter, empty if there is none."""
    beside = Path(sys.executable).parent
    return shutil.which("packetflow", path=str(beside)) or ""


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _shown(snippet: Snippet) -> str:
    where = snippet.file or f"run ({snippet.language})"
    note = f"\n# {snippet.note}" if snippet.note else ""
    return f"# {snippet.client}: {where}{note}\n{snippet.text}"
