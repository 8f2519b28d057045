"""Runs: the list with its filters; one run in full is drawn by `studio.story`."""

import datetime as dt

import streamlit as st

from packetflow.store.queries import Filter, answer, latest
from studio.lists import run_links
from studio.showing import words
from studio.state import desk, query
from studio.story import show_one
from studio.theme import STATUS

PAGE = 20
FILTER_WIDE = 168  # in pixels; two stand beside each other on a phone
SINCE = {"any time": None, "last hour": 1, "last day": 24, "last week": 168}


def first_page() -> None:
    """Begin at the newest again, for another filter has other pages."""
    st.query_params.pop("page", None)


def show_list() -> None:
    """All runs, newest first."""
    st.title("Runs", anchor=False)
    st.html('<p class="pf-lead">Everything that ran here, with each step it took.</p>')
    states = [name for name in STATUS if name and name != "skipped"]
    named = answer(desk().store, latest(limit=1000)).column("name").to_pylist()
    with st.container(horizontal=True, gap="small"):
        status = st.selectbox(
            "Status", [None, *states], width=FILTER_WIDE, on_change=first_page,
            format_func=lambda one: STATUS[one][0] if one else "any",
        )  # fmt: skip
        name = st.selectbox(
            "What ran", [None, *sorted(set(named))], width=FILTER_WIDE, on_change=first_page,
            format_func=lambda one: words(one) if one else "any",
        )  # fmt: skip
        since = SINCE[st.selectbox("When", list(SINCE), width=FILTER_WIDE, on_change=first_page)]
        text = st.text_input(
            "With the text", type="search", width=FILTER_WIDE, on_change=first_page,
            help="In inputs, outputs or errors",
        )  # fmt: skip
    begin = None if since is None else dt.datetime.now(dt.UTC) - dt.timedelta(hours=since)
    wanted = Filter(name, status, begin, text.strip() or None)
    page = int(query("page") or 1) if query("page").isdigit() else 1
    rows = answer(
        desk().store, latest(wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    ).to_pylist()
    if not rows:
        empty = "Nothing ran yet." if not named else "No run is like that. Loosen the filters."
        st.info(empty, icon=":material/search_off:")
    run_links(rows[:PAGE])
    with st.container(horizontal=True):
        if page > 1 and st.button("Newer", icon=":material/arrow_back:"):
            st.query_params["page"] = str(page - 1)
            st.rerun()
        if len(rows) > PAGE and st.button("Older", icon=":material/arrow_forward:"):
            st.query_params["page"] = str(page + 1)
            st.rerun()


if query("run"):
    show_one(query("run"))
else:
    show_list()
