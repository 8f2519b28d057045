"""The records of executions whose journal segments were removed, kept whole in the database.

Before the owner removes a segment it puts its records here, byte for byte, one row for each
execution and segment. An execution of which a part is here and a part in segments that remain is
named in the file ``partial``, so that a reader of journals alone knows that he has not all.
"""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from packetflow.kernel.records import ExecutionStarted, Record, decoder
from packetflow.store.frames import Segment, in_order, parts_of, read_frames
from packetflow.store.port import Store
from packetflow.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

    from packetflow.store.rows import Row

PARTIAL = "partial"
_QUERY = "SELECT segment, body FROM history WHERE execution_id = $id ORDER BY segment"


def keep_history(connection: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> None:
    """Put the records of segments that are about to be removed into the database.

    Doing it again for the same segments changes nothing.
    """
    from packetflow.store.tables import insert  # brings pyarrow, which readers do without

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


def partial_ids(folder: Path) -> frozenset[str]:
    """The executions of which a part is in the database only."""
    try:
        return frozenset((folder / PARTIAL).read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()


def records_from_store(store: Store, folder: Path, execution_id: str) -> list[Record]:
    """Collect the records of one execution from the journals and, where needed, the database.

    Args:
        store: Asked only when the journals do not have all.
        folder: The journal folder.
        execution_id: Its id.

    Raises:
        OwnerGone: The store is needed and nobody answers for it.
    """
    parts = parts_of(folder, execution_id)
    begins = any(isinstance(one, ExecutionStarted) for part in parts.values() for one in part)
    if begins and execution_id not in partial_ids(folder):
        return in_order(parts)
    for row in store.sql(_QUERY, {"id": execution_id}).to_pylist():
        parts[row["segment"]] = _records(row["body"])
    return in_order(parts)


def _records(body: bytes) -> list[Record]:
    decode, found = decoder().decode, []
    for content in read_frames(zlib.decompress(body)):
        try:
            found.append(decode(content))
        except msgspec.MsgspecError:
            continue  # another version wrote it; the owner has named it when it came in
    return found
