"""Metrics: how much ran, how it ended, how long it took, and the runs behind each number."""

import streamlit as st

from packetflow.store import panels
from studio.beginning import show_nothing_yet
from studio.measuring import ask, choose_stretch, show_numbers, show_panels, show_runs, show_tables
from studio.state import guard

st.title("Metrics", anchor=False)
st.html('<p class="pf-lead">What ran here, how it ended and how long it took.</p>')
shown = choose_stretch()
if ask(panels.totals(shown.window))[0]["n"]:
    show_numbers(shown)
    with guard("panels"):
        found, offered = show_panels(shown)
        show_runs(shown, offered)
        show_tables(found)
elif ask(panels.beginning())[0]["first"]:
    st.info("Nothing has run in this time. Look at a longer one above.",
            icon=":material/search_off:")  # fmt: skip
else:
    show_nothing_yet("Nothing has run yet. How often, how well and how fast: it is counted here.")
