"""Three templates to begin with; every page that has nothing to show yet offers them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from packetflow.workspace.drafts import Drafts
from studio.canvas.templates import TEMPLATES, Template
from studio.state import desk, listing

PAGES = Path(__file__).parent / "pages"
BUILD, LIBRARY = str(PAGES / "build.py"), str(PAGES / "library.py")


def offer_templates() -> None:
    """A card for each template, with a button that begins with it on the canvas."""
    for slot, template in zip(st.columns(len(TEMPLATES)), TEMPLATES, strict=True):
        with slot, st.container(border=True, height="stretch", vertical_alignment="distribute"):
            with st.container(gap="xsmall"):
                st.markdown(f"**:blue[{template.icon}] {template.title}**")
                st.markdown(template.about)
            if st.button(template.begin, key=template.begin, icon=":material/draw:"):
                begin(template)


def begin(template: Template) -> None:
    """Make a draft of a template, and show it on the canvas."""
    drafts = Drafts(desk().folder)
    try:
        name = drafts.new(template.text).name
    finally:
        drafts.close()
    st.switch_page(BUILD, query_params={"pipeline": name})


def show_nothing_yet(text: str) -> None:
    """In place of what a page would show: why there is nothing, and what to do.

    Args:
        text: Why, and what would be here.
    """
    st.info(text, icon=":material/lightbulb:")
    if listing().pipelines:
        st.page_link(LIBRARY, label="Run a saved pipeline", icon=":material/account_tree:",
                     query_params={"kind": "Pipelines"})  # fmt: skip
    st.header("Begin a pipeline", anchor=False)
    offer_templates()
