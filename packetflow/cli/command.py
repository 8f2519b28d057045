"""What stands around every command: errors as words, exit codes, one clean standard output."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

import typer

from packetflow.cli.plain import as_text
from packetflow.errors import PacketFlowError, WorkspaceError

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace

STDOUT = 1
STDERR = 2


class Command:
    """A command under way: prints its answer once and turns errors into words and exit code 1.

    With *as_json*, whatever else is printed meanwhile (by user code, by its child processes)
    goes to standard error, so that standard output holds one JSON value and nothing else.

    Args:
        as_json: Answer in JSON.
        debug: Show tracebacks.
    """

    def __init__(self, *, as_json: bool = False, debug: bool = False) -> None:
        self.as_json = as_json
        self.debug = debug
        self._out: TextIO = sys.stdout
        self._saved = -1

    def open(self, folder: Path | None, *, wait_seconds: float | None = 0.0) -> Workspace:
        """Open the workspace for this process, which is a runner of its own.

        Args:
            folder: As given on the command line.
            wait_seconds: How long an execution that only waits stays in memory.
        """
        from packetflow.workspace.workspace import Workspace

        if folder is None and not self.as_json and _is_example_from_outside():
            text = "this is the example workspace; `packetflow init` makes one of your own here"
            typer.echo(f"note: {text}", err=True)
        return Workspace(folder, role="cli", passivate_after_seconds=wait_seconds)

    def answer(self, value: Any, text: Callable[[], None] | str) -> None:
        """Print the answer: *value* as JSON for machines, else *text*, or what it prints."""
        if self.as_json:
            self._out.write(as_text(value) + "\n")
            self._out.flush()
        elif callable(text):
            text()
        else:
            typer.echo(text)

    def __enter__(self) -> Self:
        if not self.as_json:
            return self
        self._out = sys.stdout
        if _is_descriptor(sys.stdout, STDOUT):
            sys.stdout.flush()
            self._saved = os.dup(STDOUT)
            os.dup2(STDERR, STDOUT)
            self._out = os.fdopen(os.dup(self._saved), "w", encoding="utf-8", newline="\n")
        else:
            sys.stdout = sys.stderr
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is not None:
                self._told(error)
        finally:
            self._restore()

    def _restore(self) -> None:
        if self._saved >= 0:
            sys.stdout.flush()
            self._out.close()
            os.dup2(self._saved, STDOUT)
            os.close(self._saved)
            self._saved = -1
        elif self.as_json:
            sys.stdout = self._out

    def _told(self, error: BaseException) -> None:
        """Say an error in words and leave with its exit code."""
        if isinstance(error, BrokenPipeError):
            _be_quiet()
            raise typer.Exit(1) from error
        if isinstance(error, KeyboardInterrupt):
            typer.echo("interrupted", err=True)
            raise typer.Exit(1) from error
        if not isinstance(error, Exception) or type(error).__module__.startswith("typer"):
            return
        if self.debug:
            traceback.print_exception(error, file=sys.stderr)
        code, message = _words(error)
        if self.as_json:
            self.answer({"error": {"code": code, "message": message}}, "")
        if not self.debug:
            typer.echo(f"error: {message}", err=True)
        raise typer.Exit(1) from error


def _is_example_from_outside() -> bool:
    """Whether the example workspace stands in for one that is not here."""
    from packetflow.workspace.folder import example_folder, find_folder

    try:
        example = example_folder().resolve()
    except WorkspaceError:
        return False
    return find_folder().resolve() == example and not Path.cwd().is_relative_to(example)


def _words(error: Exception) -> tuple[str, str]:
    if isinstance(error, PacketFlowError):
        lines = [line for line in error.message.splitlines() if line.strip()]
        return error.code, "\n".join(lines)
    if isinstance(error, OSError) and error.strerror:
        place = f": {error.filename}" if error.filename else ""
        return "system", f"{error.strerror}{place}"
    text = f"{type(error).__name__}: {error}"
    return "unexpected", f"{text} (--debug shows where)"


def _is_descriptor(stream: TextIO, number: int) -> bool:
    try:
        return stream.fileno() == number
    except (OSError, ValueError, AttributeError):
        return False


def _be_quiet() -> None:
    """Nobody reads any more: keep the interpreter from complaining when it flushes at its end."""
    if _is_descriptor(sys.stdout, STDOUT):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, STDOUT)
        os.close(nowhere)
