"""``packetflow mcp``: offer tools to any MCP client, and use those of any server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli import mcp_export, mcp_servers, mcp_snippets
from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.runner.client import RunnerClient

group = typer.Typer(
    name="mcp",
    help="Offer tools to AI clients, use tools of servers (MCP).",
    epilog="\b\nExamples:\n  packetflow mcp list\n  packetflow mcp expose greet\n"
    "  packetflow mcp serve --http 8600",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(help="A capability or a pipeline.")]
for one in (mcp_servers.servers, mcp_servers.add, mcp_servers.allow, mcp_servers.tools):
    group.command()(one)
group.command(
    epilog="\b\nExamples:\n  packetflow mcp export hello --to exported\n"
    "  packetflow mcp export --all --name my-tools --to exported"
)(mcp_export.export)
group.command()(mcp_snippets.snippets)


@group.command(
    epilog="\b\nExamples:\n  packetflow mcp serve --stdio\n  packetflow mcp serve --http 8600"
)
def serve(
    *,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Serve the one client that started this program.")
    ] = False,
    http: Annotated[
        int | None,
        typer.Option("--http", metavar="PORT", min=0, max=65535, help="Serve over HTTP."),
    ] = None,
    host: Annotated[str, typer.Option(help="With --http, on which address.")] = "127.0.0.1",
    workspace: Where = None,
    debug: Debug = False,
) -> None:
    """Serve the workspace's tools, until the client leaves or Ctrl-C."""
    from packetflow.cli.command import Command

    if stdio == (http is not None):
        raise typer.BadParameter("say either --stdio or --http PORT")
    with Command(debug=debug):
        folder = chosen_folder(workspace)
        serving = needed_packages()
        if http is None:
            serving.serve_stdio(folder)
            return

        def announce(url: str) -> None:
            typer.echo(f"tools of {folder} at {url} (Ctrl-C ends it)", err=True)

        serving.serve_http(folder, port=http, host=host, announce=announce)


@group.command(name="list")
def list_tools(*, workspace: Where = None, as_json: Json = False, debug: Debug = False) -> None:
    """List the tools as clients see them, and what should be one and is not."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import rows, warnings

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        needed_packages()
        from packetflow.mcp.offers import offers_of
        from packetflow.mcp.settings import read_settings

        with asked_runner(folder) as runner:
            offers = offers_of(runner.listing(), read_settings(folder))
        tools = [
            {
                "name": tool.name,
                "item": tool.item,
                **tool.shown.model_dump(mode="json", by_alias=True, exclude_none=True),
            }
            for tool in offers.tools.values()
        ]
        lines = [
            (tool.name, tool.item, (tool.shown.description or "").splitlines()[0])
            for tool in offers.tools.values()
        ]
        told: dict[str, Any] = {
            "tools": tools,
            "prompts": sorted(offers.prompts),
            "resources": [one.uri for one in offers.addresses],
            "refused": dict(offers.refused),
        }
        command.answer(
            told,
            (lambda: rows(("tool", "runs", "what it gives"), lines))
            if lines
            else "no tools yet; `packetflow mcp expose NAME` makes one",
        )
        warnings([f"{name} is not offered: {why}" for name, why in offers.refused.items()])


@group.command()
def expose(
    name: Name, *, workspace: Where = None, as_json: Json = False, debug: Debug = False
) -> None:
    """Make a capability or a pipeline a tool; clients that are there see it at once."""
    _change(name, "expose", workspace, as_json=as_json, debug=debug)


@group.command()
def hide(
    name: Name, *, workspace: Where = None, as_json: Json = False, debug: Debug = False
) -> None:
    """Make it no tool any more."""
    _change(name, "hide", workspace, as_json=as_json, debug=debug)


def _change(name: str, how: str, workspace: Path | None, *, as_json: bool, debug: bool) -> None:
    from packetflow.cli.command import Command

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        needed_packages()
        from packetflow.capabilities.tool_names import tool_name
        from packetflow.mcp import exposing

        with asked_runner(folder) as runner:
            change = exposing.expose if how == "expose" else exposing.hide
            path = change(runner.listing(), folder, name)
        told = {
            "name": name,
            "tool": tool_name(name),
            "changed": None if path is None else str(path),
        }
        is_tool = f"{name} is a tool, called {tool_name(name)}"
        said = is_tool if how == "expose" else f"{name} is no tool"
        command.answer(
            told, f"{said}: {path}" if path else f"{said} already" if how == "expose" else said
        )


def chosen_folder(workspace: Path | None) -> Path:
    """The workspace that a command means."""
    from packetflow.workspace.folder import find_folder, open_folder

    return open_folder(find_folder(workspace)).path


def asked_runner(folder: Path) -> RunnerClient:
    """The workspace's runner."""
    from packetflow.runner.client import RunnerClient

    return RunnerClient(folder, role="cli")


def needed_packages() -> Any:
    """The server, if its packages are installed."""
    from importlib import import_module

    from packetflow.errors import WorkspaceError

    try:
        return import_module("packetflow.mcp.serving")
    except ModuleNotFoundError as missing:
        raise WorkspaceError(
            f"MCP needs {missing.name!r}, which is not installed: pip install 'packetflow[mcp]'"
        ) from missing
