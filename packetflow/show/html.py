"""HTML around drawings: headings, tables and lists, for notebooks and the studio.

One style sheet scoped to the class ``pf``, no scripts, no identifiers, no outside resources: safe
several times on one page.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packetflow.show.drawing import Drawing
from packetflow.show.svg import svg
from packetflow.show.text import safe
from packetflow.show.theme import FONT, Theme, palette, status_colour

MOST_DRAWN = 400
"""Larger drawings are not put into a page by themselves."""

_HERE = ".pf-page" * 4
"""Said four times, so that our rules outweigh those of a notebook for tables, lists and code."""


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML that notebooks show as it is."""

    text: str

    def _repr_html_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that does not fit.

    Attributes:
        place: Where.
        message: A sentence with what to do.
        severity: ``error`` or ``warning``.
        mend: What the offered mend would do, if there is one.
    """

    place: str
    message: str
    severity: str = "error"
    mend: str = ""


def page(*parts: str, theme: Theme = "auto") -> str:
    """Put parts under one another in a box of their own.

    >>> page("<p>hello</p>").endswith("<p>hello</p></div>")
    True
    """
    return f'<div class="pf pf-{theme} pf-page"><style>{_style()}</style>{"".join(parts)}</div>'


def _style() -> str:
    rules = {
        "": f"font:13px/1.5 {FONT};color:var(--pf-ink);background:var(--pf-page);"
        "border-radius:12px;padding:14px 16px;text-align:left",
        " h3": "font-size:15px;margin:0;font-weight:650;color:inherit",
        " caption": "caption-side:top;font-size:12px;padding:14px 0 4px;font-weight:600;"
        "color:var(--pf-soft);text-align:left;white-space:nowrap",
        " p": "margin:2px 0 8px;color:var(--pf-soft)",
        " .pf-scroll": "overflow-x:auto;margin:2px -6px",
        " .pf-row": "display:flex;flex-wrap:wrap;gap:0 48px",
        " table": "border-collapse:collapse;margin:0;font-size:12.5px;background:none;"
        "color:inherit;border:0;table-layout:auto",
        " tr:nth-child(n)": "background:none;text-align:left",
        " :is(th,td):nth-child(n)": "padding:4px 14px 4px 0;text-align:left;vertical-align:top;"
        "border:0;border-bottom:1px solid var(--pf-line);background:none;color:inherit;"
        "max-width:36em;overflow-wrap:anywhere;white-space:normal",
        " .pf-wide :is(th,td):nth-child(n)": "overflow-wrap:break-word",
        " th:nth-child(n)": "font-weight:600;color:var(--pf-soft);font-size:11.5px",
        " code": "font:12px ui-monospace,Menlo,Consolas,monospace;background:none;"
        "color:inherit;padding:0",
        " .pf-badge": "display:inline-block;font-size:11px;padding:0 8px;margin:0 5px 3px 0;"
        "border-radius:9px;border:1px solid var(--pf-line);color:var(--pf-soft)",
        " ul": "list-style:none;margin:8px 0 0;padding:0",
        " li": "margin:3px 0;padding:5px 10px;border-left:3px solid var(--pf-amber);"
        "background:var(--pf-card);border-radius:0 6px 6px 0",
        " li.pf-red": "border-color:var(--pf-red)",
        " :is(button,input)": "font:inherit;color:inherit;background:var(--pf-card);"
        "border:1px solid var(--pf-line);border-radius:7px;padding:4px 12px;margin:0 6px 0 0",
        " button": "cursor:pointer",
        " button:disabled": "opacity:.5;cursor:default",
        " button:hover": "border-color:var(--pf-blue)",
        " :is(button,input,summary):focus-visible": "outline:2px solid var(--pf-blue);"
        "outline-offset:1px",
        " input": "width:min(26em,100%);box-sizing:border-box",
        " summary": "cursor:pointer;padding:5px 0",
        " details": "border-bottom:1px solid var(--pf-line)",
        " .pf-soft": "color:var(--pf-soft)",
        " .pf-dot": "display:inline-block;width:8px;height:8px;border-radius:50%;margin-right:7px",
        " pre": "font:12px/1.5 ui-monospace,Menlo,Consolas,monospace;background:none;"
        "color:inherit;margin:4px 0 0;padding:0;border:0;white-space:pre-wrap",
    }
    return palette() + "".join(f"{_HERE}{where}{{{what}}}" for where, what in rules.items())


def heading(title: str, below: str = "", badges: Iterable[str] = ()) -> str:
    """A title, badges beside it and a sentence below."""
    marks = "".join(f'<span class="pf-badge">{safe(badge)}</span>' for badge in badges)
    sentence = f"<p>{safe(below)}</p>" if below else ""
    return f"<h3>{safe(title)} {marks}</h3>{sentence}"


def picture(drawing: Drawing, *, theme: Theme = "auto") -> str:
    """A drawing at its natural size, scrolled sideways where it is too wide for the page."""
    count = len(drawing.nodes)
    if count > MOST_DRAWN:
        return f"<p>{count} nodes are too many to draw here; use to_svg() or to_networkx().</p>"
    return f'<div class="pf-scroll">{svg(drawing, theme=theme)}</div>'


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A small table, the first column as code, empty columns left out. Empty without rows.

    >>> table("nothing", ["a"], [])
    ''
    """
    kept = list(rows)
    used = [i for i in range(len(heads)) if i == 0 or any(row[i] for row in kept)]
    heads = [heads[i] for i in used]
    body = "".join(
        "<tr>"
        + "".join(
            f"<td><code>{safe(cell)}</code></td>" if not place else f"<td>{safe(cell)}</td>"
            for place, cell in enumerate(row[i] for i in used)
        )
        + "</tr>"
        for row in kept
    )
    if not body:
        return ""
    top = "".join(f'<th scope="col">{safe(head)}</th>' for head in heads)
    return (
        f"<table><caption>{safe(title)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def image(picture: str, said: str) -> str:
    """An SVG picture as an ``<img>``, for places that take inline pictures out (``st.html`` does).

    Args:
        picture: From `svg` or `timeline`; give it a theme, for an image cannot see the page's.
        said: What it shows, for readers who do not see it.
    """
    code = b64encode(picture.encode("utf-8", "replace")).decode("ascii")
    return f'<img style="max-width:100%" alt="{safe(said)}" src="data:image/svg+xml;base64,{code}">'


def side_by_side(*parts: str) -> str:
    """Parts beside each other where there is room; empty parts are left out.

    >>> side_by_side("", "")
    ''
    """
    boxes = "".join(f"<div>{part}</div>" for part in parts if part)
    return f'<div class="pf-row">{boxes}</div>' if boxes else ""


def part(name: str, *inside: str) -> str:
    """A piece of a live page, replaced by itself when it changes; see `packetflow.show.pane`."""
    return f'<div data-part="{safe(name)}">{"".join(inside)}</div>'


def button(label: str, say: Mapping[str, Any]) -> str:
    """A button of a live page.

    Args:
        label: What stands on it.
        say: What Python is told when it is pressed, as JSON.
    """
    return f'<button type="button" data-say="{safe(json.dumps(say))}">{safe(label)}</button>'


def field(label: str, say: Mapping[str, Any], text: str = "") -> str:
    """A line to type in on a live page, which begins with *text*; Python is told *say* with it."""
    return (
        f'<input type="search" aria-label="{safe(label)}" placeholder="{safe(label)}" '
        f'value="{safe(text)}" data-say="{safe(json.dumps(say))}">'
    )


def dot(status: str) -> str:
    """A small mark in the colour of a status."""
    colour = status_colour(status)
    return f'<span class="pf-dot" style="background:var(--pf-{colour})"></span>{safe(status)}'


def problems(rows: Iterable[Row]) -> str:
    """A list of what does not fit; empty if all fits."""
    items = "".join(
        f'<li class="pf-{status_colour(row.severity)}"><b>{safe(row.place or "whole")}</b> '
        f"{safe(row.message)}{f' <i>Mend: {safe(row.mend)}.</i>' if row.mend else ''}</li>"
        for row in rows
    )
    return f'<ul aria-label="problems">{items}</ul>' if items else ""
