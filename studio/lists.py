"""Lists that several pages show: runs as links, broken files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from packetflow.kernel.cards import BrokenFile
from packetflow.show.timeline import seconds_text
from studio.showing import plain_markdown, words
from studio.theme import status_text

RUNS = str(Path(__file__).parent / "pages" / "runs.py")


def ago(moment: dt.datetime, now: dt.datetime) -> str:
    """How long ago something was, in words; both times are of one zone.

    >>> noon = dt.datetime(2026, 1, 2, 12)
    >>> [ago(noon - dt.timedelta(seconds=s), noon) for s in (3, 90, 7200, 200_000)]
    ['just now', '1 minute ago', '2 hours ago', '2 days ago']
    """
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def run_links(rows: Iterable[Mapping[str, Any]], given: Mapping[str, str] | None = None) -> None:
    """A line for each execution, cut to fit: how it stands, what ran, when, how long, and why.

    Args:
        rows: Of the executions.
        given: By execution, its inputs in short.

    The parts of a line stand below each other where the page is wide (see `studio.theme`).
    """
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with st.container(gap=None, key="runs"):
        for row in rows:
            identity = str(row["execution_id"])
            line = run_line({**row, "given": (given or {}).get(identity)}, now)
            st.page_link(RUNS, label=line, query_params={"run": identity}, width="stretch")


def run_line(row: Mapping[str, Any], now: dt.datetime) -> str:
    r"""One execution as a line of Markdown.

    >>> noon = dt.datetime(2026, 1, 2, 12)
    >>> row = {"status": "failed", "name": "tidy_up", "started_at": noon, "duration_ms": 20.0}
    >>> run_line(row | {"error": "torn [page\nmore"}, noon)
    ':red[:material/error: Failed] **Tidy up** :gray[just now] :gray[20 ms] :gray[torn \\[page]'
    """
    took = row["duration_ms"]
    told = [ago(row["started_at"], now), "\u2013" if took is None else seconds_text(took / 1000)]
    said = [str(row["error"]).split("\n", 1)[0]] if row["error"] and row["status"] != "ok" else []
    said += [row["given"]] if row.get("given") else []
    if said:
        told.append(" \u00b7 ".join(said))
    name = plain_markdown(words(row["name"]))
    cells = " ".join(f":gray[{plain_markdown(one)}]" for one in told)
    return f"{status_text(row['status'])} **{name}** {cells}"


def broken_files(files: Iterable[BrokenFile], folder: Path) -> None:
    """A box for each file that cannot be loaded: where, why, and the way out."""
    for one in files:
        if one.error.startswith("[mcp.servers."):  # a server out of reach; no file is broken
            st.warning(plain_markdown(one.error, 600), icon=":material/link_off:")
            continue
        place = one.file.removeprefix(f"{folder}/") or "the changed files"
        where = f"{place}, line {one.line}" if one.line else place
        with st.container(border=True):
            st.markdown(
                f":red[:material/broken_image: **{plain_markdown(where)}** cannot be loaded]"
            )
            st.text(one.error)
            served = "Its last good version is still used. " if one.using_last_good else ""
            st.caption(f"{served}Mend the file and save it; it is read again by itself.")
