"""Draws the spans of an execution one at a time: what a step was given, and what it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from packetflow.errors import UnknownName
from packetflow.kernel.cards import Description
from packetflow.show.timeline import seconds_text
from packetflow.store.bars import took_ns
from studio.past import Past
from studio.showing import show_values
from studio.state import description
from studio.theme import status_text


def described(name: str) -> Description:
    """What ran, as it is now; without its steps when there is nothing of that name any more."""
    try:
        return description(name)
    except UnknownName:
        return Description(name)


def span_title(span: Mapping[str, Any]) -> str:
    """A span's step, with the indexes of its item.

    >>> span_title({"step": "read", "name": "read", "path": [2], "attempt": 1})
    'read, item 2'
    """
    place = ".".join(map(str, span["path"] or ()))
    tried = f", try {span['attempt']}" if span["attempt"] > 1 else ""
    return f"{span['step'] or span['name']}{f', item {place}' if place else ''}{tried}"


def asked(span: Mapping[str, Any], waits: Sequence[Mapping[str, Any]]) -> str:
    """What a step asked, with the answers it offered; empty when it asked nobody.

    >>> span = {"step": "go", "path": []}
    >>> asked(span, [{"step": "go", "path": [], "question": "Go?", "choices": ["now", "later"]}])
    'It asked: Go? (now, or later)'
    """
    for one in waits:
        is_its = one["step"] == span["step"] and list(one["path"] or ()) == list(span["path"] or ())
        if is_its and one["question"]:
            choices = ", or ".join(one["choices"] or ("yes", "no"))
            return f"It asked: {one['question']} ({choices})"
    return ""


def show_spans(
    past: Past, spans: Sequence[Mapping[str, Any]], waits: Sequence[Mapping[str, Any]]
) -> None:
    """Inputs and outputs of one step, by choice, and what it asked."""
    known = {span["span_id"]: span for span in spans}
    if not known:
        st.caption("No step has ended yet.")
        return
    chosen = st.selectbox("Step", list(known), format_func=lambda one: span_title(known[one]))
    span = known[chosen]
    given, made = past.span(span)
    how = ", taken over from the run before it, where it took"
    how = how if span["kind"] == "reused" else " in"
    st.markdown(f"{status_text(span['status'])}{how} {seconds_text(took_ns(span) / 1e9)}")
    question = asked(span, waits)
    if question:
        st.text(question)
    if span["error"]:
        st.text(span["error"])
    if given:
        st.markdown("**Given**")
        show_values(given, f"given {chosen}")
    st.markdown("**Made**")
    show_values(made, f"made {chosen}", empty="Nothing.")
