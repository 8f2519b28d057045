"""The calls that clients make: those that ran, and those that were refused before a run began.

All of them are there, also those that came to a server in another process: runs are in the store,
refusals in a file beside the journals.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

from packetflow.mcp.calls import TOOL_TAG, TRIGGER
from packetflow.mcp.refused import Refusal, read_refusals
from packetflow.show.timeline import seconds_text
from packetflow.store import panels
from packetflow.store.queries import answer
from studio.lists import RUNS, ago
from studio.showing import plain_markdown
from studio.state import desk, guarded
from studio.theme import REFUSED, status_text
from studio.tool_trial import TRANSPORT

LINES: Final = 12
EVERY_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        at: When it came, UTC without a zone.
        tool: Which tool.
        status: How it stands; ``refused`` for one that never ran.
        caller: Client, way in, and the name of its token.
        seconds: How long it took; ``None`` while it runs.
        why: What went wrong.
        run: The execution; empty if there is none.
    """

    at: dt.datetime
    tool: str
    status: str
    caller: str
    seconds: float | None = None
    why: str = ""
    run: str = ""


def call_of_run(row: Mapping[str, Any]) -> Call:
    """An execution as a call."""
    tags = json.loads(row["tags"] or "{}")
    took = row["duration_ms"]
    said = str(row["error"] or "").split("\n", 1)[0]
    return Call(
        row["started_at"],
        str(tags.get(TOOL_TAG, row["name"])),
        str(row["status"]),
        caller_words(tags.get("mcp.client"), tags.get("mcp.transport"), row["user_id"]),
        None if took is None else took / 1000,
        said if row["status"] != "ok" else "",
        str(row["execution_id"]),
    )


def call_of_refusal(one: Refusal) -> Call:
    """A refusal as a call."""
    at = dt.datetime.fromtimestamp(one.at, dt.UTC).replace(tzinfo=None)
    caller = caller_words(one.client, one.transport, one.user)
    return Call(at, one.tool or "\u2013", "refused", caller, why=one.why)


def caller_words(client: str | None, transport: str | None, user: str | None) -> str:
    """Who called, in words.

    >>> caller_words("claude-code 2.1", "http", "analyst"), caller_words("", "stdio", None)
    ('claude-code 2.1, http, as analyst', 'stdio')
    """
    if transport == TRANSPORT:
        return "from the panel Try it"
    told = [client or "", transport or "", f"as {user}" if user else ""]
    return ", ".join(one for one in told if one)


def merged(runs: Iterable[Call], refusals: Iterable[Call], most: int) -> list[Call]:
    """Both together, newest first."""
    return sorted([*runs, *refusals], key=lambda one: one.at, reverse=True)[:most]


def call_line(call: Call, now: dt.datetime) -> str:
    """One call as a line of Markdown.

    >>> noon = dt.datetime(2026, 1, 2, 12)
    >>> call_line(Call(noon, "add", "ok", "x 1, http", 0.02), noon)
    ':green[:material/check_circle: Done] **add** :gray[just now] :gray[20 ms] :gray[x 1, http]'
    """
    took = "\u2013" if call.seconds is None else seconds_text(call.seconds)
    said = " \u00b7 ".join(one for one in (call.caller, call.why) if one)
    cells = [plain_markdown(one, 300) for one in (ago(call.at, now), took, said or "\u2013")]
    status = REFUSED if call.status == "refused" else status_text(call.status)
    told = " ".join(f":gray[{one}]" for one in cells)
    return f"{status} **{plain_markdown(call.tool)}** {told}"


def calls(folder: Path, most: int) -> list[Call]:
    """The last calls, newest first."""
    rows = answer(desk().store, panels.begun_by(TRIGGER, limit=most)).to_pylist()
    runs = (call_of_run(row) for row in rows)
    return merged(runs, map(call_of_refusal, read_refusals(folder, most)), most)


def show_calls() -> None:
    """The last calls, followed as they come."""

    @st.fragment(run_every=EVERY_SECONDS)
    @guarded("calls")
    def live() -> None:
        found = calls(desk().folder, LINES)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        if not found:  # outside the rows, whose first column would hold it
            st.caption(
                "Nobody has called yet. Each call shows here as it comes, also refused ones."
            )
            return
        with st.container(gap=None, key="runs live calls"):
            for one in found:
                if one.run:
                    st.page_link(RUNS, label=call_line(one, now), query_params={"run": one.run},
                                 width="stretch")  # fmt: skip
                else:
                    st.markdown(call_line(one, now))

    live()
