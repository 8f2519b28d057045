"""Tables in notebooks: what `ws.sql` answers, as rows and columns instead of pyarrow's own text."""

from __future__ import annotations

import sys
from typing import Any

from packetflow.show.html import page
from packetflow.show.text import safe

MOST_ROWS = 50
MOST_COLUMNS = 30
MOST_CHARACTERS = 200


def table_html(table: Any) -> str:
    """The first rows of a `pyarrow.Table` as HTML, and how many there are.

    Args:
        table: Anything with its ``column_names``, ``num_rows``, ``slice`` and ``select``.
    """
    names = [str(name) for name in table.column_names[:MOST_COLUMNS]]
    shown = table.slice(0, MOST_ROWS).select(list(range(len(names))))
    columns = [cells_of(column) for column in shown.columns]
    body = "".join(
        f"<tr>{''.join(f'<td>{safe(_cell(value))}</td>' for value in row)}</tr>"
        for row in zip(*columns, strict=True)
    )
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in names)
    said = f"{_count(table.num_rows, 'row')}, {_count(len(table.column_names), 'column')}"
    if table.num_rows > MOST_ROWS:
        said += f"; the first {MOST_ROWS} are shown"
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    scrolled = f'<div class="pf-wide" style="overflow-x:auto"><table>{inside}</table></div>'
    return page(scrolled if names else "", f"<p>{said}</p>")


def cells_of(column: Any) -> list[Any]:
    """The cells of a column of pyarrow as Python's values; dates beyond Python's as text.

    Its dates end with the year 9999; those of Arrow and DuckDB do not, and may be infinite.
    """
    try:
        found: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        return [_value(one) for one in column]
    return found


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (OverflowError, ValueError):
        pass
    try:
        text: str = scalar.cast("string").as_py()
    except (NotImplementedError, ValueError):
        return "<out of range>"
    return "<out of range>" if "out of range" in text else text


def teach_notebook() -> None:
    """Have the notebook this runs in show tables of pyarrow so, unless it knows how already."""
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if not shell:
        return
    known = shell.display_formatter.formatters["text/html"]
    if ("pyarrow.lib", "Table") not in known.deferred_printers:
        known.for_type_by_name("pyarrow.lib", "Table", table_html)


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}\u2026"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
