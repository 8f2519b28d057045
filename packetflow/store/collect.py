"""Removing artifacts that nothing mentions any more.

An artifact stays as long as the database mentions it, a journal does (brought in or not), or a
writer lives that may be about to mention it. One that only the archive mentions moves there. What
else is found was put by somebody who was killed, or had no room, before its record was kept.

A file is first set aside and then looked at once more: who puts the same value meanwhile either
touches the file before, and it comes back, or does not find it, and writes it anew.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from packetflow.store.artifacts import ASIDE
from packetflow.store.files import Places
from packetflow.store.frames import segments

if TYPE_CHECKING:
    import duckdb

QUIET_SECONDS = 3600.0
"""Artifacts touched within this time stay."""

EVERY_SECONDS = 3600.0
"""How often it is worth looking."""

_SHA = re.compile(r"[0-9a-f]{64}")
_MENTION = re.compile(rb"[0-9a-f]{64}")
_MARK = ".collected"


def is_due(spots: Places) -> bool:
    """Tell whether nobody has looked for a while, and there is something to look at."""
    try:
        return time.time() - (spots.artifacts / _MARK).stat().st_mtime > EVERY_SECONDS
    except FileNotFoundError:
        return spots.artifacts.exists()


def collect(
    connection: duckdb.DuckDBPyConnection, spots: Places, writers: Collection[str]
) -> list[str]:
    """Remove artifacts that nothing mentions, and move those that only the archive does.

    Args:
        connection: To the database.
        spots: Where things are.
        writers: The processes that hold a journal.

    Returns:
        The artifacts that went, by their SHA-256.
    """
    (spots.artifacts / _MARK).touch()
    before = _quiet_since(connection, writers)
    _bring_back(spots.artifacts)
    found = _old(spots.artifacts, before)
    found -= _listed(connection, "FROM artifact SELECT DISTINCT sha")
    if found:
        found -= _mentioned(path.read_bytes() for path in segments(spots.journal))
        letters = connection.execute("SELECT content FROM dead_letter").fetchall()
        found -= _mentioned(content for (content,) in letters)
    if not found:
        return []
    kept = _archived(connection, spots.archive)
    return [sha for sha in sorted(found) if _remove(spots, sha, before, keep=sha in kept)]


def _quiet_since(connection: duckdb.DuckDBPyConnection, writers: Collection[str]) -> float:
    """What was touched before this (seconds since 1970) belongs to nobody who lives."""
    query = (
        "SELECT process, min(epoch(started_at)) FROM process "
        "WHERE process IN (SELECT unnest(?::VARCHAR[])) GROUP BY process"
    )
    begun: dict[str, float] = dict(connection.execute(query, [list(writers)]).fetchall())
    if begun.keys() != set(writers):
        return 0.0  # one has only just begun
    return min([time.time() - QUIET_SECONDS, *begun.values()])


def _old(folder: Path, before: float) -> set[str]:
    found = set()
    for path in folder.glob("??/*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime >= before:
                continue
            if _SHA.fullmatch(path.name):
                found.add(path.name)
            elif path.suffix == ".new":
                path.unlink()  # its writer was killed
    return found


def _bring_back(folder: Path) -> None:
    """Give files their names again that a killed collector had set aside."""
    for aside in folder.glob(f"??/*{ASIDE}"):
        _restore(aside, aside.with_suffix(""))


def _restore(aside: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(aside)
    aside.unlink()


def _listed(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {sha for (sha,) in connection.execute(query).fetchall()}


def _mentioned(contents: Iterable[bytes]) -> set[str]:
    return {sha.decode() for content in contents for sha in set(_MENTION.findall(content))}


def _archived(connection: duckdb.DuckDBPyConnection, folder: Path) -> set[str]:
    files = [str(path) for path in folder.glob("day=*/artifact-*.parquet")]
    if not files:
        return set()
    query = "SELECT DISTINCT sha FROM read_parquet(?)"
    return {sha for (sha,) in connection.execute(query, [files]).fetchall()}


def _remove(spots: Places, sha: str, before: float, *, keep: bool) -> bool:
    path = spots.artifacts / sha[:2] / sha
    aside = path.with_name(sha + ASIDE)
    try:
        path.rename(aside)
    except FileNotFoundError:
        return False
    if aside.stat().st_mtime >= before:
        _restore(aside, path)
        return False
    if keep:
        home = spots.archive / "artifacts" / sha[:2] / sha
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside.rename(home)
    else:
        aside.unlink()
    return True
