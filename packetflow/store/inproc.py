"""A whole store in this process's memory: for tests and throw-away workspaces.

It is journal and store in one: what is appended can be asked for at once, and is gone with the
object.
"""

from __future__ import annotations

import hashlib
import queue
import threading
import time
import weakref
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Self

import duckdb

from packetflow.errors import OwnerGone, StoreError
from packetflow.kernel.records import Record, decoder, encoder
from packetflow.store.artifacts import RECORD_LIMIT, Artifacts
from packetflow.store.ask import ask
from packetflow.store.ingest import Ingest, Piece
from packetflow.store.port import Params, Tail, Watcher
from packetflow.store.rollups import roll_up
from packetflow.store.schema import migrate
from packetflow.store.talk import Follow

if TYPE_CHECKING:
    import pyarrow as pa


class MemoryArtifacts(Artifacts):
    """Artifacts in a dict instead of files."""

    def __init__(self) -> None:
        super().__init__("")
        self._contents: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep *content* and answer its SHA-256 in hex."""
        sha = hashlib.sha256(content).hexdigest()
        self._contents[sha] = bytes(content)
        return sha

    def get(self, sha: str) -> bytes:
        """Read an artifact back.

        Raises:
            StoreError: It was never put.
        """
        if sha not in self._contents:
            message = f"artifact {sha} is not in this store"
            raise StoreError(message, sha=sha)
        return self._contents[sha]


class _Database:
    """The database of one store, let go of when the process ends at the latest.

    Threads that are still busy then are stopped as they stand, with all that they hold. DuckDB's
    binding would tell on standard error what has leaked if that included a connection.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.asking = threading.Lock()
        self._opened: tuple[duckdb.DuckDBPyConnection, Ingest] | None = None
        connection = duckdb.connect()
        migrate(connection)
        self._opened = (connection, Ingest(connection))

    @property
    def is_closed(self) -> bool:
        """True once it is let go of."""
        return self._opened is None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection.

        Raises:
            OwnerGone: It is closed.
        """
        return self._still()[0]

    @property
    def ingest(self) -> Ingest:
        """What brings records in; raises as `connection` does."""
        return self._still()[1]

    def _still(self) -> tuple[duckdb.DuckDBPyConnection, Ingest]:
        if self._opened is None:
            raise OwnerGone("this store in memory is closed; make another")
        return self._opened

    def close(self) -> None:
        """Close it; closing twice is fine."""
        with self.asking, self.lock:  # DuckDB refuses to close under a query
            opened, self._opened = self._opened, None
            if opened is not None:
                opened[0].close()

    def let_go(self) -> None:
        """Close it, unless a query is under way for another second: nothing holds up an end."""
        if self.asking.acquire(timeout=1):
            self.asking.release()
            self.close()


class MemoryStore:
    """Records, artifacts and SQL in memory; safe to share between threads.

    Args:
        process: The process that records count as written by.
        watcher: Told about waits, events, ends and resumptions as they are appended.

    >>> from packetflow.kernel.records import MetricPoint
    >>> with MemoryStore() as store:
    ...     store.append(MetricPoint(0, "sent", "counter", 2.0, {}))
    ...     store.sql("select name, value from metrics").to_pylist()
    [{'name': 'sent', 'value': 2.0}]
    """

    durable = True

    def __init__(self, process: str = "memory", *, watcher: Watcher | None = None) -> None:
        self.process = process
        self.artifacts = MemoryArtifacts()
        self._watcher = watcher
        self._database = _Database()
        self._lock = self._database.lock
        weakref.finalize(self, self._database.let_go)
        self._encode = encoder().encode
        self._decode = decoder().decode
        self._kept: list[bytes] = []
        self._ingested = 0
        self._tails: list[MemoryTail] = []

    def append(self, record: Record) -> None:
        """Keep a record.

        Raises:
            StoreError: The store is closed.
        """
        with self._lock:
            self._still()
            body = self._encode(record)
            if len(body) > RECORD_LIMIT:
                body = self._encode(self.artifacts.shrink(record))
            self._kept.append(body)
            for tail in self._tails:
                tail.offer(record)
            if self._watcher is not None:
                self._bring_in()

    def append_all(self, records: Sequence[Record]) -> None:
        """Keep several records; raises as `append` does."""
        with self._lock:
            for record in records:
                self.append(record)

    def put(self, content: bytes, media_type: str = "application/octet-stream") -> str:  # noqa: ARG002
        """Keep a large value and answer its SHA-256."""
        return self.artifacts.put(content)

    def get(self, sha: str) -> bytes:
        """Read a large value back.

        Raises:
            StoreError: It was never put.
        """
        return self.artifacts.get(sha)

    def sync(self) -> None:
        """There is no disk to wait for."""

    def records_of(self, execution_id: str) -> list[Record]:
        """Collect the records of one execution, by epoch and then as appended."""
        needle = execution_id.encode()
        with self._lock:
            bodies = [body for body in self._kept if needle in body]
        found: list[tuple[int, Record]] = []
        epoch = 0
        for body in bodies:
            record = self._decode(body)
            if getattr(record, "execution_id", None) == execution_id:
                epoch = getattr(record, "epoch", epoch)
                found.append((epoch, record))
        return [record for _, record in sorted(found, key=lambda pair: pair[0])]

    def sql(self, query: str, params: Params = None, *, fresh: bool = True) -> pa.Table:
        """Answer a query; with *fresh*, everything appended before is in the answer.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
            OwnerGone: The store is closed.
        """
        with self._database.asking:
            with self._lock:
                self._still()
                if fresh:
                    self._bring_in()
                cursor = self._database.connection.cursor()
            with cursor:
                return ask(cursor, query, params)

    def flush(self) -> None:
        """Bring in everything appended before.

        Raises:
            OwnerGone: The store is closed.
        """
        with self._lock:
            self._still()
            self._bring_in()

    def tick(self, now_ns: int | None = None) -> None:
        """Roll up the hours that are over, as an owner does by itself."""
        with self._lock:
            self.flush()
            now = time.time_ns() if now_ns is None else now_ns
            self._database.ingest.rolled_up(roll_up(self._database.connection, now))
            if self._watcher is not None:
                self._watcher.tick(now)

    def tail(self, kinds: Collection[str] = (), execution_id: str | None = None) -> MemoryTail:
        """Follow records from now on; see `packetflow.store.port.Store.tail`."""
        with self._lock:
            self._still()
            tail = MemoryTail(Follow(tuple(kinds), execution_id), self._drop)
            self._tails.append(tail)
            return tail

    def must_be_there(self) -> None:
        """It is: nobody can delete it."""

    def close(self) -> None:
        """Forget everything; closing twice is fine."""
        with self._lock:
            for tail in list(self._tails):
                tail.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _drop(self, tail: MemoryTail) -> None:
        with self._lock:
            if tail in self._tails:
                self._tails.remove(tail)

    def _still(self) -> None:
        if self._database.is_closed:
            raise OwnerGone("this store in memory is closed; make another")

    def _bring_in(self) -> None:
        begin, bodies = self._ingested, self._kept[self._ingested :]
        if not bodies:
            return
        entries = [(begin + n, body, self._decode(body)) for n, body in enumerate(bodies)]
        watched = self._database.ingest.apply([Piece("", self.process, 0, entries)])
        self._ingested += len(bodies)
        if watched and self._watcher is not None:
            self._watcher.seen(watched)


class MemoryTail(Tail):
    """The records of a `MemoryStore` as they are appended."""

    def __init__(self, wish: Follow, drop: Callable[[MemoryTail], None]) -> None:
        self._wish = wish
        self._drop = drop
        self._waiting: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._closed = False

    def offer(self, record: Record) -> None:
        """Take a record if it is one of those followed."""
        if self._wish.takes(record):
            self._waiting.put(record)

    def get(self, timeout: float | None = None) -> Record | None:
        """Wait for the next record, at most *timeout* seconds; None when none came.

        Raises:
            OwnerGone: The tail is closed.
        """
        try:
            record = self._waiting.get(timeout=timeout)
        except queue.Empty:
            return None
        if record is None:
            self._waiting.put(None)
            raise OwnerGone("this tail is closed")
        return record

    def close(self) -> None:
        """End it; a thread that waits in it returns."""
        if not self._closed:
            self._closed = True
            self._drop(self)
            self._waiting.put(None)
