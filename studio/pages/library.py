"""Library: capabilities as a table and as a map, pipelines, and one of either in full."""

import streamlit as st

from studio.capability import card_of, show_capability
from studio.lists import broken_files
from studio.pipeline import show_pipeline
from studio.shelves import show_map, show_pipelines, show_table
from studio.state import desk, guard, listing, query

KINDS, VIEWS = ("Capabilities", "Pipelines"), ("Table", "Map")
HERE = "library.py"


def show_all() -> None:
    """What there is, as chosen."""
    st.title("Library", anchor=False)
    st.html('<p class="pf-lead">What there is to build with, and what was built of it.</p>')
    found = listing()
    broken_files(found.broken, desk().folder)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        kind = st.segmented_control(
            "Kind", KINDS, default=KINDS[0], required=True, key="kind", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
        text = st.text_input(
            "Search", type="search", placeholder="Search by words: outliers of a table",
            icon=":material/search:", label_visibility="collapsed", key="q", bind="query-params",
        )  # fmt: skip
        view = "Table"
        if kind == "Capabilities":
            view = st.segmented_control(
                "View", VIEWS, default=VIEWS[0], required=True, key="view", bind="query-params",
                label_visibility="collapsed",
            )  # fmt: skip
    some = listing(text) if text.strip() else found
    if kind == "Pipelines":
        show_pipelines(some.pipelines, is_search=bool(text.strip()))
    elif not some.capabilities:
        st.info("No capability is like that. Try other words.", icon=":material/search_off:")
    elif view == "Map":
        with guard("map"):
            show_map(some)
    else:
        show_table(some.capabilities, is_search=bool(text.strip()))


def show_one(name: str) -> None:
    """The pipeline or the capability of that name.

    Raises:
        UnknownName: There is neither.
    """
    card, found = card_of(name)
    is_pipeline = any(one.name == name for one in found.pipelines)
    if card is None or (is_pipeline and query("pipeline")):
        st.page_link(HERE, label="All pipelines", icon=":material/arrow_back:",
                     query_params={"kind": "Pipelines"})  # fmt: skip
        show_pipeline(name)
    else:
        st.page_link(HERE, label="All capabilities", icon=":material/arrow_back:")
        show_capability(card, found)


if query("pipeline") or query("capability"):
    show_one(query("pipeline") or query("capability"))
else:
    show_all()
