"""Build: choose a pipeline or begin one, and edit it on the canvas.

The canvas speaks to its desk over a WebSocket of its own; Streamlit only puts it on the page and
is not asked again while one edits.
"""

from pathlib import Path

import streamlit as st

import packetflow.show
from packetflow.workspace.drafts import Drafts
from studio.canvas.templates import TEMPLATES, Template
from studio.showing import words
from studio.state import desk, mode, query

BUNDLE = Path(packetflow.show.__file__).parent / "static" / "canvas.js"
ADDRESS = "/api/canvas"
TALL = "calc(100dvh - 6.9rem)"
"""The canvas fills the window below the header and the way back."""

WIDE = """<style>
.stMainBlockContainer {max-width: none !important; padding: 3.9rem 1rem 0 !important}
.stMainBlockContainer [data-testid=stVerticalBlock] {gap: .3rem}
</style>"""


def begin(template: Template) -> None:
    """Begin a pipeline, and show it."""
    drafts = Drafts(desk().folder)
    draft = drafts.new(template.text)
    drafts.close()
    st.query_params["pipeline"] = draft.name
    st.rerun()


def choose() -> None:
    """Templates to begin with, and the pipelines there are."""
    st.title("Build", anchor=False)
    st.html('<p class="pf-lead">Put capabilities together on a canvas, and run them there.</p>')
    st.header("Begin a new one", anchor=False)
    for slot, template in zip(st.columns(len(TEMPLATES)), TEMPLATES, strict=True):
        with slot, st.container(border=True, height="stretch"):
            st.markdown(f"**{template.icon} {template.title}**")
            st.markdown(template.about)
            if st.button(template.begin):
                begin(template)
    saved = sorted(path.stem for path in (desk().folder / "pipelines").glob("*.yaml"))
    if not saved:
        return
    st.header("Or go on with one", anchor=False)
    for place in range(0, len(saved), 3):
        for slot, name in zip(st.columns(3), saved[place : place + 3], strict=False):
            with slot:
                st.page_link(
                    "build.py", label=words(name), icon=":material/account_tree:",
                    query_params={"pipeline": name},
                )  # fmt: skip


def edit(pipeline: str) -> None:
    """The canvas of one pipeline."""
    st.html(WIDE)
    st.page_link("build.py", label="All pipelines", icon=":material/arrow_back:")
    if not BUNDLE.is_file():
        st.error("The canvas is not built; `make frontend` builds it.", icon=":material/error:")
        return
    canvas = st.components.v2.component("packetflow.canvas", js="canvas.js", isolate_styles=True)
    canvas(
        key=f"canvas of {pipeline}",
        data={
            "address": ADDRESS,
            "pipeline": pipeline,
            "trail": st.query_params.get_all("from"),
            "workspace": str(desk().folder),
            "execution": query("run") or None,
            "theme": mode(),
            "height": TALL,
        },
        height="content",
    )


if query("pipeline"):
    edit(query("pipeline"))
else:
    choose()
