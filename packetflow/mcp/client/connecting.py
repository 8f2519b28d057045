"""`connect`: the tools of one server, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from packetflow.composition.capability import Capability
from packetflow.errors import UnknownName, WorkspaceError
from packetflow.mcp.client.connection import Connection, Loop, close_all
from packetflow.mcp.client.facts import ServerFacts
from packetflow.mcp.client.failures import ToolRefused
from packetflow.mcp.client.names import identifier
from packetflow.mcp.client.targets import target_of
from packetflow.mcp.client.tools import capabilities_of


class Tools:
    """The tools of a connected server as capabilities: ``tools.find_notes``, ``tools["x"]``.

    They are there by the server's name of each, and by that name as an identifier. Use them as
    steps, or add them to a workspace: ``ws.add(*tools)``. When the server changes its tools, what
    is asked for from then on is the new ones; a step that was built before fails and says so.

    Attributes:
        name: What the server is called here.
    """

    def __init__(
        self, name: str, connection: Connection, loop: Loop, *, allow: Sequence[str], trust: bool
    ) -> None:
        self.name = name
        self._connection = connection
        self._loop = loop
        self._allow = tuple(allow)
        self._trust = trust
        self._made_of: ServerFacts | None = None
        self._made: dict[str, Capability[..., Any]] = {}

    def _all(self) -> dict[str, Capability[..., Any]]:
        facts = self._connection.facts or ServerFacts()
        if facts is not self._made_of:
            self._made = capabilities_of(
                self._connection,
                facts,
                prefix=f"{identifier(self.name)}.",
                trusted=self._trust,
                closed=self._closed,
            )
            self._made_of = facts
        return self._made

    def _closed(self, tool: str) -> str:
        if any(fnmatchcase(tool, pattern) for pattern in self._allow):
            return ""
        return f"not allowed; connect(..., allow=[{tool!r}]) allows it"

    def __getitem__(self, name: str) -> Capability[..., Any]:
        """The tool of that name.

        Raises:
            UnknownName: There is none.
            ToolRefused: The server lists one that the protocol does not allow.
        """
        found = self._all()
        for one in (name, identifier(name)):
            if one in found:
                return found[one]
        facts = self._connection.facts
        if facts is not None and name in facts.left_out:
            said = f"the tool {name!r} of {self.name!r} is left out: {facts.left_out[name]}"
            raise ToolRefused(said, server=self.name, tool=name)
        raise UnknownName("tool", name, get_close_matches(name, found, 2))

    def __getattr__(self, name: str) -> Capability[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except (UnknownName, ToolRefused) as error:
            raise AttributeError(error.message) from None

    def __iter__(self) -> Iterator[Capability[..., Any]]:
        return iter(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._all()]

    def __repr__(self) -> str:
        names = ", ".join(
            name if one.declaration.enabled else f"({name})" for name, one in self._all().items()
        )
        return f"<tools of {self.name}: {names or 'none'}>"

    def close(self) -> None:
        """End the connection; a server that was started for it ends too."""
        close_all([self._connection], self._loop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    server: Any,
    *,
    name: str = "",
    allow: str | Sequence[str] = (),
    trust: bool = False,
    env: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
    login: bool | Mapping[str, Any] = False,
    mode: Literal["auto", "legacy"] = "auto",
) -> Tools:
    """Connect to a server and take its tools as capabilities.

    Args:
        server: Its address (``https://...``), the command that starts it (a text or a list), or a
            server of the SDK in this process.
        name: What it is called here; by default as it calls itself.
        allow: The tools that may run, as names or patterns; ``"*"`` for all. Others are listed and
            refuse to run.
        trust: Whether what the server says of its tools' effects is believed; else each call
            counts as one that may change anything, and is never repeated unasked.
        env: Names of environment variables that a started server gets.
        headers: Sent with each request; ``$NAME`` stands for an environment variable.
        login: Whether to log in if the server asks for it: the browser is opened, and the address
            printed. Or as whom, as in ``packetflow.toml``; with ``machine=True`` nobody is asked.
            The login ends with the connection; one at a server of a workspace is kept there.
        mode: ``legacy`` speaks only the revisions of the protocol that have a handshake.

    Raises:
        ServerLost: It cannot be reached, with the reason.
        LoginNeeded: It asks for a login.
        WorkspaceError: What is given names no server, or a variable is not set.
        ToolError: The extra ``mcp`` is not installed.
    """
    target = target_of(server, env=env, headers=headers or {}, login=login, mode=mode)
    loop = Loop()
    connection = Connection(name or "server", target, loop)
    try:
        facts = connection.ask().result()
    except BaseException:
        close_all([connection], loop)
        raise
    called = name or identifier(facts.name or "server").lower()
    if not identifier(called).strip("_"):
        close_all([connection], loop)
        raise WorkspaceError(f"{called!r} names no server; say name='...'")
    connection.name = called
    allowed = (allow,) if isinstance(allow, str) else tuple(allow)
    return Tools(called, connection, loop, allow=allowed, trust=trust)
