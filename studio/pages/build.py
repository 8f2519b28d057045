"""Build: choose a pipeline or begin one, and edit it on the canvas.

The canvas speaks to its desk over a WebSocket of its own; Streamlit only puts it on the page and
is not asked again while one edits.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import streamlit as st

import packetflow.show
from packetflow.errors import UnknownName
from packetflow.workspace.drafts import Drafts
from studio.beginning import offer_templates
from studio.offered import switch
from studio.showing import words
from studio.state import desk, entitle, listing, mode, query

BUNDLE = Path(packetflow.show.__file__).parent / "static" / "canvas.js"
ADDRESS = "/api/canvas"
MOST_BEGUN = 6
"""So many drafts that nobody saved are listed, the latest."""
TALL = "calc(100dvh - 7.4rem)"
"""The canvas fills the window below the header and the way back."""

WIDE = """<style>
.stMainBlockContainer {max-width: none !important; padding: 3.9rem 1rem 0 !important}
.stMainBlockContainer [data-testid=stVerticalBlock] {gap: .3rem}
</style>"""


def choose() -> None:
    """Templates to begin with, drafts that nobody saved, and the pipelines there are."""
    st.title("Build", anchor=False)
    st.html('<p class="pf-lead">Put capabilities together on a canvas, and run them there.</p>')
    st.header("Begin a new one", anchor=False)
    offer_templates()
    drafts = Drafts(desk().folder)
    begun, saved = drafts.unsaved(), drafts.saved()
    for title, names, icon in (
        ("Not saved yet", begun[:MOST_BEGUN], ":material/edit_note:"),
        ("Go on with a saved one", saved, ":material/account_tree:"),
    ):
        if names:
            st.header(title, anchor=False)
            show_links(names, icon)


def show_links(names: Sequence[str], icon: str) -> None:
    """The ways to some canvases, three beside each other."""
    for place in range(0, len(names), 3):
        for slot, name in zip(st.columns(3), names[place : place + 3], strict=False):
            with slot:
                st.page_link(
                    "build.py", label=words(name), icon=icon, query_params={"pipeline": name}
                )


def offer_as_tool(pipeline: str) -> None:
    """One click makes a saved pipeline a tool, and shows how clients find it."""
    icon = ":material/electrical_services:"
    if st.button("Offer as a tool", icon=icon, type="tertiary", key="offer as tool"):
        card = next((one for one in listing().pipelines if one.name == pipeline), None)
        if card is None:
            st.caption(
                ":material/save: Save it first: a tool is what the file says.", width="content"
            )
        else:
            if not card.exposed:
                switch(pipeline, on=True)
            # with the address as it is: another one would be a page of its own for Back
            same = [(key, one) for key in st.query_params for one in st.query_params.get_all(key)]
            st.switch_page("export.py", query_params=same)


def edit(pipeline: str) -> None:
    """The canvas of one pipeline.

    Raises:
        UnknownName: There is none of that name.
    """
    entitle(words(pipeline), "Build")
    drafts = Drafts(desk().folder)
    ways = st.container(horizontal=True, gap="small", vertical_alignment="center")
    ways.page_link("build.py", label="All pipelines", icon=":material/arrow_back:", width="content")
    if not drafts.has(pipeline):
        raise UnknownName(
            "pipeline", pipeline, get_close_matches(pipeline, drafts.saved(), cutoff=0.5)
        )
    with ways:
        offer_as_tool(pipeline)
    st.html(WIDE)
    if not BUNDLE.is_file():
        st.error("The canvas is not built; `make frontend` builds it.", icon=":material/error:")
        return
    canvas = st.components.v2.component("packetflow.canvas", js="canvas.js", isolate_styles=True)
    canvas(
        key="canvas",  # it may have gone on to that pipeline by itself
        data={
            "address": ADDRESS,
            "pipeline": pipeline,
            "trail": st.query_params.get_all("from"),
            "workspace": str(desk().folder),
            "execution": query("run") or None,
            "about": "runs?run=",
            "theme": mode(),
            "height": TALL,
        },
        height="content",
    )


if query("pipeline"):
    edit(query("pipeline"))
else:
    choose()
