"""``packetflow mcp export``: tools as files that run without the studio."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.mcp.export.bundle import Bundle


def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Capabilities and pipelines; see also --all."),
    ] = None,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Where the files go.")] = Path(),
    every: Annotated[bool, typer.Option("--all", help="All that is exposed.")] = False,
    called: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What the export is called."),
    ] = None,
    version: Annotated[
        str, typer.Option("--version", metavar="X.Y.Z", help="The export's version.")
    ] = "1.0.0",
    url: Annotated[
        str | None,
        typer.Option("--url", help="Where the bundle will be had from, for server.json."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Make tools into files that run without the studio: a script, an .mcpb, a server.json."""
    from packetflow.cli.command import Command
    from packetflow.mcp.export.literals import told as variables

    if every == bool(names):
        raise typer.BadParameter("name what to export, or say --all")
    with Command(as_json=as_json, debug=debug) as command:
        options = {"name": called, "version": version, "url": url}
        bundle = _made(workspace, names or [], options)
        paths = bundle.write(to, force=force)
        tools = [tool.name for tool in bundle.tools]
        told = {
            "name": bundle.name,
            "tools": tools,
            "environment": [one.name for one in bundle.environment],
            "files": [str(path) for path in paths],
        }
        lines = [*map(str, paths), f"tools: {', '.join(tools)}"]
        if bundle.environment:
            lines.append(f"reads from the environment: {variables(bundle.environment)}")
        lines.append(f"try it: uv run --script {shlex.quote(str(paths[0]))} --list")
        command.answer(told, "\n".join(lines))


def _made(workspace: Path | None, names: list[str], options: dict[str, Any]) -> Bundle:
    from packetflow.cli.mcp import listed, needed_packages
    from packetflow.cli.mcp_servers import chosen_folder

    folder = chosen_folder(workspace)
    needed_packages()
    from packetflow.mcp.export.bundle import export as make
    from packetflow.mcp.export.bundle import exposed
    from packetflow.mcp.offers import offers_of
    from packetflow.mcp.settings import read_settings

    listing = listed(folder)
    wanted = names or exposed(offers_of(listing, read_settings(folder)))
    return make(folder, listing, wanted, **options)
