"""``packetflow mcp``: offer tools to any MCP client, and use those of any server."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli import mcp_export, mcp_login, mcp_servers, mcp_snippets
from packetflow.cli.mcp_servers import chosen_folder
from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.kernel.cards import Listing
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

BY_HAND = (
    "tools of {folder}: waiting for a client to speak on standard input (Ctrl-C ends it); clients"
    " start this command themselves, `packetflow mcp snippets` says what to tell them"
)
ALL_VALUES = (
    "its clients get every value that it makes; `provides: [NAME, ...]` in the file chooses some"
)
Name = Annotated[str, typer.Argument(help="A capability or a pipeline.")]
for one in (
    mcp_servers.servers,
    mcp_servers.add,
    mcp_servers.remove,
    mcp_servers.allow,
    mcp_servers.disallow,
    mcp_servers.tools,
):
    group.command()(one)
group.command()(mcp_login.login)
group.command()(mcp_login.logout)
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
            if sys.stdin.isatty():
                typer.echo(BY_HAND.format(folder=folder), err=True)
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

        offers = offers_of(listed(folder), read_settings(folder))
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
def refused(
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="At most so many.")] = 20,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the calls that were refused before a run began, and why; `runs` has the others."""
    import datetime as dt

    from packetflow.cli.command import Command
    from packetflow.cli.say import rows

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        needed_packages()
        from msgspec.structs import asdict

        from packetflow.mcp.refused import read_refusals

        found = read_refusals(folder, limit)
        lines = [
            (
                dt.datetime.fromtimestamp(one.at, dt.UTC).replace(tzinfo=None),
                one.tool or "-",
                ", ".join(part for part in (one.client, one.transport, one.user) if part),
                one.why,
            )
            for one in found
        ]
        command.answer(
            {"refused": [asdict(one) for one in found]},
            (lambda: rows(("when", "tool", "who", "why"), lines)) if lines else "none was refused",
        )


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

        change = exposing.expose if how == "expose" else exposing.hide
        path = change(listed(folder), folder, name)
        told = {
            "name": name,
            "tool": tool_name(name),
            "changed": None if path is None else str(path),
        }
        is_tool = f"{name} is a tool, called {tool_name(name)}"
        said = is_tool if how == "expose" else f"{name} is no tool"
        said = f"{said}: {path}" if path else f"{said} already" if how == "expose" else said
        if path and how == "expose" and path.suffix == ".yaml" and not names_provides(path):
            said += f"\n{ALL_VALUES}"
        command.answer(told, said)


def names_provides(path: Path) -> bool:
    """Whether a pipeline's file says what it gives."""
    return re.search(r"^provides[ \t]*:", path.read_text("utf-8"), re.MULTILINE) is not None


def asked_runner(folder: Path) -> RunnerClient:
    """The workspace's runner."""
    from packetflow.runner.client import RunnerClient

    return RunnerClient(folder, role="cli")


def listed(folder: Path) -> Listing:
    """What the workspace's runner has; says on standard error which files cannot be loaded."""
    from packetflow.cli.say import warnings
    from packetflow.discovery.files import Broken

    with asked_runner(folder) as runner:
        found = runner.listing()
    warnings(
        str(Broken(one.file, one.line, one.error, one.using_last_good)) for one in found.broken
    )
    return found


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
