"""Metrics: how much ran, how it ended, how long it took, and the runs behind each number."""

import streamlit as st

from packetflow.store import panels
from studio.measuring import ask, choose_stretch, show_numbers, show_panels, show_runs, show_tables
from studio.state import guard

st.title("Metrics", anchor=False)
st.html('<p class="pf-lead">What ran here, how it ended and how long it took.</p>')
shown = choose_stretch()
if ask(panels.totals(shown.window))[0]["n"]:
    show_numbers(shown)
    with guard("panels"):
        found = show_panels(shown)
        show_runs(shown)
        show_tables(found)
else:
    with st.container(border=True):
        st.markdown("**Nothing has run in this time.**")
        st.caption("Look at a longer time above, or run something: its numbers appear here.")
        st.page_link("library.py", label="Open a pipeline", icon=":material/account_tree:",
                     query_params={"kind": "Pipelines"})  # fmt: skip
        st.page_link("home.py", label="Make the example report", icon=":material/home:")
