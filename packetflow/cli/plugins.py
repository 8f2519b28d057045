"""Commands of installed packages, by the entry point group ``packetflow.commands``.

An entry point names a function whose parameters typer understands, or a ``typer.Typer``. It is
loaded when its command is named or the help page lists it; one that cannot be loaded is named on
standard error and left out.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

GROUP = "packetflow.commands"


def names() -> list[str]:
    """The names of the commands that installed packages offer."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def load(name: str) -> Any:
    """The command of that name, or ``None`` (with a word on standard error) if it is broken."""
    return as_command(next(point for point in entry_points(group=GROUP) if point.name == name))


def as_command(point: EntryPoint) -> Any:
    """Load one entry point."""
    from packetflow.cli.app import command

    try:
        found = point.load()
        if isinstance(found, typer.Typer):
            return typer.main.get_command(found)
        return command(point.name, found)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a border: the plug-in is foreign
        text = f"plug-in command {point.name!r} ({point.value}) was left out: "
        typer.echo(f"warning: {text}{type(error).__name__}: {error}", err=True)
        return None
