"""The command line: ``packetflow COMMAND``, the same as ``python -m packetflow COMMAND``.

Each command is a module here, loaded when it is named; installed packages add commands by the
entry point group ``packetflow.commands``. ``docs/cli.md`` shows each one.
"""

from __future__ import annotations


def main() -> None:
    """Run the command that the program's arguments name, and exit with its code."""
    from packetflow.cli.app import app

    app(prog_name="packetflow")


__all__ = ["main"]
