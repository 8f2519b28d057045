"""A short index of the journals of a workspace, learnt by reading them once, and followed since.

Known by heart are only how far each segment was read, when its newest event came, and which
executions may wait; so the memory it takes grows with what is open, not with what has ended.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from packetflow.errors import OwnerGone
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    Record,
    WaitStarted,
    decoder,
)
from packetflow.store.frames import SUFFIX, is_dead, mentions, scan
from packetflow.store.port import Tail
from packetflow.store.talk import Follow

CHUNK: Final = 4 << 20
"""At most so many bytes of a segment are held at once, unless one record is larger."""
LOOK_SECONDS: Final = 0.1
"""So often who follows records looks whether there are more."""
SURE_SECONDS: Final = 1.0
"""So long after a folder was changed its time may still stand for an earlier state of it."""
NEWEST: Final = 1 << 63
"""The number of an event whose place in the order is not known."""

_HEAD: Final = re.compile(
    rb"(?:[\x90-\x9f]|\xdc..)[\xa3-\xa7]([a-z]{3,7})(?:\xd9\x24(.{36}))?", re.DOTALL
)
"""How a record begins: its tag and, for most, the id of its execution."""
_OF_NOTE: Final = frozenset({b"wait", b"resume", b"event", b"end"})
_SIGNS: Final = (b"\xa4wait", b"\xa6resume", b"\xa5event")
"""A segment without these says nothing that has to be known by heart."""


@dataclass(slots=True)
class _Segment:
    """How far a segment was read.

    Attributes:
        read: The position behind what was read.
        newest: One more than the highest number of an event in it; 0 when there is none.
        final: Nothing more can come.
    """

    read: int = 0
    newest: int = 0
    final: bool = False


class JournalIndex:
    """Follows the journals of one folder; safe to share between threads.

    Args:
        folder: The journal folder; it may not exist yet.

    Attributes:
        lock: Held while it changes.
        news: How often something new was read.
        may_wait: The executions that may wait, each with the newest epoch seen.
        on_event: Called with every event, under the lock.
        on_change: Called with every stretch of records that was read, under the lock.
    """

    def __init__(self, folder: Path) -> None:
        self.lock = threading.RLock()
        self.news = 0
        self.may_wait: dict[str, int] = {}
        self.on_event: Callable[[EventArrived], None] = lambda _: None
        self.on_change: Callable[[bytes], None] = lambda _: None
        self._folder = folder
        self._segments: dict[str, _Segment] = {}
        self._tails: list[LightTail] = []
        self._changed, self._changed_at = -1, 0.0
        self._decode = decoder().decode

    def with_events(self, since: int) -> list[Path]:
        """The segments that have an event of that number or a higher one."""
        with self.lock:
            found = [name for name, one in self._segments.items() if one.newest > since]
        return [self._folder / name for name in sorted(found)]

    def look(self) -> None:
        """Read all that is new."""
        try:
            names = {entry.name for entry in os.scandir(self._folder)}
        except FileNotFoundError:
            names = set()
        names = {name for name in names if name.endswith(SUFFIX)}
        with self.lock:
            known = self._segments
            for name in known.keys() - names:
                del known[name]
            new = (name for name in names if name not in known or not known[name].final)
            self._look_at(sorted(new))

    def look_again(self) -> None:
        """Read what is new, at little cost when nothing is; to be called again and again."""
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return
        with self.lock:
            now = time.monotonic()
            if changed != self._changed:
                self._changed, self._changed_at = changed, now
            if now - self._changed_at < SURE_SECONDS:
                self.look()
            else:
                self._look_at([name for name, one in self._segments.items() if not one.final])

    def _look_at(self, names: Iterable[str]) -> None:
        for name in names:
            segment = self._segments.setdefault(name, _Segment())
            path = self._folder / name
            with contextlib.suppress(FileNotFoundError):
                dead = is_dead(path)  # asked before reading: a dead writer's file is final
                if path.stat().st_size > segment.read:
                    plain = dead and not segment.read and not self._tails
                    if not plain or any(mentions(path, sign) for sign in _SIGNS):
                        self._read_on(path, segment)
                segment.final = dead

    def _read_on(self, path: Path, segment: _Segment) -> None:
        limit = CHUNK
        with path.open("rb") as file:
            while content := _at(file, segment.read, limit):
                end = self._take(segment, content)
                if not end and len(content) < limit:
                    return  # torn, or not yet whole
                limit = CHUNK if end else 2 * limit
                segment.read += end

    def _take(self, segment: _Segment, content: bytes) -> int:
        """Learn what has to be known by heart; answers where the last whole record ends."""
        last = 0
        wanted = _OF_NOTE.union(*(tail.kinds for tail in self._tails))
        everything = any(tail.wants_all for tail in self._tails)
        for _, end, body in scan(content):
            last = end
            head = None if body is None else _HEAD.match(body)
            if body is None or head is None or not (everything or head[1] in wanted):
                continue
            with contextlib.suppress(msgspec.MsgspecError):  # no record of this version
                record = self._decode(body)
                self._note(segment, record)
                for tail in self._tails:
                    tail.offer(record)
        if last:
            self.news += 1
            self.on_change(content)
        return last

    def _note(self, segment: _Segment, record: Record) -> None:
        known = self.may_wait
        match record:
            case WaitStarted() | ExecutionResumed():  # of an earlier life it may still wait
                known[record.execution_id] = max(record.epoch, known.get(record.execution_id, 0))
            case EventArrived():
                segment.newest = max(segment.newest, (record.arrival or NEWEST) + 1)
                self.on_event(record)
            case ExecutionEnded():
                if known.get(record.execution_id, NEWEST) <= record.epoch:
                    del known[record.execution_id]
            case _:
                pass

    def follow(self, wish: Follow) -> LightTail:
        """Follow records from now on."""
        with self.lock:
            self.look()
            tail = LightTail(self, wish)
            self._tails.append(tail)
            return tail

    def drop(self, tail: LightTail) -> None:
        """Offer a tail nothing more."""
        with self.lock:
            if tail in self._tails:
                self._tails.remove(tail)

    def close(self) -> None:
        """End what follows."""
        with self.lock:
            for tail in list(self._tails):
                tail.close()


class LightTail(Tail):
    """Records as they are found in journals; see `packetflow.store.port.Tail`.

    Attributes:
        kinds: The tags of the records it wants.
        wants_all: Whether it wants those of all tags.
    """

    def __init__(self, index: JournalIndex, wish: Follow) -> None:
        self.kinds = frozenset(kind.encode() for kind in wish.kinds)
        self.wants_all = not wish.kinds
        self._index = index
        self._wish = wish
        self._waiting: deque[Record] = deque()
        self._closed = threading.Event()

    def offer(self, record: Record) -> None:
        """Take a record if it is one of those followed."""
        if self._wish.takes(record):
            self._waiting.append(record)

    def get(self, timeout: float | None = None) -> Record | None:
        """Wait for the next record, at most *timeout* seconds; None when none came.

        Raises:
            OwnerGone: The tail is closed.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._closed.is_set():
                raise OwnerGone("this tail is closed")
            self._index.look_again()
            if self._waiting:
                return self._waiting.popleft()
            left = LOOK_SECONDS if until is None else min(LOOK_SECONDS, until - time.monotonic())
            if left <= 0:
                return None
            self._closed.wait(left)

    def close(self) -> None:
        """End it; a thread that waits in it returns."""
        self._closed.set()
        self._index.drop(self)


def picked(path: Path, wants: Callable[[bytes, bytes | None], bool]) -> Iterator[Record]:
    """Read those records of a segment that are wanted by their tag and their execution's id.

    Raises:
        FileNotFoundError: Somebody has removed it.
    """
    decode = decoder().decode
    for _, _, body in scan(path.read_bytes()):
        head = None if body is None else _HEAD.match(body)
        if body is not None and head is not None and wants(head[1], head[2]):
            with contextlib.suppress(msgspec.MsgspecError):  # no record of this version
                yield decode(body)


def _at(file: BinaryIO, begin: int, limit: int) -> bytes:
    file.seek(begin)
    return file.read(limit)
