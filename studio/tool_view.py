"""Draws a tool as its clients see it."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, Final

import streamlit as st

from packetflow.kernel.cards import CapabilityCard, PipelineCard, StepCard
from packetflow.mcp.settings import McpSettings
from packetflow.mcp.tools import Tool
from studio.results import as_json
from studio.schema_words import SchemaRow, differences, hint_words, schema_rows
from studio.showing import rows

SHOWN: Final = 6000
"""So many characters of a result are shown."""

ASKING: Final = frozenset({"wait"})


def show_tool(tool: Tool, *, asks: bool, settings: McpSettings) -> None:
    """What is listed of a tool: words, hints, both schemas; and what clients make of it.

    Args:
        tool: The tool.
        asks: Whether a run of it may ask a person.
        settings: What the workspace says about tools.
    """
    shown = tool.shown
    head = [
        ("Name", f"<code>{escape(tool.name)}</code>"),
        ("Title", escape(shown.title or "")),
        ("Description", escape(shown.description or "").replace("\n", "<br>")),
        ("Hints", escape(", ".join(hint_words(shown.annotations)))),
        ("Long calls", escape(long_words(tool, settings))),
    ]
    rows("".join(f'<tr><td class="d">{name}</td><td>{said}</td></tr>' for name, said in head))
    nothing = "Nothing: it is called without arguments."
    show_schema("It takes", shown.input_schema, empty=nothing, plain="may be left out")
    if shown.output_schema is None:
        st.subheader("It gives", anchor=False)
        st.caption("No structured result; what it makes comes as text, pictures or sound.")
    else:
        show_schema(
            "It gives", shown.output_schema, empty="An empty record.", plain="if there is one"
        )
    show_differences(asks=asks)


def show_schema(title: str, schema: Mapping[str, Any], *, empty: str, plain: str) -> None:
    """The fields of a schema, and the schema itself; *plain* is said of those not needed."""
    st.subheader(title, anchor=False)
    fields = schema_rows(schema)
    if fields:
        rows("".join(field_row(one, plain) for one in fields))
    else:
        st.caption(empty)
    with st.expander("As JSON Schema"):
        show_json(schema)


def show_json(value: Any) -> None:
    """A value as JSON, to be read and copied."""
    show_text(as_json(value).decode(), "json")


def show_text(text: str, language: str | None = None) -> None:
    """A text as it is, to be read and copied: its beginning, where it is long.

    In full height, for a box that scrolls is out of reach without a mouse.
    """
    st.code(text[:SHOWN], language=language, wrap_lines=True)
    if len(text) > SHOWN:
        st.caption(f"The first {SHOWN:,} of {len(text):,} characters.")


def field_row(field: SchemaRow, plain: str) -> str:
    """A field as a row of a table; *plain* is said of one that is not needed.

    >>> field_row(SchemaRow("n", "number", True, about="How <many>"), "optional")
    '<tr><td><code>n</code></td><td class="d">number<br>How &lt;many&gt;</td></tr>'
    """
    instead = f"{field.default} if left out" if field.default else plain
    kind = field.kind if field.is_needed else f"{field.kind}, {instead}"
    told = "<br>".join(escape(one) for one in (kind, field.about) if one)
    return f'<tr><td><code>{escape(field.name)}</code></td><td class="d">{told}</td></tr>'


def long_words(tool: Tool, settings: McpSettings) -> str:
    """When a call becomes a task."""
    if tool.as_task is None:
        return f"become a task after {settings.task_seconds:g} s, where the client works with tasks"
    if tool.as_task.required:
        return "always a task; clients that do not work with tasks are refused"
    return "a task from the beginning, where the client works with tasks"


def show_differences(*, asks: bool) -> None:
    """What each client makes of it, as far as its documentation says."""
    st.subheader("What clients make of it", anchor=False)
    body = ""
    for client, told in differences(asks=asks):
        said = "<br>".join(
            f"{escape(name)}: {escape(text)}" if name != "Besides" else escape(text)
            for name, text in told.items()
            if text
        )
        body += f'<tr><td>{escape(client)}</td><td class="d">{said}</td></tr>'
    rows(body)
    st.caption("From their documentation of November 2026. The panel *Try it* is a real client.")


def asks_people(card: CapabilityCard | PipelineCard, steps: list[StepCard]) -> bool:
    """Whether a run may ask a person, as far as its steps tell."""
    return isinstance(card, PipelineCard) and any(one.kind in ASKING for one in steps)
