"""Going along with a run: steps on a terminal as they end, questions asked, Ctrl-C obeyed."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from packetflow.cli.progress import Lines, Nothing, Screen, Watching
from packetflow.cli.say import console
from packetflow.engine.events import Ended, Waits
from packetflow.engine.execution import Execution
from packetflow.errors import PacketFlowError, RunElsewhere, RunError, Superseded
from packetflow.kernel.ids import short
from packetflow.kernel.records import Status, WaitStarted
from packetflow.workspace.archive import waits_still

if TYPE_CHECKING:
    from packetflow.workspace.handle import Handle
    from packetflow.workspace.workspace import Workspace

STOPPED = "interrupted at the keyboard"
_PATIENCE_SECONDS = 5.0
_YIELD_SECONDS = 3.0
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Manner:
    """How to go along with a run.

    Attributes:
        asks: Put questions to the person at the terminal.
        lines: Write a line for each event, on standard error.
        live: Draw the steps as they stand, on standard error.
        quiet: Do not say the run's id before it begins, nor show steps.
    """

    asks: bool = False
    lines: bool = False
    live: bool = False
    quiet: bool = False

    @classmethod
    def of_this_terminal(
        cls, *, lines: bool = False, as_json: bool = False, quiet: bool = False
    ) -> Manner:
        """What suits who is looking."""
        person = sys.stderr.isatty() and sys.stdin.isatty() and not as_json
        live = sys.stderr.isatty() and not lines and not quiet
        return cls(asks=person, lines=lines and not quiet, live=live, quiet=quiet)

    @property
    def patience(self) -> float:
        """Seconds to stay while a run only waits; a person may wait a little for an event."""
        return 30.0 if self.asks else 0.0

    def watching(self) -> Watching:
        """What shows the events."""
        if self.lines:
            return Lines()
        return Screen() if self.live else Nothing()


def announced(execution_id: str, manner: Manner) -> None:
    """Say which run it is before user code can end this process, and how to go on if it does."""
    if manner.quiet:
        return
    text = f"run {execution_id} (if this process dies: packetflow resume {short(execution_id)})"
    console(err=True).print(text, markup=False, style="dim")


def followed(ws: Workspace, handle: Handle, manner: Manner) -> Execution:
    """Go along with a run to its end, or until it is put aside.

    Ctrl-C cancels the run; what was done is kept.
    """
    try:
        execution = _followed(ws, handle, manner)
        while execution.status is Status.WAITING and manner.asks:
            waits = [wait for wait in ws.archive.story(handle.id).open_waits if wait.question]
            if not waits:
                break
            for wait in waits:
                ask(ws, wait)
            handle = ws.resume(handle.id, reason="answered")
            execution = _followed(ws, handle, manner)
    except KeyboardInterrupt:
        handle.cancel(STOPPED)
        return _result(handle)
    return execution


def _followed(ws: Workspace, handle: Handle, manner: Manner) -> Execution:
    execution: Execution | None = None
    watching = manner.watching()
    with watching:
        for event in handle:
            if isinstance(event, Ended):
                execution = event.execution
                watching.complete(execution.spans)
            elif isinstance(event, Waits) and event.wait.question and manner.asks:
                with watching.aside():
                    ask(ws, event.wait)
            elif isinstance(event, Waits) and not handle.can_be_put_aside:
                watching.see(event)
                with watching.aside():
                    _say_how_to_end(ws, event.wait)
            else:
                watching.see(event)
    return execution or handle.result()


def _say_how_to_end(ws: Workspace, wait: WaitStarted) -> None:
    """Say what this process stays for: a run with values that are kept nowhere is not put aside."""
    from packetflow.cli.outcome import waits_for

    for text in waits_for(ws, wait):
        typer.echo(text, err=True)
    typer.echo(
        "  this process stays until then: the run has values that are kept nowhere", err=True
    )


def _result(handle: Handle) -> Execution:
    """How a cancelled run ended; the signal often comes twice, the second one changes nothing."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return handle.result(_PATIENCE_SECONDS)
    finally:
        signal.signal(signal.SIGINT, before)


def gone_on(
    ws: Workspace, execution_id: str, served: Collection[WaitStarted], manner: Manner
) -> Execution:
    """Go on with a run for which something has come that it waits for, here or elsewhere.

    The process that put it aside comes first, while it lives and listens: it may hold what this
    one cannot find, such as a notebook's own capabilities. Whoever goes on with it, its outcome is
    waited for, and if that process dies, it is taken up here.

    Args:
        ws: The workspace.
        execution_id: The run.
        served: What it waits for and has come, kept already.
        manner: How to go along with it.

    Raises:
        RunError: It cannot go on here, and nobody else goes on with it.
    """
    story = ws.archive.story(execution_id)
    patience = _YIELD_SECONDS if ws.hearing.is_left_to_another(story) else 0.0
    until = time.monotonic() + patience
    while True:
        if time.monotonic() >= until or not waits_still(ws.archive.story(execution_id), served):
            try:
                handle = ws.resume(execution_id, reason="what it waited for has come")
            except (Superseded, RunElsewhere):
                pass
            except RunError:
                if waits_still(ws.archive.story(execution_id), served):
                    raise
            else:
                return followed(ws, handle, manner)
        with contextlib.suppress(TimeoutError):
            return ws.outcome(execution_id, _LOOK_SECONDS, served=served)


def ask(ws: Workspace, wait: WaitStarted) -> None:
    """Put a question to the person at the terminal until the answer fits, and hand it over."""
    from packetflow.cli.answers import fitting, offered

    wanted = offered(ws, wait).replace("|", "/")
    while True:
        text = typer.prompt(f"{wait.question} [{wanted}]", err=True)
        try:
            value = fitting(ws, wait, str(text))
        except PacketFlowError as error:
            typer.echo(error.message, err=True)
            continue
        ws.answer(wait.execution_id, wait.step, value, wait.path)
        return
