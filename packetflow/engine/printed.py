"""What capabilities print, as log lines of the execution that printed it.

A runner puts `Printed` in the place of its standard output. Which execution prints is known from
the context that its tasks and threads share; processes of their own, and what is written below
Python, only reach the original stream. An execution that holds secrets keeps nothing of what it
prints, for a printed secret could not be told from other text.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, TextIO

from packetflow.engine.events import Logged
from packetflow.errors import PacketFlowError
from packetflow.kernel.records import LogLine

if TYPE_CHECKING:
    from packetflow.engine.state import Run

MOST_LINES: Final = 1_000
"""So many lines of an execution are kept; the stream has all of them."""
MOST_CHARACTERS: Final = 2_000


class _Printing:
    """What one execution has printed so far; unfinished lines by the thread that prints."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.loop = asyncio.get_running_loop()
        self.home = threading.get_ident()
        self.lines = 0
        self.unfinished: dict[int, str] = {}

    def take(self, text: str) -> None:
        """Keep the lines that are whole now."""
        thread = threading.get_ident()
        *whole, rest = (self.unfinished.pop(thread, "") + text).split("\n")
        if rest:
            self.unfinished[thread] = rest[:MOST_CHARACTERS]
        for line in whole:
            self.keep(line)

    def keep(self, line: str) -> None:
        """Keep a line with the execution, unless it has printed too many."""
        self.lines += 1
        if not line.strip() or self.lines > MOST_LINES + 1:
            return
        if self.lines > MOST_LINES:
            line = "more was printed than is kept; the runner's log has it"
        run, text = self.run, line[:MOST_CHARACTERS]
        with suppress(PacketFlowError):  # printing never fails a step
            run.append(LogLine(run.id, 0, run.engine.clock.wall_ns(), "print", "info", text, {}))
        if run.listeners:
            event = Logged(run.id, "", (), "info", text)
            if threading.get_ident() == self.home:
                run.tell(event)  # now: it may be over before the loop's next turn
                return
            with suppress(RuntimeError):  # the loop has closed
                self.loop.call_soon_threadsafe(run.tell, event)

    def finish(self) -> None:
        """Keep what was printed last, without an end of its line."""
        unfinished, self.unfinished = self.unfinished, {}
        for line in unfinished.values():
            self.keep(line)


_PRINTS: ContextVar[_Printing | None] = ContextVar("packetflow_prints", default=None)


class Printed:
    """A text stream that also keeps what executions write to it.

    Args:
        stream: Where everything goes, as before.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def begin(self, run: Run, *, hides: bool) -> None:
        """What is printed in this context from now on belongs to an execution.

        Args:
            run: The execution.
            hides: Nothing of it is kept, because it holds secrets.
        """
        _PRINTS.set(None if hides else _Printing(run))

    def end(self) -> None:
        """The execution of this context is about to end."""
        printing = _PRINTS.get()
        if printing is not None:
            _PRINTS.set(None)
            printing.finish()

    def write(self, text: str) -> int:
        """Write a text."""
        printing = _PRINTS.get()
        if printing is not None:
            printing.take(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
