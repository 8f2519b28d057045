"""``packetflow mcp servers``, ``add``, ``allow`` and ``tools``: tools of external MCP servers."""

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
    from packetflow.mcp.client.settings import read_servers

    with Command(as_json=as_json, debug=debug) as command:
        folder = _folder(workspace)
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
                "protocol": "" if facts is None else facts.protocol,
            })  # fmt: skip
        lines = [
            (
                one["name"],
                "not asked yet" if one["tools"] is None
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
    trust: Annotated[
        bool, typer.Option("--trust", help="Believe what it says of its tools' effects.")
    ] = False,
    workspace: Where = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Ask a server for its tools, and write it into packetflow.toml."""
    from packetflow.cli.command import Command
    from packetflow.mcp.client.settings import ServerSettings, add_server

    with Command(as_json=as_json, debug=debug) as command:
        folder = _folder(workspace)
        is_url = where[0].startswith(("http://", "https://")) and len(where) == 1
        settings = ServerSettings(
            command="" if is_url else where[0],
            args=() if is_url else tuple(where[1:]),
            env=tuple(env or ()),
            url=where[0] if is_url else "",
            headers=dict(_header(one) for one in header or ()),
            allow=tuple(allow or ()),
            trust=trust,
        )
        facts = _first_words(folder, name, settings)
        add_server(folder, name, settings)
        tools = [one.name for one in facts.tools]
        told = {"name": name, "tools": tools, "allowed": [n for n in tools if settings.allows(n)]}
        hint = "" if told["allowed"] else f"; `packetflow mcp allow {name} TOOL` lets one run"
        command.answer(told, f"{name} has {len(tools)} tools: {', '.join(tools)}{hint}")


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
    from packetflow.mcp.client.listings import listing_path, read_listing
    from packetflow.mcp.client.settings import read_servers, write_allowed

    with Command(as_json=as_json, debug=debug) as command:
        folder = _folder(workspace)
        known = read_servers(folder).get(server)
        if known is not None:
            facts = read_listing(listing_path(folder, server))
            _must_match(names, facts)
        before = () if known is None else known.allow
        wanted = tuple(dict.fromkeys([*before, *names]))
        write_allowed(folder, server, wanted)
        told = {"server": server, "allow": list(wanted)}
        command.answer(told, f"{server} may run {', '.join(wanted)}")


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
        folder = _folder(workspace)
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


def _must_match(names: list[str], facts: ServerFacts | None) -> None:
    """Refuse what names no tool that is known: it is misspelt, most likely."""
    from difflib import get_close_matches
    from fnmatch import fnmatchcase

    from packetflow.errors import UnknownName

    tools = [] if facts is None else [one.name for one in facts.tools]
    for name in names if tools else ():
        if not any(fnmatchcase(tool, name) for tool in tools):
            raise UnknownName("tool", name, get_close_matches(name, tools, 2))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise typer.BadParameter(
            f"{text!r} is no header; write --header 'Authorization: Bearer $T'"
        )
    return name.strip(), value.strip()


def _folder(workspace: Path | None) -> Path:
    from packetflow.workspace.folder import find_folder, open_folder

    return open_folder(find_folder(workspace)).path
