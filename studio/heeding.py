"""Widgets that show what is kept elsewhere, such as in a file or the address, and change it.

What a browser says of a widget may be older than what was drawn since: it was on its way when
something else changed what the widget shows, or took the widget from the page. Streamlit calls
that a change, too. Only what differs from what the widget showed last was done by a person; and
where something else has changed that, there is a new widget, so what is still said is of another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict, TypeVar

import streamlit as st

T = TypeVar("T")


class Heeded(TypedDict):
    """What a widget is drawn with, besides its looks."""

    key: str
    on_change: Callable[[], None]


def heed(key: str, value: T, change: Callable[[T], object]) -> Heeded:
    """Have a widget show a value, and heed what a person makes of it.

    Args:
        key: Unique on the page.
        value: How things stand; the widget needs no other beginning.
        change: Called with what a person chose; how things stand then is drawn anew.
    """
    name = f"shown by {key}"
    turn, shown = st.session_state.get(name, (0, value))
    if shown != value:
        turn += 1
    st.session_state[name] = turn, value
    widget = f"{key} {turn}" if turn else key
    if st.session_state.get(widget) != value:
        st.session_state[widget] = value

    def take() -> None:
        latest, shown = st.session_state[name]
        chosen = st.session_state[widget]
        if turn == latest and chosen != shown:
            st.session_state[name] = turn, chosen
            change(chosen)

    return {"key": widget, "on_change": take}
