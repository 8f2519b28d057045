"""Buttons that begin a run: clicked twice in a row, they begin one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import streamlit as st

AGAIN_SECONDS: Final = 1.0
"""A press so soon after a run was begun is the second click of the one that began it."""

_BEGUN: Final = "begun last"


def begin_once(name: str, begin: Callable[[], str]) -> str:
    """Begin a run for a button that was pressed; answers its id, or that of the run just begun.

    The second click of a double click ends the script that the first has started, wherever that
    calls Streamlit next, and presses the same button again: it shows what the first has begun.

    Args:
        name: Of the button, and of what it begins.
        begin: Answers the id; it calls nothing of Streamlit. What it raises is raised.
    """
    before, identity, at = st.session_state.get(_BEGUN, ("", "", 0.0))
    if before != name or time.monotonic() - at > AGAIN_SECONDS:
        identity = begin()
        st.session_state[_BEGUN] = name, identity, time.monotonic()
    return str(identity)
