"""What a new pipeline may begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Template:
    """A pipeline to begin with; its name is free to change until it is saved."""

    title: str
    about: str
    icon: str
    begin: str
    text: str


EMPTY: Final = Template(
    "Empty page",
    "Nothing but room. Drag what you need.",
    ":material/check_box_outline_blank:",
    "Begin with nothing",
    """\
pipeline: untitled
steps:
  - graph: []
    id: graph
""",
)
TABLE: Final = Template(
    "Look at a table",
    "Load a file, clean it, describe its columns and draw charts.",
    ":material/table_chart:",
    "Begin with a table",
    """\
pipeline: untitled_table
intent: Load a table, clean it, describe it and draw it
steps:
  - graph:
      - {use: load_table, id: load_table}
      - {use: clean_table, id: clean_table, to: {table: clean, changes: changes}}
      - {use: describe, id: describe, from: {table: clean}}
      - {use: charts_for, id: charts_for, from: {table: clean}}
    id: graph
""",
)
TEXTS: Final = Template(
    "Digest a folder",
    "Read every document of a folder and give its gist.",
    ":material/library_books:",
    "Begin with a folder",
    """\
pipeline: untitled_digest
intent: Read every document of a folder and give its gist
steps:
  - graph:
      - {use: list_documents, id: list_documents}
      - each:
          - {use: read_document, id: read_document}
          - {use: summarize_text, id: summarize_text}
        id: each_document
        over: {path: paths}
        into: {title: titles, summary: summaries}
        on_error: collect
    id: graph
""",
)
TEMPLATES: Final = (EMPTY, TABLE, TEXTS)
