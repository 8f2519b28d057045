"""Draws a run while it goes on: steps, drawing, questions, a stop button; and how it ended."""

from __future__ import annotations

import reprlib
import time
from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from packetflow.engine.values import Opaque, unpack
from packetflow.errors import RunElsewhere, RunnerLost, WireError
from packetflow.kernel.cards import Description, Happening
from packetflow.runner.remote import RemoteRun
from packetflow.show.looks import looks
from packetflow.show.timeline import seconds_text
from packetflow.store.queries import whole
from studio.asking import show_answered, show_question
from studio.failing import show_failure
from studio.lists import RUNS
from studio.past import Past
from studio.presses import begin_once
from studio.progress import Progress, StepState, counts, happened, picture, read_progress
from studio.showing import (
    MOST_CHARACTERS,
    plain_markdown,
    rows,
    show_looks,
    show_svg,
    show_values,
    words,
)
from studio.state import desk, guard, guarded, mode
from studio.theme import status_text

EVERY_SECONDS = 0.4
PARKED_SECONDS = 2.0
UNDER_WAY = ("running", "waiting")
NOT_YET = "not kept yet; open the run in a moment"


def follow(execution_id: str) -> RemoteRun:
    """The run of that id, followed from now on if nobody did yet.

    Raises:
        UnknownName: There is no such execution.
    """
    known = desk().runs.get(execution_id)
    if known is None:
        known = desk().runner.follow(execution_id)
        desk().keep(known, late=True)
    return known


def show_run(execution_id: str, described: Description) -> None:
    """Show a run: while it goes on, live; then its steps and what it made, or why it failed."""
    try:
        run = follow(execution_id)
    except RunElsewhere:
        show_elsewhere(execution_id, described)
        return
    try:
        outcome = run.result(0) if run.done() else None
    except RunnerLost as error:
        show_lost(execution_id, error)
        return
    is_over = outcome is not None and outcome.status != "waiting"
    show_answered(execution_id, goes_on=not is_over)
    if outcome is None or outcome.status == "waiting":
        show_live(execution_id, run, described)
        return
    progress = read_progress(described.steps, [*_past(execution_id), *run.events])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(f"{status_text(outcome.status)} in {seconds_text(outcome.seconds)}", anchor=False)
        st.page_link(
            RUNS, label="Everything about this run", icon=":material/timeline:",
            query_params={"run": execution_id},
        )  # fmt: skip
    if outcome.failure is not None and outcome.status != "cancelled":
        failed = progress.steps.get(outcome.failure.step.split("/")[0])
        show_failure(outcome.failure, tries=failed.attempts if failed else 1)
    values = outputs_of(run)
    if values:
        show_values(values, f"{described.name} {execution_id}", ports=described.provides)
    with st.expander("Its steps", expanded=not values):
        show_drawing(described.drawing, progress.statuses)
        show_steps(progress)


def show_lost(execution_id: str, error: RunnerLost) -> None:
    """The runner died under a run: say so, and offer to take it up again."""
    progress = read_progress([], desk().runs[execution_id].events)
    under_way = [words(step) for step, how in progress.statuses.items() if how == "running"]
    with st.container(border=True):
        st.markdown(":red[:material/link_off: **The process that ran this has ended**]")
        while_ran = f" while **{plain_markdown(', '.join(under_way))}** ran" if under_way else ""
        st.markdown(
            f"It ended{while_ran}: by a crash, an exit, too much memory, or because it stood "
            "still for too long. Its last lines are in `.packetflow/runner.log`."
        )
        st.caption(plain_markdown(error.message.split("; what it completed")[0], 300))
        st.markdown("What was completed is kept: *Resume* goes on from there in a new process.")
        if st.button("Resume", type="primary", icon=":material/resume:", key=f"up {execution_id}"):
            desk().runs.pop(execution_id, None)
            desk().keep(desk().runner.resume(execution_id), late=True)
            st.rerun()


def show_live(execution_id: str, run: RemoteRun, described: Description) -> None:
    """Show a run under way, and draw the page anew once it is over."""
    past = _past(execution_id)
    was_parked = run.done()

    @st.fragment(run_every=PARKED_SECONDS if was_parked else EVERY_SECONDS)
    @guarded(f"live {execution_id}")
    def live() -> None:
        if was_parked and not is_waiting(execution_id):
            desk().runs.pop(execution_id, None)
            st.rerun()
        progress = read_progress(described.steps, [*past, *run.events])
        with st.container(horizontal=True, vertical_alignment="center"):
            status = "waiting" if "waiting" in progress.statuses.values() else "running"
            st.header(status_text(status), anchor=False)
            if st.button("Stop", key=f"stop {execution_id}", icon=":material/stop_circle:"):
                run.cancel("stopped in the studio")
                desk().runs.pop(execution_id, None)
                st.rerun()
        show_progress(execution_id, progress, described)
        show_partial(progress)
        if run.done() != was_parked:
            st.rerun()

    with st.container(key=f"live {execution_id}"):
        live()


def show_elsewhere(execution_id: str, described: Description) -> None:
    """Show a run to which nobody here can listen, as a notebook's, by what it keeps."""

    @st.fragment(run_every=PARKED_SECONDS)
    @guarded(f"elsewhere {execution_id}")
    def live() -> None:
        found = whole(desk().store, execution_id)
        status = str(found.execution["status"])
        if status not in UNDER_WAY:
            st.rerun()
        st.header(status_text(status), anchor=False)
        st.caption("It runs in another process, such as a notebook. It can be stopped there.")
        show_progress(execution_id, read_progress(described.steps, happened(found)), described)

    live()


def show_progress(execution_id: str, progress: Progress, described: Description) -> None:
    """How far a run is, what it asks, and how its steps stand."""
    st.progress(min(1.0, progress.share))
    for (step, path), question in progress.questions.items():
        show_question(execution_id, step, question, path=path, steps=described.steps)
        with st.expander("What it has made so far", expanded=True), guard("so far"):
            show_values(made_so_far(execution_id), f"so far {execution_id}")
    show_drawing(described.drawing, progress.statuses)
    show_steps(progress)


def is_waiting(execution_id: str) -> bool:
    """Whether a run that was put aside still waits."""
    query = "SELECT status FROM executions WHERE execution_id = $id::UUID"
    rows_found = desk().store.sql(query, {"id": execution_id}).to_pylist()
    return bool(rows_found) and rows_found[0]["status"] == "waiting"


def _past(execution_id: str) -> list[Happening]:
    """What happened before this studio began to follow."""
    if execution_id not in desk().late:
        return []
    return happened(whole(desk().store, execution_id))


def show_drawing(drawing: str, statuses: Mapping[str, str]) -> None:
    """The pipeline's drawing, coloured by how its steps stand."""
    made = picture(drawing, statuses, mode())
    if made:
        show_svg(made, "The drawing of the pipeline")


def show_steps(progress: Progress) -> None:
    """A row for each step: how it stands, how long it took, what it said."""
    now = time.time_ns()
    body = "".join(_row(one, now) for one in progress.steps.values() if _is_shown(one))
    if body:
        rows(body)
    if progress.logs:
        with st.expander(f"{len(progress.logs)} log lines"):
            lines = (f"{level:7} {step}: {text}" for step, level, text in progress.logs[-200:])
            st.code("\n".join(lines), language=None, wrap_lines=True)


def _is_shown(state: StepState) -> bool:
    return state.kind in {"use", "call", "wait"} or state.status in {"failed", "timed_out"}


def _row(state: StepState, now: int) -> str:
    status = state.status
    took = state.seconds(now)
    told = ["taken over" if state.took_over is not None else "", counts(state)]
    if state.attempts > 1:
        told.append(f"{state.attempts} tries")
    if state.fraction is not None and status == "running":
        told.append(f"{state.fraction:.0%}")
    if status in {"failed", "timed_out"} and state.error:
        told.append(state.error.split("\n", 1)[0][:160])
    elif state.text:
        told.append(state.text)
    if status == "waiting":
        told.append(f"waits for {state.waits_for}")
    indent = f"padding-left:{1.1 * state.depth:.1f}rem"
    return (
        f'<tr><td style="{indent}"><span class="pf-dot {status}" title="{status or "not yet"}">'
        f"</span>{escape(words(state.id))}</td>"
        f'<td class="d">{escape(", ".join(filter(None, told)))}'
        f'</td><td class="n">{seconds_text(took) if took is not None else ""}</td></tr>'
    )


def show_partial(progress: Progress) -> None:
    """What steps have given so far."""
    for step, pieces in progress.partial.items():
        values = [_unpacked(piece) for piece in pieces]
        st.caption(f"{words(step)}, so far")
        if all(isinstance(one, str) for one in values):
            st.markdown("".join(values)[-MOST_CHARACTERS:])
        else:
            show_looks(step, looks(values[-1]), f"partial {step}")


def _unpacked(slot: Any) -> Any:
    try:
        return unpack(slot, None, lambda _sha: b"")
    except (Opaque, ValueError) as error:
        return {"$opaque": str(error)}


def made_so_far(execution_id: str) -> dict[str, Any]:
    """What the steps of a run under way have made, from the journals."""
    found = whole(desk().store, execution_id)
    past = Past(desk().folder, found)
    values: dict[str, Any] = {}
    for row in found.spans.to_pylist():
        values |= past.span(row)[1]
    return values


def start(name: str, values: Mapping[str, Any]) -> str:
    """Begin a run and remember it; answers its id, for a double click the same.

    Raises:
        PacketFlowError: It cannot run as asked.
    """
    with st.spinner("Starting\u2026"):  # seen where the runner is busy, or has to start first
        return begin_once(
            f"run {name} {hash(reprlib.repr(values))}",
            lambda: desk().keep(desk().runner.run(name, values, trigger="studio")),
        )


def outputs_of(run: RemoteRun) -> dict[str, Any]:
    """What a run that is over made; what is too large to travel comes from the workspace."""
    found = run.outputs(0)
    values: dict[str, Any] = {}
    left: list[str] = []
    for name in found:
        try:
            values[name] = found[name]
        except WireError:
            left.append(name)
    if left:
        kept = Past(desk().folder, whole(desk().store, run.execution_id)).outputs
        values |= {name: kept.get(name, {"$opaque": NOT_YET}) for name in left}
    return values
