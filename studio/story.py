"""Draws one run in full: how it stands, what can be done, its timeline, values, log, failure."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from packetflow.errors import UnknownName
from packetflow.kernel.cards import Description
from packetflow.show import timeline
from packetflow.show.timeline import seconds_text, seconds_worked
from packetflow.store.bars import bars
from packetflow.store.queries import Whole, log_words, whole
from packetflow.workspace.drafts import Drafts
from studio.asking import show_answered
from studio.failing import failed_spans, failure_of, show_failure
from studio.lists import ago
from studio.past import Past
from studio.presses import begin_once
from studio.running import UNDER_WAY, show_run
from studio.showing import plain_markdown, show_svg, show_values, words
from studio.spans import described, show_spans
from studio.state import desk, entitle, guard, mode
from studio.theme import status_text
from studio.trying import fill_changed, show_anew, show_changed
from studio.two_runs import offer_others

BEGUN: Final = {
    "cli": "started from the command line",
    "studio": "started in the studio",
    "notebook": "started in a notebook",
    "python": "started in Python",
    "fork": "begun from an earlier run",
}
"""What started a run, in words."""


def show_head(found: Whole, worked: float, past: Past, card: Description) -> None:
    """What ran, how it stands, and what can be done now."""
    row = found.execution
    status = str(row["status"])
    st.title(plain_markdown(words(str(row["name"]))), anchor=False)
    told = [ago(row["started_at"], dt.datetime.now(dt.UTC).replace(tzinfo=None))]
    if status not in UNDER_WAY:
        took = (row["duration_ms"] or 0) / 1000
        st.header(f"{status_text(status)} in {seconds_text(took)}", anchor=False)
        if took - worked > max(1.0, took / 10):
            told.insert(0, f"worked {seconds_text(worked)}, else it waited")
    told.append(BEGUN.get(str(row["trigger"]), f"started by {row['trigger']}"))
    said = plain_markdown(" \u00b7 ".join(told))
    st.caption(f"{said} \u00b7 {str(row['execution_id'])[-8:]}")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        show_ways_on(row, past, card)
        if card != Description(card.name):  # a draft, or what was taken away, has no page
            st.page_link("library.py", label="The pipeline", icon=":material/account_tree:",
                         query_params={"pipeline": str(row["name"])})  # fmt: skip
        if row["retry_of"]:
            st.page_link("runs.py", label="The run before it", icon=":material/history:",
                         query_params={"run": str(row["retry_of"])})  # fmt: skip
        show_on_canvas(row)
        offer_others(row)


def show_on_canvas(row: Mapping[str, Any]) -> None:
    """A way to the canvas, drawn with this run, where the pipeline can be opened there."""
    name = str(row["name"])
    if Drafts(desk().folder).has(name):
        st.page_link("build.py", label="On the canvas", icon=":material/design_services:",
                     query_params={"pipeline": name, "run": str(row["execution_id"])})  # fmt: skip


def show_ways_on(row: Mapping[str, Any], past: Past, card: Description) -> None:
    """What can be done with a run; inputs that were not kept are asked for anew first."""
    identity, status, gone = str(row["execution_id"]), str(row["status"]), past.gone
    if gone and status not in UNDER_WAY:
        begun = show_anew(identity, str(row["failed_step"] or ""), gone)
        if begun:
            go(begun)
        return
    fork = desk().runner.fork
    if row["failed_step"] and st.button(
        f"Replay from {words(row['failed_step'])}", icon=":material/replay:", type="primary",
        help="A new run that takes over what went well and begins with the failed step",
    ):  # fmt: skip
        step = row["failed_step"]
        go(begin_once("replay", lambda: desk().keep(fork(identity, step))))
    if status in {"lost", "running"} and identity not in desk().runs and st.button(
        "Resume", icon=":material/resume:", type="primary" if status == "lost" else "secondary",
        help="Go on where it was interrupted; what was completed does not run again",
    ):  # fmt: skip
        go(desk().keep(desk().runner.resume(identity), late=True))
    if status in UNDER_WAY:
        return
    again = "From the start, with the same inputs"
    if st.button("Run again", icon=":material/restart_alt:", help=again):
        go(begin_once("again", lambda: desk().keep(fork(identity, anew=True))))
    if card.requires and st.button(
        "Change inputs", icon=":material/edit_note:", on_click=fill_changed,
        args=(identity, card, past.inputs),
    ):  # fmt: skip
        ask_for_inputs(identity, card, past)


@st.dialog("Run again with other inputs", width="medium")
def ask_for_inputs(identity: str, card: Description, past: Past) -> None:
    """A form with what the run was given."""
    with guard("inputs to change"):
        begun = show_changed(identity, card, past.inputs)
        if begun:
            go(begun)


def go(identity: str) -> None:
    """Show that run."""
    st.query_params["run"] = identity
    st.rerun()


def show_one(identity: str) -> None:
    """One run.

    Raises:
        UnknownName: There is no such run.
    """
    st.page_link("runs.py", label="All runs", icon=":material/arrow_back:")
    try:
        found = whole(desk().store, identity)
    except UnknownName:
        if identity not in desk().runs:
            raise
        st.caption("It has only just begun.")
        time.sleep(0.2)  # until the store has heard of it
        st.rerun()
    row, card = found.execution, described(str(found.execution["name"]))
    entitle(words(str(row["name"])), "Runs")
    drawn = bars(found, time.time_ns())
    past = Past(desk().folder, found)
    show_head(found, seconds_worked(drawn), past, card)
    if row["status"] in UNDER_WAY:
        with guard("live"):
            show_run(identity, card)
    else:
        show_answered(identity)
    spans = found.spans.to_pylist()
    if row["error"] and row["status"] not in {"ok", "cancelled"}:
        with guard("failure"):
            tries = failed_spans(row, spans)
            bad = [one for one in tries if one["inputs"]]
            show_failure(
                failure_of(row, spans),
                inputs=past.span(bad[-1])[0] if bad else None,
                tries=max((one["attempt"] for one in tries), default=1),
            )
    if drawn:
        st.header("Timeline", anchor=False)
        picture = timeline(drawn, title=str(row["name"]), wide=1160, theme=mode())
        show_svg(picture, "When each step ran")
    show_parts(found, past, card)


def show_parts(found: Whole, past: Past, card: Description) -> None:
    """What a run made and was given, its steps one at a time, and its log."""
    identity, row = str(found.execution["execution_id"]), found.execution
    made, given, each, logs = st.tabs(["What it made", "What it was given", "Step by step", "Log"])
    with made, guard("outputs"):
        empty = "Its outputs come with its end." if row["status"] in UNDER_WAY else "Nothing."
        key = f"{row['name']} out {identity}"
        show_values(past.outputs, key, ports=card.provides, empty=empty)
    with given, guard("inputs"):
        show_values(
            past.inputs, f"{row['name']} in {identity}", ports=card.requires, empty="Nothing."
        )
    with each, guard("steps"):
        show_spans(past, found.spans.to_pylist(), found.waits.to_pylist())
    with logs, guard("log"):
        lines = [f"{one['logged_at']:%H:%M:%S}  {log_words(one)}" for one in found.logs.to_pylist()]
        st.code("\n".join(lines) or "It logged nothing.", language=None, wrap_lines=True)
