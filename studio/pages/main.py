"""The script that Streamlit runs for every visit: frame, navigation, and the page asked for.

It lies among the pages, for Streamlit runs scripts of a folder ``pages`` beside it by themselves.
"""

from pathlib import Path

import streamlit as st

from studio.advice import Advice
from studio.showing import plain_markdown
from studio.state import box, desk, guard, mode, query
from studio.theme import style, wordmark
from studio.turning import follow_mode

HERE = Path(__file__).parent
SHOWN = "page shown"

PAGES = [
    st.Page(HERE / "home.py", title="Home", icon=":material/home:", default=True),
    st.Page(HERE / "build.py", title="Build", icon=":material/draw:"),
    st.Page(HERE / "library.py", title="Library", icon=":material/local_library:"),
    st.Page(HERE / "runs.py", title="Runs", icon=":material/timeline:"),
    st.Page(HERE / "export.py", title="Export", icon=":material/electrical_services:"),
    st.Page(HERE / "metrics.py", title="Metrics", icon=":material/monitoring:"),
    st.Page(HERE / "settings.py", title="Settings", icon=":material/settings:"),
]

# before the navigation, or the browser would fetch the first page's icon from elsewhere
st.set_page_config("PacketFlow Studio", str(HERE.parent / "icon.svg"), layout="wide")
page = st.navigation(PAGES, position="top")
st.set_page_config(page_title=f"{page.title} \u00b7 PacketFlow Studio")
st.logo(wordmark(mode()), size="large")
st.html(style(mode()))
follow_mode()
# a link from a list to one of its things, and back, stays on the page, and the browser would keep
# its address; from another page it brings its own, and a second one would stand in the way of Back
if st.session_state.get(SHOWN) == page.title:
    st.query_params.update({})
st.session_state[SHOWN] = page.title

with guard("workspace"):
    folder = desk().folder
    if folder.is_dir():
        with guard(page.title):
            page.run()
        if page.title != "Build" or not query("pipeline"):  # the canvas fills the window
            with st.container(key="foot"):
                name = plain_markdown(desk().name)
                st.caption(f":material/folder: Workspace **{name}**", help=str(folder))
    else:
        gone = Advice(
            "The workspace is gone",
            f"There is no folder {folder} any more.",
            "Put it back, or end the studio and start it with another folder.",
        )
        box(gone, key="gone")
