"""Lists that several pages show: runs as links, broken files, questions that wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import BrokenFile, StepCard
from packetflow.show.timeline import seconds_text
from studio.running import RUNS, show_question
from studio.showing import words
from studio.state import desk
from studio.theme import status_text


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


def run_links(rows: Iterable[Mapping[str, Any]]) -> None:
    """A line for each execution, cut to fit: how it stands, what ran, when, how long it took."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    with st.container(gap=None, key="runs"):
        for row in rows:
            st.page_link(
                RUNS, label=run_line(row, now), query_params={"run": str(row["execution_id"])},
                width="stretch",
            )  # fmt: skip


def run_line(row: Mapping[str, Any], now: dt.datetime) -> str:
    r"""One execution as a line of Markdown.

    >>> noon = dt.datetime(2026, 1, 2, 12)
    >>> row = {"status": "failed", "name": "tidy_up", "started_at": noon, "duration_ms": 20.0}
    >>> run_line(row | {"error": "torn [page\nmore"}, noon)
    ':red[:material/error: Failed] **Tidy up** :gray[just now, 20 ms, torn \\[page]'
    """
    told = [ago(row["started_at"], now)]
    if row["duration_ms"] is not None:
        told.append(seconds_text(row["duration_ms"] / 1000))
    if row["error"] and row["status"] != "ok":
        told.append(str(row["error"]))
    said = plain_markdown(", ".join(told))
    return f"{status_text(row['status'])} **{plain_markdown(words(row['name']))}** :gray[{said}]"


def plain_markdown(text: str, most: int = 160) -> str:
    """The first line of a text, cut, whose brackets and stars then say nothing to Markdown."""
    line = text.split("\n", 1)[0]
    if len(line) > most:
        line = f"{line[:most]}\u2026"
    return "".join("\\" + c if c in "[]*_`$:\\<>#~" else c for c in line)


def broken_files(files: Iterable[BrokenFile], folder: Path) -> None:
    """A box for each file that cannot be loaded: where, why, and the way out."""
    for one in files:
        place = one.file.removeprefix(f"{folder}/") or "the changed files"
        where = f"{place}, line {one.line}" if one.line else place
        with st.container(border=True):
            st.markdown(f":red[:material/broken_image: **{where}** cannot be loaded]")
            st.text(one.error)
            served = "Its last good version is still used. " if one.using_last_good else ""
            st.caption(f"{served}Mend the file and save it; it is read again by itself.")


def questions() -> int:
    """The cards of everything that waits for a person; answers how many there are."""
    query = "FROM waiting WHERE question <> '' ORDER BY waiting_since"
    rows = desk().store.sql(query).to_pylist()
    for row in rows:
        steps = _steps(str(row["name"]))
        identity = str(row["execution_id"])
        show_question(identity, row["step"], row, path=row["path"] or (), steps=steps)
        st.page_link(
            RUNS, label=f"See what {words(str(row['name']))} has made so far",
            icon=":material/visibility:", query_params={"run": identity},
        )  # fmt: skip
    return len(rows)


def _steps(name: str) -> list[StepCard]:
    try:
        return desk().runner.describe(name).steps
    except PacketFlowError:
        return []
