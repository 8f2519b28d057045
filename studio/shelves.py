"""Draws what the library holds: capabilities as a table and as a map, pipelines as cards."""

from __future__ import annotations

import streamlit as st

from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard, PortCard
from studio.addressed import pick, tell
from studio.beginning import show_nothing_yet
from studio.capability import LIBRARY, palette, show_neighbours
from studio.figures.capability_map import capability_map
from studio.fitting import by_family, fit_graph, is_own
from studio.showing import plain_markdown, words
from studio.state import desk, mode


def show_map(found: Listing) -> None:
    """What can follow what, and around one of them."""
    graph = fit_graph(found.capabilities, palette(), desk().folder)
    near = pick(
        "Around", sorted(graph), key="near", none="none: all families",
        about="What this one can follow, and what can follow it. A click on the map chooses, too.",
    )  # fmt: skip
    lines = (
        f"At the left what {words(near).lower()} can follow, at the right what can follow it, "
        "and by which values."
        if near
        else "What there is, by what it is for; the arrow tells where its values mostly go. A "
        "click on a capability, or the field above, shows what it joins."
    )
    st.caption(
        f"{lines} A value fits by its type; texts and numbers only where their names agree, too. "
        "Blue are capabilities of this workspace, green the ready ones."
    )
    key = f"map around {near}"

    def choose() -> None:
        points = st.session_state[key].selection.points
        if points:
            picked = points[0].get("customdata")
            tell("near", picked if isinstance(picked, str) else picked[0])

    with st.container(key="map"):
        st.plotly_chart(
            capability_map(graph, near=near, mode=mode()), key=key, theme=None, on_select=choose,
            selection_mode="points", config={"displayModeBar": False},
            alt="A map of what can follow what. The same is listed for each capability below.",
        )  # fmt: skip
    if near:
        st.header(words(near), anchor=False)
        st.markdown(plain_markdown(graph.nodes[near]["intent"]))
        st.page_link(LIBRARY, label="Open it", icon=":material/open_in_new:",
                     query_params={"capability": near})  # fmt: skip
        show_neighbours(near, found, is_on_map=True)


def show_table(cards: list[CapabilityCard], *, is_search: bool) -> None:
    """A row for each, by family; those that a search found best first."""

    def names(ports: list[PortCard]) -> str:
        said = [f"{port.name}{'?' if port.optional else ''}" for port in ports]
        return ", ".join(said) or "nothing"

    st.caption("What it takes \u2192 what it gives; ? marks what is optional.")
    folder = desk().folder
    groups = {"Found": cards} if is_search else by_family(cards, folder)
    if not is_search and not any(is_own(one, folder) for one in cards):
        st.info(
            "The workspace has none of its own yet. Write functions under `@capability` in "
            "`capabilities/NAME.py`; they appear here when the file is saved.",
            icon=":material/lightbulb:",
        )
    for title, several in groups.items():
        st.header(f"{title} :gray[{len(several)}]", anchor=False)
        with st.container(gap=None, key=f"caps {title}"):
            for card in several:
                name, what, contract = st.columns([1.5, 2, 2], vertical_alignment="center")
                name.page_link(LIBRARY, label=f"**{words(card.name)}**",
                               query_params={"capability": card.name})  # fmt: skip
                said = "not allowed" if card.closed else "switched off"
                off = "" if card.enabled else f" :orange-badge[{said}]"
                what.markdown(plain_markdown(card.intent.replace("`", "")) + off)
                contract.caption(f"{names(card.requires)} \u2192 {names(card.provides)}")


def show_pipelines(cards: list[PipelineCard], *, is_search: bool) -> None:
    """All pipelines as cards."""
    if is_search and not cards:
        st.info("No pipeline is like that. Try other words.", icon=":material/search_off:")
    elif not cards:
        show_nothing_yet(
            "There is no pipeline yet. One joins capabilities by what they give and take: begin "
            "one on the canvas, or write `pipelines/NAME.yaml`, and it appears here at once."
        )
    for place in range(0, len(cards), 2):
        for slot, card in zip(st.columns(2), cards[place : place + 2], strict=False):
            with slot, st.container(border=True, height="stretch"):
                show_card(card)


def show_card(card: PipelineCard) -> None:
    """One pipeline in short."""
    st.page_link(
        LIBRARY, label=f"**{words(card.name)}**", icon=":material/account_tree:",
        query_params={"pipeline": card.name},
    )  # fmt: skip
    st.markdown(plain_markdown(card.intent) or ":gray[No intent given.]")
    needed = [words(port.name).lower() for port in card.requires if not port.optional]
    st.caption(f"Needs {', '.join(needed)}." if needed else "Needs nothing: it runs as it is.")
    with st.container(horizontal=True, gap="small"):
        if card.problems:
            many = "" if len(card.problems) == 1 else "s"
            st.badge(f"{len(card.problems)} problem{many}", color="red", icon=":material/error:")
        for trigger in card.triggers:
            st.badge(f"starts on {trigger.replace(': ', ' ')}", color="gray")
