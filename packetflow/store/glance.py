"""Which segments can hold an execution, for who asks again and again.

Up to a thousand segments stay after everything in them has ended, and a runner reads the story of
each execution that it wakes. Of a segment that has not changed between two looks the ids of its
executions are remembered, so that the next look need not read it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from packetflow.store.frames import IDS, mentions, segments

MOST_KNOWN: Final = 4000
"""More than can stay: then those that were removed are forgotten."""


class _State(NamedTuple):
    size: int
    written_ns: int
    file: int


class Glance:
    """Remembers what is in the segments of one journal folder; safe to share between threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[_State, bytes | None]] = {}

    def may_hold(self, path: Path, execution_id: bytes) -> bool:
        """Tell whether there may be records of an execution in a segment.

        Raises:
            FileNotFoundError: The owner has removed it.
        """
        found = path.stat()
        state = _State(found.st_size, found.st_mtime_ns, found.st_ino)
        before, ids = self._known.get(path.name, (None, None))
        if before != state:
            self._known[path.name] = (state, None)
            self._forget_removed(path.parent)
            return mentions(path, execution_id)
        if ids is None:  # the second time: it stays as it is, and somebody asks again
            ids = b"".join(set(IDS.findall(path.read_bytes())))
            self._known[path.name] = (state, ids)
        return execution_id in ids

    def _forget_removed(self, folder: Path) -> None:
        if len(self._known) > MOST_KNOWN:
            there = {path.name for path in segments(folder)}
            for name in self._known.keys() - there:
                self._known.pop(name, None)
