"""Switches of what is kept elsewhere, such as in a file: they say how that stands, and change it.

What a browser says of a switch may be older than what was drawn since: it was on its way when
something else changed what the switch shows, or took the switch from the page. Such words change
nothing; only what differs from what the switch showed last was done by a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import streamlit as st


def show_switch(
    label: str,
    change: Callable[[bool], object],
    *,
    key: str,
    is_on: bool,
    disabled: bool = False,
    help_text: str | None = None,
    is_bare: bool = False,
) -> None:
    """Draw a switch.

    Args:
        label: What it says.
        change: Called with how it was switched; how things stand then is drawn anew.
        key: Unique on the page.
        is_on: How things stand.
        disabled: Whether it can only be looked at.
        help_text: What it is for.
        is_bare: Whether its label is only for those who do not see it.
    """
    turn, shown = st.session_state.get(_shown(key), (0, is_on))
    if {shown, st.session_state.get(_key(key, turn), shown)} != {is_on}:
        turn += 1  # what a browser still says of the one before is of no account
    st.session_state[_shown(key)] = turn, is_on
    visible: Literal["visible", "collapsed"] = "collapsed" if is_bare else "visible"
    st.toggle(
        label, is_on, key=_key(key, turn), disabled=disabled, help=help_text,
        label_visibility=visible, on_change=_switched, args=(key, turn, change),
    )  # fmt: skip


def _switched(key: str, turn: int, change: Callable[[bool], object]) -> None:
    latest, shown = st.session_state[_shown(key)]
    is_on = bool(st.session_state[_key(key, turn)])
    if turn != latest or is_on == shown:
        return
    st.session_state[_shown(key)] = turn, is_on
    change(is_on)


def _key(key: str, turn: int) -> str:
    return f"{key} {turn}" if turn else key


def _shown(key: str) -> str:
    return f"shown by {key}"
