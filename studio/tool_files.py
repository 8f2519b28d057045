"""Tools as files to take away: they run without the studio, on machines that have only `uv`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

import streamlit as st

from packetflow.kernel.cards import Listing
from packetflow.mcp.export.bundle import Bundle, export
from packetflow.mcp.export.literals import told
from packetflow.mcp.export.reasons import CannotExport, Reason
from studio.addressed import radio
from studio.offered import Offered
from studio.results import demoted
from studio.settings import size_text
from studio.showing import rows
from studio.state import desk

MADE: Final = "files made"


@dataclass(frozen=True)
class Made:
    """Files of some tools, or why there are none; kept while nothing is changed."""

    names: Sequence[str]
    listing: Listing
    result: Bundle | Sequence[Reason]


ABOUT: Final = {
    ".py": ("application/x-python", "A program: `uv run --script {}` serves the tools."),
    ".mcpb": ("application/zip", "A bundle: open it with Claude Desktop, which installs it."),
    ".server.json": ("application/json", "What a registry of servers is told."),
    ".md": ("text/markdown", "How to start it, and what each client is told."),
}
"""By the end of a file's name: what it is, and what it is for."""


def show_files(name: str, found: Offered) -> None:
    """The files of one tool, or of all that are offered.

    Raises:
        PacketFlowError: They cannot be made, for a reason that is no part of the tools.
    """
    st.caption(
        "Files that serve the tools anywhere, without the studio and without PacketFlow: they "
        "carry what they need of both."
    )
    names = [one.item for one in found.tools]
    if len(names) > 1 or (names and names != [name]):
        others = f"All {len(names)} that are offered" if len(names) > 1 else "What is offered"
        ways = ("This tool", others)
        if radio("What to take", ways, key="files") == ways[0]:
            names = [name]
    else:
        names = [name]
    kept: Made | None = st.session_state.get(MADE)
    is_of_now = kept is not None and kept.names == names and kept.listing == found.listing
    label = "Make them anew" if is_of_now else "Make the files"
    look: Literal["primary", "secondary"] = "secondary" if is_of_now else "primary"
    if st.button(label, icon=":material/inventory_2:", type=look):
        with st.spinner("Putting them together\u2026"):
            kept = make(names, found.listing)
        st.session_state[MADE] = kept
        st.rerun()
    if kept is None or not is_of_now:
        return
    if isinstance(kept.result, Bundle):
        show_bundle(kept.result)
    else:
        show_reasons(kept.result)


def make(names: Sequence[str], listing: Listing) -> Made:
    """Put the files together, or find out why that cannot be.

    Raises:
        PacketFlowError: It cannot be for a reason that is no part of the tools.
    """
    try:
        return Made(names, listing, export(desk().folder, listing, names))
    except CannotExport as error:
        return Made(names, listing, error.reasons)


def show_bundle(bundle: Bundle) -> None:
    """A button for each file, and what it is for."""
    for file, content in bundle.files().items():
        end = file.removeprefix(bundle.name)
        media_type, about = ABOUT[end]
        size = size_text(len(content)).replace(" ", "\u00a0")
        button, words = st.columns([2, 3], gap="small", vertical_alignment="center")
        button.download_button(
            file, content, file, media_type, key=f"take {file}", on_click="ignore",
            icon=":material/download:", type="primary" if end == ".mcpb" else "secondary",
            width="stretch",
        )  # fmt: skip
        words.caption(f"{about.format(file)} {size}")
    if bundle.environment:
        named = ", ".join(f"`{told([one])}`" for one in bundle.environment)
        st.caption(f"It reads these variables, which are not in the files: {named}.")
    with st.expander("How to start it, and what each client is told"):
        st.markdown(demoted(bundle.readme))


def show_reasons(reasons: Sequence[Reason]) -> None:
    """Why something cannot be taken away, each with its place and what to do."""
    count = len(reasons)
    title = "One thing keeps" if count == 1 else f"{count} things keep"
    st.markdown(f":red[:material/error: **{title} it from running elsewhere**]")
    rows("".join(map(reason_row, reasons)))
    st.caption("It can be offered all the same: see *Connect*.")


def reason_row(one: Reason) -> str:
    """A reason as a row of a table.

    >>> reason_row(Reason("capabilities/a.py", 3, "imports <b>", "move it"))
    '<tr><td class="d">capabilities/a.py, line 3</td><td>imports &lt;b&gt;<br>move it</td></tr>'
    """
    place = f"{one.file}, line {one.line}" if one.line else one.file
    told = "<br>".join(escape(text) for text in (one.what, one.do) if text)
    return f'<tr><td class="d">{escape(place or "the tool")}</td><td>{told}</td></tr>'
