"""Draws the page *Metrics*: its panels, what is picked in them, and the same as tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from packetflow.show.timeline import seconds_text
from packetflow.store import panels
from packetflow.store.queries import Query, answer, latency, latest
from studio.figures import metrics
from studio.heeding import heed
from studio.lists import run_links
from studio.showing import plain_markdown, rows, words
from studio.state import desk, guarded, mode, query
from studio.stretches import PICKS, STRETCHES, Stretch, said, stretch, wanted

if TYPE_CHECKING:
    import plotly.graph_objects as go

LISTED = 10
TABLED = 200
"""A table has at most so many rows."""
CONFIG = {"displayModeBar": False}
LIVE_SECONDS = 2.0
MIDDLE_AND_95TH = "\u25cf the middle call \u00b7 \u25c6 the 95th of 100."
_DRAWN = "metrics drawn"

Answer = list[dict[str, Any]]


def ask(question: Query, *, fresh: bool = False) -> Answer:
    """Answer a question with rows.

    Args:
        question: What to ask.
        fresh: Whether what was written just now counts, too; one question a page is enough.
    """
    found: Answer = answer(desk().store, question, fresh=fresh).to_pylist()
    return found


def choose_stretch() -> Stretch:
    """Let a stretch of time be chosen, which the address keeps."""
    name = st.segmented_control(
        "Time", list(STRETCHES), default="Last day", required=True, key="time",
        bind="query-params", label_visibility="collapsed", on_change=forget,
    )  # fmt: skip
    first = ask(panels.beginning(), fresh=True)[0]["first"]
    zone = _zone(st.context.timezone)
    begun = first and first.replace(tzinfo=dt.UTC).astimezone(zone)
    return stretch(name or "Last day", dt.datetime.now(zone), begun)


def _zone(name: str | None) -> dt.tzinfo:
    try:
        return ZoneInfo(name) if name else dt.UTC
    except (ZoneInfoNotFoundError, ValueError):  # the browser knows one that we do not
        return dt.UTC


def forget() -> None:
    """Show all runs again, and nothing picked in the figures."""
    _unpick()
    st.session_state[_DRAWN] = st.session_state.get(_DRAWN, 0) + 1


def _unpick() -> None:
    for name in PICKS:
        st.query_params.pop(name, None)


def pick(points: Sequence[Mapping[str, Any]]) -> None:
    """Put what was picked in a figure into the address, in place of what was picked before."""
    _unpick()
    if points:
        found = points[0].get("customdata") or ""
        meant = parse_qsl(found if isinstance(found, str) else found[0])
        st.query_params.update({name: value for name, value in meant if name in PICKS})


def panel(title: str, note: str, figure: go.Figure, *, empty: str = "") -> dict[str, str]:
    """A figure under its title; picking a point filters the runs below.

    What can be picked in it is answered, in words by what it means, for those without a mouse.

    Args:
        title: Unique on the page.
        note: How it is read, in a sentence.
        figure: With `PICKS` as ``customdata``, as those of `studio.figures.metrics`.
        empty: Said in place of the figure, if there is nothing to draw.
    """
    with st.container(gap="xsmall"):
        st.header(title, anchor=False)
        st.caption(empty or note)
        if not empty:
            key = f"{title} {st.session_state.get(_DRAWN, 0)}"
            st.plotly_chart(
                figure, key=key, theme=None, config=CONFIG, selection_mode="points",
                on_select=lambda: pick(st.session_state[key].selection.points),
                alt=f"{title}. {note} The same numbers are in the tables at the end of the page.",
            )  # fmt: skip
    return {} if empty else {
        pick: f"{title}: {text}" for pick, text in metrics.points(figure).items()
    }  # fmt: skip


def show_numbers(shown: Stretch) -> None:
    """The few numbers above the figures."""
    total = ask(panels.totals(shown.window))[0]
    share = f" ({total['failed'] / total['n']:.0%})" if total["failed"] else ""
    middle = "\u2013" if total["p50_ms"] is None else seconds_text(total["p50_ms"] / 1000)
    numbers = {
        "Runs": f"{total['n']:,}",
        "Failed": f"{total['failed']:,}{share}",
        "Median time": middle,
    }
    with st.container(horizontal=True, gap="small", key="numbers"):
        for label, value in numbers.items():
            st.metric(label, value, border=True)
        show_standing()


@st.fragment(run_every=LIVE_SECONDS)
@guarded("standing")
def show_standing() -> None:
    """What goes on at this moment, asked again and again while the page is open."""
    now = ask(panels.standing(), fresh=True)[0]
    with st.container(horizontal=True, gap="small", key="now"):
        for label in ("running", "waiting"):
            st.metric(f"{label.capitalize()} now", f"{now[label]:,}", border=True)


def show_panels(shown: Stretch) -> tuple[dict[str, Answer], dict[str, str]]:
    """The figures, each from one question.

    Answers what they were drawn from, and what can be picked in them.
    """
    window, look = shown.window, mode()
    found = {
        "Runs over time": ask(panels.outcomes(window, shown.step, origin=shown.origin)),
        "Time per capability": ask(latency(window)),
        "Failures": ask(panels.failures(window)),
        "Slowest steps": ask(panels.slowest_steps(window)),
        "Waits": ask(panels.waits(window)),
        "Models": ask(panels.models(window)),
    }
    over_time, times, failed, slow, waited, models = found.values()
    offered = panel("Runs over time", "When they began, and how they stand.",
                    metrics.runs_over_time(over_time, shown, mode=look))  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        offered |= panel("Time per capability", MIDDLE_AND_95TH,
                         metrics.durations(times, say=words, mode=look),
                         empty="" if times else "No capability was called then.")  # fmt: skip
    with right:
        offered |= panel("Failures", "By capability and error; each try counts.",
                         metrics.failures(failed, say=words, mode=look),
                         empty="" if failed else "No call failed in this time.")  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        offered |= panel("Slowest steps", "The single calls that took longest.",
                         metrics.slowest_steps(slow, say=words, mode=look),
                         empty="" if slow else "No step ended in this time.")  # fmt: skip
    with right:
        offered |= panel("Waits", "For a person, an event or a time: still waiting, then ended.",
                         metrics.waits(waited, say=words, mode=look),
                         empty="" if waited else "No run waited in this time.")  # fmt: skip
    if models:
        offered |= panel("Models", "Tokens read, then tokens written, and what they cost.",
                         metrics.models(models, mode=look))  # fmt: skip
    return found, offered


def choose_pick(picks: Mapping[str, str], offered: Mapping[str, str]) -> None:
    """Let one of all points be picked by its words, as a click on it does."""
    labels = {"": "all of them"}
    for one, text in offered.items():  # the browser tells options apart by their words
        labels[one] = f"{text} (again)" if text in labels.values() else text
    here = next((one for one in offered if dict(parse_qsl(one)) == picks), "")

    def take(chosen: str) -> None:
        forget()
        pick([{"customdata": chosen}] if chosen else [])

    st.selectbox(
        "Runs behind a point of the figures", list(labels), format_func=labels.__getitem__,
        width=560, **heed("metrics chosen", here, take),
    )  # fmt: skip


def show_runs(shown: Stretch, offered: Mapping[str, str]) -> None:
    """The runs that were picked, or the latest.

    Args:
        shown: The stretch of time.
        offered: What can be picked, in words.
    """
    picks = {name: query(name) for name in PICKS if query(name)}
    like = said(picks, shown, words)
    st.header("Runs", anchor="picked")
    choose_pick(picks, offered)
    if like:
        told = plain_markdown(f"Runs that {' and '.join(like)}", 300)
        st.caption(f"{told}, the newest first.")
        with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{told}: [see them](#picked)", width="content")
            st.button("Show all", icon=":material/close:", on_click=forget, type="tertiary")
    else:
        st.caption("The newest first. Click a bar, a row or a point above, or choose one here.")
    listed = ask(latest(wanted(picks, shown), limit=LISTED))
    if not listed:
        st.info("No run of this time is like that.", icon=":material/search_off:")
    run_links(listed)
    st.page_link("runs.py", label="All runs", icon=":material/timeline:")


def show_tables(found: Mapping[str, Answer]) -> None:
    """What the figures were drawn from, for who cannot see them or wants the numbers."""
    with st.expander("The numbers as tables"):
        for title, answered in found.items():
            if answered:
                st.markdown(f"**{title}**")
                names = [name for name in answered[0] if name != "execution_id"]
                head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
                body = "".join(
                    f"<tr>{''.join(f'<td>{_cell(row[name])}</td>' for name in names)}</tr>"
                    for row in answered[:TABLED]
                )
                rows(f"<tr>{head}</tr>{body}")


def _cell(value: Any) -> str:
    match value:
        case None:
            return "\u2013"
        case float():
            return f"{value:,.2f}"
        case int():
            return f"{value:,}"
        case dt.datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case _:
            return escape(str(value))
