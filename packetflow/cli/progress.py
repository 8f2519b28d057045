"""How events of a run look while it goes on: a live table, plain lines, or nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from packetflow.cli.say import console, mark
from packetflow.engine.events import (
    Answered,
    Ended,
    Event,
    Logged,
    PartialOutput,
    Progressed,
    StepEnded,
    StepStarted,
    Waits,
)
from packetflow.kernel.records import Path, SpanEnded

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

MOST_STEPS = 20


class Watching:
    """Shows events between its ``with`` and the end of it."""

    def see(self, event: Event) -> None:
        """Show an event."""

    def complete(self, spans: Iterable[SpanEnded]) -> None:
        """Show the steps that ended before anybody looked."""

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Leave the terminal to somebody else meanwhile."""
        yield

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class Nothing(Watching):
    """Shows nothing."""


class Lines(Watching):
    """A line on standard error for each event."""

    def __init__(self) -> None:
        self._told: set[int] = set()

    def complete(self, spans: Iterable[SpanEnded]) -> None:
        """Write the lines of steps that ended before anybody looked."""
        for span in spans:
            if span.span_id not in self._told:
                self.see(StepEnded(span))

    def see(self, event: Event) -> None:
        """Write the line."""
        if isinstance(event, StepEnded):
            self._told.add(event.span.span_id)
        text = line(event)
        if text:
            typer.echo(text, err=True)


def place(step: str, path: Path) -> str:
    """A step and its item and pass indexes.

    >>> place("digest", (3,))
    'digest[3]'
    """
    return step + "".join(f"[{one}]" for one in path if one >= 0)


def line(event: Event) -> str:
    """An event in one line; empty for what needs none."""
    match event:
        case StepStarted(step=step, path=path, attempt=attempt):
            again = f" (attempt {attempt})" if attempt > 1 else ""
            return f"{place(step, path)} begins{again}"
        case StepEnded(span=span):
            why = f": {span.error_type}: {span.error}" if span.error_type else ""
            took = span.took_ns / 1e6
            if span.kind == "reused":
                return f"{place(span.step, span.path)} taken over, took {took:.1f} ms"
            return f"{place(span.step, span.path)} {span.status} in {took:.1f} ms{why}"
        case Progressed(step=step, path=path, fraction=fraction, text=text):
            return f"{place(step, path)} {fraction:.0%} {text}".rstrip()
        case PartialOutput(step=step, path=path, value=value):
            return f"{place(step, path)} says {str(value)[:200]!r}"
        case Logged(step=step, path=path, level=level, text=text):
            return f"{place(step, path)} {level}: {text}"
        case Waits(wait=wait):
            what = wait.question or f"event {wait.event}"
            return f"{place(wait.step, wait.path)} waits for {what}"
        case Answered(step=step, path=path):
            return f"{place(step, path)} was answered and goes on"
        case Ended():
            return ""


class Screen(Watching):
    """The steps as they stand, drawn anew four times a second on standard error."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, Path], tuple[str, float, str]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.live import Live

        self._live = Live(
            get_renderable=self._table,
            console=console(err=True),
            refresh_per_second=4,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            console(err=True).print(self._table())
        self._live = None

    @contextlib.contextmanager
    def aside(self) -> Iterator[None]:
        """Stop drawing meanwhile."""
        live = self._live
        if live is None:
            yield
            return
        live.stop()
        try:
            yield
        finally:
            live.start()

    def see(self, event: Event) -> None:
        """Note how a step stands."""
        now = time.monotonic()
        match event:
            case StepStarted(step=step, path=path) | Answered(step=step, path=path):
                self._steps[step, path] = ("running", now, "")
            case StepEnded(span=span):
                why = f"{span.error_type}: {span.error}" if span.error_type else ""
                self._steps[span.step, span.path] = (span.status, span.took_ns / 1e9, why)
            case Progressed(step=step, path=path, fraction=fraction, text=text):
                known = self._steps.get((step, path), ("running", now, ""))
                self._steps[step, path] = ("running", known[1], f"{fraction:.0%} {text}".strip())
            case Waits(wait=wait):
                self._steps[wait.step, wait.path] = ("waiting", now, wait.question or wait.event)
            case _:
                return

    def complete(self, spans: Iterable[SpanEnded]) -> None:
        """Put the steps that ended before anybody looked at their place."""
        seen, self._steps = self._steps, {}
        for span in spans:
            self.see(StepEnded(span))
        self._steps |= {place: stand for place, stand in seen.items() if place not in self._steps}

    def _table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        now = time.monotonic()
        done = len(self._steps) - MOST_STEPS
        if done > 0:
            table.add_row(Text(f"... {done} more", style="dim"))
        for (step, path), (status, moment, text) in list(self._steps.items())[-MOST_STEPS:]:
            seconds = now - moment if status in {"running", "waiting"} else moment
            short = text if len(text) <= 80 else f"{text[:79]}\u2026"
            took = Text(f"{seconds:8.2f} s", style="dim")
            table.add_row(Text.from_markup(mark(status)), place(step, path), took, Text(short))
        return table
