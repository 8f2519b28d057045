"""Draws how often something ran, how it went, and its last runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import streamlit as st

from packetflow.show.timeline import seconds_text
from packetflow.store import panels
from packetflow.store.queries import Filter, Query, Window, answer, latency, latest
from studio.lists import run_links
from studio.state import desk

LISTED = 5


def show_usage(wanted: Filter, *, empty: str) -> None:
    """The figures and the last runs of a pipeline, or those that called a capability.

    Args:
        wanted: ``called`` for a capability, ``name`` for a pipeline.
        empty: Said when there were none.
    """
    listed = _rows(latest(wanted, limit=LISTED), fresh=True)
    if not listed:
        st.caption(empty)
        return
    show_figures(_figures(wanted))
    run_links(listed)
    address = {"called": wanted.called} if wanted.called else {"name": wanted.name or ""}
    if wanted.called:
        st.page_link("metrics.py", label="Their figures over time", icon=":material/monitoring:",
                     query_params={**address, "time": "All"})  # fmt: skip


def show_figures(row: Mapping[str, Any]) -> None:
    """How many there were, how many failed, and how long the middle one took."""
    failed = f"{row['failed']:,} ({row['failed'] / row['n']:.0%})" if row["failed"] else "none"
    took = "\u2013" if row["p50_ms"] is None else seconds_text(row["p50_ms"] / 1000)
    with st.container(horizontal=True, gap="small", key="numbers"):
        for label, value in {
            row["what"]: f"{row['n']:,}", "Failed": failed, "Median time": took,
        }.items():  # fmt: skip
            st.metric(label, value, border=True)


def ever() -> Window:
    """From when the first run began until now."""
    first = _rows(panels.beginning())[0]["first"]
    now = dt.datetime.now(dt.UTC)
    begin = now if first is None else first.replace(tzinfo=dt.UTC)
    return Window(begin, now + dt.timedelta(seconds=1))


def _figures(wanted: Filter) -> dict[str, Any]:
    window = ever()
    if wanted.called is None:
        return {"what": "Runs", **_rows(panels.totals(window, name=wanted.name))[0]}
    rows = [row for row in _rows(latency(window)) if row["name"] == wanted.called]
    found = rows[0] if rows else {"n": 0, "errors": 0, "p50_ms": None}
    return {"what": "Calls", "n": found["n"], "failed": found["errors"], "p50_ms": found["p50_ms"]}


def _rows(query: Query, *, fresh: bool = False) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer(desk().store, query, fresh=fresh).to_pylist()
    return found
