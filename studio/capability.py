"""Draws one capability in full: contract, trial, neighbours, use, runs, source."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterable
from html import escape

import msgspec
import streamlit as st

from packetflow.kernel.board import Palette
from packetflow.kernel.cards import CapabilityCard, Listing
from packetflow.kernel.messages import SearchPalette
from packetflow.mcp.client.allowing import allow
from packetflow.store.queries import Filter
from studio.contracts import call_text, show_contract
from studio.fitting import family, fit_graph, is_own, said, source_file
from studio.lists import broken_files
from studio.showing import plain_markdown, rows, words
from studio.state import desk, guard, listing
from studio.trying import show_trial
from studio.usage import show_usage
from studio.widgets import unpacked

LIBRARY = "library.py"
MOST_LINKS = 24
TAKEN_IN_LOOKS = 80
"""So often, four times a second, one looks whether a new runner knows what was allowed."""


def show_capability(card: CapabilityCard, found: Listing) -> None:
    """All about one capability."""
    file, is_old = source_file(card, desk().folder)
    show_head(card, is_old=is_old)
    broken_files([one for one in found.broken if one.file == file], desk().folder)
    show_contract(card.requires, card.provides)
    st.header("Try it", anchor=False)
    if card.enabled:
        with guard("try"):
            show_trial(card)
    elif card.closed:
        with guard("allow"):
            show_closed(card)
    else:
        st.caption("It is switched off in its declaration, so it does not run.")
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Where it is used", anchor=False)
        show_pipelines_with(card.name, found)
    with right:
        st.header("What fits", anchor=False)
        with guard("fits"):
            show_neighbours(card.name, found)
    st.header("Its runs", anchor=False)
    with guard("runs"):
        show_usage(Filter(called=card.name), empty="It has not run here yet. Try it above.")
    st.header("Its source", anchor=False)
    show_source(card)


def show_closed(card: CapabilityCard) -> None:
    """A tool of another server that nobody has allowed yet, and the button that does."""
    folder = desk().folder
    _, server, tool = card.tags
    st.caption(
        f"A tool of the server *{plain_markdown(server)}*, by whose word alone one knows what it "
        "does. It runs once it is allowed, here or by its command:"
    )
    st.code(f"packetflow mcp allow {shlex.join((server, tool))}", language="sh")
    if st.button("Allow it", icon=":material/lock_open:", type="primary"):
        allow(folder, server, [tool])
        with st.spinner("A new runner takes it in\u2026"):
            for _ in range(TAKEN_IN_LOOKS):
                known, _ = card_of(card.name)
                if known is None or known.enabled:
                    break
                time.sleep(1 / 4)
        st.rerun()


def show_head(card: CapabilityCard, *, is_old: bool) -> None:
    """Name, intent, and what it is in badges."""
    st.title(words(card.name), anchor=False)
    st.html(f'<p class="pf-lead">{escape(card.intent)}</p>')
    if prose(card.help):
        st.text(prose(card.help))
    with st.container(horizontal=True, gap="small"):
        st.badge(family(card, desk().folder), color="gray", icon=":material/folder_open:")
        st.badge(f"version {card.version}", color="gray")
        place = f"runs in a {card.place}" if card.place != "loop" else "runs on the loop"
        st.badge(place, color="gray")
        if is_old:
            st.badge("last good version", color="orange", icon=":material/history:")
        if not card.enabled:
            st.badge("not allowed" if card.closed else "switched off", color="orange")
        if card.safety:
            st.badge(repeated(card), color="gray", help="How freely it is repeated")
        for effect in card.effects:
            st.badge(effect, color="violet", help="What it does besides answering")
    if card.tags:
        st.caption(f"Also found by: {', '.join(card.tags)}")


def repeated(card: CapabilityCard) -> str:
    """How freely it may be run again, in words.

    >>> repeated(CapabilityCard("add", safety="pure"))
    'pure'
    >>> repeated(CapabilityCard("ask", effects=["model", "calls {tools}"], safety="pure"))
    'repeated as its calls may be'
    """
    if card.safety == "pure" and any(one.startswith("calls ") for one in card.effects):
        return "repeated as its calls may be"
    if card.safety == "pure" and card.effects:
        return "may be repeated"
    return card.safety


def prose(help_text: str) -> str:
    r"""What a docstring says between its first sentence and the lists of arguments and errors.

    >>> prose("Buy it.\n\nOnly once.\n\nArgs:\n    it: What.\n")
    'Only once.'
    """
    _, _, rest = help_text.partition("\n\n")
    return re.split(r"(?m)^(?:Args|Returns|Raises|Yields|Example|Examples):$", rest)[0].strip()


def show_pipelines_with(name: str, found: Listing) -> None:
    """The pipelines that a capability, or another pipeline, is part of."""
    those = [one for one in found.pipelines if name in {*one.uses, *one.calls}]
    if not those:
        st.caption("No saved pipeline has it yet.")
        st.page_link("build.py", label="Build one", icon=":material/draw:")
    for one in those:
        st.page_link(
            LIBRARY, label=words(one.name), icon=":material/account_tree:",
            query_params={"pipeline": one.name}, help=one.intent or None,
        )  # fmt: skip


def palette() -> Palette:
    """All that can be put into a pipeline, with the ids of types and what fits them."""
    told = desk().runner.palette(SearchPalette("", limit=500))
    return msgspec.json.decode(told, type=Palette)


def show_neighbours(name: str, found: Listing, *, is_on_map: bool = False) -> None:
    """What may come before and after a capability, and by which values; else the way to the map."""
    graph = fit_graph(found.capabilities, palette(), desk().folder)
    if name not in graph:
        return
    before = [(one, said(graph.edges[one, name]["names"])) for one in graph.predecessors(name)]
    after = [(one, said(graph.edges[name, one]["names"])) for one in graph.successors(name)]
    for title, nothing, several in (
        ("It can follow", "Nothing here gives what it takes.", before),
        ("It can be followed by", "Nothing here takes what it gives.", after),
    ):
        if several:
            with st.expander(f"{title} {len(several)}", expanded=len(several) <= 4):
                show_links(several[:MOST_LINKS])
        else:
            st.caption(nothing)
    if is_on_map:
        return
    st.page_link(
        LIBRARY, label="See it on the map", icon=":material/hub:",
        query_params={"view": "Map", "near": name},
    )  # fmt: skip


def show_links(several: Iterable[tuple[str, str]]) -> None:
    """Capabilities as links, each with the values that join it."""
    with st.container(gap=None, key=f"near {id(several)}"):
        for name, joint in several:
            st.page_link(
                LIBRARY, label=f"{plain_markdown(words(name))} :gray[{plain_markdown(joint)}]",
                query_params={"capability": name},
            )  # fmt: skip


def show_source(card: CapabilityCard) -> None:
    """Where it comes from, how to call it, and its text."""
    folder = desk().folder
    file, is_old = source_file(card, folder)
    place = file.removeprefix(f"{folder}/") if is_own(card, folder) else card.module
    where = f"{place}, line {card.line}" if card.line else place or "It was declared elsewhere."
    st.caption(f"{where}, in its last good version" if is_old else where)
    for example in card.examples[:1]:
        values = unpacked(example)
        if values and len(values) == len(example):
            st.code(call_text(card.name, values), language="python")
    with st.expander("The text"):
        st.code(card.source or "The source cannot be read.", line_numbers=bool(card.source))
    others = known_versions(card.name)
    if len(others) > 1:
        with st.expander(f"{len(others)} versions were seen here"):
            rows("".join(
                f'<tr><td>version {escape(str(one["version"]))}</td>'
                f'<td class="d">since {one["first"]:%Y-%m-%d %H:%M} UTC</td></tr>'
                for one in others
            ))  # fmt: skip


_VERSIONS = """
SELECT version, min(seen_at) AS first FROM capability WHERE name = $name AND NOT coalesce(removed,
    false) GROUP BY version ORDER BY first DESC LIMIT 50
"""


def known_versions(name: str) -> list[dict[str, object]]:
    """The versions that the store has heard of, the newest first."""
    with guard("versions"):
        found: list[dict[str, object]] = desk().store.sql(_VERSIONS, {"name": name}).to_pylist()
        return found
    return []


def card_of(name: str) -> tuple[CapabilityCard | None, Listing]:
    """The card of a capability, if there is one, and all there is."""
    found = listing()
    return next((one for one in found.capabilities if one.name == name), None), found
