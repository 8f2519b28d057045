"""Draws values: how is decided in `packetflow.show.looks`, here it gets onto the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from packetflow.kernel.cards import PortCard
from packetflow.show.looks import Look, looks, preview, said
from studio.results import as_json, demoted, downloads
from studio.state import mode
from studio.theme import figure_layout

LEAST_SCALE = 0.75
"""A picture is not made smaller than this by itself; its words would be too small to read."""

_RANK = (
    "page",
    "chart",
    "markdown",
    "image",
    "audio",
    "table",
    "text",
    "list",
    "tree",
    "link",
    "missing",
)


MOST_ROWS = 2_000
MOST_ITEMS = 200
MOST_CHARACTERS = 50_000
MOST_PAGE = 16 << 20
"""More of a value is not sent to the browser."""
SHUT = (
    "<style>body{{margin:0}}iframe{{border:0;display:block;width:100%;height:780px}}</style>"
    '<iframe title="The report" sandbox="allow-scripts allow-popups allow-downloads" '
    'srcdoc="{}"></iframe>'
)
"""A frame in which a page's scripts run, and from which they reach nothing of the studio."""
WEB = re.compile(r"https?://", re.IGNORECASE)

_CALLED = {"html": "Report", "markdown": "Report as text"}
_SPELT = frozenset({"ai", "api", "csv", "html", "http", "id", "json", "pdf", "sql", "url"})
"""Words that are said letter by letter."""


def words(name: str) -> str:
    """A name as people read it.

    >>> words("onboarding_plan"), words("html"), words("run_sql")
    ('Onboarding plan', 'Report', 'Run SQL')
    """
    if name in _CALLED:
        return _CALLED[name]
    text = name.replace("_", " ").strip()
    said = [word.upper() if word.lower() in _SPELT else word for word in text.split(" ")]
    return " ".join([said[0][:1].upper() + said[0][1:], *said[1:]]) or name


def plain_markdown(text: str, most: int = 160) -> str:
    """The first line of a text, cut, whose brackets and stars then say nothing to Markdown."""
    line = text.split("\n", 1)[0]
    if len(line) > most:
        line = f"{line[:most]}\u2026"
    return "".join("\\" + c if c in "[]*_`$:\\<>#~" else c for c in line)


def show_values(
    values: Mapping[str, Any], key: str, *, ports: Sequence[PortCard] = (), empty: str = ""
) -> None:
    """Show named values: facts in one small table, the rest one at a time by choice.

    Args:
        values: By name.
        key: Unique on the page.
        ports: Their contract, for their types.
        empty: What to say when there are none.
    """
    types = {port.name: port.type for port in ports}
    shown = {name: looks(value, types.get(name, "")) for name, value in values.items()}
    if not shown:
        st.caption(empty or "Nothing.")
        return
    facts = {
        name: found[0] for name, found in shown.items() if found[0].kind in {"fact", "missing"}
    }
    large = [name for name in shown if name not in facts]
    large.sort(key=lambda name: _RANK.index(shown[name][0].kind))
    if large:
        chosen: Any = large[0]
        if len(large) > 1:
            chosen = st.segmented_control(
                "Output", large, default=large[0], required=True, key=f"{key} which",
                format_func=words, label_visibility="collapsed",
            )  # fmt: skip
        show_looks(chosen, shown[chosen], f"{key} {chosen}")
    if facts:
        rows("".join(_fact(name, look) for name, look in facts.items()))
    st.download_button(
        "All of it as JSON", lambda: as_json(dict(values)), f"{key.split()[0]}.json",
        "application/json", key=f"{key} all", on_click="ignore", type="tertiary",
        icon=":material/download:",
    )  # fmt: skip


def _fact(name: str, look: Look) -> str:
    text = escape(said(look.value))
    if look.kind == "missing":
        text = f'<span style="opacity:.75">{text}</span>'
    return f'<tr><td class="d">{escape(words(name))}</td><td>{text}</td></tr>'


def show_svg(picture: str, alt: str) -> None:
    """Draw a picture at most at its own size; one that is too wide can be scrolled, or fitted.

    Args:
        picture: An ``<svg>`` element that tells its width.
        alt: What the picture is, for the frame that scrolls.
    """
    found = re.search(r'width="(\d+)', picture)
    wide = int(found[1]) if found else 800
    style = (
        f".pf-w{wide} svg.pf{{width:clamp({wide * LEAST_SCALE:.0f}px,100%,{wide}px)!important}}"
        f"@container(min-width:{wide * LEAST_SCALE:.0f}px){{.pf-w{wide} .pf-fit{{display:none}}}}"
    )
    body = (
        f'<div class="pf-view pf-w{wide}"><style>{style}</style>'
        '<label class="pf-fit"><input type="checkbox">Whole picture</label>'
        f'<div class="pf-draw" tabindex="0" role="group" aria-label="{escape(alt)}">{picture}'
        "</div></div>"
    )
    st.markdown(body, unsafe_allow_html=True)


def rows(body: str, kind: str = "") -> None:
    """A quiet table of HTML rows.

    Args:
        body: The rows.
        kind: A class that says how it looks, beside its own.
    """
    st.html(f'<table class="pf-rows {kind}">{body}</table>')


def show_looks(name: str, found: Sequence[Look], key: str) -> None:
    """Show one value with its downloads."""
    charts = len(found) > 1 and all(look.kind == "chart" for look in found)
    slots = list(st.columns(2) if charts else [st.container()]) * len(found)
    for place, look in enumerate(found):
        with slots[place]:
            show_look(look, f"{key} {place}")
    if len(found) == 1:
        with st.container(horizontal=True, gap="small"):
            for file in downloads(name, found[0]):
                st.download_button(
                    file.label, file.content, file.file, file.media_type, key=f"{key} {file.label}",
                    on_click="ignore", type="tertiary", icon=":material/download:",
                )  # fmt: skip


def show_look(look: Look, key: str) -> None:
    """Draw one thing."""
    match look.kind:
        case "table":
            table = look.value
            st.dataframe(table.slice(0, MOST_ROWS), hide_index=True, key=key)
            shown = f"the first {MOST_ROWS:,} of " if table.num_rows > MOST_ROWS else ""
            st.caption(f"{shown}{table.num_rows:,} rows, {table.num_columns} columns")
        case "chart":
            _chart(look, key)
        case "markdown":
            with st.container(border=True):
                st.markdown(demoted(look.value[:MOST_CHARACTERS]))
                _say_cut(len(look.value), MOST_CHARACTERS, "characters")
        case "image":
            st.image(look.value.decode() if "svg" in look.note else look.value, look.title or None)
        case "audio":
            st.audio(look.value, look.note)
        case "page":
            _page(look.value)
        case "text":
            st.code(look.value[:MOST_CHARACTERS], language=None, wrap_lines=True)
            _say_cut(len(look.value), MOST_CHARACTERS, "characters")
        case "list":
            rows("".join(f"<tr><td>{escape(one)}</td></tr>" for one in look.value[:MOST_ITEMS]))
            _say_cut(len(look.value), MOST_ITEMS, "items")
        case "tree":
            _tree(look.value)
        case "link" if WEB.match(look.value):
            st.link_button(look.title or look.value, look.value)
        case "link":  # a path, or what a browser would run as a script
            st.code(look.value, language=None, wrap_lines=True)
        case "fact":
            st.markdown(f"**{said(look.value)}**")
        case "missing":
            st.caption(said(look.value))


def _page(html: str) -> None:
    if len(html) > MOST_PAGE:
        st.info("This page is too large to be shown here. Download it, then open it.")
    else:
        st.iframe(SHUT.format(escape(html)), height=780, alt="The report")


def _tree(value: Any) -> None:
    tree, is_whole = preview(value)
    st.json(tree, expanded=2)
    if not is_whole:
        st.caption("Long parts are cut here; the download has all of it.")


def _say_cut(count: int, most: int, what: str) -> None:
    if count > most:
        st.caption(f"the first {most:,} of {count:,} {what}; the download has all of them")


def _chart(look: Look, key: str) -> None:
    import plotly.graph_objects as go

    if look.title:
        st.markdown(f"**{look.title}**")
    figure = go.Figure(look.value)
    shared = figure_layout(mode())
    figure.update_layout(
        title=None, font=shared["font"], paper_bgcolor=shared["paper_bgcolor"],
        plot_bgcolor=shared["plot_bgcolor"], hoverlabel=shared["hoverlabel"],
        margin={"l": 8, "r": 8, "t": 10, "b": 8},
    )  # fmt: skip
    st.plotly_chart(
        figure, key=key, theme=None, config={"displaylogo": False}, alt=look.title or "A chart"
    )
    if look.note:
        st.caption(look.note)
