"""Adds a server of somebody else to the workspace: what is typed, a clear word, and then the start.

Nothing is started or contacted in the studio's own process: ``packetflow mcp add`` does that.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, Final

import streamlit as st

from packetflow.errors import WorkspaceError
from packetflow.mcp.client.settings import (
    ServerSettings,
    complaint,
    group_of,
    read_servers,
    variables,
)
from studio.commands import answer_of
from studio.showing import plain_markdown
from studio.state import desk

WAYS: Final = ("By its address", "By the command that starts it")
GRACE_SECONDS: Final = 30.0
"""For all that is not the server's own start."""
_WANTED, SAID = "server wanted", "server said"


def typed_settings(way: str, where: str, names: str) -> ServerSettings:
    r"""What was typed, as settings.

    Args:
        way: One of `WAYS`.
        where: An address or a command.
        names: Headers, one a line, or names of variables.

    Raises:
        WorkspaceError: It cannot be read.

    >>> typed_settings(WAYS[0], " https://x/mcp ", "Authorization: Bearer $T\n").headers
    {'Authorization': 'Bearer $T'}
    >>> found = typed_settings(WAYS[1], "npx -y 'my notes'", "A, B")
    >>> found.command, found.args, found.env
    ('npx', ('-y', 'my notes'), ('A', 'B'))
    """
    if way == WAYS[0]:
        lines = [line.partition(":") for line in names.splitlines() if line.strip()]
        for name, colon, _ in lines:
            if not colon:
                raise WorkspaceError(f"{name!r} is no header; write NAME: $VARIABLE")
        found = {name.strip(): value.strip() for name, _, value in lines}
        return ServerSettings(url=where.strip(), headers=found)
    try:
        first, *others = shlex.split(where) or [""]
    except ValueError as error:
        raise WorkspaceError(f"the command cannot be read: {error}") from error
    env = tuple(names.replace(",", " ").split())
    return ServerSettings(command=first, args=tuple(others), env=env)


def add_words(name: str, settings: ServerSettings) -> list[str]:
    """The command that adds a server.

    >>> shlex.join(add_words("notes", ServerSettings(command="npx", args=("-y",), env=("A",))))
    'mcp add notes --env=A -- npx -y'
    """
    options = [f"--env={one}" for one in settings.env]
    options += [f"--header={one}: {value}" for one, value in settings.headers.items()]
    where = [settings.url] if settings.url else [settings.command, *settings.args]
    return ["mcp", "add", name, *options, "--", *where]


def show_new(*, is_first: bool) -> None:
    """The form, or the word before a server is started or contacted."""
    wanted = st.session_state.get(_WANTED)
    if wanted is not None:
        with st.container(border=True):
            show_word(*wanted)
        return
    with st.expander("Add a server", icon=":material/add:", expanded=is_first, key="new server"):
        show_form()


def show_form() -> None:
    """What must be known of a server."""
    way = st.radio("How it is reached", WAYS, horizontal=True, key="server way")
    is_url = way == WAYS[0]
    with st.form("server form", border=False):
        name = st.text_input("What it is called here", placeholder="notes", key="server name")
        where = (
            st.text_input(
                "Its address", placeholder="https://docs.example.org/mcp", key="server url"
            )
            if is_url
            else st.text_input(
                "The command", placeholder="npx -y @example/notes-server", key="server command"
            )
        )
        names = (
            st.text_area(
                "Headers, one a line", placeholder="Authorization: Bearer $DOCS_TOKEN",
                height="content",
                help="Only what stands in a variable: `$NAME` is put in when it is sent.",
                key="server headers",
            )
            if is_url
            else st.text_input(
                "Names of variables that it gets", placeholder="NOTES_TOKEN", key="server env",
                help="Besides PATH, HOME and a few more. Their values stay in the environment.",
            )
        )  # fmt: skip
        st.caption(
            "Never write a secret here, only the name of the environment variable that holds it, "
            "set where the studio is started. Nothing is started or contacted yet."
        )
        is_sent = st.form_submit_button("Go on", icon=":material/arrow_forward:")
    if not is_sent:
        return
    try:
        settings = typed_settings(way, where, names)
        wrong = complaint_of(name.strip(), settings)
    except WorkspaceError as error:
        wrong = error.message
    if wrong:
        st.error(plain_markdown(wrong, 400), icon=":material/error:")
        return
    st.session_state[_WANTED] = (name.strip(), settings)
    st.rerun()


def complaint_of(name: str, settings: ServerSettings) -> str:
    """What is wrong with a new server; empty when nothing is."""
    if not name:
        return "give it a name"
    if not settings.address.strip():
        return "say where it is: its address, or the command that starts it"
    if group_of(name) in map(group_of, read_servers(desk().folder)):
        return f"there is a server called {name!r} already"
    return complaint(name, settings)


def show_word(name: str, settings: ServerSettings) -> None:
    """What is about to happen, and the button for it."""
    if settings.url:
        st.markdown(f"**This contacts the server {plain_markdown(name)} at**")
    else:
        st.markdown("**This starts a program on this machine**")
    st.code(settings.address, language=None, wrap_lines=True)
    st.markdown(word_before(settings, os.environ))
    with st.container(horizontal=True, gap="small"):
        label = "Contact and add it" if settings.url else "Start and add it"
        if st.button(label, type="primary", icon=":material/bolt:"):
            with st.spinner("Asking it for its tools\u2026"):
                told = added(name, settings)
            _end(name, told)
        if st.button("Do not", icon=":material/close:"):
            st.session_state.pop(_WANTED)
            st.rerun()


def word_before(settings: ServerSettings, given: Mapping[str, str]) -> str:
    """What a server may do, and what it gets, as Markdown.

    >>> print(word_before(ServerSettings(url="https://x", headers={"A": "$T"}), {}))
    It is sent the header A. Not set here: T. None of its tools runs before you allow it.
    """
    if settings.url:
        sent = [plain_markdown(one) for one in settings.headers]
        said = f"It is sent the header{'s' * (len(sent) > 1)} {', '.join(sent)}." if sent else ""
    else:
        gets = f" It gets the variables {', '.join(settings.env)}." if settings.env else ""
        said = f"It may do here whatever you may do, so know whose it is.{gets}"
    unset = [one for one in variables(settings) if one not in given]
    lacks = f" Not set here: {', '.join(unset)}." if unset else ""
    return f"{said}{lacks} None of its tools runs before you allow it.".strip()


def added(name: str, settings: ServerSettings) -> dict[str, Any]:
    """Start or contact a server in a process of its own, and write it into the settings.

    Raises:
        WorkspaceError: It cannot be asked.
    """
    words = add_words(name, settings)
    words[2:2] = ["--json", "-w", str(desk().folder)]
    try:
        return answer_of(*words, seconds=settings.start_seconds + GRACE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise WorkspaceError(f"server {name!r} took longer than {error.timeout:g} s") from error
    except (OSError, ValueError) as error:
        said = shlex.join(["packetflow", *add_words(name, settings)])
        raise WorkspaceError(f"no answer; run `{said}` in a terminal to see why") from error


def _end(name: str, told: Mapping[str, Any]) -> None:
    """Keep what came of it for the page, which is drawn anew if the server is there now."""
    if "error" in told:
        st.error(plain_markdown(str(told["error"]["message"]), 600), icon=":material/link_off:")
        st.caption("Nothing was written. Try again, or *Do not* and change what was typed.")
        return
    st.session_state.pop(_WANTED)
    for key in ("name", "url", "command", "headers", "env"):
        st.session_state.pop(f"server {key}", None)
    if told.get("login") == "needed":
        said = f"**{plain_markdown(name)}** is added and asks for a login, in a terminal:"
        st.session_state[SAID] = (said, f"packetflow mcp login {name}")
    else:
        st.session_state[SAID] = (f"**{plain_markdown(name)}** {found_words(told['tools'])}", "")
    st.query_params["server"] = name
    st.rerun()


def found_words(tools: Iterable[object]) -> str:
    """What a server that was just asked has.

    >>> found_words(["add"])
    'answers and has 1 tool. It runs once you allow it below.'
    """
    count = len(list(tools))
    if not count:
        return "answers and has no tools."
    several = "tools. Each" if count > 1 else "tool. It"
    return f"answers and has {count} {several} runs once you allow it below."
