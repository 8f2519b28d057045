"""Runs: the list with its filters; one run is drawn by `studio.story`, two by `studio.two_runs`.

What is looked at, and the filters, stand in the page's address.
"""

import datetime as dt
from functools import partial

import streamlit as st

from packetflow.store.queries import Filter, answer, latest
from studio.addressed import tell
from studio.beginning import show_nothing_yet
from studio.heeding import heed
from studio.lists import run_links
from studio.showing import words
from studio.state import desk, query
from studio.story import show_one
from studio.theme import STATUS
from studio.two_runs import inputs_of, show_both

PAGE = 20
FILTER_WIDE = 168  # in pixels; two stand beside each other on a phone
WHEN = {"": "any time", "hour": "last hour", "day": "last day", "week": "last week"}
SINCE = {"": None, "hour": 1, "day": 24, "week": 168}


def noted(name: str, value: str) -> None:
    """Keep a filter in the address, and begin at the newest again, for it has other pages."""
    st.query_params.pop("page", None)
    tell(name, value)


def choose(label: str, name: str, options: dict[str, str]) -> str:
    """One of some filters, by its word; the first is none at all."""
    here = query(name) if query(name) in options else next(iter(options))
    found: str = st.selectbox(
        label, list(options), format_func=lambda one: options[one], width=FILTER_WIDE,
        **heed(name, here, partial(noted, name)),
    )  # fmt: skip
    return found


def show_list() -> None:
    """All runs, newest first."""
    st.title("Runs", anchor=False)
    st.html('<p class="pf-lead">Everything that ran here, with each step it took.</p>')
    states = [name for name in STATUS if name and name != "skipped"]
    named = {*answer(desk().store, latest(limit=1000)).column("name").to_pylist()}
    if not named:
        show_nothing_yet("Nothing has run yet. Each run is kept here: its steps, values and times.")
        return
    with st.container(horizontal=True, gap="small"):
        status = choose("Status", "status", {"": "any", **{one: STATUS[one][0] for one in states}})
        name = choose("What ran", "name", {"": "any", **{one: words(one) for one in sorted(named)}})
        hours = SINCE[choose("When", "when", WHEN)]
        text = st.text_input(
            "Text", type="search", width=FILTER_WIDE, placeholder="Search",
            help="In inputs, outputs or errors",
            **heed("text", query("text"), partial(noted, "text")),
        )  # fmt: skip
    begin = None if hours is None else dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    wanted = Filter(name or None, status or None, begin, text.strip() or None)
    page = int(query("page") or 1) if query("page").isdigit() else 1
    rows = answer(
        desk().store, latest(wanted, limit=PAGE + 1, offset=(page - 1) * PAGE)
    ).to_pylist()
    if not rows:
        st.info("No run is like that. Loosen the filters.", icon=":material/search_off:")
    run_links(rows[:PAGE], inputs_of([str(row["execution_id"]) for row in rows[:PAGE]]))
    with st.container(horizontal=True):
        if page > 1 and st.button("Newer", icon=":material/arrow_back:"):
            st.query_params["page"] = str(page - 1)
            st.rerun()
        if len(rows) > PAGE and st.button("Older", icon=":material/arrow_forward:"):
            st.query_params["page"] = str(page + 1)
            st.rerun()


if query("run") and query("with"):
    show_both(query("run"), query("with"))
elif query("run"):
    show_one(query("run"))
else:
    show_list()
