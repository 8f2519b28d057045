"""Library: capabilities as a table and as a map, pipelines, and one of either in full."""

from difflib import get_close_matches

import streamlit as st

from packetflow.errors import UnknownName
from studio.addressed import choice, search
from studio.capability import card_of, show_capability
from studio.lists import broken_files
from studio.pipeline import show_pipeline
from studio.shelves import show_map, show_pipelines, show_table
from studio.showing import words
from studio.state import desk, entitle, guard, listing, query

KINDS, VIEWS = ("Capabilities", "Pipelines"), ("Table", "Map")
HERE, LISTED = "library.py", "library as listed"


def show_all() -> None:
    """What there is, as chosen."""
    st.title("Library", anchor=False)
    st.html('<p class="pf-lead">What there is to build with, and what was built of it.</p>')
    found = listing()
    broken_files(found.broken, desk().folder)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        kind = choice("Kind", KINDS, key="kind")
        text = search("Search", key="q", hint="Search by words: outliers of a table")
        view = choice("View", VIEWS, key="view") if kind == "Capabilities" else "Table"
    st.session_state[LISTED] = st.query_params.to_dict()
    some = listing(text) if text else found
    if kind == "Pipelines":
        show_pipelines(some.pipelines, is_search=bool(text))
    elif not some.capabilities:
        st.info("No capability is like that. Try other words.", icon=":material/search_off:")
    elif view == "Map":
        with guard("map"):
            show_map(some)
    else:
        show_table(some.capabilities, is_search=bool(text))


def show_way_back(kind: str) -> None:
    """To the list, as it was left."""
    left = st.session_state.get(LISTED, {})
    usual = {} if kind == KINDS[0] else {"kind": kind}
    st.page_link(
        HERE, label=f"All {kind.lower()}", icon=":material/arrow_back:",
        query_params=left if left.get("kind", KINDS[0]) == kind else usual,
    )  # fmt: skip


def show_one(name: str) -> None:
    """The pipeline or the capability of that name.

    Raises:
        UnknownName: There is neither.
    """
    card, found = card_of(name)
    is_pipeline = any(one.name == name for one in found.pipelines)
    if card is None and not is_pipeline and not query("pipeline"):
        show_way_back("Capabilities")
        names = [one.name for one in found.capabilities]
        names += [one.name for one in found.pipelines]
        raise UnknownName("capability", name, get_close_matches(name, names))
    if card is None or (is_pipeline and query("pipeline")):
        show_way_back("Pipelines")
        show_pipeline(name)
    else:
        show_way_back("Capabilities")
        show_capability(card, found)


if query("pipeline") or query("capability"):
    entitle(words(query("pipeline") or query("capability")), "Library")
    show_one(query("pipeline") or query("capability"))
else:
    show_all()
