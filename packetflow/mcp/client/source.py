"""The servers of a workspace, as a source of capabilities for its catalog.

A server's tools are known from what it said last (`listings`), so most of the time nobody is
asked. A server that never said anything is asked once somebody needs to know. The runner, which
stays, connects to all of them as soon as somebody looks at what there is, and follows changes;
other processes see them in the files.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from packetflow.composition.capability import Capability
from packetflow.discovery.files import Broken
from packetflow.errors import RunError, UnknownName
from packetflow.mcp.client.connection import Connection, Loop, close_all
from packetflow.mcp.client.facts import ServerFacts
from packetflow.mcp.client.listings import keep_listing, listing_path, log_path, read_listing, stamp
from packetflow.mcp.client.logins import Kept, login_path
from packetflow.mcp.client.person import Person
from packetflow.mcp.client.settings import ServerSettings, group_of, servers_of
from packetflow.mcp.client.targets import Target
from packetflow.mcp.client.tools import capabilities_of, notes
from packetflow.runner.configuration import config_path

AGAIN_SECONDS: Final = 30.0
"""A server that could not be reached is asked again after so long, if somebody looks."""

_NONE: Final[Mapping[str, Capability[..., Any]]] = MappingProxyType({})


class Server:
    """One server of a workspace: its settings, its connection, its tools as capabilities."""

    def __init__(
        self,
        name: str,
        settings: ServerSettings,
        folder: Path,
        loop: Loop,
        *,
        person: Person | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self._path = listing_path(folder, name)
        self._lock = threading.Lock()
        self._stamp = stamp(self._path)
        self._made_of: ServerFacts | None = None
        self._made: Mapping[str, Capability[..., Any]] = _NONE
        self._asking: Future[ServerFacts] | None = None
        self._login_path = login_path(folder, name)
        self._login_stamp = stamp(self._login_path)
        target = Target(
            settings,
            str(folder),
            log_path(folder, name),
            kept=Kept(settings.url, None if settings.login.machine else self._login_path),
            person=person,
            hint=f"packetflow mcp login {name}",
        )
        self.connection = Connection(
            name,
            target,
            loop,
            known=read_listing(self._path),
            renewed=self._keep,
        )

    def _keep(self, facts: ServerFacts) -> None:
        keep_listing(self._path, facts)

    @property
    def generation(self) -> object:
        """Changes whenever its tools do."""
        return self._facts()

    def _facts(self) -> ServerFacts | None:
        now = stamp(self._path)
        if now != self._stamp:
            self._stamp = now
            found = read_listing(self._path)
            if found is not None:
                self.connection.heard_elsewhere(found)
        return self.connection.facts

    def capabilities(self) -> Mapping[str, Capability[..., Any]]:
        """Its tools as far as they are known, by their names in a catalog."""
        facts = self._facts()
        with self._lock:
            if facts is not None and facts != self._made_of:
                prefix = f"{group_of(self.name)}."
                made = capabilities_of(
                    self.connection,
                    facts,
                    prefix=prefix,
                    trusted=self.settings.trust,
                    closed=partial(closed, self.name, self.settings),
                )
                fresh = {one.name: one for one in made.values()}
                self._made = {name: self._same(one) for name, one in fresh.items()}
                self._made_of = facts
            return self._made

    def _same(self, one: Capability[..., Any]) -> Capability[..., Any]:
        """The one that was made before, where nothing of it has changed."""
        old = self._made.get(one.name)
        if old is None:
            return one
        same = (
            old.declaration.version == one.declaration.version
            and old.declaration.help == one.declaration.help
            and old.declaration.intent == one.declaration.intent
        )
        return old if same else one

    @property
    def is_unknown(self) -> bool:
        """Whether nobody has asked it yet, with or without success."""
        return self._facts() is None and not self.connection.error

    def ask(self) -> Future[ServerFacts]:
        """Ask it, unless that is under way."""
        with self._lock:
            if self._asking is None or self._asking.done():
                self._asking = self.connection.ask()
            return self._asking

    def look_after(self) -> None:
        """Connect in the background, unless it is connected, or could not be just now."""
        state = self.connection.state
        before, self._login_stamp = self._login_stamp, stamp(self._login_path)
        waits = time.monotonic() - self.connection.failed_at < AGAIN_SECONDS
        waits = waits and before == self._login_stamp  # else somebody has logged in
        if state == "open" or (state == "failed" and waits):
            return
        try:
            self.ask()
        except RunError:
            return  # closed meanwhile

    def complaints(self) -> list[str]:
        """What of it cannot be used."""
        facts = self.connection.facts
        found = [] if facts is None else notes(facts)
        if self.connection.error:
            last = "" if facts is None else "; its tools are shown as it listed them last"
            found.insert(0, f"{self.connection.error}{last}")
        return found


class Servers:
    """All servers of a workspace; implements `packetflow.discovery.sources.Source`.

    Args:
        folder: The workspace.
        settings: Its servers by name.
        follows: Whether to connect as soon as somebody looks, and to follow changes.
        person: Who logs in to servers that ask for it, if somebody has asked to.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, ServerSettings],
        *,
        follows: bool = False,
        person: Person | None = None,
    ) -> None:
        self._folder = folder
        self._follows = follows
        self._loop = Loop()
        self.servers = {
            name: Server(name, one, folder, self._loop, person=person)
            for name, one in settings.items()
        }

    @property
    def generation(self) -> object:
        """Changes whenever what is offered does."""
        return tuple(one.generation for one in self.servers.values())

    def capabilities(self) -> Mapping[str, Capability[..., Any]]:
        """The tools of all servers, by name."""
        if self._follows:
            for server in self.servers.values():
                server.look_after()
        found: dict[str, Capability[..., Any]] = {}
        for server in self.servers.values():
            found |= server.capabilities()
        return found

    def broken(self) -> Sequence[Broken]:
        """Servers that cannot be reached, and tools that are left out or called otherwise."""
        path = str(config_path(self._folder))
        return [
            Broken(path, 0, f"[mcp.servers.{server.name}]: {said}")
            for server in self.servers.values()
            for said in server.complaints()
        ]

    def connections(self) -> Mapping[str, str]:
        """By server, whether it is connected now."""
        return {name: server.connection.state for name, server in self.servers.items()}

    def settle(self) -> None:
        """Ask the servers that nobody has asked yet, and wait for what they say."""
        asked = [one.ask() for one in self.servers.values() if one.is_unknown]
        if asked:
            wait(asked)

    def refresh(self, name: str) -> ServerFacts:
        """Ask one server now.

        Raises:
            UnknownName: There is no such server.
            ServerLost: It cannot be reached.
            LoginNeeded: It asks for a login.
        """
        if name not in self.servers:
            raise UnknownName("MCP server", name, [])
        return self.servers[name].ask().result()

    def close(self) -> None:
        """End all connections."""
        close_all([one.connection for one in self.servers.values()], self._loop)


def closed(server: str, settings: ServerSettings, tool: str) -> str:
    """Why a tool must not run, and what to do about it; empty if it may."""
    if settings.allows(tool):
        return ""
    return f"not allowed; `packetflow mcp allow {server} {tool}` allows it"


def open_source(folder: Path, settings: Mapping[str, Any], *, follows: bool) -> Servers:
    """The servers that a workspace's settings name.

    Raises:
        WorkspaceError: A setting is wrong.
    """
    return Servers(folder, servers_of(settings, config_path(folder)), follows=follows)
