"""The one process (or thread) of a workspace that has its database open.

Who holds the lock on ``owner.lock`` is the owner. It brings the journals in, answers queries,
marks executions as lost whose process is gone, rolls hours up, archives old days and removes
journal segments that nobody needs any more. `packetflow.store.server` puts it on a socket.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from packetflow.errors import OwnerGone, StoreError
from packetflow.store.archive import archive
from packetflow.store.ask import ask
from packetflow.store.collect import collect, is_due
from packetflow.store.files import Places, places
from packetflow.store.forking import let_go, tell_when_forked
from packetflow.store.format import write_format
from packetflow.store.history import has_kept, keep_history, name_partial
from packetflow.store.ingest import Ingest, Piece
from packetflow.store.port import Params, Watcher
from packetflow.store.rollups import DAY_HOURS, HOUR_US, roll_up
from packetflow.store.schema import migrate
from packetflow.store.settings import Settings, read_settings
from packetflow.store.tailer import Journals

if TYPE_CHECKING:
    import pyarrow as pa

_ROLL_UP_EVERY = 10.0
_ARCHIVE_EVERY = 3600.0
_COLLECT_EVERY = 60.0
_PRUNE_EVERY = 30.0


_TELL_LOSS = "INSERT INTO dead_letter VALUES ('', 0, '', ?, now() AT TIME ZONE 'UTC')"
_LOSS = (
    "store.duckdb was missing and was made anew: what the journals still have is in it again; "
    "what only the old file had is lost: executions whose journals had been removed"
)


def _identity(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


@contextlib.contextmanager
def _watching() -> Iterator[None]:
    """Keep a watcher's mistakes from ending the owner: they go to its log."""
    try:
        yield
    except Exception:  # noqa: BLE001  # the border to plugged-in code
        traceback.print_exc()


def _memory() -> str:
    """How much DuckDB may keep in memory: a quarter of the machine's, at most 2 GiB."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{min(whole // 4, 2 << 30) >> 20}MiB"


def _lock(path: Path, patience_seconds: float) -> int:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    end = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(descriptor)
                message = f"another process owns the store of {path.parent.parent}; connect to it"
                raise OwnerGone(message, path=str(path)) from None
            time.sleep(0.01)
        else:
            return descriptor


def collect_seldom() -> None:
    """Have Python look for cycles seldom, in a process that only owns.

    Ingestion makes many objects and no cycles; looking for some takes a fifth of its time.
    """
    gc.set_threshold(50_000, 20, 50)


def open_database(spots: Places) -> duckdb.DuckDBPyConnection:
    """Open the database file, setting a write-ahead log aside that does not belong to it.

    What was in such a log is brought in again: journals stay until a checkpoint has passed.

    Raises:
        StoreError: The file cannot be opened.
    """
    log = spots.database.with_name(spots.database.name + ".wal")
    for first in (True, False):
        try:
            return duckdb.connect(str(spots.database), config={"memory_limit": _memory()})
        except duckdb.Error as error:
            if first and "WAL" in str(error) and log.exists():
                log.rename(log.with_name(f"{log.name}.aside-{time.time_ns()}"))
                continue
            message = (
                f"cannot open {spots.database}: {error}; put a copy of it back, or rename it: "
                "then a new one is made from the journals that are left"
            )
            raise StoreError(message, path=str(spots.database)) from error
    raise AssertionError


class Owner:
    """The owner of one workspace's store; safe to share between threads.

    Args:
        folder: The workspace folder.
        settings: Read from the workspace when missing.
        watcher: Told about waits, events, ends and resumptions.
        patience_seconds: How long to wait for another owner to leave.

    Attributes:
        listeners: Called with every batch that was brought in, in the ingesting thread.

    Raises:
        OwnerGone: Another owner stays.
        StoreError: The database cannot be opened or brought up to date.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        settings: Settings | None = None,
        watcher: Watcher | None = None,
        patience_seconds: float = 3.0,
    ) -> None:
        self.spots = places(folder)
        self.settings = settings or read_settings(folder)
        self.listeners: list[Callable[[Sequence[Piece]], None]] = []
        self._closed = False
        self._watcher = watcher
        self._mutex = threading.RLock()
        self.spots.prepare()
        self._descriptor = _lock(self.spots.lock, patience_seconds)
        try:
            write_format(self.spots)
            was_lost = not self.spots.database.exists() and has_kept(self.spots.journal)
            self._connection = open_database(self.spots)
            migrate(self._connection, database=self.spots.database)
            if was_lost:
                self._connection.execute(_TELL_LOSS, [_LOSS]).fetchall()
            self._database = _identity(self.spots.database.stat())
        except FileNotFoundError as error:  # this process has the deleted one open still
            let_go(self._descriptor)
            message = f"{self.spots.database} was deleted while it was open here; connect again"
            raise OwnerGone(message, path=str(self.spots.database)) from error
        except BaseException:  # the lock must not outlive a failed start
            let_go(self._descriptor)
            raise
        self._ingest = Ingest(self._connection)
        self._journals = Journals(self.spots.journal, self._ingest.positions)
        self._next = {"roll_up": 0.0, "archive": 0.0, "collect": 0.0, "prune": 0.0}
        tell_when_forked(self)

    @property
    def is_mine(self) -> bool:
        """False once the workspace was deleted or replaced: then nothing may be written."""
        if self._closed:
            return False
        try:
            now, then = self.spots.lock.stat(), os.fstat(self._descriptor)
            database = self.spots.database.stat()
        except OSError:
            return False
        return _identity(now) == _identity(then) and _identity(database) == self._database

    @property
    def records(self) -> int:
        """How many records this owner has brought in."""
        return self._ingest.records

    def ingest(self) -> int:
        """Bring in what is new, at most a few megabytes, and answer how many records it was.

        Raises:
            OwnerGone: The workspace was deleted or replaced, or this owner is closed.
            duckdb.Error: The database refused; nothing was changed.
        """
        with self._mutex:
            self._still()
            self._journals.look()
            self._journals.probe()
            pieces = self._journals.read()
            if not pieces:
                return 0
            watched = self._ingest.apply(pieces)
            for listener in self.listeners:
                listener(pieces)
            if watched and self._watcher is not None:
                with _watching():
                    self._watcher.seen(watched)
            return sum(len(piece.entries) + len(piece.bad) for piece in pieces)

    def catch_up(self) -> None:
        """Bring in everything that was appended before this call.

        Raises:
            OwnerGone: The workspace was deleted or replaced, or this owner is closed.
            duckdb.Error: The database refused.
        """
        with self._mutex:
            self._still()
            sizes = self._journals.look()
            positions = self._ingest.positions
            while any(positions.get(name, 0) < size for name, size in sizes.items()):
                if not self.ingest():
                    return

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Open a cursor for `ask`; its ``interrupt`` ends a question that takes too long.

        Raises:
            OwnerGone: The workspace was deleted or replaced, or this owner is closed.
        """
        self._still()
        return self._connection.cursor()

    def ask(
        self,
        query: str,
        params: Params = None,
        *,
        fresh: bool = True,
        cursor: duckdb.DuckDBPyConnection | None = None,
    ) -> pa.Table:
        """Answer a query; see `packetflow.store.port.Store.sql`. Closes the cursor given.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
            OwnerGone: The workspace was deleted or replaced, or this owner is closed.
        """
        with cursor or self.cursor() as own:
            if fresh:
                self.catch_up()
            return ask(own, query, params)

    def tick(self) -> None:
        """Do what is due besides ingestion; call it about every second.

        Raises:
            OwnerGone: The workspace was deleted or replaced, or this owner is closed.
            duckdb.Error: The database refused.
        """
        with self._mutex:
            self._still()
            if self._watcher is not None:
                with _watching():
                    self._watcher.tick(time.time_ns())
            self._find_lost()
            now = time.monotonic()
            if self._is_due("roll_up", now, _ROLL_UP_EVERY):
                self._ingest.rolled_up(roll_up(self._connection, time.time_ns()))
            if self.settings.retention_days and self._is_due("archive", now, _ARCHIVE_EVERY):
                self._archive()
            if self._is_due("collect", now, _COLLECT_EVERY) and is_due(self.spots):
                collect(self._connection, self.spots, self._journals.alive())
            if self._is_due("prune", now, _PRUNE_EVERY) and self._prune(most=1):
                self._next["prune"] = now  # one at a time, so that questions need not wait long

    def close(self) -> None:
        """Bring in what is left, write the database file, and let go of the workspace."""
        with self._mutex:
            if self._closed:
                return
            if self.is_mine:
                with contextlib.suppress(duckdb.Error):
                    self.catch_up()
                    self._find_lost()
                    self._prune()
            else:  # a checkpoint would take the log of the database that is there now
                with contextlib.suppress(duckdb.Error):
                    self._connection.execute("PRAGMA disable_checkpoint_on_shutdown").fetchall()
            self._connection.close()
            self._closed = True
            let_go(self._descriptor)

    def forked(self) -> None:
        """In a forked child: the parent stays the owner, alone."""
        if not self._closed:
            self._closed = True
            os.close(self._descriptor)  # closing a copy does not release the parent's lock

    def _still(self) -> None:
        if self._closed:
            message = f"the owner of {self.spots.workspace} has left; connect again"
            raise OwnerGone(message, path=str(self.spots.workspace))
        if not self.is_mine:
            message = f"the workspace {self.spots.workspace} was deleted or replaced"
            raise OwnerGone(message, path=str(self.spots.workspace))

    def _is_due(self, what: str, now: float, every: float) -> bool:
        if now < self._next[what]:
            return False
        self._next[what] = now + every
        return True

    def _find_lost(self) -> None:
        running = self._ingest.executions.running()
        if not running:
            return
        alive = self._journals.alive() | self._journals.undrained()
        lost = {identity for identity, process in running.items() if process not in alive}
        if lost:
            self._ingest.lose(lost)

    def _archive(self) -> None:
        """Move old days to files; what a journal still has may be resumed, so it stays."""
        self._prune()
        today = time.time_ns() // 1000 // (DAY_HOURS * HOUR_US)
        before = today - self.settings.retention_days
        _, journaled = self._journals.split_ids([])
        settled = archive(self._connection, self.spots.archive, before, journaled)
        self._ingest.rolled_up(settled)

    def _prune(self, most: int | None = None) -> bool:
        """Remove segments nobody needs, and tell whether some are left.

        Only after a checkpoint: till then they can rebuild a lost log.
        """
        keep = int(self.settings.journal_megabytes * 1e6)
        days = self.settings.retention_days
        oldest = time.time() - days * DAY_HOURS * 3600 if days else 0.0
        still_open = set(self._ingest.executions.open)
        every = self._journals.finished(still_open, keep, older_than=oldest)
        paths = every[:most]
        if not paths:
            return False
        keep_history(self._connection, paths)
        removed, left = self._journals.split_ids(paths)
        name_partial(self.spots.journal, removed, left)
        self._connection.execute("CHECKPOINT").fetchall()
        for path in paths:
            path.unlink(missing_ok=True)
        self._ingest.forget([path.name for path in paths])
        return len(paths) < len(every)
