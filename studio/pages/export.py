"""Export: what is offered as tools, what clients see of it, and who calls."""

from html import escape

import streamlit as st

from packetflow.capabilities.tool_names import title_of
from packetflow.kernel.cards import PipelineCard
from studio.addressed import choice, search
from studio.beginning import show_nothing_yet
from studio.call_log import show_calls
from studio.connecting import show_connect
from studio.offered import (
    EXPORT,
    Item,
    Offered,
    offered,
    show_intent,
    show_items,
    show_said,
    switch,
)
from studio.state import description, entitle, guard, query
from studio.tool_files import show_files
from studio.tool_view import asks_people, show_tool
from studio.trying_tools import show_trial

PARTS = ("Connect", "Try it", "What clients see", "Files")
LEAD = (
    "Tools for AI clients (MCP): Claude, VS Code, Cursor and programs of your own call what is "
    "composed here, once it is switched on."
)


def chosen_of(found: Offered) -> str:
    """What is looked at: what the address says, else the first that is offered."""
    for asked in (query("tool"), query("pipeline")):  # from the canvas of a pipeline
        if asked in found.items:
            return asked
    wanted = [name for name, one in found.items.items() if one.is_wanted]
    return next(iter([*wanted, *found.items]), "")


def show_first_step(found: Offered) -> None:
    """Nothing is offered yet: offer the first pipeline with one click."""
    own = [one for one in found.items.values() if not one.is_of_library]
    st.info(
        "Nothing is offered yet. What you switch on below becomes a tool, with its name, words "
        "and contract, in every client that is connected.", icon=":material/lightbulb:",
    )  # fmt: skip
    first = own[0].card.name
    if st.button(
        f"Offer {title_of(first)}, and show how to connect", type="primary",
        icon=":material/bolt:",
    ) and switch(first, on=True):  # fmt: skip
        st.switch_page(EXPORT, query_params={"tool": first})


def show_head(item: Item, found: Offered) -> None:
    """What is looked at, and whether it is offered."""
    name = item.card.name
    tool = found.tool(name)
    st.header(title_of(name), anchor=False)
    if item.card.intent:
        st.html(f'<p class="pf-lead">{escape(item.card.intent)}</p>')
    elif item.kind == "pipeline":
        st.caption("Nothing says what it does, and models choose a tool by that.")
        show_intent(name, "")
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if item.refused:
            st.badge("not offered", icon=":material/error:", color="red")
        elif item.is_wanted:
            st.badge("offered", icon=":material/check:", color="green")
        else:
            st.badge("not offered", color="gray")
        if tool is not None:
            st.markdown(f"called `{tool.name}`", width="content")
        st.page_link(
            "library.py", label=f"The {item.kind}", width="content",
            icon=":material/account_tree:" if item.kind == "pipeline" else ":material/extension:",
            query_params={str(item.kind): name},
        )  # fmt: skip
        if item.card.intent and item.kind == "pipeline":
            with st.popover("What it is for", icon=":material/edit:", type="tertiary"):
                show_intent(name, item.card.intent)
        if (
            not item.is_wanted
            and tool is not None
            and st.button("Offer it", type="primary", icon=":material/bolt:", key="offer it")
        ):
            switch(name, on=True)
            st.rerun()
    if item.refused:
        st.error(f"It is switched on, and no client sees it: {item.refused}.")


def show_one(item: Item, found: Offered) -> None:
    """All about one tool, by part."""
    show_head(item, found)
    tool = found.tool(item.card.name)
    part = choice("Part", PARTS, key="part")
    if part == "Connect":
        with guard("connect"):
            show_connect(tool if item.is_wanted else None)
    elif tool is None:
        st.caption("It can be no tool as it is; see above, or its page in the Library.")
    elif part == "Try it" and not item.is_wanted:
        st.caption("A client can call it once it is offered.")
    elif part == "Try it":
        with guard("try it"):
            show_trial(item.card, tool)
    elif part == "Files":
        with guard("files"):
            show_files(item.card.name, found)
    else:
        with guard("what clients see"):
            is_flow = isinstance(item.card, PipelineCard)
            steps = description(item.card.name).steps if is_flow else []
            show_tool(tool, asks=asks_people(item.card, steps), settings=found.settings)


st.title("Export", anchor=False)
st.html(f'<p class="pf-lead">{LEAD}</p>')
with st.spinner("Looking what there is\u2026"):  # the first time a runner is started for it
    found = offered()
if all(one.is_of_library for one in found.items.values()):
    show_nothing_yet("Nothing of your own is here yet. Each pipeline can become a tool.")
else:
    show_said()
    if not found.offers.tools and not any(one.is_wanted for one in found.items.values()):
        show_first_step(found)
    chosen = chosen_of(found)
    entitle(title_of(chosen), "Export")
    left, right = st.columns([1, 2.3], gap="large")
    with left:
        st.header("Tools", anchor=False)
        text = search("Search", key="find", hint="Search by words")
        with guard("tools"):
            show_items(found, chosen, text)
    with right:
        show_one(found.items[chosen], found)
    st.header("Calls", anchor=False)
    show_calls()
