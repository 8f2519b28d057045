"""How to take a value home, and how its words fit the page around them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from packetflow.show.looks import Look, plain


@dataclass(frozen=True, slots=True)
class Download:
    """A file to take home; ``content`` makes its bytes when it is asked for."""

    label: str
    file: str
    media_type: str
    content: Callable[[], bytes]


def demoted(markdown: str) -> str:
    r"""Markdown whose headings stand below those of the page around it.

    >>> demoted("# Title\n```\n# code\n```\n##### Deep")
    '### Title\n```\n# code\n```\n###### Deep'
    """
    lines, is_code = [], False
    for line in markdown.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            is_code = not is_code
        found = None if is_code else re.match(r"(#{1,6})(?=\s)", line)
        if found:
            line = "#" * min(6, len(found[1]) + 2) + line[len(found[1]) :]
        lines.append(line)
    return "\n".join(lines)


def as_json(value: Any) -> bytes:
    """A value as indented JSON; tables as rows."""
    if isinstance(value, pa.Table):
        value = value.to_pylist()
    return json.dumps(plain(value), ensure_ascii=False, indent=2).encode()


def downloads(name: str, look: Look) -> list[Download]:
    """The files that a look can be taken home as.

    >>> [one.file for one in downloads("report", Look("markdown", "# Hi"))]
    ['report.md']
    """
    value = look.value
    match look.kind:
        case "table":
            return [
                Download("CSV", f"{name}.csv", "text/csv", lambda: _csv(value)),
                Download(
                    "Parquet",
                    f"{name}.parquet",
                    "application/vnd.apache.parquet",
                    lambda: _parquet(value),
                ),
                Download("JSON", f"{name}.json", "application/json", lambda: as_json(value)),
            ]
        case "page":
            return [Download("HTML", f"{name}.html", "text/html", value.encode)]
        case "markdown":
            return [Download("Markdown", f"{name}.md", "text/markdown", value.encode)]
        case "text":
            return [Download("Text", f"{name}.txt", "text/plain", value.encode)]
        case "tree" | "list":
            return [Download("JSON", f"{name}.json", "application/json", lambda: as_json(value))]
        case "chart":
            return [Download("HTML", f"{name}.html", "text/html", lambda: _chart_page(value))]
        case "image" | "audio":
            ending = look.note.split("/")[-1].split("+")[0] or "bin"
            return [Download(ending.upper(), f"{name}.{ending}", look.note, lambda: bytes(value))]
        case "fact" | "link" | "missing":
            return []


def _csv(table: pa.Table) -> bytes:
    frame = table.to_pandas()
    return str(frame.to_csv(index=False)).encode()


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _chart_page(spec: Mapping[str, Any]) -> bytes:
    import plotly.graph_objects as go

    return str(go.Figure(spec).to_html(include_plotlyjs=True)).encode()
