"""The commands by name; a command's module is imported when it is named, or for the help page."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from packetflow.errors import did_you_mean

COMMANDS = {
    "init": "packetflow.cli.init:init",
    "list": "packetflow.cli.listing:list_all",
    "search": "packetflow.cli.listing:search",
    "show": "packetflow.cli.show:show",
    "check": "packetflow.cli.show:check",
    "run": "packetflow.cli.run:run",
    "resume": "packetflow.cli.again:resume",
    "fork": "packetflow.cli.again:fork",
    "runs": "packetflow.cli.runs:runs",
    "waiting": "packetflow.cli.waiting:waiting",
    "answer": "packetflow.cli.waiting:answer",
    "emit": "packetflow.cli.waiting:emit",
    "sql": "packetflow.cli.sql:sql",
    "studio": "packetflow.cli.studio:studio",
    "doctor": "packetflow.cli.doctor:doctor",
}


class Commands(TyperGroup):
    """The built-in commands in reading order, then those of plug-ins."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        from packetflow.cli.plugins import names

        return [*COMMANDS, *(name for name in names() if name not in COMMANDS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; ``None`` for a plug-in that cannot be used."""
        place = COMMANDS.get(cmd_name)
        if place is not None:
            module, _, function = place.partition(":")
            return command(cmd_name, getattr(import_module(module), function))
        from packetflow.cli.plugins import load, names

        if cmd_name in names():
            return load(cmd_name)
        if cmd_name.startswith("-"):
            return None
        near = get_close_matches(cmd_name, self.list_commands(ctx), 2)
        return ctx.fail(f"there is no command {cmd_name!r}{did_you_mean(near)}")


def command(name: str, function: Callable[..., Any]) -> Any:
    """Make a command of a function whose parameters typer understands."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(function)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Commands,
    name="packetflow",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        from packetflow import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def packetflow(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Compose functions, run them without losing work, look at every step."""
