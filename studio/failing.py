"""Draws why a run failed: the step, its words, the line of code, and what it was given."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from packetflow import errors
from packetflow.engine.trail import STACK, Place, places
from packetflow.frames import is_installed
from packetflow.kernel.cards import FailureCard
from packetflow.show.looks import looks
from studio.showing import plain_markdown, show_looks, words
from studio.state import desk

Row = Mapping[str, Any]


def failure_of(row: Row, spans: Sequence[Row]) -> FailureCard:
    """The failure of an execution as the store keeps it.

    Args:
        row: Of the execution.
        spans: Its spans, in order.
    """
    step = str(row["failed_step"] or row["name"])
    facts = [json.loads(one["attributes"] or "{}") for one in failed_spans(row, spans)]
    trail = next((str(one[STACK]) for one in reversed(facts) if STACK in one), "")
    return FailureCard(step, str(row["error_type"]), str(row["error"]), traceback=trail)


def failed_spans(row: Row, spans: Sequence[Row]) -> list[Row]:
    """The tries of the step that made an execution fail, in order."""
    step = row["failed_step"]
    return [one for one in spans if one["step"] == step and one["status"] != "ok"]


def show_failure(
    failure: FailureCard, *, inputs: Mapping[str, Any] | None = None, tries: int = 1
) -> None:
    """Why a run failed.

    Args:
        failure: What the runner or the store says.
        inputs: What the step was given, where that was kept.
        tries: How often it was tried.
    """
    with st.container(border=True):
        after = f" after {tries} tries" if tries > 1 else ""
        st.markdown(
            f":red[:material/error: **{plain_markdown(words(failure.step))} failed{after}**]"
        )
        st.text(failure.message)
        where = f"step {failure.step}"
        if failure.path:
            where += f", item {'.'.join(map(str, failure.path))}"
        st.caption(plain_markdown(f"{where} \u00b7 {failure.error_type}"))
        is_ours = hasattr(errors, failure.error_type)  # its words say what to do
        _show_places(places(failure.traceback), is_folded=is_ours)
        if inputs:
            with st.expander("What the step was given"):
                for name, value in inputs.items():
                    st.caption(plain_markdown(words(name)))
                    show_looks(name, looks(value), f"given {failure.step} {name}")


def _show_places(found: Sequence[Place], *, is_folded: bool) -> None:
    """The last line of the user's own code; all lines on request."""
    own = [place for place in found if not is_installed(place.file)] or list(found)
    if own and not is_folded:
        st.html(f'<div class="pf-where">{place_html(own[-1], desk().folder)}</div>')
    if len(found) > (0 if is_folded else 1):
        with st.expander(
            f"How it came there: {len(found)} line{'s' if len(found) > 1 else ''} of code"
        ):
            lines = "".join(place_html(place, desk().folder) for place in found)
            st.html(f'<div class="pf-where">{lines}</div>')


def place_html(place: Place, folder: Path) -> str:
    """A line of code with its place; files of the workspace by their short name.

    >>> place_html(Place("/ws/capabilities/a.py", 3, "go", "1 / 0"), Path("/ws"))
    '<b>capabilities/a.py, line 3</b><span> in go</span><code>1 / 0</code>'
    """
    file = place.file.removeprefix(f"{folder}/")
    code = f"<code>{escape(place.source)}</code>" if place.source else ""
    return (
        f"<b>{escape(file)}, line {place.line}</b><span> in {escape(place.function)}</span>{code}"
    )
