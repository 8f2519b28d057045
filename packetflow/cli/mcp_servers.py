"""``packetflow mcp servers``, ``add``, ``remove``, ``allow``, ``disallow`` and ``tools``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from packetflow.cli.options import Debug, Json, Where

if TYPE_CHECKING:
    from packetflow.mcp.client.facts import ServerFacts
    from packetflow.mcp.client.settings import ServerSettings
    from packetflow.mcp.client.source import Server


def servers(*, workspace: Where = None, as_json: Json = False, debug: Debug = False) -> None:
    """List the servers whose tools the workspace uses."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import rows
    from packetflow.mcp.client.listings import listing_path, read_listing
    from packetflow.mcp.client.logins import standing
    from packetflow.mcp.client.settings import read_servers

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        told: list[dict[str, Any]] = []
        for name, settings in read_servers(folder).items():
            facts = read_listing(listing_path(folder, name))
            names = [] if facts is None else [tool.name for tool in facts.tools]
            told.append({
                "name": name,
                "address": settings.address,
                "trusted": settings.trust,
                "tools": None if facts is None else len(names),
                "allowed": [one for one in names if settings.allows(one)],
                "login": standing(folder, name, settings),
                "protocol": "" if facts is None else facts.protocol,
            })  # fmt: skip
        lines = [
            (
                one["name"],
                f"`packetflow mcp login {one['name']}`" if one["login"] == "needed"
                else "not asked yet" if one["tools"] is None
                else f"{len(one['allowed'])} of {one['tools']} tools allowed",
                "trusted" if one["trusted"] else "not trusted",
                one["address"],
            )
            for one in told
        ]  # fmt: skip
        nothing = "no servers yet; `packetflow mcp add NAME COMMAND_OR_URL` adds one"
        shown = (lambda: rows(("server", "tools", "effects", "where"), lines)) if lines else nothing
        command.answer({"servers": told}, shown)


def add(
    name: Annotated[str, typer.Argument(help="What the server is called here.")],
    where: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND_OR_URL...",
            help="Its address, or, behind --, the command with options.",
        ),
    ],
    *,
    env: Annotated[
        list[str] | None,
        typer.Option("--env", metavar="NAME", help="A variable the command gets. Repeatable."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option("--header", metavar="'NAME: text $VARIABLE'", help="Sent. Repeatable."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", metavar="TOOL", help="A tool, or pattern, that may run."),
    ] = None,
    login: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="As whom to log in: client_id=... Repeatable."),
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Believe what it says of its tools' effects.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Ask a server for its tools, and write it into packetflow.toml."""
    from packetflow.cli.command import Command
    from packetflow.cli.say import warnings
    from packetflow.mcp.client.failures import LoginNeeded
    from packetflow.mcp.client.settings import ServerSettings, add_server, login_of
    from packetflow.mcp.client.tools import notes

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        is_url = where[0].startswith(("http://", "https://")) and len(where) == 1
        settings = ServerSettings(
            command="" if is_url else where[0],
            args=() if is_url else tuple(where[1:]),
            env=tuple(env or ()),
            url=where[0] if is_url else "",
            headers=dict(_header(one) for one in header or ()),
            login=login_of(dict(_setting(one) for one in login or ())),
            allow=tuple(allow or ()),
            trust=trust,
        )
        try:
            facts = _first_words(folder, name, settings)
        except LoginNeeded as asks:
            if settings.login.machine or settings.has_token:
                raise
            add_server(folder, name, settings)
            command.answer({"name": name, "tools": None, "login": "needed"}, asks.message)
            return
        add_server(folder, name, settings)
        tools = [one.name for one in facts.tools]
        told = {"name": name, "tools": tools, "allowed": [n for n in tools if settings.allows(n)]}
        hint = "" if told["allowed"] else f"; `packetflow mcp allow {name} TOOL` lets one run"
        command.answer(told, f"{name} has {listed(tools)}{hint}")
        warnings(notes(facts))


def allow(
    server: Annotated[str, typer.Argument(help="A server of `packetflow mcp servers`.")],
    names: Annotated[
        list[str], typer.Argument(metavar="TOOL...", help="Tools, or patterns such as 'get_*'.")
    ],
    *,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Let tools of a server run; a new runner takes over and knows it."""
    from packetflow.cli.command import Command
    from packetflow.mcp.client import allowing

    with Command(as_json=as_json, debug=debug) as command:
        wanted = allowing.allow(chosen_folder(workspace), server, names)
        told = {"server": server, "allow": list(wanted)}
        command.answer(told, f"{server} may run {', '.join(wanted)}")


def disallow(
    server: Annotated[str, typer.Argument(help="A server of `packetflow mcp servers`.")],
    names: Annotated[
        list[str], typer.Argument(metavar="TOOL...", help="Tools or patterns that were allowed.")
    ],
    *,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Let tools of a server run no more; a new runner takes over and knows it."""
    from packetflow.cli.command import Command
    from packetflow.mcp.client import allowing

    with Command(as_json=as_json, debug=debug) as command:
        left = allowing.disallow(chosen_folder(workspace), server, names)
        told = {"server": server, "allow": list(left)}
        said = f"may still run {', '.join(left)}" if left else "may run nothing now"
        command.answer(told, f"{server} {said}")


def remove(
    server: Annotated[str, typer.Argument(help="A server of `packetflow mcp servers`.")],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Also if pipelines use its tools.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Take a server out of packetflow.toml, and forget the login at it."""
    from packetflow.cli.command import Command
    from packetflow.errors import WorkspaceError
    from packetflow.mcp.client import allowing
    from packetflow.runner.client import RunnerClient

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        allowing.settings_of(folder, server)
        with RunnerClient(folder, role="cli") as runner:
            used = allowing.users(runner.listing(), server)
        if used and not force:
            raise WorkspaceError(
                f"tools of server {server!r} are used by {', '.join(used)}; change that first, or "
                "say --force"
            )
        allowing.remove(folder, server)
        broken = f"; now a step is missing in {', '.join(used)}" if used else ""
        command.answer({"server": server, "used_by": used}, f"{server} is removed{broken}")


def tools(
    server: Annotated[str | None, typer.Argument(help="One server; else all.")] = None,
    *,
    ask: Annotated[bool, typer.Option("--ask", help="Ask again what it has.")] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """List the tools of servers: what each is called here, and whether it may run."""
    from packetflow.cli.command import Command
    from packetflow.cli.listing import capability_json
    from packetflow.cli.say import rows, warnings
    from packetflow.errors import UnknownName
    from packetflow.mcp.client.settings import read_servers
    from packetflow.mcp.client.source import Servers

    with Command(as_json=as_json, debug=debug) as command:
        folder = chosen_folder(workspace)
        found = Servers(folder, read_servers(folder))
        try:
            if server is not None and server not in found.servers:
                raise UnknownName("MCP server", server, list(found.servers)[:2])
            chosen = [one for one in found.servers.values() if server in {None, one.name}]
            _asked(chosen, again=ask)
            told = [
                capability_json(one) | {"server": shown.name}
                for shown in chosen
                for one in shown.capabilities().values()
            ]
            complaints = [said for one in chosen for said in one.complaints()]
        finally:
            found.close()
        lines = [
            (one["name"], "may run" if one["enabled"] else "not allowed", one["intent"])
            for one in told
        ]
        command.answer(
            {"tools": told},
            (lambda: rows(("tool", "", "what it gives"), lines)) if lines else "no tools",
        )
        warnings(complaints)


def _asked(servers: list[Server], *, again: bool) -> None:
    """Ask the servers whose tools are not known, or all; what cannot be asked tells so itself."""
    from concurrent.futures import wait

    wait([one.ask() for one in servers if again or one.is_unknown])


def _first_words(folder: Path, name: str, settings: ServerSettings) -> ServerFacts:
    """What a server says when it is asked for the first time; kept for all who ask later."""
    from packetflow.errors import WorkspaceError
    from packetflow.mcp.client.settings import complaint
    from packetflow.mcp.client.source import Servers

    wrong = complaint(name, settings)
    if wrong:
        raise WorkspaceError(f"server {name!r}: {wrong}")
    asked = Servers(folder, {name: settings})
    try:
        return asked.refresh(name)
    finally:
        asked.close()


def listed(tools: list[str]) -> str:
    """How many tools there are, and their names.

    >>> listed(["add"]), listed([])
    ('1 tool: add', 'no tools')
    """
    if not tools:
        return "no tools"
    return f"{len(tools)} tool{'' if len(tools) == 1 else 's'}: {', '.join(tools)}"


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise typer.BadParameter(
            f"{text!r} is no header; write --header 'Authorization: Bearer $T'"
        )
    return name.strip(), value.strip()


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is no setting; write --login client_id=...")
    return name.strip(), value.strip()


def chosen_folder(workspace: Path | None) -> Path:
    """The workspace that a command means."""
    from packetflow.workspace.folder import find_folder, open_folder

    return open_folder(find_folder(workspace)).path
