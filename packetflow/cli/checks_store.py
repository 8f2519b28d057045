"""The doctor's checks of a workspace's store: its owner, its sizes, what went wrong, processes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from packetflow.cli.checks import Check, Checks, Level, size
from packetflow.kernel.ids import short
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.schema import migrations
from packetflow.workspace.folder import open_folder

_SLOW_SECONDS = 2.0
_MANY_BYTES = 1 << 30
_MOST_NAMED = 3
_MODULES = ("packetflow.store", "packetflow.runner")


def store(folder: Path) -> Checks:
    """Whether the store answers, what it holds, and what it could not take in."""
    path = open_folder(folder).path
    began = time.perf_counter()
    with StoreClient(path) as client:
        client.flush()
        took = time.perf_counter() - began

        def ask(query: str) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = client.sql(query, fresh=False).to_pylist()
            return rows

        slow = took > _SLOW_SECONDS
        mend = "look again: it may have just begun; if it stays so, the machine or its disk is busy"
        said = f"its owner answered after {took:.2f} s"
        yield Check("store", "warn" if slow else "ok", said, mend if slow else "")
        schema = ask("SELECT max(number) AS number FROM schema_migration")[0]["number"]
        yield Check("schema", "ok", f"version {schema} of {len(migrations())}")
        yield from _sizes(path)
        yield _dead_letters(ask("SELECT count(*) AS n FROM dead_letter")[0]["n"])
        lost = ask(
            "SELECT execution_id::VARCHAR AS id FROM executions WHERE status = 'lost' "
            "ORDER BY started_at DESC"
        )
        yield _lost([row["id"] for row in lost])
        newest = ask("SELECT epoch(max(started_at)) AS at FROM executions")[0]["at"]
        if newest is not None and newest > time.time() + 60:
            ahead = newest - time.time()
            text = f"a run began {ahead:.0f} s in the future"
            yield Check("clock of the store", "warn", text, "set the clocks of all machines")


def _sizes(path: Path) -> Checks:
    spots = places(path)
    segments = [file.stat().st_size for file in spots.journal.glob("*") if file.is_file()]
    level: Level = "warn" if sum(segments) > _MANY_BYTES else "ok"
    mend = "" if level == "ok" else "end processes that hold old journals open"
    yield Check("journals", level, f"{len(segments)} files, {size(sum(segments))}", mend)
    if spots.database.exists():
        yield Check("database", "ok", size(spots.database.stat().st_size))


def _dead_letters(count: int) -> Check:
    if not count:
        return Check("dead letters", "ok", "none")
    query = 'packetflow sql "select segment, reason from dead_letter"'
    return Check("dead letters", "warn", f"{count} records could not be taken in", query)


def _lost(ids: list[str]) -> Check:
    if not ids:
        return Check("lost runs", "ok", "none")
    named = ", ".join(short(one) for one in ids[:_MOST_NAMED])
    mend = f"packetflow resume {short(ids[0])}"
    return Check("lost runs", "warn", f"{len(ids)} whose process is gone: {named}", mend)


def processes(folder: Path) -> Checks:
    """Whether processes of PacketFlow are left over: of no workspace, or frozen."""
    import psutil

    path = open_folder(folder).path
    here, left = [], []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        words = process.info["cmdline"] or []
        if process.pid == os.getpid() or not any(name in words for name in _MODULES):
            continue
        folders = [Path(word) for word in words if word.startswith("/") and word != words[0]]
        if folders and not any(one.exists() for one in folders):
            left.append(f"pid {process.pid} works for {folders[-1]}, which is gone")
        elif path in folders and process.info["status"] == psutil.STATUS_STOPPED:
            left.append(f"pid {process.pid} is frozen")
        elif path in folders:
            here.append(process.pid)
    for one in left:
        yield Check("processes", "warn", one, f"kill {one.split()[1]}")
    if not left:
        yield Check("processes", "ok", f"{len(here)} of this workspace, none left over")
