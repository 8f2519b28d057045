"""Capabilities: the table, the map, and one of them in full, ready to be tried."""

import streamlit as st

from packetflow.kernel.cards import CapabilityCard, PortCard
from studio.figures.capability_map import capability_map
from studio.lists import broken_files
from studio.showing import plain_markdown, rows, words
from studio.state import description, desk, guard, listing, mode, query
from studio.trying import show_trial


def show_all() -> None:
    """The table or the map."""
    st.title("Capabilities", anchor=False)
    st.html('<p class="pf-lead">Functions that say what they take and give, ready to join.</p>')
    found = listing()
    broken_files([one for one in found.broken if "pipelines" not in one.file], desk().folder)
    wide, narrow = st.columns([3, 1], vertical_alignment="bottom")
    text = wide.text_input(
        "Search", type="search", placeholder="Search by words, such as: outliers of a table",
        icon=":material/search:", label_visibility="collapsed", key="search",
    )  # fmt: skip
    view = narrow.segmented_control(
        "View", ["Table", "Map"], default="Table", required=True, label_visibility="collapsed"
    )
    cards = listing(text).capabilities if text else found.capabilities
    if not cards:
        st.info("No capability is like that. Try other words.", icon=":material/search_off:")
    elif view == "Map":
        show_map(cards)
    else:
        show_table(cards)


def show_map(cards: list[CapabilityCard]) -> None:
    """What can follow what."""
    st.caption(
        "Squares are capabilities, dots the names they share: a capability may follow another that "
        "gives a name it takes. Click a square to open it; drag to move, scroll to zoom."
    )
    picked = st.plotly_chart(
        capability_map(cards, mode=mode()), key="map", theme=None, on_select="rerun",
        selection_mode="points", config={"scrollZoom": True, "displaylogo": False},
        alt="A map of capabilities and the names they share",
    )  # fmt: skip
    points = picked.selection.points
    if points and points[0].get("customdata"):
        chosen = points[0]["customdata"]
        open_one(chosen if isinstance(chosen, str) else chosen[0])


def show_table(cards: list[CapabilityCard]) -> None:
    """A row for each."""

    def names(ports: list[PortCard]) -> str:
        return (
            ", ".join(f"{port.name}{'?' if port.optional else ''}" for port in ports) or "nothing"
        )

    own = [one for one in cards if one.file.startswith(f"{desk().folder}/")]
    ready = [one for one in cards if one not in own]
    st.caption("What it takes \u2192 what it gives; ? marks what is optional.")
    for title, several in (("Of this workspace", own), ("Ready to use", ready)):
        if not several:
            continue
        st.header(f"{title} :gray[{len(several)}]", anchor=False)
        with st.container(gap=None, key=f"caps {title}"):
            for card in several:
                name, what, contract = st.columns([1.5, 2, 2], vertical_alignment="center")
                name.page_link("capabilities.py", label=f"**{words(card.name)}**",
                               query_params={"name": card.name})  # fmt: skip
                what.markdown(plain_markdown(card.intent.replace("`", "")))
                contract.caption(f"{names(card.requires)} → {names(card.provides)}")


def open_one(name: str) -> None:
    """Go to one capability."""
    st.switch_page("capabilities.py", query_params={"name": name})


def show_ports(title: str, ports: list[PortCard]) -> None:
    """One side of a contract."""
    st.markdown(f"**{title}**")
    if not ports:
        st.caption("Nothing.")
        return
    lines = []
    for port in ports:
        default = f" = {port.default_repr}" if port.default_repr else ""
        mark = "?" if port.optional and not default else ""
        lines.append(
            f"<tr><td><code>{port.name}{mark}</code></td>"
            f'<td class="d">{escaped(port.type + default)}<br>{escaped(port.help)}</td></tr>'
        )
    rows("".join(lines))


def escaped(text: str) -> str:
    """For HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def show_one(name: str) -> None:
    """One capability in full."""
    st.page_link("capabilities.py", label="All capabilities", icon=":material/arrow_back:")
    cards = [one for one in listing().capabilities if one.name == name]
    if not cards:
        description(name)  # raises with the nearest name
        st.switch_page("pipelines.py", query_params={"name": name})
    card = cards[0]
    st.title(words(card.name), anchor=False)
    st.html(f'<p class="pf-lead">{escaped(card.intent)}</p>')
    with st.container(horizontal=True, gap="small"):
        st.badge(f"version {card.version}", color="gray")
        st.badge(
            f"runs in a {card.place}" if card.place != "loop" else "runs on the loop", color="gray"
        )
        if not card.enabled:
            st.badge("switched off", color="orange")
        for effect in card.effects:
            st.badge(effect, color="violet", help="What it does besides answering")
        for tag in card.tags:
            st.badge(tag, color="gray")
    takes, gives = st.columns(2, gap="large")
    with takes:
        show_ports("It takes", card.requires)
    with gives:
        show_ports("It gives", card.provides)
    st.header("Try it", anchor=False)
    with guard("try"):
        show_trial(card)
    own = card.file.startswith(f"{desk().folder}/")
    place = card.file.removeprefix(f"{desk().folder}/") if own else card.module
    with st.expander(f"Source: {place}, line {card.line}" if card.line else "Source"):
        st.code(card.source or "The source cannot be read.", line_numbers=bool(card.source))


if query("name"):
    show_one(query("name"))
else:
    show_all()
