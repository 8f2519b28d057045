"""A process's own journal: every record is one ``write``, so that ``kill -9`` loses nothing.

What `JournalWriter.append` has returned from is kept even if the process dies the next moment;
`JournalWriter.sync` also waits for the disk, which only a power cut makes a difference for.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from zlib import crc32

from packetflow.errors import JournalFull, StoreError, WorkspaceGone
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    MessagePosted,
    ProcessSeen,
    Record,
    ScoreGiven,
    StepDecision,
    StepIntent,
    WaitStarted,
    encoder,
)
from packetflow.store.artifacts import RECORD_LIMIT, Artifacts, is_full
from packetflow.store.files import places
from packetflow.store.forking import let_go, tell_when_forked
from packetflow.store.format import refuse_newer
from packetflow.store.frames import HEADER, SUFFIX, frame
from packetflow.version import VERSION

_COUNTED_ON = frozenset(
    {ExecutionStarted, ExecutionResumed, ExecutionEnded, WaitStarted, StepIntent, StepDecision}
    | {EventArrived, MessagePosted, ScoreGiven}
)
"""Records before which is looked whether the journal is still there: somebody is told of them, or
does what cannot be undone."""

_LOOK_NS = 500_000
"""A journal that was there so long ago counts as there: a look costs as much as a write."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


def _write_all(descriptor: int, content: bytes) -> None:
    if os.write(descriptor, content) != len(content):
        raise OSError(errno.ENOSPC, "short write")


class JournalWriter:
    """Appends records to this process's own segment files.

    A segment is locked (``flock``) as long as its writer lives, which is how the owner of the
    workspace knows that it does. Safe to share between threads. After a ``fork`` the child
    writes a segment of its own.

    Args:
        folder: The workspace folder.
        role: What the process is: ``notebook``, ``runner``, ``cli``, ...
        process: Its id; made up when missing. Letters, digits, dots, dashes, underscores.
        segment_bytes: A new segment begins when one has reached this size.

    Raises:
        JournalFull: There is no room on the disk.
        NewerWorkspace: A newer version of PacketFlow wrote this workspace.
        StoreError: *process* cannot be part of a file name.
    """

    durable = True

    def __init__(
        self,
        folder: str | Path,
        *,
        role: str,
        process: str | None = None,
        segment_bytes: int = 16 << 20,
    ) -> None:
        if process is not None and not _SAFE.fullmatch(process):
            message = (
                f"process id {process!r} is no file name; use letters, digits, dots and dashes"
            )
            raise StoreError(message, process=process)
        spots = places(folder)
        refuse_newer(spots)
        self.process = process or new_id()
        self.role = role
        self.artifacts = Artifacts(spots.artifacts)
        self._folder = spots.journal
        self._limit = segment_bytes
        self._lock = threading.RLock()
        self._encode = encoder().encode
        self._number = 0
        self._size = 0
        self._seen_at = -_LOOK_NS
        self._torn = False
        self._fd = -1
        self.path = self._folder
        spots.prepare()
        self._open()
        tell_when_forked(self)

    def append(self, record: Record) -> None:
        """Keep a record: it is safe from ``kill -9`` when this returns.

        Raises:
            JournalFull: There is no room; nothing of the record is left behind.
            WorkspaceGone: Somebody counts on the record, such as an event or the end of an
                execution, and the journal has been deleted.
            StoreError: The journal is closed, or the file cannot be written.
        """
        with self._lock:
            self._write(self._framed(record))

    def append_all(self, records: Sequence[Record]) -> None:
        """Keep records that belong together by one write, all or none; raises as `append` does."""
        with self._lock:
            self._write(b"".join([self._framed(record) for record in records]))

    def _framed(self, record: Record) -> bytes:
        if type(record) in _COUNTED_ON and time.monotonic_ns() - self._seen_at > _LOOK_NS:
            self.must_be_there()
        body = self._encode(record)
        size = len(body)
        if size > RECORD_LIMIT:
            body = self._encode(self.artifacts.shrink(record))
            size = len(body)
        return HEADER.pack(size, crc32(body)) + body

    def _write(self, content: bytes) -> None:
        whole = len(content)
        if self._size + whole > self._limit or self._torn or self._fd < 0:
            self._make_room()
        try:
            written = os.write(self._fd, content)
        except OSError as error:
            self._withdraw(error)
        if written != whole:
            self._withdraw(None)
        self._size += whole

    def put(self, content: bytes, media_type: str = "application/octet-stream") -> str:  # noqa: ARG002
        """Keep a large value and answer its SHA-256; the media type belongs in the record."""
        return self.artifacts.put(content)

    def get(self, sha: str) -> bytes:
        """Read a large value back.

        Raises:
            StoreError: It is missing or damaged.
        """
        return self.artifacts.get(sha)

    @property
    def position(self) -> tuple[str, int]:
        """The name of the present segment and its size in bytes."""
        with self._lock:
            return self.path.name, self._size

    def must_be_there(self) -> None:
        """Look whether somebody has deleted the file while it was open.

        Raises:
            WorkspaceGone: So it is: what is written now would be lost.
        """
        with self._lock:
            if self._fd >= 0 and os.fstat(self._fd).st_nlink == 0:
                raise WorkspaceGone(self._folder.parent.parent)
            self._seen_at = time.monotonic_ns()

    def sync(self) -> None:
        """Wait until everything appended would survive a power cut."""
        with self._lock:
            if self._fd >= 0:
                os.fdatasync(self._fd)

    def close(self) -> None:
        """Give the segment free; closing twice is fine."""
        with self._lock:
            if self._fd >= 0:
                let_go(self._fd)
            self._fd, self._number = -1, -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            let_go(self._fd)
            self._fd = -1

    def _open(self) -> None:
        """Begin a segment; it gets its name only when it is locked and names its writer."""
        path = self._folder / f"{self.process}.{self._number:05d}{SUFFIX}"
        while path.exists():
            self._number += 1
            path = self._folder / f"{self.process}.{self._number:05d}{SUFFIX}"
        draft = path.with_suffix(f".{os.getpid()}.new")
        host, pid = socket.gethostname(), os.getpid()
        seen = ProcessSeen(self.process, self.role, pid, host, VERSION, time.time_ns())
        first = frame(self._encode(seen))
        descriptor = -1
        try:
            flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND
            descriptor = os.open(draft, flags, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _write_all(descriptor, first)
            draft.rename(path)
        except OSError as error:
            if descriptor >= 0:
                os.close(descriptor)
                draft.unlink(missing_ok=True)
            raise self._refusal(error) from error
        old, self._fd = self._fd, descriptor
        self._size, self._torn, self.path = len(first), False, path
        self._number += 1
        if old >= 0:
            let_go(old)

    def _make_room(self) -> None:
        if self._number < 0:
            message = f"the journal {self.path.name} is closed; nothing more can be kept in it"
            raise StoreError(message, path=str(self.path))
        if self._torn:
            try:
                self._trim()
            except OSError as error:
                raise self._refusal(error) from error
        if self._fd < 0 or self._size > 1024:
            self._open()

    def _withdraw(self, error: OSError | None) -> NoReturn:
        """Cut an unfinished record off again and say that there is no room."""
        self._torn = True
        with contextlib.suppress(OSError):  # tried again before the next record
            self._trim()
        raise self._refusal(error) from error

    def _trim(self) -> None:
        os.ftruncate(self._fd, self._size)
        self._torn = False

    def _refusal(self, error: OSError | None) -> StoreError:
        if error is None or is_full(error):
            message = (
                f"no room to keep a record in {self._folder}: free space on that disk, "
                "then resume the execution"
            )
            return JournalFull(message, path=str(self.path))
        message = f"cannot write the journal {self.path}: {error.strerror}"
        return StoreError(message, path=str(self.path))

    def forked(self) -> None:
        """In a forked child: leave the parent's segment alone and begin an own one when needed."""
        self._lock = threading.RLock()
        if self._fd >= 0:
            os.close(self._fd)  # closing a copy does not release the parent's lock
            self._fd = -1
            self.process, self._number = new_id(), 0
