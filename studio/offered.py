"""What can be offered as tools, what is, and the switches for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import streamlit as st
from msgspec.structs import replace

from packetflow.capabilities.tool_names import title_of, tool_name
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import CapabilityCard, Listing, PipelineCard
from packetflow.mcp.exposing import describe, expose, hide
from packetflow.mcp.offers import Offers, offers_of
from packetflow.mcp.settings import McpSettings, read_settings
from packetflow.mcp.tools import Card, Tool
from studio.heeding import heed
from studio.showing import plain_markdown
from studio.state import desk, listing, query

EXPORT: Final = "export.py"
FEW: Final = 6
SAID: Final = "export said"
LIBRARY: Final = "packetflow.library."
Kind = Literal["pipeline", "capability"]


@dataclass(frozen=True)
class Item:
    """A pipeline or a capability that could be a tool.

    Attributes:
        card: What it is.
        is_wanted: Whether somebody said it should be a tool.
        refused: Why it is none although it should be; empty if it is one, or should not be.
    """

    card: Card
    is_wanted: bool
    refused: str = ""

    @property
    def kind(self) -> Kind:
        """What it is, in a word."""
        return "pipeline" if isinstance(self.card, PipelineCard) else "capability"

    @property
    def is_of_library(self) -> bool:
        """Whether it comes with PacketFlow."""
        return isinstance(self.card, CapabilityCard) and self.card.module.startswith(LIBRARY)


@dataclass(frozen=True)
class Offered:
    """What is offered at this moment.

    Attributes:
        listing: What the workspace has.
        settings: What it says about tools.
        offers: What comes of both.
        items: All that could be a tool, by name: pipelines first, the library last.
    """

    listing: Listing
    settings: McpSettings
    offers: Offers
    items: Mapping[str, Item]

    @property
    def tools(self) -> list[Tool]:
        """The tools that clients see, in order."""
        return list(self.offers.tools.values())

    def tool(self, name: str) -> Tool | None:
        """The tool that an item is, or would be; ``None`` if it can be none."""
        found = self.offers.tools.get(tool_name(name))
        if found is not None and found.item == name:
            return found
        none = [replace(one, exposed=one.name == name) for one in self.listing.pipelines]
        is_pipeline = any(one.name == name for one in none)
        alone = replace(self.listing, pipelines=none)
        settings = McpSettings(expose=() if is_pipeline else (name,), tasks=self.settings.tasks)
        return offers_of(alone, settings).tools.get(tool_name(name))


def offered() -> Offered:
    """Ask the runner and the settings what is offered.

    Raises:
        PacketFlowError: The settings cannot be read, or the runner does not answer.
    """
    found, settings = listing(), read_settings(desk().folder)
    offers = offers_of(found, settings)
    wanted = {*settings.expose, *(one.name for one in found.pipelines if one.exposed)}
    cards: list[Card] = [*found.pipelines, *found.capabilities]
    made = [Item(one, one.name in wanted, offers.refused.get(one.name, "")) for one in cards]
    made.sort(key=lambda one: (one.is_of_library, one.kind != "pipeline", one.card.name.casefold()))
    items: dict[str, Item] = {}
    for one in made:
        items.setdefault(one.card.name, one)  # a pipeline hides a capability of its name
    return Offered(found, settings, offers, items)


def switch(name: str, *, on: bool) -> bool:
    """Make something a tool, or none any more; why that cannot be is said on the page.

    Returns:
        Whether it is as wanted.
    """
    st.session_state.pop(SAID, None)
    try:
        (expose if on else hide)(listing(), desk().folder, name)
    except PacketFlowError as error:
        st.session_state[SAID] = error.message
        return False
    return True


def _switched(name: str, is_on: bool) -> None:  # noqa: FBT001 - what a switch says
    """What is switched is what one wants to look at."""
    switch(name, on=is_on)
    st.query_params["tool"] = name


def show_intent(name: str, said: str) -> None:
    """A field that says what a pipeline is for, in its file.

    Args:
        name: Of the pipeline.
        said: What it says now.
    """
    with (
        st.form(f"intent {name}", border=False),
        st.container(horizontal=True, gap="small", vertical_alignment="bottom"),
    ):
        text = st.text_input(
            "What it is for", said, help="Models choose a tool by this.",
            placeholder="Write a letter to each customer who has not paid",
        )  # fmt: skip
        if st.form_submit_button("Save", icon=":material/save:"):
            try:
                describe(listing(), desk().folder, name, text)
            except PacketFlowError as error:
                st.session_state[SAID] = error.message
            st.rerun()


def show_said() -> None:
    """Why the last switch or text could not be kept."""
    said = st.session_state.pop(SAID, "")
    if said:
        st.error(plain_markdown(said, 600), icon=":material/error:")


def show_items(found: Offered, chosen: str, text: str = "") -> None:
    """A switch for everything that could be a tool, and a way to look at it.

    Args:
        found: What there is.
        chosen: What is looked at.
        text: Only what has this in its name or words.
    """
    with st.container(key="offers"):
        show_fitting(found, chosen, text)


def show_fitting(found: Offered, chosen: str, text: str) -> None:
    """The groups of `show_items`."""
    fits = [one for one in found.items.values() if has(one.card, text)]
    own = [one for one in fits if not one.is_of_library]
    show_group("Pipelines", [one for one in own if one.kind == "pipeline"], chosen)
    single = [one for one in own if one.kind == "capability"]
    if len(single) <= FEW or any(one.is_wanted or one.card.name == chosen for one in single):
        show_group("Capabilities", single, chosen)
    else:
        with st.expander(f"{len(single)} capabilities", expanded=bool(text)):
            show_group("", single, chosen)
    library = [one for one in fits if one.is_of_library]
    shown = [one for one in library if one.is_wanted or text or one.card.name == chosen]
    show_group("Of the library", shown, chosen)
    if not fits:
        st.info("Nothing is like that. Try other words.", icon=":material/search_off:")
    elif len(shown) < len(library):
        count = len(library) - len(shown)
        st.caption(f"{count} more of the library can be offered; the search above finds them.")


def has(card: Card, text: str) -> bool:
    """Whether a card has all words of a text in its name or its intent.

    >>> has(CapabilityCard("load_table", "Read a file"), "TABLE read")
    True
    """
    said = f"{card.name} {title_of(card.name)} {card.intent}".lower()
    return all(word in said for word in text.lower().split())


def show_group(title: str, items: Iterable[Item], chosen: str) -> None:
    """Some of them under a heading."""
    several = list(items)
    if not several:
        return
    if title:
        st.markdown(f"**{title}**")
    with st.container(gap=None):
        for one in several:
            show_item(one, is_chosen=one.card.name == chosen)


def kept_of_address() -> dict[str, str]:
    """What stays as it is when another tool is looked at: the part, the way, the search."""
    return {key: query(key) for key in ("part", "way", "find") if query(key)}


def show_item(item: Item, *, is_chosen: bool) -> None:
    """One line: the switch, and the name, which leads to all about it."""
    name = item.card.name
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key=f"item {name}"
    ):
        st.toggle(
            f"Offer {title_of(name)}", label_visibility="collapsed",
            **heed(f"offer {name}", item.is_wanted, partial(_switched, name)),
        )  # fmt: skip
        label = plain_markdown(title_of(name))
        st.page_link(
            EXPORT, label=f"**{label}**" if is_chosen else label,
            query_params={**kept_of_address(), "tool": name},
            icon=":material/error:" if item.refused else None, width="stretch",
            help=item.refused or item.card.intent or None,
        )  # fmt: skip
