"""Places outside the workspace that offer capabilities while it is open, such as MCP servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from packetflow.composition.capability import Capability
from packetflow.discovery.files import Broken

OPEN: Final = "packetflow.mcp.client.source:open_source"
"""What opens the one source that there is; it stands above the catalog, so it is named here."""


class Source(Protocol):
    """Offers capabilities that may come, change and go. Safe to share between threads."""

    @property
    def generation(self) -> object:
        """Changes whenever what it offers does."""
        ...

    def capabilities(self) -> Mapping[str, Capability[..., Any]]:
        """What it offers now, by name; it never waits."""
        ...

    def broken(self) -> Sequence[Broken]:
        """What of it cannot be used."""
        ...

    def connections(self) -> Mapping[str, str]:
        """By server, whether it is connected now: ``open``, ``failed`` or ``unused``."""
        ...

    def settle(self) -> None:
        """Wait until it knows what it offers, or that it cannot know."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def open_source(folder: Path, settings: Mapping[str, Any], *, follows: bool) -> Source | None:
    """Open what the settings of a workspace name; ``None`` if they name nothing.

    Args:
        folder: The workspace.
        settings: What ``packetflow.toml`` says.
        follows: Whether this process stays, and looks after changes.

    Raises:
        WorkspaceError: The settings are wrong.
    """
    table = settings.get("mcp")
    if not isinstance(table, Mapping) or not table.get("servers"):
        return None
    module, _, name = OPEN.partition(":")
    source: Source = getattr(import_module(module), name)(folder, settings, follows=follows)
    return source
