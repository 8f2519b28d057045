"""Draws the versions of a pipeline, what differs between two of them, and brings one back."""

from __future__ import annotations

import datetime as dt
from functools import partial
from html import escape

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.versions import Version, plain, versions
from studio.addressed import tell
from studio.advice import advise
from studio.comparing import COLOURS, compare, marked, text_difference, told
from studio.heeding import heed
from studio.lists import ago
from studio.showing import plain_markdown, rows, show_svg
from studio.state import box, desk, guard, mode, query

MOST_LISTED = 200


def show_versions(name: str) -> None:
    """All versions of a pipeline, and two of them compared."""
    found = versions(desk().folder, desk().store, name)
    if not found:
        st.info("There is no version yet: it has no file and has not run.", icon=":material/info:")
        return
    st.caption(
        "Each text that ran here, and each commit of its file where the workspace is in git. "
        "Texts that say the same are one version."
    )
    show_table(found)
    if len(found) == 1:
        st.info(
            "There is one version so far. Change it in Build, run it, and both can be compared.",
            icon=":material/difference:",
        )
        return
    st.header("What differs", anchor=False)
    old, new = choose(found)
    with guard("difference"):
        show_difference(old, new)
    if not old.is_file:
        show_way_back(name, old)


def show_table(found: list[Version]) -> None:
    """A row for each version."""
    now = dt.datetime.now(dt.UTC)
    body = []
    for one in found[:MOST_LISTED]:
        runs = f"{one.runs} run{'' if one.runs == 1 else 's'}" if one.runs else "not run"
        facts = [runs, *([f"by {', '.join(one.who)}"] if one.who else [])]
        commits = "".join(f"<br>{escape(text)}" for text in one.commits[:3])
        body.append(
            f"<tr><td><code>{one.id}</code></td><td>{escape(called(one, now))}<br>"
            f'<span style="opacity:.8">{escape(", ".join(facts))}{commits}</span></td></tr>'
        )
    rows("".join(body))


def called(one: Version, now: dt.datetime) -> str:
    """A version by when it was last seen."""
    since = f"{one.last:%Y-%m-%d %H:%M} UTC, {ago(one.last, now)}"
    return f"The file now ({since})" if one.is_file else since


def choose(found: list[Version]) -> tuple[Version, Version]:
    """Let two versions be chosen, which the address keeps."""
    known, now = {one.id: one for one in found}, dt.datetime.now(dt.UTC)
    chosen = []
    usual = {"old": found[1].id, "new": found[0].id}
    with st.container(horizontal=True, gap="small"):
        for side, label in (("old", "Before"), ("new", "After")):
            here = query(side) if query(side) in known else usual[side]
            picked = st.selectbox(
                label, list(known),
                format_func=lambda one: f"{one} \u00b7 {called(known[one], now)}",
                **heed(f"{side} version", here, partial(tell, side)),
            )  # fmt: skip
            chosen.append(known[picked])
    return chosen[0], chosen[1]


def show_difference(old: Version, new: Version) -> None:
    """In words, as two pictures, and line by line."""
    found = compare(old.text, new.text)
    if found is None:
        st.warning("One of them cannot be read, so only their lines are compared.")
    elif not found:
        st.success("They do the same.", icon=":material/check:")
    else:
        st.markdown(f"**{found.summary().capitalize()}**")
        with st.container(gap="xsmall"):
            for change in found:
                badge, text = told(change)
                st.markdown(f":{COLOURS[change.kind]}-badge[{badge}] {plain_markdown(text, 300)}")
        for title, version, side in (("Before", old, "old"), ("After", new, "new")):
            st.subheader(title, anchor=False)
            with guard(title):
                drawing = desk().runner.describe(source=version.text).drawing
                marks = found.marks("old" if side == "old" else "new")
                show_svg(marked(drawing, marks, mode()), f"The pipeline {title.lower()}")
    texts = [old.text, new.text]
    if not (old.is_written and new.is_written):
        texts = [plain(one) for one in texts]
    lines = text_difference(*texts)
    if lines:
        st.subheader("Line by line", anchor=False)
        st.code(lines, language="diff", wrap_lines=True)


def show_way_back(name: str, old: Version) -> None:
    """Offer to edit the draft back to a version."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if st.button(
            f"Bring {old.id} back", icon=":material/history:",
            help="Puts this text into the draft in Build. Undo takes it back; the file changes "
            "when you save there.",
        ):  # fmt: skip
            try:
                bring_back(name, old.text)
            except PacketFlowError as error:
                box(advise(error), key="bring back")
                return
            st.success("It is in the draft. Look at it in Build, and save it there.")
            st.page_link("build.py", label="Open in Build", icon=":material/draw:",
                         query_params={"pipeline": name}, width="content")  # fmt: skip
    if "$secret" in old.text:
        st.caption("Values of secrets are never kept: give them anew before you save.")


def bring_back(name: str, text: str) -> None:
    """Put a text into the draft of a pipeline, as one edit that can be undone.

    Raises:
        EditRefused: The draft cannot take it.
        UnknownName: There is no such pipeline.
    """
    drafts = Drafts(desk().folder)
    try:
        drafts.open(name).do({"op": "text", "text": text})
    finally:
        drafts.close()
