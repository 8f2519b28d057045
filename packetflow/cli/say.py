"""Words on a terminal or into a pipe: tables, states, values, all without losing anything in pipes.

On a terminal tables are drawn by rich; into a pipe they are plain columns, never cut.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from packetflow.cli.plain import plain
from packetflow.engine.trail import Place
from packetflow.show.tables import cells_of

if TYPE_CHECKING:
    from rich.console import Console

MOST_TEXT = 400
MOST_LINES = 10
MARKS: Mapping[str, tuple[str, str]] = {
    "ok": ("\u2713", "green"),
    "failed": ("\u2717", "red"),
    "timed_out": ("\u2717", "red"),
    "cancelled": ("\u2013", "yellow"),
    "skipped": ("\u00b7", "dim"),
    "waiting": ("\u2026", "cyan"),
    "running": ("\u25b6", "blue"),
    "lost": ("?", "magenta"),
    "warn": ("!", "yellow"),
    "fail": ("\u2717", "red"),
}


def console(*, err: bool = False) -> Console:
    """A console on standard output or error, with no wrapping into a pipe."""
    from rich.console import Console

    return Console(stderr=err, highlight=False, soft_wrap=True)


def is_terminal(*, err: bool = False) -> bool:
    """Tell whether a person looks."""
    return (sys.stderr if err else sys.stdout).isatty()


def mark(status: str) -> str:
    """A status as a coloured sign and its word, in rich's markup."""
    sign, colour = MARKS.get(status, ("\u00b7", "dim"))
    return f"[{colour}]{sign} {status}[/{colour}]"


def rows(columns: Sequence[str], lines: Iterable[Sequence[Any]], *, note: str = "") -> None:
    """Print a table; *note* goes below it."""
    cells = [[_cell(value) for value in line] for line in lines]
    if is_terminal():
        _drawn(columns, cells)
    else:
        every = [list(columns), *cells]
        widths = [max(len(line[i]) for line in every) for i in range(len(columns))]
        for line in every:
            padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            typer.echo("  ".join(padded).rstrip())
    if note:
        typer.echo(note)


def _drawn(columns: Sequence[str], cells: list[list[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in cells:
        table.add_row(*(_coloured(cell, Text) for cell in line))
    from rich.console import Console

    Console(highlight=False).print(table)


def _coloured(cell: str, make: Any) -> Any:
    return make.from_markup(mark(cell)) if cell in MARKS else make(cell)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return moment(value)
    if isinstance(value, float):
        return number(value) if is_terminal() else repr(value)
    if isinstance(value, (dict, list)):
        import json

        return json.dumps(plain(value), ensure_ascii=False)
    return " ".join(str(value).split())


def number(value: float) -> str:
    """A float for people: six digits, but whole units and cents are never cut.

    >>> number(12999.99), number(1234567.0), number(1 / 3), number(6.02e23)
    ('12999.99', '1234567', '0.333333', '6.02e+23')
    """
    if 1000 <= abs(value) < 1e15:
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{value:.6g}"


def moment(at: dt.datetime) -> str:
    """A time (UTC when it has no zone) as the clock on this wall shows it, to the second."""
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return aware.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def seconds(length: float) -> str:
    """A length of time for people.

    >>> seconds(0.0042), seconds(1.5), seconds(200)
    ('4.2 ms', '1.50 s', '3 min 20 s')
    """
    if length < 0.1:
        return f"{length * 1000:.3g} ms"
    if length < 120:
        return f"{length:.2f} s"
    minutes, rest = divmod(round(length), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def near(path: str) -> str:
    """A path as one would write it from here: relative where it lies below the present folder."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path


def frame_lines(frames: Iterable[Place]) -> list[str]:
    """Places in code as a traceback shows them, the innermost last.

    >>> frame_lines([Place("/a/b.py", 3, "halve", "return n / 0")])
    ['/a/b.py:3 in halve', '  return n / 0']
    """
    lines = []
    for frame in frames:
        lines.append(f"{near(frame.file)}:{frame.line} in {frame.function}")
        lines += [f"  {frame.source}"] if frame.source else []
    return lines


def values(title: str, named: Mapping[str, Any]) -> None:
    """Print named plain values, long ones cut, tables as their first rows."""
    if not named:
        return
    screen = console()
    screen.print(f"[bold]{title}[/bold]")
    for name, value in named.items():
        _value(screen, name, value)


def _value(screen: Console, name: str, value: Any) -> None:
    from rich.markup import escape

    head = f"  [cyan]{escape(name)}[/cyan]"
    match value:
        case {"markdown": str(text), **rest} if not rest:
            screen.print(f"{head}:")
            _markdown(screen, text)
        case {"columns": list(columns), "rows": list(lines), "count": count}:
            screen.print(f"{head}: table of {count:,} rows")
            shown = lines[:MOST_LINES]
            more = f"... {count - len(shown):,} more rows" if count > len(shown) else ""
            rows(columns, shown, note=more)
        case {"chart": title}:
            screen.print(f"{head}: chart, {escape(str(title))}")
        case {"$secret": True}:
            screen.print(f"{head}: (secret)")
        case {"$blob": str(), "size": int(size)}:
            screen.print(f"{head}: too large to show here ({size:,} bytes)")
        case str():
            screen.print(f"{head}: {escape(_cut(value))}")
        case _:
            import json

            screen.print(f"{head}: {escape(_cut(json.dumps(value, ensure_ascii=False)))}")


def _markdown(screen: Console, text: str) -> None:
    if is_terminal():
        from rich.markdown import Markdown

        screen.print(Markdown(text))
    else:
        screen.print(text, markup=False)


def _cut(text: str) -> str:
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}... ({len(text):,} characters; --json shows all)"


def comma_separated(table: Any) -> None:
    """Print an Arrow table as CSV; times in ISO form, lists and structures as JSON."""
    import csv
    import json

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(table.column_names)
    for batch in table.to_batches(max_chunksize=10_000):
        for row in zip(*map(cells_of, batch.columns), strict=True):
            cells = (plain(value) for value in row)
            writer.writerow(
                json.dumps(one, ensure_ascii=False) if isinstance(one, (dict, list)) else one
                for one in cells
            )


def warnings(lines: Iterable[str]) -> None:
    """Say on standard error what is not as it should be."""
    for line in lines:
        typer.echo(f"warning: {line}", err=True)
