"""How an execution shows itself in a notebook: its outcome, its timeline, its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetflow.engine.trail import places
from packetflow.kernel.records import SpanEnded
from packetflow.show import html
from packetflow.show.html import heading, page
from packetflow.show.text import safe
from packetflow.show.timeline import Bar, seconds_text, timeline

if TYPE_CHECKING:
    from packetflow.engine.execution import Execution, Failure

MOST_CHARACTERS = 300
MOST_BARS = 5_000
MOST_PLACES = 4


def bars(spans: list[SpanEnded]) -> list[Bar]:
    """Spans as bars of a timeline, in the order they were kept."""
    return [
        Bar(
            span.span_id,
            span.step,
            span.started / 1e9,
            span.duration_ns / 1e9,
            span.status,
            span.parent_span or None,
            span.attempt,
            tuple(one for one in span.path if one >= 0),
            f"{span.error_type}: {span.error}" if span.error_type else "",
            span.kind == "wait",
            took=span.took_ns / 1e9 if span.kind == "reused" else None,
        )
        for span in spans
    ]


def execution_html(execution: Execution) -> str:
    """The whole execution as one piece of HTML."""
    parts = [
        heading(
            execution.name or "composition",
            _said(execution),
            [execution.status.value, f"id {execution.id[-8:]}"],
        )
    ]
    if execution.failure is not None:
        parts.append(_failed(execution.failure))
    if execution.waits:
        said = map(execution.how_to_go_on, execution.waits)
        parts.append(html.problems(html.Row("waits", text, "warning") for text in said))
    if execution.spans:
        parts.append(timeline(bars(execution.spans[:MOST_BARS]), title=""))
    rows = [(name, value_text(value)) for name, value in execution.outputs.items()]
    parts.append(html.table("Outputs", ("name", "value"), rows))
    return page(*parts)


def failure_html(failure: Failure) -> str:
    """Why an execution failed, where in the user's code, and how to call it again."""
    again = "<p>.replay() calls it again with the same inputs, here, for a debugger.</p>"
    return page(heading(failure.step or "execution", "", ["failed"]), _failed(failure), again)


def _failed(failure: Failure) -> str:
    row = html.Row(failure.step or "execution", f"{failure.error_type}: {failure.message}")
    code = "\n".join(
        f"{safe(_file(one.file))}, line {one.line}, in {safe(one.function)}\n    {safe(one.source)}"
        for one in places(failure.trail)[-MOST_PLACES:]
    )
    return html.problems([row]) + (f"<pre>{code}</pre>" if code else "")


def _file(path: str) -> str:
    """A file by its name; the cell of a notebook as a cell.

    >>> _file("ipykernel_21/408.py"), _file("ada/flows.py")
    ('a cell', 'flows.py')
    """
    return "a cell" if "ipykernel_" in path else path.replace("\\", "/").rsplit("/", 1)[-1]


def _said(execution: Execution) -> str:
    count = len(execution.spans)
    steps = f"{count} span{'' if count == 1 else 's'}"
    if execution.ended_at is None:
        return f"{steps} so far; it waits"
    return f"{steps} in {seconds_text(execution.seconds)}"


def value_text(value: Any) -> str:
    """A value in one line of text, not escaped, cut where it is long."""
    rows, columns = getattr(value, "num_rows", None), getattr(value, "column_names", None)
    if isinstance(rows, int) and columns is not None:
        return _cut(f"table of {rows:,} rows: {', '.join(map(str, columns))}")
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, (list, tuple)) and len(value) > 3:
        head = ", ".join(_cut(repr(one), 60) for one in value[:3])
        return _cut(f"[{head}, ...] ({len(value):,} items)")
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key}: {_cut(repr(one), 60)}" for key, one in value.items())
        return _cut(f"{{{inside}}}")
    return _cut(repr(value))


def _cut(text: str, most: int = MOST_CHARACTERS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
