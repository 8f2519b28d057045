"""Widgets whose value stands in the page's address, and comes from there.

Streamlit's own binding keeps what a widget said when a link leads from a list to one of its things
on the same page, so these read and write the address themselves. A value that the widget cannot
have is none. What a browser says of a widget as it was drawn last is no news, although Streamlit
calls it a change where the widget has left the page meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from studio.state import query


def choice(label: str, options: Sequence[str], *, key: str) -> str:
    """One of a few, beside each other; the first stands for nothing in the address.

    Args:
        label: For those who do not see it.
        options: At least one.
        key: What the address calls it.
    """
    _set(key, query(key) if query(key) in options else options[0])
    picked = st.segmented_control(
        label, options, required=True, key=key, label_visibility="collapsed",
        on_change=_tell, args=(key, options[0]),
    )  # fmt: skip
    return picked or options[0]


def radio(label: str, options: Sequence[str], *, key: str) -> str:
    """One of a few, that says how; the first stands for nothing in the address.

    Args:
        label: For those who do not see it.
        options: At least one.
        key: What the address calls it.
    """
    _set(key, query(key) if query(key) in options else options[0])
    picked = st.radio(
        label, options, key=key, horizontal=True, label_visibility="collapsed",
        on_change=_tell, args=(key, options[0]),
    )  # fmt: skip
    return picked or options[0]


def pick(label: str, options: Sequence[str], *, key: str, none: str, about: str = "") -> str:
    """One of many, or nothing.

    Args:
        label: Above it.
        options: What can be picked.
        key: What the address calls it.
        none: How nothing is said.
        about: What it is for.
    """
    _set(key, query(key) if query(key) in options else "")
    return str(
        st.selectbox(
            label, ["", *options], key=key, format_func=lambda one: one or none, width=360,
            help=about or None, on_change=_tell, args=(key, ""),
        )
    )  # fmt: skip


def search(label: str, *, key: str, hint: str) -> str:
    """A text to search for.

    Args:
        label: For those who do not see it.
        key: What the address calls it.
        hint: Stands in it while it is empty.
    """
    _set(key, query(key))
    text = st.text_input(
        label, type="search", placeholder=hint, icon=":material/search:", key=key,
        label_visibility="collapsed", on_change=_tell, args=(key, ""),
    )  # fmt: skip
    return text.strip()


def tell(key: str, value: str, usual: str = "") -> None:
    """Put a value into the address, or take it out if it is the usual one."""
    if value and value != usual:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)


def _set(key: str, value: str) -> None:
    """Let a widget show a value."""
    st.session_state[key] = st.session_state[f"shown by {key}"] = value


def _tell(key: str, usual: str) -> None:
    said = str(st.session_state[key] or "")
    if said != st.session_state[f"shown by {key}"]:
        st.session_state[f"shown by {key}"] = said
        tell(key, said, usual)
