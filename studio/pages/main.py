"""The script that Streamlit runs for every visit: frame, navigation, and the page asked for.

It lies among the pages, for Streamlit runs scripts of a folder ``pages`` beside it by themselves.
"""

from pathlib import Path

import streamlit as st

from studio.advice import Advice
from studio.state import box, desk, guard
from studio.theme import STYLE

HERE = Path(__file__).parent

st.set_page_config("PacketFlow Studio", str(HERE.parent / "icon.svg"), layout="wide")
st.html(STYLE)

# The visual editor will be the first page of Build.
pages = {
    "": [st.Page(HERE / "home.py", title="Home", icon=":material/home:", default=True)],
    "Build": [
        st.Page(HERE / "pipelines.py", title="Pipelines", icon=":material/account_tree:"),
        st.Page(HERE / "capabilities.py", title="Capabilities", icon=":material/extension:"),
    ],
    "Observe": [st.Page(HERE / "runs.py", title="Runs", icon=":material/timeline:")],
}
page = st.navigation(pages)

with guard("workspace"):
    folder = desk().folder
    with st.sidebar:
        st.caption(f":material/folder: **{folder.name}**", help=str(folder))
    if folder.is_dir():
        with guard(page.title):
            page.run()
    else:
        gone = Advice(
            "The workspace is gone",
            f"There is no folder {folder} any more.",
            "Put it back, or end the studio and start it with another folder.",
        )
        box(gone, key="gone")
