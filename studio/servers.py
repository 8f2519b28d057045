"""Draws the servers of others whose tools are used here: how they stand, what of them may run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import Listing
from packetflow.mcp.client import allowing
from packetflow.mcp.client.facts import Hints, ServerFacts, ToolFacts
from packetflow.mcp.client.listings import listing_path, read_listing
from packetflow.mcp.client.logins import standing
from packetflow.mcp.client.settings import ServerSettings, read_servers, write_trusted
from packetflow.mcp.client.tools import intent_of
from studio.addressed import choice
from studio.heeding import heed
from studio.new_server import SAID, show_new
from studio.settings import table
from studio.showing import plain_markdown, words
from studio.state import desk

CONNECTED: Final = {
    "open": "connected",
    "failed": "out of reach",
    "unused": "not connected",
}
LIBRARY: Final = "library.py"
_REFUSED, _LEAVING = "server refused", "server leaving"


def shortened(address: str, most: int = 48) -> str:
    """An address or command as far as there is room.

    >>> shortened("npx -y @example/notes-server", 10)
    'npx -y @e\u2026'
    """
    return address if len(address) <= most else f"{address[: most - 1]}\u2026"


def show_servers() -> None:
    """How all servers stand, one of them with its tools, and a way to add another."""
    folder = desk().folder
    known = read_servers(folder)
    listed = desk().runner.listing() if known else Listing()
    facts = {name: read_listing(listing_path(folder, name)) for name in known}
    table([
        (name, standing_words(name, one, facts[name], listed), shortened(one.address))
        for name, one in known.items()
    ])  # fmt: skip
    for said in listed.broken:
        if said.error.startswith("[mcp.servers."):
            st.warning(plain_markdown(said.error, 600), icon=":material/link_off:")
    show_said()
    if known:
        name = choice("Server", list(known), key="server") if len(known) > 1 else next(iter(known))
        with st.container(border=True, key="a server"):
            show_server(name, known[name], facts[name], listed)
    else:
        st.caption(
            "Tools of other programs become capabilities and steps. An MCP server is reached at "
            "an address, or is a program that is started here."
        )
    show_new(is_first=not known)


def standing_words(
    name: str, settings: ServerSettings, facts: ServerFacts | None, listed: Listing
) -> str:
    """How a server stands, in a line."""
    tools = [] if facts is None else facts.tools
    allowed = sum(settings.allows(tool.name) for tool in tools)
    count = "not asked yet" if facts is None else f"{allowed} of {len(tools)} tools allowed"
    told = [count, *(["trusted"] if settings.trust else [])]
    if standing(desk().folder, name, settings) == "needed":
        return ", ".join([*told, f"asks for a login: packetflow mcp login {name}"])
    return ", ".join([*told, CONNECTED[listed.connections.get(name, "unused")]])


def show_said() -> None:
    """What came of the last change."""
    told, code = st.session_state.pop(SAID, ("", ""))
    if told:
        st.success(told, icon=":material/check:")
    if code:
        st.code(code, language="sh")
    refused = st.session_state.pop(_REFUSED, "")
    if refused:
        st.error(plain_markdown(refused, 600), icon=":material/error:")


def show_server(
    name: str, settings: ServerSettings, facts: ServerFacts | None, listed: Listing
) -> None:
    """One server: which of its tools may run, whether it is believed, and a way to remove it."""
    st.subheader(plain_markdown(name), anchor=False)
    tools = () if facts is None else facts.tools
    if tools:
        st.caption(
            "Which of its tools may run. What they do is the server's own word; tools that are on "
            "are in the palette of *Build*."
        )
        with st.container(gap="small", key="tools of server"):
            for tool in tools:
                show_tool(name, settings, tool)
    else:
        st.caption("It has not said yet what it has." if facts is None else "It has no tools.")
    show_patterns(name, settings, tools)
    st.toggle(
        "Believe what it says of its tools",
        help="Else each call counts as one that may change anything, is never repeated "
        "unasked, and a model asks before it. In the file: `trust`.",
        **heed(f"trust {name}", settings.trust, partial(_trust, name)),
    )
    show_leaving(name, listed)


def show_tool(server: str, settings: ServerSettings, tool: ToolFacts) -> None:
    """The switch of one tool, and what it does."""
    others = [one for one in allowing.patterns(settings.allow, tool.name) if one != tool.name]
    by = f" \u00b7 allowed by the pattern `{others[0]}`" if others else ""
    said = " \u00b7 ".join(
        [plain_markdown(intent_of(tool).rstrip("."), 300), *hint_words(tool.hints)]
    )
    with st.container(horizontal=True, gap="small", key=f"item {server} {tool.name}"):
        allow = heed(
            f"allow {server} {tool.name}",
            settings.allows(tool.name),
            partial(_allow, server, tool.name),
        )
        st.toggle(
            f"Allow {tool.name}", disabled=bool(others), label_visibility="collapsed", **allow
        )
        with st.container(gap=None):
            st.markdown(f"**{plain_markdown(tool.name)}**")
            st.caption(said + by)


def hint_words(hints: Hints) -> list[str]:
    """What a server says of what a tool does.

    >>> hint_words(Hints(read_only=True, open_world=False))
    ['only reads', 'stays within the server']
    """
    does = "may change or delete" if hints.destructive else "adds or changes"
    outside = "reaches other systems" if hints.open_world else "stays within the server"
    return ["only reads" if hints.read_only else does, outside]


def show_patterns(server: str, settings: ServerSettings, tools: tuple[ToolFacts, ...]) -> None:
    """What is allowed otherwise than by a tool's name, each with a way to take it back."""
    names = {one.name for one in tools}
    for pattern in (one for one in settings.allow if one not in names):
        count = sum(pattern in allowing.patterns(settings.allow, one) for one in names)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(f"The pattern `{pattern}` allows {count} of them.", width="content")
            if st.button(f"Take back `{pattern}`", key=f"pattern {server} {pattern}"):
                _tried(partial(allowing.disallow, desk().folder, server, [pattern]))
                st.rerun()


def show_leaving(server: str, listed: Listing) -> None:
    """The way to remove a server, which names first what uses it."""
    if st.session_state.get(_LEAVING) != server:
        if st.button("Remove this server", icon=":material/delete:", type="tertiary"):
            st.session_state[_LEAVING] = server
            st.rerun()
        return
    used = allowing.users(listed, server)
    if used:
        st.warning("These pipelines use its tools and will not run without it:",
                   icon=":material/warning:")  # fmt: skip
        for one in used:
            st.page_link(LIBRARY, label=words(one), icon=":material/account_tree:",
                         query_params={"pipeline": one})  # fmt: skip
    else:
        st.markdown("No pipeline uses its tools.")
    with st.container(horizontal=True, gap="small"):
        if st.button("Remove it", type="primary", icon=":material/delete:"):
            st.session_state.pop(_LEAVING)
            if _tried(partial(allowing.remove, desk().folder, server)):
                st.query_params.pop("server", None)
                st.session_state[SAID] = (f"**{plain_markdown(server)}** is removed.", "")
            st.rerun()
        if st.button("Keep it", icon=":material/close:"):
            st.session_state.pop(_LEAVING)
            st.rerun()


def _allow(server: str, tool: str, is_on: bool) -> None:  # noqa: FBT001 - what a switch says
    change = allowing.allow if is_on else allowing.disallow
    _tried(partial(change, desk().folder, server, [tool]))


def _trust(server: str, is_on: bool) -> None:  # noqa: FBT001 - what a switch says
    _tried(partial(write_trusted, desk().folder, server, trust=is_on))


def _tried(change: Callable[[], object]) -> bool:
    """Change the settings; why that cannot be is said on the page."""
    try:
        change()
    except PacketFlowError as error:
        st.session_state[_REFUSED] = error.message
        return False
    return True
