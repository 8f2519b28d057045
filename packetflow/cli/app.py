"""The commands by name; a command's module is imported when it is named, or for the help page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from packetflow.errors import did_you_mean
from packetflow.version import VERSION

COMMANDS = {
    "init": "packetflow.cli.init:init",
    "list": "packetflow.cli.listing:list_all",
    "search": "packetflow.cli.listing:search",
    "show": "packetflow.cli.show:show",
    "check": "packetflow.cli.show:check",
    "diff": "packetflow.cli.diff:diff",
    "run": "packetflow.cli.run:run",
    "resume": "packetflow.cli.again:resume",
    "fork": "packetflow.cli.again:fork",
    "runs": "packetflow.cli.runs:runs",
    "waiting": "packetflow.cli.waiting:waiting",
    "answer": "packetflow.cli.waiting:answer",
    "emit": "packetflow.cli.waiting:emit",
    "sql": "packetflow.cli.sql:sql",
    "studio": "packetflow.cli.studio:studio",
    "mcp": "packetflow.cli.mcp:group",
    "doctor": "packetflow.cli.doctor:doctor",
}

ELSEWHERE: Mapping[str, str] = {
    "new": "init",
    "ls": "list",
    "describe": "show",
    "validate": "check",
    "start": "run",
    "replay": "fork",
    "rerun": "fork",
    "retry": "resume",
    "log": "runs",
    "logs": "runs",
    "status": "runs",
    "history": "runs",
    "approve": "answer",
    "ui": "studio",
}
"""What other tools, and the studio's buttons, call a command."""

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": ("init", "init my-work", 'init my-work --name "Spring sale"'),
    "list": ("list", "list --pipelines --json"),
    "search": ("search customer risk",),
    "show": ("show hello", "show hello --html hello.html", "show hello --mermaid"),
    "check": ("check", "check hello", "check pipelines/hello.yaml --json"),
    "diff": ("diff hello pipelines/hello.yaml", "diff old.yaml new.yaml --json"),
    "run": (
        "run hello name=Ada",
        "run hello --input inputs.json --json",
        "run flows.py:nightly sizes='[1, 2]' --follow",
        "run hello name=Ada --no-wait",
    ),
    "resume": ("resume 1a2b3c4d", "resume 1a2b3c4d --accept-changes"),
    "fork": ("fork 1a2b3c4d --set name=Bo", "fork 1a2b3c4d --from greet"),
    "runs": ("runs", "runs 1a2b3c4d", "runs --status failed --since 2h --json"),
    "waiting": ("waiting", "waiting --json"),
    "answer": ("answer 1a2b3c4d yes", "answer 1a2b3c4d wait_approved no --user ada"),
    "emit": ("emit order_paid order=17", "emit order_paid amount=9.5 --key 17"),
    "sql": (
        'sql "select name, status, duration_ms from executions"',
        'sql "from spans limit 5" --csv',
    ),
    "studio": ("studio", "studio --port 8600 --no-browser"),
    "doctor": ("doctor", "doctor --effects greet"),
}
"""What the help of each command shows at its end."""


_UsageError: Any = typer.BadParameter.__base__
_JSON = "packetflow.json"


class Commands(TyperGroup):
    """The built-in commands in reading order, then those of plug-ins."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Keep whether JSON is asked for, which a command that is used wrongly never learns."""
        ctx.meta[_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; wrong usage is an answer in JSON, too, where that was asked for."""
        try:
            return super().invoke(ctx)
        except _UsageError as error:
            if ctx.meta[_JSON]:
                from packetflow.cli.plain import as_text

                typer.echo(as_text({"error": {"code": "usage", "message": error.format_message()}}))
            raise

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        from packetflow.cli.plugins import names

        return [*COMMANDS, *(name for name in names() if name not in COMMANDS)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; ``None`` for a plug-in that cannot be used."""
        place = COMMANDS.get(cmd_name)
        if place is not None:
            module, _, function = place.partition(":")
            found = getattr(import_module(module), function)
            if isinstance(found, typer.Typer):
                return typer.main.get_command(found)
            return command(cmd_name, found)
        from packetflow.cli.plugins import load, names

        if cmd_name in names():
            return load(cmd_name)
        if cmd_name.startswith("-"):
            return None
        called = ELSEWHERE.get(cmd_name)
        near = [called] if called else get_close_matches(cmd_name, self.list_commands(ctx), 2)
        mend = did_you_mean(near) or f"; `packetflow run {cmd_name}` runs a pipeline of that name"
        return ctx.fail(f"there is no command {cmd_name!r}{mend}")


def command(name: str, function: Callable[..., Any]) -> Any:
    """Make a command of a function whose parameters typer understands."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    shown = "\b\nExamples:\n" + "\n".join(f"  packetflow {one}" for one in EXAMPLES.get(name, ()))
    alone.command(name, epilog=shown if name in EXAMPLES else None)(function)
    return typer.main.get_command(alone)


app = typer.Typer(
    cls=Commands,
    name="packetflow",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="\b\nBegin with:\n  packetflow init my-work   then cd my-work\n"
    "  packetflow run hello name=Ada\n  packetflow COMMAND --help   options and examples",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        typer.echo(VERSION)
        raise typer.Exit


@app.callback()
def packetflow(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Compose functions, run them without losing work, look at every step."""
