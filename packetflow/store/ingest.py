"""Brings batches of records into DuckDB: rows and journal positions in one transaction.

That one transaction is what makes ingestion exactly once: after a crash the owner goes on from
the positions that were committed with the rows. A record that fits no table becomes a dead
letter and holds nobody up.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    Record,
    SpanEnded,
    StepDecision,
    WaitStarted,
)
from packetflow.store.lifecycle import CHANGES, Executions
from packetflow.store.port import Watched
from packetflow.store.rollups import HOUR_US, reopen
from packetflow.store.rows import Row, Rows, as_table, split_bad
from packetflow.store.standing import Change
from packetflow.store.tables import append, registered
from packetflow.store.transaction import transaction

if TYPE_CHECKING:
    import pyarrow as pa

_STARTED_AT = 10  # where a span row has its start
_MOST = 2**63


@dataclass(slots=True)
class Piece:
    """A stretch of one journal segment.

    Attributes:
        segment: The file's name; empty for records that were in no journal.
        process: Who wrote it.
        end: The position behind it.
        entries: Position, encoded record, record.
        bad: Position, bytes and reason of what could not be read.
    """

    segment: str
    process: str
    end: int
    entries: list[tuple[int, bytes, Record]] = field(default_factory=list)
    bad: list[tuple[int, bytes, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    origins: dict[str, list[tuple[Piece, int]]] = field(default_factory=lambda: defaultdict(list))
    changes: list[tuple[Change, str]] = field(default_factory=list)
    events: dict[str, EventArrived] = field(default_factory=dict)
    dead: list[tuple[str, int, bytes, str]] = field(default_factory=list)
    waits: set[str] = field(default_factory=set)


class Ingest:
    """Writes to one database; call it from one thread at a time.

    Attributes:
        executions: How the open executions stand.
        positions: How far each segment has been brought in.
        records: How many records this object has brought in.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.rows = Rows()
        self.executions = Executions(self.rows)
        self.positions: dict[str, int] = {}
        self.records = 0
        self._connection = connection
        self._due: set[int] = set()
        self.reload()

    def reload(self) -> None:
        """Learn from the database what is known by heart."""
        ask = self._connection.execute
        self.executions.load(self._connection)
        query = "SELECT segment, max(byte_offset) FROM journal_offset GROUP BY segment"
        self.positions.clear()
        self.positions.update(ask(query).fetchall())
        hours = ask("SELECT epoch_us(hour) FROM hour_due").fetchall()
        self._due = {hour // HOUR_US for (hour,) in hours}

    def apply(self, pieces: Iterable[Piece]) -> list[Watched]:
        """Bring pieces in, whole or not at all.

        Returns:
            The waits, events, ends and resumptions among them that are new.

        Raises:
            duckdb.Error: The database refused; nothing was changed.
        """
        pieces = list(pieces)
        batch = self._sort(pieces)
        tables = self._tables(batch)
        with self._whole():
            watched = self._write(batch, tables, pieces)
        for piece in pieces:
            self.records += len(piece.entries)
            if piece.segment:
                self.positions[piece.segment] = piece.end
        return watched

    def lose(self, identities: set[str]) -> None:
        """Mark running executions as lost; their processes are gone."""
        with self._whole():
            self.executions.lose(self._connection, identities, at=time.time_ns() // 1000)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """A transaction; when it fails, what is known by heart is learnt anew."""
        try:
            with transaction(self._connection):
                yield
        except BaseException:
            with suppress(duckdb.Error):  # a database that failed for good is opened anew
                self.reload()
            raise

    def rolled_up(self, hours: Iterable[int]) -> None:
        """Hear that these hours (since 1970) are no longer due."""
        self._due.difference_update(hours)

    def forget(self, segments: list[str]) -> None:
        """Drop what is kept about segments whose files were removed."""
        query = "DELETE FROM journal_offset WHERE segment IN (SELECT unnest(?))"
        self._connection.execute(query, [segments]).fetchall()
        for segment in segments:
            self.positions.pop(segment, None)

    def _sort(self, pieces: list[Piece]) -> _Batch:
        batch = _Batch()
        rows, origins, make, blobs = (
            batch.rows,
            batch.origins,
            self.rows.make,
            self.rows.plain.blobs,
        )
        waiting = self.executions
        for piece in pieces:
            process = piece.process
            batch.dead.extend((piece.segment, *bad) for bad in piece.bad)
            for index, (_, _, record) in enumerate(piece.entries):
                try:
                    if isinstance(record, SpanEnded | StepDecision):
                        if waiting.concerns(record) or record.execution_id in batch.waits:
                            batch.changes.append((record, process))
                    elif isinstance(record, CHANGES):
                        self._plan(batch, record, process)
                    elif isinstance(record, EventArrived):
                        if record.event_id in batch.events:
                            continue
                        batch.events[record.event_id] = record
                    made = make(record, process)
                except (ValueError, TypeError, OverflowError) as error:
                    self._reject(batch, piece, index, str(error))
                    continue
                if made is not None:
                    rows[made[0]].append(made[1])
                    origins[made[0]].append((piece, index))
                if blobs:
                    self._artifacts(batch, record, piece, index)
        return batch

    def _plan(self, batch: _Batch, change: Change, process: str) -> None:
        self.rows.check(change.execution_id)
        if not -_MOST <= change.epoch < _MOST:
            message = f"epoch {change.epoch} is out of range"
            raise ValueError(message)
        batch.changes.append((change, process))
        if isinstance(change, WaitStarted):
            batch.waits.add(change.execution_id)

    def _artifacts(self, batch: _Batch, record: Record, piece: Piece, index: int) -> None:
        identity = getattr(record, "execution_id", None)
        step = getattr(record, "step", None)
        at = record.started if isinstance(record, SpanEnded) else record.at
        blobs = self.rows.plain.blobs
        batch.rows["artifact"].extend((*blob, identity, step, at // 1000) for blob in blobs)
        batch.origins["artifact"].extend((piece, index) for _ in blobs)
        blobs.clear()

    def _reject(self, batch: _Batch, piece: Piece, index: int, reason: str) -> None:
        offset, body, _ = piece.entries[index]
        batch.dead.append((piece.segment, offset, body, reason))

    def _tables(self, batch: _Batch) -> dict[str, pa.Table]:
        """Make the Arrow tables, leaving rows out that do not fit."""
        tables = {}
        for relation, rows in batch.rows.items():
            try:
                tables[relation] = as_table(relation, rows)
            except (ValueError, TypeError, OverflowError):
                bad = split_bad(relation, rows)
                for position, reason in bad.items():
                    self._reject(batch, *batch.origins[relation][position], reason)
                good = [row for position, row in enumerate(rows) if position not in bad]
                batch.rows[relation] = good
                if good:
                    tables[relation] = as_table(relation, good)
        return tables

    def _write(
        self, batch: _Batch, tables: dict[str, pa.Table], pieces: list[Piece]
    ) -> list[Watched]:
        connection = self._connection
        fresh_events = self._new_events(batch, tables)
        self._write_due(batch)
        for relation, table in tables.items():
            append(connection, relation, table)
        counted: list[Change] = []
        if batch.changes:
            counted = self.executions.apply(connection, batch.changes)
        for letter in batch.dead:
            connection.execute(
                "INSERT INTO dead_letter VALUES (?, ?, ?, ?, now() AT TIME ZONE 'UTC')", letter
            ).fetchall()
        self._write_positions(pieces)
        watched: list[Watched] = [*fresh_events]
        for change in counted:
            if isinstance(change, WaitStarted | ExecutionEnded | ExecutionResumed):
                watched.append(change)
        return watched

    def _new_events(self, batch: _Batch, tables: dict[str, pa.Table]) -> list[EventArrived]:
        """Keep only the events that were never delivered before."""
        if not batch.events:
            return []
        query = "SELECT event_id FROM event WHERE event_id IN (SELECT unnest(?))"
        rows = self._connection.execute(query, [list(batch.events)]).fetchall()
        old = {identity for (identity,) in rows}
        if old:
            new = [row for row in batch.rows["event"] if row[0] not in old]
            tables.pop("event")
            if new:
                tables["event"] = as_table("event", new)
        return [event for identity, event in batch.events.items() if identity not in old]

    def _write_due(self, batch: _Batch) -> None:
        hours = {row[_STARTED_AT] // HOUR_US for row in batch.rows.get("span", ())} - self._due
        reopen(self._connection, hours)
        self._due |= hours

    def _write_positions(self, pieces: list[Piece]) -> None:
        now = time.time_ns() // 1000
        rows: list[Row] = [
            (piece.segment, piece.end, len(piece.entries), now) for piece in pieces if piece.segment
        ]
        known = [row for row in rows if row[0] in self.positions]
        new = [row for row in rows if row[0] not in self.positions]
        if known:
            with registered(self._connection, as_table("journal_offset", known)) as name:
                self._connection.execute(
                    f"UPDATE journal_offset o SET byte_offset = k.byte_offset, "
                    f"records = o.records + k.records, updated_at = k.updated_at "
                    f"FROM {name} k WHERE o.segment = k.segment"
                ).fetchall()
        if new:
            append(self._connection, "journal_offset", as_table("journal_offset", new))
