"""Render reports as HTML that stands alone and as Markdown, and save files."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypedDict

import pyarrow as pa

from packetflow import Context, Effect, Markdown, capability
from packetflow.errors import LibraryError
from packetflow.library.figures import Chart
from packetflow.library.paths import writable, write_whole
from packetflow.library.samples import sample

_ROWS_SHOWN = 50
_TOO_LARGE = 1e15


@dataclass(frozen=True)
class Section:
    """A part of a report.

    Attributes:
        heading: Its heading.
        text: Markdown.
        columns: The column names of a small table under the text, or none.
        rows: Its rows.
    """

    heading: str
    text: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


class Report(TypedDict):
    """A report in two forms."""

    html: str
    markdown: Markdown


@capability(
    tags=["document", "page", "html", "markdown", "publish"],
    examples=[
        {
            "title": "Sales",
            "summary": "They **rise**.",
            "tables": {"By year": sample("year,sold; 2025,3; 2026,4")},
        }
    ],
)
def render_report(
    title: str,
    summary: str = "",
    *,
    sections: list[Section] | None = None,
    tables: dict[str, pa.Table] | None = None,
    charts: list[Chart] | None = None,
) -> Report:
    """Render a report as one HTML page that stands alone, and as Markdown.

    The page carries everything with it, the chart library included (about 4.5 MB when there are
    charts), and follows the reader's light or dark setting. HTML inside texts is shown, not obeyed.

    Args:
        title: The report's title.
        summary: Markdown under the title.
        sections: Its parts, in order.
        tables: Tables under their headings, shown to 50 rows.
        charts: Charts, after the summary.

    Raises:
        LibraryError: The title is empty.
    """
    if not title.strip():
        raise LibraryError("the report has no title")
    parts = list(sections or [])
    parts += [_section_of(heading, table) for heading, table in (tables or {}).items()]
    drawn = list(charts or [])
    page = _page(title, summary, parts, drawn)
    return {"html": page, "markdown": Markdown(_markdown(title, summary, parts, drawn))}


def _section_of(heading: str, table: pa.Table) -> Section:
    shown = table.slice(0, _ROWS_SHOWN)
    rows = tuple(zip(*(column.to_pylist() for column in shown.columns), strict=True))
    more = table.num_rows - shown.num_rows
    text = f"The first {_ROWS_SHOWN} of {table.num_rows:,} rows." if more else ""
    return Section(heading, text, tuple(table.column_names), rows)


def shown(value: object) -> str:
    """Write a value for readers: four significant digits, thousands apart, gaps as a dash.

    >>> shown(1234567.891), shown(0.0123456), shown(None), shown(1952)
    ('1,234,568', '0.01235', '-', '1952')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return "-"
        large = 1000 <= abs(value) < _TOO_LARGE
        return f"{value:,.0f}" if large else f"{value:.4g}"
    return str(value)


def _page(title: str, summary: str, sections: list[Section], charts: list[Chart]) -> str:
    from jinja2 import Environment
    from markdown_it import MarkdownIt

    read = MarkdownIt("commonmark", {"html": False}).enable("table")
    script = ""
    if charts:
        from plotly.offline import get_plotlyjs

        script = get_plotlyjs()
    source = resources.files(__package__).joinpath("report_page.html").read_text("utf-8")
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        source
    )
    return template.render(
        title=title,
        summary=read.render(summary),
        sections=[
            {
                "heading": part.heading,
                "text": read.render(part.text),
                "columns": part.columns,
                "numeric": _numeric(part),
                "rows": [[shown(cell) for cell in row] for row in part.rows],
            }
            for part in sections
        ],
        charts=[_script_safe(chart) for chart in charts],
        plotly=script,
    )


def _numeric(part: Section) -> list[bool]:
    return [
        any(isinstance(row[at], (int, float)) and row[at] is not True for row in part.rows)
        for at in range(len(part.columns))
    ]


def _script_safe(chart: Chart) -> str:
    return json.dumps(chart.spec, default=str).replace("<", "\\u003c").replace("\u2028", "\\u2028")


def _markdown(title: str, summary: str, sections: list[Section], charts: list[Chart]) -> str:
    parts = [f"# {title}", summary]
    if charts:
        drawn = "\n".join(f"- {chart.title}" for chart in charts)
        parts.append(f"Charts, drawn in the HTML form of this report:\n\n{drawn}")
    for part in sections:
        parts += [f"## {part.heading}", part.text, _markdown_table(part)]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _markdown_table(part: Section) -> str:
    if not part.columns:
        return ""
    marks = ["---:" if numeric else "---" for numeric in _numeric(part)]
    lines = [part.columns, marks, *([shown(cell) for cell in row] for row in part.rows)]
    return "\n".join("| " + " | ".join(_cell(str(cell)) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


@capability(
    provides="saved_path",
    effects=[Effect.writes("files", idempotent=True)],
    tags=["write", "export", "download"],
    examples=[{"content": "# Notes", "path": "made/notes.md"}],
)
def save_file(content: str | Markdown | bytes, path: str, context: Context | None = None) -> str:
    """Save text or bytes as a file.

    The file appears whole or not at all; saving again replaces it.

    Args:
        content: Text (kept as UTF-8), Markdown or bytes.
        path: Where to; relative paths are inside the workspace.
        context: Filled by the engine.

    Returns:
        The path of the file.

    Raises:
        LibraryError: The file cannot be written.
    """
    place = writable(path, context)
    text = content.text if isinstance(content, Markdown) else content
    write_whole(place, text.encode() if isinstance(text, str) else text)
    return str(place)
