"""How a client gets to a server: by a command that it starts, or an address that answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TypeAlias

from packetflow.mcp.settings import TokenSettings


@dataclass(frozen=True)
class StdioLaunch:
    """A server that its client starts.

    Attributes:
        name: What the client calls it.
        command: The program, best with its whole path.
        args: Its arguments.
        env: Variables it needs; ``None`` for one whose value only the reader knows.
    """

    name: str
    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class HttpLaunch:
    """A server that answers over HTTP.

    Attributes:
        name: What the client calls it.
        url: Its address.
        token_variable: The variable that holds the token; empty if it asks for none.
        tokens: Where there are several, what each is good for, by its variable.
    """

    name: str
    url: str
    token_variable: str = ""
    tokens: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """Which token gives which tools, where there are several.

        >>> HttpLaunch("n", "", "A", {"A": ("find_*", "add"), "B": ("*",)}).note
        'Tokens: `A` for `find_*`, `add`; `B` for every tool. Write the one that you were given.'
        """
        if len(self.tokens) < 2:
            return ""
        said = [f"`{variable}` for {_said(tools)}" for variable, tools in self.tokens.items()]
        return f"Tokens: {'; '.join(said)}. Write the one that you were given."


def _said(tools: tuple[str, ...]) -> str:
    return "every tool" if "*" in tools else ", ".join(f"`{one}`" for one in tools) or "nothing"


Launch: TypeAlias = StdioLaunch | HttpLaunch


def http_launch(name: str, url: str, tokens: Iterable[TokenSettings]) -> HttpLaunch:
    """The launch that reaches a server over HTTP, with the first of its tokens.

    Args:
        name: What the client calls it.
        url: Its address.
        tokens: Those that it takes.
    """
    known = {one.env: one.tools for one in tokens}
    return HttpLaunch(name, url, next(iter(known), ""), known)


def workspace_launch(name: str, folder: PurePath, python: str, *, script: str = "") -> StdioLaunch:
    """The launch that serves a workspace to one client.

    Args:
        name: What the client calls it.
        folder: The workspace.
        python: The interpreter that has PacketFlow.
        script: The program ``packetflow``, if there is one.

    >>> workspace_launch("notes", PurePath("/my work"), "/bin/python").args[-1]
    '/my work'
    """
    command, before = (script, ()) if script else (python, ("-m", "packetflow"))
    served = ("mcp", "serve", "--stdio", "--workspace", str(folder))
    return StdioLaunch(name, command, (*before, *served))


def secrets_of(launch: Launch) -> list[str]:
    """The variables of which only the reader knows the value."""
    if isinstance(launch, HttpLaunch):
        return [launch.token_variable] if launch.token_variable else []
    return [name for name, value in launch.env.items() if value is None]
