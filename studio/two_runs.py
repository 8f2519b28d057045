"""Draws two runs side by side: what they were given, how their steps went, what they made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from packetflow.show.timeline import seconds_text
from packetflow.store.queries import Filter, Whole, answer, latest, whole
from studio.comparing import text_difference
from studio.differences import (
    StepFacts,
    ValuePair,
    inputs_in_short,
    step_pairs,
    value_pairs,
)
from studio.lists import RUNS, ago
from studio.past import Past
from studio.showing import plain_markdown, rows, words
from studio.state import desk, entitle, guard
from studio.theme import status_text, status_word

MOST_OFFERED = 12
COLUMNS = '<colgroup><col style="width:22%"><col style="width:39%"><col></colgroup>'


def offer_others(row: Mapping[str, Any]) -> None:
    """A list of runs of the same pipeline with which one can be compared."""
    own = str(row["execution_id"])
    found = answer(desk().store, latest(Filter(str(row["name"])), limit=MOST_OFFERED + 1))
    others = [one for one in found.to_pylist() if str(one["execution_id"]) != own][:MOST_OFFERED]
    if not others:
        return
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    given = inputs_of([str(one["execution_id"]) for one in others])
    with st.popover("Compare with", icon=":material/compare_arrows:"):
        for one in others:
            identity = str(one["execution_id"])
            said = given.get(identity, "")
            label = f"{status_text(one['status'])} {ago(one['started_at'], now)}"
            st.page_link(
                RUNS, label=f"{label} :gray[{plain_markdown(said, 60)}]" if said else label,
                query_params={"run": own, "with": identity},
            )  # fmt: skip


def inputs_of(identities: Sequence[str]) -> dict[str, str]:
    """By execution, what it was given, in one line."""
    sql = (
        "SELECT execution_id::VARCHAR AS id, inputs FROM executions "
        "WHERE execution_id IN (SELECT unnest($ids::UUID[]))"
    )
    found = desk().store.sql(sql, {"ids": list(identities)}).to_pylist() if identities else []
    return {str(one["id"]): inputs_in_short(one["inputs"]) for one in found}


def show_both(identity: str, other: str) -> None:
    """Two runs side by side, the earlier one left.

    Raises:
        UnknownName: One of them is not there.
    """
    st.page_link(
        RUNS, label="Back to the run", icon=":material/arrow_back:", query_params={"run": identity}
    )
    found = sorted(
        (whole(desk().store, one) for one in (identity, other)),
        key=lambda one: one.execution["started_at"],
    )
    name = plain_markdown(words(str(found[0].execution["name"])))
    st.title(f"{name}: two runs", anchor=False)
    entitle(f"{words(str(found[0].execution['name']))}: two runs", "Runs")
    heads = _heads(found)
    past = [Past(desk().folder, one) for one in found]
    with guard("given"):
        st.header("What they were given", anchor=False)
        _show_values(heads, value_pairs(past[0].inputs, past[1].inputs), "Neither was given any.")
    with guard("steps"):
        st.header("How their steps went", anchor=False)
        _show_steps(heads, found)
    with guard("made"):
        st.header("What they made", anchor=False)
        _show_values(heads, value_pairs(past[0].outputs, past[1].outputs), "Neither made any.")
    with guard("text"):
        st.header("The pipeline", anchor=False)
        _show_text(found)


def _heads(found: Sequence[Whole]) -> tuple[str, str]:
    """How the two runs are called, and links to them."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    heads = []
    for slot, one, word in zip(st.columns(2), found, ("Earlier", "Later"), strict=True):
        row = one.execution
        with slot, st.container(border=True, gap="small"):
            took = seconds_text((row["duration_ms"] or 0) / 1000)
            st.markdown(f"**{word} run**, {ago(row['started_at'], now)}")
            st.markdown(f"{status_text(row['status'])} in {took}")
            st.page_link(
                RUNS, label=f"Open run {str(row['execution_id'])[-8:]}",
                icon=":material/open_in_full:", query_params={"run": str(row["execution_id"])},
            )  # fmt: skip
        heads.append(word)
    return heads[0], heads[1]


def _table(heads: tuple[str, str], first: str, body: Sequence[tuple[str, str, str, bool]]) -> None:
    """Three columns; rows that differ stand out."""
    titles = "".join(f"<th>{escape(one)}</th>" for one in (first, *heads))
    lines = "".join(
        f"<tr{'' if same else ' class=pf-differs'}><td class='d'>{name}</td>"
        f"<td data-of='{escape(heads[0])}'>{one}</td>"
        f"<td data-of='{escape(heads[1])}'>{other}</td></tr>"
        for name, one, other, same in body
    )
    rows(f"{COLUMNS}<tr>{titles}</tr>{lines}", kind="pf-two")


def _show_values(heads: tuple[str, str], pairs: Sequence[ValuePair], empty: str) -> None:
    if not pairs:
        st.caption(empty)
        return
    if all(pair.is_same for pair in pairs):
        st.caption("The same.")
    nothing = '<span class="pf-none">nothing</span>'
    _table(
        heads,
        "Name",
        [
            (
                escape(words(pair.name)),
                nothing if pair.one is None else escape(pair.one),
                nothing if pair.other is None else escape(pair.other),
                pair.is_same,
            )
            for pair in pairs
        ],
    )


def _show_steps(heads: tuple[str, str], found: Sequence[Whole]) -> None:
    pairs = step_pairs(found[0].spans.to_pylist(), found[1].spans.to_pylist())
    if not pairs:
        st.caption("No step has ended in either.")
        return
    body = []
    for pair in pairs:
        statuses = [None if one is None else one.status for one in (pair.one, pair.other)]
        change = "" if None in statuses else _change(pair.one, pair.other)
        same = statuses[0] == statuses[1]
        body.append((escape(pair.step), _said(pair.one), _said(pair.other) + change, same))
    _table(heads, "Step", body)


def _said(facts: StepFacts | None) -> str:
    if facts is None:
        return '<span class="pf-none">did not run</span>'
    told = [f"{status_word(facts.status)} in {seconds_text(facts.seconds)}"]
    if facts.was_reused:
        told = [f"taken over, {seconds_text(facts.seconds)} then"]
    if facts.calls > 1:
        told.append(f"{facts.calls} times")
    if facts.tries > 1:
        told.append(f"{facts.tries} tries")
    return f'<span class="pf-dot {escape(facts.status)}"></span>{escape(", ".join(told))}'


def _change(one: StepFacts | None, other: StepFacts | None) -> str:
    """How much longer or shorter a step took, where that is much."""
    if one is None or other is None or min(one.seconds, other.seconds) <= 0:
        return ""
    share = other.seconds / one.seconds
    if max(one.seconds, other.seconds) < 0.01 or 0.8 < share < 1.25:
        return ""
    text = f"{share:.1f} times as long" if share >= 1 else f"{1 / share:.1f} times as fast"
    return f' <span class="pf-none">({text})</span>'


def _show_text(found: Sequence[Whole]) -> None:
    shas = [str(one.execution["definition_sha"]) for one in found]
    if shas[0] == shas[1]:
        st.caption("Both ran the same.")
        return
    sql = "SELECT body FROM definition WHERE sha = $sha LIMIT 1"
    bodies = [desk().store.sql(sql, {"sha": sha}).to_pylist() for sha in shas]
    if not all(bodies):
        st.caption("What one of them ran was not kept.")
        return
    lines = text_difference(str(bodies[0][0]["body"]), str(bodies[1][0]["body"]))
    if not lines:
        st.caption("The text is the same; a capability has another version or contract.")
        return
    st.code(lines, language="diff", wrap_lines=True)
