"""What a new pipeline may begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Template:
    """A pipeline to begin with; its name is free to change until it is saved.

    Attributes:
        title: What it is.
        begin: What its button says.
        about: What it holds, in a sentence.
        icon: In Streamlit's words.
        text: Its YAML.
    """

    title: str
    begin: str
    about: str
    icon: str
    text: str


EMPTY: Final = Template(
    "Empty page",
    "Begin empty",
    "Nothing but room: drag what you need, and join it.",
    ":material/check_box_outline_blank:",
    """\
pipeline: untitled
steps:
  - graph: []
    id: graph
""",
)
TABLE: Final = Template(
    "Look at a table",
    "Begin with a table",
    "Load a file, clean it, describe its columns and draw charts.",
    ":material/table_chart:",
    """\
pipeline: untitled
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
    "Begin with a folder",
    "Read every document of a folder and give its gist.",
    ":material/library_books:",
    """\
pipeline: untitled
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
