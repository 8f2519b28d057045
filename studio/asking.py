"""Draws what executions ask of people, and gives their answers back."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import StepCard
from studio.lists import RUNS, ago
from studio.showing import plain_markdown, words
from studio.state import desk, query

ANSWERED = "answered"
"""Where a visit keeps its last answer: the execution's id, and what to say of it."""


def questions() -> int:
    """The cards of everything that waits for a person; answers how many there are."""
    sql = "FROM waiting WHERE question <> '' ORDER BY waiting_since"
    rows = desk().store.sql(sql).to_pylist()
    for row in rows:
        identity, name = str(row["execution_id"]), str(row["name"])
        show_question(identity, row["step"], row, path=row["path"] or (), steps=_steps(name))
    return len(rows)


def _steps(name: str) -> list[StepCard]:
    try:
        return desk().runner.describe(name).steps
    except PacketFlowError:
        return []


def options_of(step: str, question: Mapping[str, Any], steps: Sequence[StepCard]) -> dict[str, Any]:
    """The answers one may choose from, by their label; none when it is to be answered in words.

    Args:
        step: Which asks.
        question: With its ``choices``.
        steps: Of the pipeline; a step that only waits asks for yes or no, one that works for words.

    >>> options_of("go", {"choices": []}, [StepCard("go", "wait")])
    {'Yes': True, 'No': False}
    """
    choices = list(question.get("choices") or ())
    kind = next((card.kind for card in steps if card.id == step.split("/")[0]), "wait")
    if choices:
        return {one: one for one in choices}
    return {"Yes": True, "No": False} if kind in {"wait", "call"} else {}


def show_question(
    execution_id: str,
    step: str,
    question: Mapping[str, Any],
    *,
    path: Sequence[int] = (),
    steps: Sequence[StepCard] = (),
) -> None:
    """A card with what a run asks, and buttons that answer it.

    Args:
        execution_id: Of the run.
        step: Which asks.
        question: ``question`` and ``choices``.
        path: Item and pass indexes of the step.
        steps: Of the pipeline.
    """
    key = f"{execution_id} {step} {list(path)}"
    asked = str(question["question"])
    options = options_of(step, question, steps)
    with st.container(border=True, key=f"ask {key}"):
        icon = ":orange[:material/contact_support:]"
        st.subheader(f"{icon} {plain_markdown(asked, 400)}", anchor=False)
        is_away = "waiting_since" in question  # on a page that is not the run's own
        told = [f"step {words(step)}" if step else "the run as a whole"]
        if is_away:
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            told = [words(str(question["name"])), *told, ago(question["waiting_since"], now)]
        st.caption(f"asked by {plain_markdown(', '.join(told))}")
        with st.container(horizontal=True, vertical_alignment="center"):
            for place, (label, value) in enumerate(options.items()):
                if st.button(
                    plain_markdown(label), key=f"{key} {label}",
                    type="primary" if place == 0 else "secondary",
                ):  # fmt: skip
                    _answer(execution_id, step, value, path, said=(asked, label))
            if is_away:
                st.page_link(
                    RUNS, label="Look at it first", icon=":material/visibility:",
                    query_params={"run": execution_id}, width="content",
                )  # fmt: skip
        if options:
            return
        with st.form(f"form {key}", border=False):
            text = st.text_input("Your answer")
            if st.form_submit_button("Answer", type="primary"):
                if text.strip():
                    _answer(execution_id, step, text, path, said=(asked, text))
                st.markdown(":red[Please write an answer.]")


def _answer(
    execution_id: str, step: str, value: Any, path: Sequence[int], *, said: tuple[str, str]
) -> None:
    """Answer what a run asks, and go where it can be watched."""
    desk().runner.answer(execution_id, step, value, path=path)
    known = desk().runs.get(execution_id)
    if known is not None and known.done():
        desk().runs.pop(execution_id, None)
    asked, answer = (plain_markdown(text, 200) for text in said)
    st.session_state[ANSWERED] = (
        execution_id,
        f"You answered \u201c{asked}\u201d with **{answer}**.",
    )
    time.sleep(0.3)  # the run goes on in another process; most often it is over by then
    if query("run") == execution_id:
        st.rerun()
    st.switch_page(RUNS, query_params={"run": execution_id})


def show_answered(execution_id: str, *, goes_on: bool = False) -> None:
    """Say what this visit answered to that run, if it did, and whether the run goes on."""
    whose, text = st.session_state.get(ANSWERED, ("", ""))
    if whose == execution_id:
        tail = " The run goes on from there." if goes_on else ""
        st.success(f"{text}{tail}", icon=":material/check:")
