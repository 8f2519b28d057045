"""Draws the parts of the page *Settings*."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from packetflow.errors import PacketFlowError, WorkspaceError
from packetflow.runner.configuration import (
    Standing,
    Value,
    changed,
    config_path,
    former,
    read_text,
    standing,
    write,
)
from packetflow.show.timeline import seconds_text
from packetflow.store import panels
from packetflow.store.queries import answer
from packetflow.workspace.folder import open_folder
from studio.advice import advise
from studio.checkup import examined, installed, keys, parts, processes
from studio.comparing import text_difference
from studio.showing import plain_markdown, rows
from studio.state import box, desk
from studio.usage import ever

TABLES: Final = {"": "The workspace", "store": "The store", "runner": "The runner"}
LEVELS: Final = {
    "ok": ("green", ":material/check_circle:", "good"),
    "warn": ("orange", ":material/warning:", "look at this"),
    "fail": ("red", ":material/error:", "mend this"),
}
_WANTED, _DONE, _FOUND = "settings wanted", "settings written", "doctor found"


def table(lines: Sequence[Sequence[str]]) -> None:
    """Rows of plain texts: the first is what it is about, the last is faint."""
    body = []
    for first, *others in lines:
        cells = "".join(
            f"<td{' class=d' if place == len(others) - 1 and place else ''}>{breakable(one)}</td>"
            for place, one in enumerate(others)
        )
        said = f"<code>{first}</code>" if first.isupper() else escape(first)
        body.append(f"<tr><td>{said}</td>{cells}</tr>")
    rows("".join(body))


def breakable(text: str) -> str:
    """A text as HTML; an address also breaks after its strokes and dots, not inside a word.

    >>> breakable("https://a.example/mcp <b>")
    'https:/<wbr>/<wbr>a.<wbr>example/<wbr>mcp &lt;b&gt;'
    """
    found = escape(text)
    return re.sub(r"(?<=[/.])(?=\S)", "<wbr>", found) if "://" in text else found


def size_text(count: int) -> str:
    """Bytes as people say them.

    >>> size_text(2_500_000), size_text(12)
    ('2.5 MB', '12 B')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count} B"


def show_workspace() -> None:
    """Where it is and how much it keeps."""
    folder = open_folder(desk().folder)
    lines = [("Folder", str(folder.path)), ("Name", folder.name)]
    if folder.overlay_of is not None:
        lines.append(("Laid over", f"{folder.overlay_of}, which is read-only"))
    counted = answer(desk().store, panels.standing(), fresh=False).to_pylist()[0]
    lines.append(("Under way", f"{counted['running']} running, {counted['waiting']} waiting"))
    table(lines)
    found = [one for one in parts(folder.path) if one.files]
    if found:
        st.subheader("What it keeps", anchor=False)
        table([
            (one.name, size_text(one.size), f"{one.files:,} file{'' if one.files == 1 else 's'}")
            for one in found
        ])  # fmt: skip


def show_processes() -> None:
    """Who works for the workspace now."""
    lines: list[tuple[str, ...]] = []
    found = processes(desk().folder)
    for one in found:
        if not one.pid:
            lines.append((one.what, one.note))
            continue
        version = f"version {one.version}" if one.version else "an older version"
        lines.append((
            one.what, version,
            f"up for {seconds_text(max(1, round(one.seconds)))}, process {one.pid}",
        ))  # fmt: skip
    table(lines)
    if len({one.version for one in found if one.pid}) > 1:
        st.warning("They are of different versions; those that are older leave by themselves once "
                   "nothing needs them.", icon=":material/sync_problem:")  # fmt: skip


def show_models() -> None:
    """Which models can be asked; of keys nothing but their names."""
    version = installed("litellm")
    lines = [
        ("litellm", f"version {version}" if version else "not installed", "" if version
         else "pip install 'packetflow[llm]'"),
    ]  # fmt: skip
    found = keys(os.environ)
    lines += [
        (name, "set" if is_set else "not set", "chooses the model" if "MODEL" in name else "")
        for name, is_set in found.items()
        if is_set or "MODEL" in name
    ]
    table(lines)
    unset = [name for name, is_set in found.items() if not is_set and "MODEL" not in name]
    st.caption(
        "Keys are read from the environment in which the studio was started, and are never shown. "
        f"Not set: {', '.join(unset)}."
    )
    asked = answer(desk().store, panels.models(ever()), fresh=False).to_pylist()
    if asked:
        st.subheader("Asked so far", anchor=False)
        table([(one["model"], f"{one['calls']:,} calls",
                f"{one['tokens_in'] + one['tokens_out']:,} tokens") for one in asked])  # fmt: skip


def show_doctor() -> None:
    """The checks, when they are asked for."""
    st.caption("Versions, files, pipelines, store, disk, clock, processes: what is well, what not.")
    if st.button("Check everything", icon=":material/stethoscope:"):
        with st.spinner("Checking\u2026"):
            st.session_state[_FOUND] = examined(desk().folder)
    checks: list[dict[str, Any]] = st.session_state.get(_FOUND, [])
    for level, (colour, icon, said) in reversed(LEVELS.items()):
        several = [one for one in checks if one["status"] == level]
        if several:
            st.markdown(f":{colour}[{icon} **{len(several)} {said}**]")
            table([(one["what"], one["found"], one["mend"]) for one in several])


def show_settings() -> None:
    """What the file of settings says, and a form to change it.

    Raises:
        WorkspaceError: The file cannot be read.
    """
    path = config_path(desk().folder)
    text = read_text(desk().folder)
    stands = standing(text, path)
    there = "packetflow.toml" if text else "packetflow.toml, which is not there yet"
    st.caption(f"Kept in {there}. An empty field stands for the default. Comments stay.")
    if st.session_state.pop(_DONE, False):
        st.success("Written. A new runner takes over by itself; the store's owner reads its part "
                   "when it next starts.", icon=":material/check:")  # fmt: skip
    wanted = st.session_state.get(_WANTED)
    if wanted is not None:
        show_change(text, wanted)
    else:
        show_form(text, stands)
        show_undo(text)
    with st.expander("The file"):
        st.code(text or "# nothing yet", language="toml", line_numbers=True)


def show_form(text: str, stands: Sequence[Standing]) -> None:
    """A field for each setting."""
    with st.form("settings"):
        typed: dict[tuple[str, str], Value] = {}
        for name, title in TABLES.items():
            st.markdown(f"**{title}**")
            slots = st.columns(2)
            for place, one in enumerate(one for one in stands if one.known.table == name):
                with slots[place % 2]:
                    typed[name, one.known.name] = field(one)
        is_wanted = st.form_submit_button("Look at the change", icon=":material/difference:")
    if not is_wanted:
        return
    now = {(one.known.table, one.known.name): one.value if one.line else None for one in stands}
    changes = {place: value for place, value in typed.items() if value != now[place]}
    try:
        new = changed(text, changes, config_path(desk().folder)) if changes else text
    except WorkspaceError as error:
        st.error(plain_markdown(error.message, 400), icon=":material/error:")
        return
    if new == text:
        st.info("Nothing is changed yet.", icon=":material/info:")
        return
    st.session_state[_WANTED] = new
    st.rerun()


def field(one: Standing) -> Value:
    """Let a setting be changed; ``None`` for its default."""
    known = one.known
    label = known.label
    where = f"line {one.line}" if one.line else "no line yet"
    place = f"[{known.table}] {known.name}" if known.table else known.name
    told = f"{known.help}{'. ' if known.help else ''}In the file: `{place}`, {where}."
    key = f"setting {known.table} {known.name}"
    value = one.value if one.line else None
    usual = "none" if known.default is None else str(known.default).lower()
    if known.kind is bool:
        options = {f"default ({'yes' if known.default else 'no'})": None, "yes": True, "no": False}
        start_at = list(options.values()).index(None if value is None else bool(value))
        return options[st.selectbox(label, list(options), start_at, key=key, help=told)]
    if known.kind is str:
        text = st.text_input(label, str(value or ""), key=key, help=told, placeholder="none")
        return text.strip() or None
    hint = f"default: {usual}"
    if known.kind is int:
        start = None if value is None else int(value)
        return st.number_input(
            label, known.least, None, start, 1, key=key, help=told, placeholder=hint
        )  # fmt: skip
    begin = None if value is None else float(value)
    return st.number_input(
        label, float(known.least), None, begin, key=key, help=told, placeholder=hint, format="%g"
    )  # fmt: skip


def show_change(text: str, wanted: str) -> None:
    """What would change in the file, to be written or not."""
    with st.container(border=True):
        st.markdown("**This would change**")
        st.code(text_difference(text, wanted), language="diff")
        with st.container(horizontal=True, gap="small"):
            if st.button("Write it", type="primary", icon=":material/save:"):
                keep(wanted, seen=text)
            if st.button("Do not", icon=":material/close:"):
                _forget()
                st.rerun()


def show_undo(text: str) -> None:
    """Offer the file as it was before the last change from here."""
    before = former(desk().folder)
    if before is not None and before != text and st.button(
        "Take the last change back", icon=":material/undo:",
        help="Shows the file as it was before, to be written again",
    ):  # fmt: skip
        st.session_state[_WANTED] = before
        st.rerun()


def keep(wanted: str, *, seen: str) -> None:
    """Write the file and show the page anew."""
    _forget()
    try:
        write(desk().folder, wanted, seen=seen)
    except PacketFlowError as error:
        box(advise(error), key="settings")
        return
    st.session_state[_DONE] = True
    st.rerun()


def _forget() -> None:
    """Let the form show the file again."""
    for key in [one for one in st.session_state if str(one).startswith("setting ")]:
        del st.session_state[key]
    st.session_state.pop(_WANTED, None)
