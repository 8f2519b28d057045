"""`Bundle`: tools as files that run anywhere, and the writing of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packetflow.mcp.tools import Tool


@dataclass(frozen=True)
class Bundle:
    """Exported tools.

    Attributes:
        name: What the export is called; its files begin with it.
        script: The text of ``NAME.py``, a program that serves the tools.
        mcpb: The bytes of ``NAME.mcpb``, the same for clients that install bundles.
        server_json: The text of ``server.json``, for a registry of servers.
        tools: The tools in it, in order.
    """

    name: str
    script: str
    mcpb: bytes
    server_json: str
    tools: tuple[Tool, ...]

    def files(self) -> Mapping[str, bytes]:
        """The files by their name."""
        return {
            f"{self.name}.py": self.script.encode(),
            f"{self.name}.mcpb": self.mcpb,
            "server.json": self.server_json.encode(),
        }

    def write(self, to: Path, *, force: bool = False) -> list[Path]:
        """Write the files into a folder, each whole or not at all; answers where they are.

        Args:
            to: The folder; made when it is not there.
            force: Replace files that hold something else.

        Raises:
            WorkspaceError: The folder cannot be written, or a file there holds something else.
        """
        from packetflow.mcp.export.writing import write_files

        return write_files(to, self.files(), force=force)
