"""The records of executions whose journal segments were removed, kept whole in the database.

Before the owner removes a segment it puts its records here, byte for byte, one row for each
execution and segment. An execution of which a part is here and a part in segments that remain is
named in the file ``partial``, so that a reader of journals alone knows that he has not all.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from packetflow.errors import StoreError
from packetflow.kernel.records import ExecutionStarted, Record, decoder
from packetflow.store.frames import Segment, in_order, mentions, parts_of, scan
from packetflow.store.glance import Glance
from packetflow.store.port import Recall

if TYPE_CHECKING:
    import duckdb

    from packetflow.store.rows import Row

PARTIAL = "partial"


def keep_history(connection: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> None:
    """Put the records of segments that are about to be removed into the database.

    Doing it again for the same segments changes nothing.
    """
    from packetflow.store.tables import insert  # both bring what readers do without
    from packetflow.store.transaction import transaction

    for path in paths:
        bodies: dict[str, bytearray] = defaultdict(bytearray)
        for content, record in Segment(path, salvage=True).frames():
            execution_id = getattr(record, "execution_id", None)
            if execution_id is not None:
                bodies[execution_id] += content
        now = time.time_ns() // 1000
        rows: list[Row] = [
            (one, path.name, zlib.compress(bytes(body), 1), now) for one, body in bodies.items()
        ]
        with transaction(connection):
            connection.execute("DELETE FROM history WHERE segment = ?", [path.name]).fetchall()
            insert(connection, "history", rows)


def name_partial(folder: Path, removed: Iterable[frozenset[str]], left: frozenset[str]) -> None:
    """Write down which executions are in removed segments and in remaining ones; do it first.

    Args:
        folder: The journal folder.
        removed: The executions of each segment that is about to be removed.
        left: The executions of the segments that remain.
    """
    partial = (partial_ids(folder).union(*removed)) & left
    draft = folder / f"{PARTIAL}.new"
    draft.write_text("".join(f"{one}\n" for one in sorted(partial)), encoding="ascii")
    draft.replace(folder / PARTIAL)


def has_kept(folder: Path) -> bool:
    """Tell whether segments were ever removed from a journal folder."""
    return (folder / PARTIAL).exists()


def partial_ids(folder: Path) -> frozenset[str]:
    """The executions of which a part is in the database only."""
    try:
        return frozenset((folder / PARTIAL).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()


def records_from_store(
    recall: Recall, folder: Path, execution_id: str, glance: Glance | None = None
) -> list[Record]:
    """Collect the records of one execution from the journals and, where needed, the database.

    Args:
        recall: Asked only when the journals do not have all.
        folder: The journal folder.
        execution_id: Its id.
        glance: Remembers for the next time which segments hold which executions.

    Raises:
        OwnerGone: The store is needed and nobody answers for it.
        StoreError: A part of them is gone from the database, so it must not be taken up.
    """
    may_hold = mentions if glance is None else glance.may_hold
    parts = parts_of(folder, execution_id, may_hold)
    begins = any(isinstance(one, ExecutionStarted) for part in parts.values() for one in part)
    if begins and execution_id not in partial_ids(folder):
        return in_order(parts)
    kept = recall.kept(execution_id)
    if begins and not kept:
        message = (
            f"a part of the records of execution {execution_id} was in the database only and is "
            "not there any more: it was archived, or the database was lost; run it anew"
        )
        raise StoreError(message, execution_id=execution_id)
    parts |= {segment: _records(body) for segment, body in kept.items()}
    return in_order(parts)


def _records(body: bytes) -> list[Record]:
    decode, found = decoder().decode, []
    for _, _, content in scan(zlib.decompress(body)):
        with contextlib.suppress(msgspec.MsgspecError):  # no record of this version
            found.append(decode(content or b""))
    return found
