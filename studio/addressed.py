"""Widgets whose value stands in the page's address, and comes from there.

Streamlit's own binding keeps what a widget said when a link leads from a list to one of its things
on the same page, so these read and write the address themselves. A value that the widget cannot
have is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from studio.heeding import Heeded, heed
from studio.state import query


def choice(label: str, options: Sequence[str], *, key: str) -> str:
    """One of a few, beside each other; the first stands for nothing in the address.

    Args:
        label: For those who do not see it.
        options: At least one.
        key: What the address calls it.
    """
    picked = st.segmented_control(
        label, options, required=True, label_visibility="collapsed", **_one_of(options, key)
    )
    return picked or options[0]


def radio(label: str, options: Sequence[str], *, key: str) -> str:
    """One of a few, that says how; the first stands for nothing in the address.

    Args:
        label: For those who do not see it.
        options: At least one.
        key: What the address calls it.
    """
    picked = st.radio(
        label, options, horizontal=True, label_visibility="collapsed", **_one_of(options, key)
    )
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
    offered = ["", *options]
    return str(
        st.selectbox(
            label, offered, format_func=lambda one: one or none, width=360, help=about or None,
            **_one_of(offered, key),
        )
    )  # fmt: skip


def search(label: str, *, key: str, hint: str) -> str:
    """A text to search for.

    Args:
        label: For those who do not see it.
        key: What the address calls it.
        hint: Stands in it while it is empty.
    """
    text = st.text_input(
        label, type="search", placeholder=hint, icon=":material/search:",
        label_visibility="collapsed", **heed(key, query(key), partial(tell, key)),
    )  # fmt: skip
    return text.strip()


def tell(key: str, value: str, usual: str = "") -> None:
    """Put a value into the address, or take it out if it is the usual one."""
    if value and value != usual:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)


def _one_of(options: Sequence[str], key: str) -> Heeded:
    here = query(key) if query(key) in options else options[0]
    return heed(key, here, partial(tell, key, usual=options[0]))
