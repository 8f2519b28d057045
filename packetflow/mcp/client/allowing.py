"""Which tools of a server may run, said and taken back by name or by pattern; servers that go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import Listing
from packetflow.mcp.client import settings as servers
from packetflow.mcp.client.listings import listing_path, log_path, read_listing
from packetflow.mcp.client.logins import forget
from packetflow.mcp.client.settings import ServerSettings, group_of, read_servers, write_allowed


def settings_of(folder: Path, server: str) -> ServerSettings:
    """A server's settings.

    Raises:
        UnknownName: The workspace knows no such server.
        WorkspaceError: Its settings cannot be read.
    """
    known = read_servers(folder)
    if server not in known:
        raise UnknownName("MCP server", server, get_close_matches(server, known, 2))
    return known[server]


def allow(folder: Path, server: str, names: Iterable[str]) -> tuple[str, ...]:
    """Let tools of a server run; answers all that may.

    Args:
        folder: The workspace.
        server: The server.
        names: Tools, or patterns such as ``get_*``.

    Raises:
        UnknownName: There is no such server, or none of its tools is called so.
        WorkspaceError: The file cannot be changed.
    """
    before = settings_of(folder, server).allow
    wanted = tuple(dict.fromkeys([*before, *names]))
    _must_match(folder, server, wanted[len(before) :])
    write_allowed(folder, server, wanted)
    return wanted


def disallow(folder: Path, server: str, names: Iterable[str]) -> tuple[str, ...]:
    """Take back what was allowed, as it was said; answers all that still may run.

    Args:
        folder: The workspace.
        server: The server.
        names: Tools or patterns.

    Raises:
        UnknownName: There is no such server, or none of its tools is called so.
        WorkspaceError: A tool would still run, by a pattern, or the file cannot be changed.
    """
    settings, unwanted = settings_of(folder, server), list(names)
    _must_match(folder, server, [one for one in unwanted if one not in settings.allow])
    left = tuple(one for one in settings.allow if one not in unwanted)
    for name in unwanted:
        for pattern in patterns(left, name):
            raise WorkspaceError(
                f"{name!r} is allowed by the pattern {pattern!r}, which may allow others, too; "
                f"`packetflow mcp disallow {server} '{pattern}'` takes the pattern back"
            )
    if left != settings.allow:
        write_allowed(folder, server, left)
    return left


def patterns(allowed: Iterable[str], tool: str) -> list[str]:
    """Those of what is allowed that a tool's name fits.

    >>> patterns(["find", "find_*", "get_*"], "find_note")
    ['find_*']
    """
    return [one for one in allowed if fnmatchcase(tool, one)]


def users(listing: Listing, server: str) -> list[str]:
    """The pipelines that use a server's tools, by name.

    Args:
        listing: What the workspace has.
        server: The server.
    """
    begin = f"{group_of(server)}."
    return sorted(
        one.name for one in listing.pipelines if any(name.startswith(begin) for name in one.uses)
    )


def remove(folder: Path, server: str) -> None:
    """Take a server out of a workspace, with what it listed last and the login at it.

    Raises:
        UnknownName: There is no such server.
        WorkspaceError: The file cannot be changed.
    """
    settings = settings_of(folder, server)
    servers.remove_server(folder, server)
    if settings.url:
        asyncio.run(forget(folder, server))
    for path in (listing_path(folder, server), log_path(folder, server)):
        path.unlink(missing_ok=True)


def _must_match(folder: Path, server: str, names: Sequence[str]) -> None:
    """Refuse what names no tool that is known: it is misspelt, most likely."""
    facts = read_listing(listing_path(folder, server))
    tools = [] if facts is None else [one.name for one in facts.tools]
    for name in names if tools else ():
        if not any(fnmatchcase(tool, name) for tool in tools):
            raise UnknownName("tool", name, get_close_matches(name, tools, 2))
