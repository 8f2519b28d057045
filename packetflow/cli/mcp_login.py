"""``packetflow mcp login`` and ``logout``: at servers that let nobody in without."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from packetflow.cli.mcp_servers import chosen_folder, listed
from packetflow.cli.options import Debug, Json, Where

Server = Annotated[str, typer.Argument(help="A server of `packetflow mcp servers`.")]


def login(
    server: Server,
    *,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open it; else print the address only.")
    ] = True,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Log in to a server in the browser; pipelines use the login from then on."""
    import sys

    from packetflow.cli.command import Command
    from packetflow.errors import WorkspaceError
    from packetflow.mcp.client.allowing import settings_of
    from packetflow.mcp.client.logins import standing
    from packetflow.mcp.client.person import Person
    from packetflow.mcp.client.source import Servers

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        settings = settings_of(folder, server)
        if not settings.url or settings.login.machine:
            what = "logs in by itself" if settings.login.machine else "is started by a command"
            raise WorkspaceError(f"server {server!r} {what}; nobody logs in to it")
        keyboard = sys.stdin if sys.stdin.isatty() else None
        person = Person(lambda text: typer.echo(text, err=True), browser=browser, keyboard=keyboard)
        asked = Servers(folder, {server: settings}, person=person)
        try:
            facts = asked.refresh(server)
        finally:
            asked.close()
        tools = [one.name for one in facts.tools]
        is_in = standing(folder, server, settings) == "in"
        told: dict[str, Any] = {"server": server, "logged_in": is_in, "tools": tools}
        done = f"logged in to {server}" if is_in else f"{server} asks for no login"
        command.answer(told, f"{done}; it has {listed(tools)}")


def logout(
    server: Server, *, workspace: Where = None, as_json: Json = False, debug: Debug = False
) -> None:
    """Forget the login at a server; what it gave may go on there until it ends by itself."""
    import asyncio

    from packetflow.cli.command import Command
    from packetflow.mcp.client.allowing import settings_of
    from packetflow.mcp.client.logins import forget

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        settings_of(folder, server)
        was_in = asyncio.run(forget(folder, server))
        said = f"logged out of {server}" if was_in else f"nobody was logged in to {server}"
        command.answer({"server": server, "logged_out": was_in}, said)
