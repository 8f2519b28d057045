"""How clients find the workspace's tools: the snippets for each, and the endpoint of the studio."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.mcp.identity import Tokens
from packetflow.mcp.launches import HttpLaunch, Launch, http_launch, workspace_launch
from packetflow.mcp.programs import ExampleCall
from packetflow.mcp.settings import read_settings
from packetflow.mcp.snippets import CLIENTS, DESKTOP, Snippet, snippets_of
from packetflow.mcp.tools import Tool
from studio.addressed import radio
from studio.heeding import heed
from studio.showing import plain_markdown
from studio.state import desk
from studio.tool_endpoint import PATH, tool_endpoint

WAYS: Final = ("Clients start it", "Clients ask this studio")
SWITCHED: Final = "endpoint said"


def show_connect(tool: Tool | None) -> None:
    """What to write where.

    Args:
        tool: What programs call in their example.
    """
    way = radio("How clients come in", WAYS, key="way")
    is_http = way == WAYS[1]
    launch = endpoint_launch() if is_http else stdio_launch()
    if is_http:
        show_endpoint()
        if not tool_endpoint(desk().folder).is_open:
            return
    else:
        st.caption(
            "The client starts a server of its own, with all tools that are switched on. "
            "It needs nothing that runs already, and no port."
        )
    show_snippets(launch, tool)


def stdio_launch() -> Launch:
    """This very program, for this workspace."""
    beside = Path(sys.executable).parent
    script = shutil.which("packetflow", path=str(beside)) or ""
    return workspace_launch(desk().name, desk().folder, sys.executable, script=script)


def endpoint_launch() -> Launch:
    """This studio's endpoint, by the address at which it is looked at."""
    tokens = list(read_settings(desk().folder).tokens.values())
    return http_launch(desk().name, address(), tokens)


def address() -> str:
    """The endpoint's address, as the browser reaches the studio."""
    here = urlsplit(str(st.context.url or "http://127.0.0.1:8501"))
    return f"{here.scheme}://{here.netloc}{PATH}"


def show_endpoint() -> None:
    """Whether the studio answers clients itself, and a switch for it."""
    endpoint = tool_endpoint(desk().folder)
    st.toggle(
        "Answer clients here",
        help="Also after it is started anew. Kept beside the journals, not in packetflow.toml.",
        **heed("endpoint on", endpoint.is_open, _switch),
    )
    said = st.session_state.pop(SWITCHED, "") or endpoint.error
    if said:
        st.error(plain_markdown(said, 600), icon=":material/error:")
    if not endpoint.is_open:
        st.caption(
            "Off: nobody is answered. Once on, programs of this machine reach the tools, web pages "
            "never do, and every call is a run like any other."
        )
        return
    settings = read_settings(desk().folder)
    tokens = settings.tokens
    try:
        Tokens(settings)
    except PacketFlowError as error:
        said = (
            f"Nobody is let in: {plain_markdown(error.message, 600)}. Then start the studio anew."
        )
        st.error(said, icon=":material/error:")
        return
    st.markdown(f"Clients are answered at `{address()}` while the studio runs.")
    if tokens:
        named = ", ".join(f"`{one.env}`" for one in tokens.values())
        st.caption(f"A token is asked for: the value of {named}.")
    else:
        st.caption(
            "No token is asked for: every program of this machine may call, also one of another "
            "user. `[mcp.tokens]` in packetflow.toml says who may, and what for."
        )


def _switch(is_on: bool) -> None:  # noqa: FBT001 - what a switch says
    try:
        tool_endpoint(desk().folder).switch(on=is_on)
    except PacketFlowError as error:
        st.session_state[SWITCHED] = error.message


def show_snippets(launch: Launch, tool: Tool | None) -> None:
    """A tab for each client."""
    call = None if tool is None else ExampleCall(tool.name, example_arguments(tool))
    found = snippets_of(launch, call=call, windows=os.name == "nt")
    clients = [name for name in CLIENTS if any(one.client == name for one in found)]
    for slot, client in zip(st.tabs(clients), clients, strict=True):
        with slot:
            for snippet in (one for one in found if one.client == client):
                show_snippet(snippet)
    if isinstance(launch, HttpLaunch):
        st.caption(f"{DESKTOP} starts servers itself: see *{WAYS[0]}*.")


def show_snippet(snippet: Snippet) -> None:
    """One snippet, to be copied, with its link if it has one."""
    program = "A program" if snippet.language == "python" else "Run"
    where = f"In `{snippet.file}`" if snippet.file else program
    st.markdown(f"**{where}**" + (f" \u00b7 {snippet.note}" if snippet.note else ""))
    st.code(snippet.text, language=snippet.language, wrap_lines=True)
    if snippet.link:
        st.link_button(f"Add to {snippet.client}", snippet.link, icon=":material/add_link:")


def example_arguments(tool: Tool) -> dict[str, Any]:
    """Arguments that have the right shape, to be changed: what is needed, by its type."""
    schema = tool.shown.input_schema
    needed = set(schema.get("required", ()))
    properties: Mapping[str, Any] = schema.get("properties", {})
    definitions: Mapping[str, Any] = schema.get("$defs", {})
    return {
        name: sample(one, definitions, name) for name, one in properties.items() if name in needed
    }


def sample(schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str = "") -> Any:
    """A value of the right shape.

    >>> sample({"type": "array", "items": {"type": "integer"}}, {})
    [1]
    """
    found = {**definitions.get(str(schema.get("$ref", "")).rsplit("/", 1)[-1], {}), **schema}
    for key in ("examples", "enum"):
        if found.get(key):
            return found[key][0]
    if "default" in found:
        return found["default"]
    inner = found.get("anyOf") or found.get("oneOf")
    if inner:
        return sample(inner[0], definitions, name)
    match found.get("type"):
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case "array":
            return [sample(found.get("items", {}), definitions)]
        case "object":
            needed = found.get("required", ())
            inside = found.get("properties", {})
            return {one: sample(inside.get(one, {}), definitions, one) for one in needed}
        case _:
            return f"a {name.replace('_', ' ')}" if name else "a text"
