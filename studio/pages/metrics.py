"""Metrics: how much ran, how it ended, how long it took, and the runs behind each number."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import streamlit as st

from packetflow.show.timeline import seconds_text
from packetflow.store import panels
from packetflow.store.queries import Query, answer, latency, latest
from studio.figures import metrics
from studio.lists import run_links
from studio.showing import plain_markdown, words
from studio.state import desk, guard, mode, query
from studio.stretches import PICKS, STRETCHES, Stretch, said, stretch, wanted

LISTED = 10
CONFIG = {"displayModeBar": False}


def ask(question: Query) -> list[dict[str, Any]]:
    """Answer a question with rows; what was written until the page was opened counts."""
    return answer(desk().store, question, fresh=False).to_pylist()


def chosen() -> Stretch:
    """The stretch of time that the address names, in the zone of who looks."""
    zone = ZoneInfo(st.context.timezone) if st.context.timezone else dt.UTC
    name = st.segmented_control(
        "Time", list(STRETCHES), default="Last day", required=True, key="time",
        bind="query-params", label_visibility="collapsed", on_change=forget,
    )  # fmt: skip
    first = ask(panels.beginning())[0]["first"]
    begun = first and first.replace(tzinfo=dt.UTC).astimezone(zone)
    return stretch(name, dt.datetime.now(zone), begun)


def forget() -> None:
    """Show all runs again, and nothing picked in the figures."""
    for name in PICKS:
        st.query_params.pop(name, None)
    st.session_state["metrics drawn"] = st.session_state.get("metrics drawn", 0) + 1


def pick(key: str) -> None:
    """Put what was picked in a figure into the address, in place of what was picked before."""
    points = st.session_state[key].selection.points
    for name in PICKS:
        st.query_params.pop(name, None)
    if points:
        found = points[0]["customdata"]
        st.query_params.update(parse_qsl(found if isinstance(found, str) else found[0]))


def panel(title: str, note: str, figure: Any, *, empty: str = "") -> None:
    """A figure under its title; picking a point filters the runs below."""
    st.subheader(title, anchor=False)
    if empty:
        st.caption(empty)
        return
    st.caption(note)
    key = f"{title} {query('time')} {st.session_state.get('metrics drawn', 0)}"
    st.plotly_chart(
        figure, key=key, theme=None, config=CONFIG, selection_mode="points", alt=f"{title}. {note}",
        on_select=lambda: pick(key),
    )  # fmt: skip


def show_numbers(shown: Stretch) -> None:
    """The few numbers above the figures."""
    total, now = ask(panels.totals(shown.window))[0], ask(panels.standing())[0]
    share = f" ({total['failed'] / total['n']:.0%})" if total["failed"] else ""
    middle = "\u2013" if total["p50_ms"] is None else seconds_text(total["p50_ms"] / 1000)
    numbers = {
        "Runs": f"{total['n']:,}",
        "Failed": f"{total['failed']:,}{share}",
        "Median time": middle,
        "Running now": f"{now['running']:,}",
        "Waiting now": f"{now['waiting']:,}",
    }
    with st.container(horizontal=True, gap="small"):
        for label, value in numbers.items():
            st.metric(label, value, border=True, width=150)


def show_panels(shown: Stretch) -> None:
    """The figures, each from one question."""
    window, look = shown.window, mode()
    kind: dict[str, Any] = {"say": words, "mode": look}
    over_time = metrics.runs_over_time(
        ask(panels.outcomes(window, shown.step, origin=shown.origin)), shown, mode=look
    )
    panel("Runs over time", "By when they began and how they stand.", over_time)
    left, right = st.columns(2, gap="large")
    with left:
        panel("Time per capability", "The middle call, and the 95th of 100.",
              metrics.durations(ask(latency(window)), **kind))  # fmt: skip
    with right:
        rows = ask(panels.failures(window))
        panel("Failures", "By capability and error; each try counts.",
              metrics.failures(rows, **kind), empty="" if rows else "No call failed in this time.")  # fmt: skip
    left, right = st.columns(2, gap="large")
    with left:
        panel("Slowest steps", "The single calls that took longest.",
              metrics.slowest_steps(ask(panels.slowest_steps(window)), **kind))  # fmt: skip
    with right:
        rows = ask(panels.waits(window))
        panel("Waits", "Where runs wait for a person, an event or a time, and how long.",
              metrics.waits(rows, **kind), empty="" if rows else "No run waited in this time.")  # fmt: skip
    rows = ask(panels.models(window))
    if rows:
        panel(
            "Models",
            "Tokens read and written, and what they cost.",
            metrics.models(rows, mode=look),
        )


def show_runs(shown: Stretch) -> None:
    """The runs that were picked, or the latest."""
    picks: Mapping[str, str] = {name: query(name) for name in PICKS if query(name)}
    st.header("Runs", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", height=42, border=False):
        if picks:
            st.markdown(plain_markdown(f"That {', '.join(said(picks, shown, words))}"))
            st.button("Show all", icon=":material/close:", on_click=forget, type="tertiary")
        else:
            st.caption("Click a bar, a row or a point above to see the runs behind it.")
    rows = ask(latest(wanted(picks, shown), limit=LISTED))
    if not rows:
        st.info("No run is like that any more.", icon=":material/search_off:")
    run_links(rows)
    st.page_link("runs.py", label="All runs", icon=":material/timeline:")


st.title("Metrics", anchor=False)
st.html('<p class="pf-lead">What ran here, how it ended and how long it took.</p>')
shown = chosen()
if ask(panels.totals(shown.window))[0]["n"]:
    show_numbers(shown)
    with guard("panels"):
        show_panels(shown)
    show_runs(shown)
else:
    with st.container(border=True):
        st.markdown("**Nothing has run in this time.**")
        st.caption("Look at a longer time above, or run something: its numbers appear here.")
        st.page_link("pipelines.py", label="Open a pipeline", icon=":material/account_tree:")
        st.page_link("home.py", label="Make the example report", icon=":material/home:")
