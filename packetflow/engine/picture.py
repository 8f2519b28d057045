"""How an execution shows itself in a notebook: its outcome, its timeline, its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
MOST_LINES = 40


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
    parts = execution_parts(execution)
    if execution.waits:
        said = map(execution.how_to_go_on, execution.waits)
        parts["waits"] = html.problems(html.Row("waits", text, "warning") for text in said)
    return page(*parts.values())


def execution_parts(execution: Execution, under_way: Iterable[Bar] = ()) -> dict[str, str]:
    """Its pieces in order; ``waits`` is left empty.

    Args:
        execution: As it stands.
        under_way: What it does just now.
    """
    title = execution.name or "composition"
    badges = [execution.status.value, f"id {execution.id[-8:]}"]
    drawn = [*bars(execution.spans[:MOST_BARS]), *under_way]
    rows = [(name, value_text(value)) for name, value in execution.outputs.items()]
    return {
        "head": heading(title, _said(execution), badges),
        "failed": "" if execution.failure is None else _failed(execution.failure),
        "waits": "",
        "timeline": timeline(drawn, title="") if drawn else "",
        "outputs": html.table("Outputs", ("name", "value"), rows),
    }


def execution_text(execution: Execution) -> str:
    """The same in plain words: how it stands, its steps as they ended, its waits, its outputs."""
    name, status = execution.name or "composition", execution.status.value
    lines = [f"{name}  {status}  {_said(execution)}  id {execution.id[-8:]}"]
    shown = execution.spans[-MOST_LINES:]
    if len(shown) < len(execution.spans):
        lines.append(f"  ... {len(execution.spans) - len(shown):,} spans before")
    wide = max((len(span.step) for span in shown), default=0)
    for span in shown:
        took = seconds_text((span.took_ns if span.kind == "reused" else span.duration_ns) / 1e9)
        tries = f"  try {span.attempt}" if span.attempt > 1 else ""
        lines.append(f"  {span.step:{wide}}  {span.status:8}  {took}{tries}")
    if execution.failure is not None:
        lines.append(f"  failed: {_cut(str(execution.failure))}")
    lines += [f"  {execution.how_to_go_on(wait)}" for wait in execution.waits]
    lines += [f"  {name} = {value_text(value)}" for name, value in execution.outputs.items()]
    return "\n".join(lines)


class Still:
    """Implements `packetflow.show.pane.View` for an execution that nobody keeps."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def html(self) -> str:
        """As a notebook draws it."""
        return self._execution._repr_html_()

    def text(self) -> str:
        """In plain words."""
        return execution_text(self._execution)

    def is_live(self) -> bool:
        """Never."""
        return False

    def heard(self, said: Mapping[str, Any]) -> None:
        """Nothing can be pressed."""


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
        return f"{steps} so far; it {'waits' if execution.status == 'waiting' else 'goes on'}"
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
