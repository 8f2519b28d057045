"""Follows all journals of a workspace: what is new in them, and which of their writers live."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from packetflow.kernel.records import ProcessSeen, decoder
from packetflow.store.frames import IDS, SUFFIX, is_dead, process_of, scan
from packetflow.store.ingest import Piece

CHUNK = 4 << 20
"""At most this many bytes of a segment are read at once, unless one record is larger."""

MOST_KEPT = 1000
"""At most this many segments stay after everything in them has ended."""


@dataclass(slots=True)
class _Segment:
    path: Path
    process: str
    size: int = 0
    dead: bool = False
    drained: bool = False
    ids: frozenset[str] | None = None


def _is_old(segment: _Segment, older_than: float) -> bool:
    try:
        return segment.path.stat().st_mtime < older_than
    except FileNotFoundError:
        return False


def _ids(segment: _Segment) -> frozenset[str]:
    """The executions in a segment; remembered once nothing more can come."""
    if segment.ids is not None:
        return segment.ids
    try:
        content = segment.path.read_bytes()
    except FileNotFoundError:
        content = b""
    found = frozenset(match.decode() for match in set(IDS.findall(content)))
    if segment.drained:
        segment.ids = found
    return found


class Journals:
    """The journal folder of one workspace; use it from one thread at a time.

    Args:
        folder: The journal folder; it may not exist yet.
        positions: How far each segment has been read; shared with who writes it.
    """

    def __init__(self, folder: Path, positions: dict[str, int]) -> None:
        self._folder = folder
        self._positions = positions
        self._segments: dict[str, _Segment] = {}
        self._decode = decoder().decode

    def look(self) -> dict[str, int]:
        """List the folder and answer the size of each segment in bytes."""
        try:
            found = {entry.name: entry for entry in os.scandir(self._folder)}
        except FileNotFoundError:
            found = {}
        sizes = {}
        for name, entry in sorted(found.items()):
            if not name.endswith(SUFFIX):
                continue
            segment = self._segments.get(name)
            if segment is None:
                segment = _Segment(Path(entry.path), process_of(name))
                self._segments[name] = segment
            if not segment.drained:
                try:
                    segment.size = segment.path.stat().st_size
                except FileNotFoundError:
                    continue
            sizes[name] = segment.size
        for name in self._segments.keys() - found.keys():
            del self._segments[name]
        return sizes

    def probe(self) -> None:
        """Find out which segments have no writer any more."""
        for segment in self._segments.values():
            if not segment.dead:
                segment.dead = is_dead(segment.path)

    def alive(self) -> set[str]:
        """The processes that hold a segment.

        A writer opens its next segment before it leaves the last one, so looking once more after
        the probe cannot miss it.
        """
        self.probe()
        self.look()
        self.probe()
        return {segment.process for segment in self._segments.values() if not segment.dead}

    def undrained(self) -> set[str]:
        """The processes of which something is still to be read."""
        return {segment.process for segment in self._segments.values() if not segment.drained}

    def read(self) -> list[Piece]:
        """Read what is new; what dead writers left comes first, alone while it is much."""
        order = sorted(self._segments.items(), key=lambda item: not item[1].dead)
        pieces: list[Piece] = []
        amount = 0
        for name, segment in order:
            if segment.drained:
                continue
            if amount > CHUNK:
                break
            begin = self._positions.get(name, 0)
            if segment.size > begin or segment.dead:
                piece = self._read(name, segment, begin)
                if piece is not None and piece.end > begin:
                    pieces.append(piece)
                    amount += piece.end - begin
        return pieces

    def finished(
        self, still_open: set[str], keep_bytes: int = 0, *, older_than: float = 0.0
    ) -> list[Path]:
        """List segments that nobody needs: read to the end, and all their executions ended.

        The newest ones are left out, up to *keep_bytes* together and `MOST_KEPT` of them, unless
        they were last written before *older_than* (seconds since 1970).
        """
        names, kept, amount = [], 0, 0
        for _, segment in sorted(self._segments.items(), reverse=True):
            if not segment.drained:
                continue
            amount += segment.size
            kept += 1
            if amount <= keep_bytes and kept <= MOST_KEPT and not _is_old(segment, older_than):
                continue
            if _ids(segment).isdisjoint(still_open):
                names.append(segment.path)
        return names

    def split_ids(self, removed: list[Path]) -> tuple[list[frozenset[str]], frozenset[str]]:
        """The executions in each segment to be removed, and those in all that remain."""
        self.look()
        gone: list[frozenset[str]] = []
        left: set[str] = set()
        for segment in list(self._segments.values()):
            if segment.path in removed:
                gone.append(_ids(segment))
            else:
                left |= _ids(segment)
        return gone, frozenset(left)

    def _read(self, name: str, segment: _Segment, begin: int) -> Piece | None:
        dead = segment.dead  # asked before reading: a dead writer's file is final
        limit = CHUNK
        try:
            with segment.path.open("rb") as file:
                size = segment.size = os.fstat(file.fileno()).st_size
                if dead and begin >= size:
                    segment.drained = True
                    return None
                file.seek(begin)
                content = file.read(limit)
                piece = self._parse(name, segment, begin, content)
                while piece.end == begin and begin + len(content) < size:
                    limit *= 2
                    content += file.read(limit)
                    piece = self._parse(name, segment, begin, content)
        except FileNotFoundError:
            return None
        if dead and begin + len(content) >= size:
            piece.end = size  # what is left is a torn tail: it was never acknowledged
        return piece

    def _parse(self, name: str, segment: _Segment, begin: int, content: bytes) -> Piece:
        piece = Piece(name, segment.process, begin)
        entries, decode = piece.entries, self._decode
        for start, end, body in scan(content):
            piece.end = begin + end
            if body is None:
                piece.bad.append((begin + start, content[start:end], "its checksum is wrong"))
                continue
            try:
                record = decode(body)
            except msgspec.MsgspecError as error:
                piece.bad.append((begin + start, body, f"no record of this version: {error}"))
            else:
                entries.append((begin + start, body, record))
                if isinstance(record, ProcessSeen):
                    segment.process = record.process
        return piece
