"""The panels of the page *Metrics*: answers of the store as figures.

A point's ``customdata`` is what picking it means, as the query of an address
(``called=load_table&error=KeyError``). Each row of a list is wholly a point, so that a short bar
is as easily hit as a long one.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from packetflow.show.timeline import seconds_text
from studio.stretches import Stretch
from studio.theme import ACCENT, FILL, LINE, SOFT, Mode, figure_layout, status_word

if TYPE_CHECKING:
    import plotly.graph_objects as go

Rows = Sequence[Mapping[str, Any]]
Say = Callable[[str], str]

MOST = 7
"""A list shows so many rows."""
ROW = 42
"""The height of one, in pixels."""
FOOT = 26
"""The height of a time axis under a list."""
TIME_HEIGHT = 240
MOST_CHARACTERS = 34


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list.

    Attributes:
        label: What it is about, as plain text.
        value: Said at its end.
        pick: What picking it means.
        parts: Lengths of its bar from left to right.
        hint: Said when one points at it; the label if empty.
    """

    label: str
    value: str
    pick: Mapping[str, str]
    parts: tuple[float, ...]
    hint: str = ""


def points(figure: go.Figure) -> dict[str, str]:
    """What can be picked in a figure: its words by what picking it means, as ``customdata``."""
    return {
        pick[0]: " ".join(text.split())
        for trace in figure.data
        if trace.customdata is not None
        for pick, text in zip(trace.customdata, trace.text, strict=True)
    }


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """A text in one line for a figure: short enough, and without meaning to plotly.

    >>> cut("a <b>bold</b> name"), cut("x" * 9, 4)
    ('a &lt;b&gt;bold&lt;/b&gt; name', 'xxx\u2026')
    """
    line = " ".join(text.split())
    return escape(line if len(line) <= most else f"{line[: most - 1]}\u2026", quote=False)


def runs_over_time(rows: Rows, shown: Stretch, *, mode: Mode = "light") -> go.Figure:
    """Draw how many executions began when, by how they stand.

    Args:
        rows: With ``begin`` (UTC), ``status`` and ``n`` (`packetflow.store.panels.outcomes`).
        shown: The stretch of time that was asked for.
        mode: Of the page.
    """
    import plotly.graph_objects as go

    zone, step = shown.origin.tzinfo, shown.step
    figure = go.Figure(layout=figure_layout(mode))
    highest: dict[dt.datetime, int] = {}
    for status in sorted({row["status"] for row in rows}, key=_order):
        begins = [row["begin"].replace(tzinfo=dt.UTC) for row in rows if row["status"] == status]
        counts = [row["n"] for row in rows if row["status"] == status]
        for begin, count in zip(begins, counts, strict=True):
            highest[begin] = highest.get(begin, 0) + count
        local = [one.astimezone(zone).replace(tzinfo=None) for one in begins]
        figure.add_bar(
            name=status_word(status),
            x=[one + step / 2 for one in local],
            y=counts,
            width=step / dt.timedelta(milliseconds=1) * 0.8,
            customdata=[
                [urlencode({"at": int(one.timestamp()), "status": status})] for one in begins
            ],
            text=[
                f"{one:%a %d %b, %H:%M} \u00b7 {count:,} {status_word(status).lower()}"
                for one, count in zip(local, counts, strict=True)
            ],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
            marker={
                "color": _fill(status, mode),
                "line": {"width": 0},
                "pattern": {"shape": "/" if status == "lost" else "", "size": 6},
            },
            unselected={"marker": {"opacity": 0.35}},
        )
    since, until = (
        one.astimezone(zone).replace(tzinfo=None)
        for one in (shown.window.since, shown.window.until)
    )
    soft = {"color": SOFT[mode], "size": 12}
    figure.update_xaxes(
        type="date",
        range=[since, until],
        showgrid=False,
        tickfont=soft,
        fixedrange=True,
        nticks=6,
        tickangle=0,
    )
    most = max(highest.values(), default=1)
    figure.update_yaxes(
        rangemode="tozero", range=[0, most * 1.08], tickfont=soft, fixedrange=True, nticks=4,
        dtick=1 if most <= 4 else None, tickformat=",d", automargin=True,
    )  # fmt: skip
    figure.update_layout(
        height=TIME_HEIGHT, barmode="stack", bargap=0, showlegend=True, hovermode="closest",
        dragmode=False, margin={"l": 8, "r": 8, "t": 34, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "normal",
                "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip
    return figure


def durations(rows: Rows, *, say: Say = str, mode: Mode = "light") -> go.Figure:
    """Draw how long calls of capabilities take: the middle one and the 95th of a hundred.

    Args:
        rows: With ``name, n, p50_ms, p95_ms`` (`packetflow.store.queries.latency`); the slowest
            are drawn.
        say: How a name is said to people.
        mode: Of the page.
    """
    import plotly.graph_objects as go

    slowest = sorted(rows, key=lambda row: (-row["p95_ms"], row["name"]))[:MOST]
    lines = [
        Line(
            say(row["name"]),
            f"{_took(row['p50_ms'])} \u00b7 {_took(row['p95_ms'])}",
            {"called": row["name"]},
            (_log(row["p50_ms"]), _log(row["p95_ms"])),
            f"{row['n']:,} calls<br>half of them took up to <b>{_took(row['p50_ms'])}</b>, "
            f"95 of 100 up to <b>{_took(row['p95_ms'])}</b>",
        )
        for row in slowest
    ]
    ends = [end for line in lines for end in line.parts] or [0.0]
    low, high = math.floor(min(ends) - 0.05), math.ceil(max(ends) + 0.05)
    figure = _frame(lines, (low - 0.03, high + 0.03), mode, FOOT)
    for number, line in enumerate(lines):
        figure.add_trace(
            go.Scatter(
                x=line.parts, y=[number + 0.24] * 2, mode="lines+markers", hoverinfo="skip",
                line={"color": ACCENT[mode], "width": 2},
                marker={"size": 9, "color": ACCENT[mode], "symbol": ["circle", "diamond"]},
                unselected={"marker": {"opacity": 1}},
            )
        )  # fmt: skip
    if lines:
        every = max(1, (high - low) // 4)
        ticks = list(range(low, high + 1, every))
        figure.update_xaxes(
            visible=True, showgrid=True, tickvals=ticks, ticktext=[_took(10**one) for one in ticks],
            tickfont={"color": SOFT[mode], "size": 12}, gridcolor=LINE[mode], showline=False,
        )  # fmt: skip
    return figure


def failures(rows: Rows, *, say: Say = str, mode: Mode = "light") -> go.Figure:
    """Draw which capabilities failed with which error.

    Args:
        rows: With ``name, error_type, n`` (`packetflow.store.panels.failures`), the most
            frequent first.
        say: How a name is said to people.
        mode: Of the page.
    """
    lines = [
        Line(
            f"{say(row['name'])} \u00b7 {row['error_type']}",
            f"{row['n']:,}",
            {"called": row["name"], "error": row["error_type"]},
            (row["n"],),
        )
        for row in rows
    ]
    return _bars(lines, (_fill("failed", mode),), mode)


def slowest_steps(rows: Rows, *, say: Say = str, mode: Mode = "light") -> go.Figure:
    """Draw the single calls that took longest; picking one means its run.

    Args:
        rows: With ``execution_id, run, step, name, duration_ms``
            (`packetflow.store.panels.slowest_steps`), the slowest first.
        say: How a name is said to people.
        mode: Of the page.
    """
    lines = [
        Line(
            say(row["name"])
            + (f" in {say(row['run'])}" if row["run"] not in (None, row["name"]) else ""),
            _took(row["duration_ms"]),
            {"only": row["execution_id"]},
            (row["duration_ms"],),
            f"step {cut(row['step'] or row['name'], 60)}, {status_word(row['status']).lower()}",
        )
        for row in rows
    ]
    return _bars(lines, (ACCENT[mode],), mode)


def waits(rows: Rows, *, say: Say = str, mode: Mode = "light") -> go.Figure:
    """Draw where runs waited, and where they still do.

    Args:
        rows: With ``run, step, n, open, p50_ms, longest_ms`` (`packetflow.store.panels.waits`).
        say: How a name is said to people.
        mode: Of the page.
    """
    lines = []
    for row in rows:
        took = "" if row["p50_ms"] is None else f"{_took(row['p50_ms'])} in the middle"
        now = f"{row['open']:,} now" if row["open"] else ""
        longest = "" if row["p50_ms"] is None else f"<br>the longest: {_took(row['longest_ms'])}"
        label = f"{say(row['step'])} in {say(row['run'])}" if row["run"] else say(row["step"])
        lines.append(
            Line(
                label, " \u00b7 ".join(filter(None, (now, took))), {"waited": row["step"]},
                (row["open"], row["n"] - row["open"]), f"{row['n']:,} waits{longest}",
            )
        )  # fmt: skip
    return _bars(lines, (_fill("waiting", mode), _fill("ok", mode)), mode)


def models(rows: Rows, *, mode: Mode = "light") -> go.Figure:
    """Draw the tokens of each model, read and written, and say what they cost.

    Args:
        rows: With ``model, calls, tokens_in, tokens_out, cost_usd``
            (`packetflow.store.panels.models`).
        mode: Of the page.
    """
    lines = []
    for row in rows:
        read, wrote = int(row["tokens_in"] or 0), int(row["tokens_out"] or 0)
        price = f"${row['cost_usd']:,.2f} \u00b7 " if row["cost_usd"] else ""
        lines.append(
            Line(
                row["model"], f"{price}{read + wrote:,} tokens", {"model": row["model"]},
                (read, wrote), f"{row['calls']:,} calls: {read:,} tokens read, {wrote:,} written",
            )
        )  # fmt: skip
    return _bars(lines, (ACCENT[mode], FILL[mode]["teal"]), mode)


def _bars(lines: Sequence[Line], colours: Sequence[str], mode: Mode) -> go.Figure:
    lines = lines[:MOST]
    longest = max((sum(line.parts) for line in lines), default=0) or 1
    figure = _frame(lines, (0, longest), mode)
    for place, colour in enumerate(colours):
        figure.add_bar(
            x=[line.parts[place] for line in lines],
            base=[sum(line.parts[:place]) for line in lines],
            y=[number + 0.24 for number in range(len(lines))],
            orientation="h",
            width=0.2,
            hoverinfo="skip",
            marker={
                "color": colour,
                "line": {"width": 0},
                "cornerradius": 3 if len(colours) == 1 else 0,
            },
            unselected={"marker": {"opacity": 1}},
        )
    return figure


def _frame(
    lines: Sequence[Line], ends: tuple[float, float], mode: Mode, foot: int = 4
) -> go.Figure:
    """The words of a list and the places to hit, without its bars."""
    import plotly.graph_objects as go

    figure = go.Figure(layout=figure_layout(mode))
    figure.add_bar(
        x=[ends[1] - ends[0] for _ in lines],
        base=[ends[0] for _ in lines],
        y=list(range(len(lines))),
        orientation="h",
        width=0.94,
        customdata=[[urlencode(line.pick)] for line in lines],
        text=[" \u00b7 ".join(filter(None, (line.label, line.value))) for line in lines],
        textposition="none",
        hovertext=[f"<b>{cut(line.label, 80)}</b><br>{line.hint or line.value}" for line in lines],
        hovertemplate="%{hovertext}<extra></extra>",
        marker={"color": ACCENT[mode], "opacity": 0, "line": {"width": 0}, "cornerradius": 6},
        selected={"marker": {"opacity": 0.14}},
        unselected={"marker": {"opacity": 0}},
    )
    for number, line in enumerate(lines):
        room = max(12, MOST_CHARACTERS + 12 - len(line.value))
        words = {"y": number - 0.08, "yanchor": "middle", "showarrow": False, "xref": "paper"}
        figure.add_annotation(x=0, xanchor="left", text=cut(line.label, room), **words)
        figure.add_annotation(
            x=1, xanchor="right", text=cut(line.value), font={"color": SOFT[mode]}, **words
        )
    figure.update_xaxes(visible=False, range=list(ends), fixedrange=True)
    high = max(1, len(lines))
    figure.update_yaxes(visible=False, range=[high - 0.5, -0.5], fixedrange=True)
    figure.update_layout(
        height=high * ROW + foot, barmode="overlay", bargap=0, hovermode="closest", dragmode=False,
        margin={"l": 4, "r": 4, "t": 0, "b": foot},
    )  # fmt: skip
    return figure


def _took(milliseconds: float) -> str:
    return seconds_text(milliseconds / 1000)


def _log(milliseconds: float) -> float:
    return math.log10(max(milliseconds, 1e-3))


_STANDS = ("ok", "skipped", "cancelled", "waiting", "running", "lost", "timed_out", "failed")
_COLOURS = {"ok": "green", "waiting": "amber", "running": "blue", "lost": "red", "failed": "red"}


def _order(status: str) -> tuple[int, str]:
    return (_STANDS.index(status) if status in _STANDS else len(_STANDS), status)


def _fill(status: str, mode: Mode) -> str:
    named = _COLOURS | {"timed_out": "pink"}
    return FILL[mode][named.get(status, "grey")]
