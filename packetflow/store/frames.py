"""How records lie in a journal segment, and how they are read back.

A segment is a row of frames: ``u32 length | u32 crc32 | msgpack``, little endian. Its last frame
may be *torn*: its writer was killed, or is still at it. A bad frame with good ones after it is
*damage*: a disk or a person changed the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from zlib import crc32

import msgspec

from packetflow.errors import JournalDamaged
from packetflow.kernel.records import Record, decoder

HEADER = struct.Struct("<II")
SUFFIX = ".journal"
PIECE_BYTES = 1 << 18
IDS = re.compile(rb"\xd9\x24([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})")
"""The ids of executions as they lie in a segment."""

_TAGS = b"def|exec|resume|span|intent|decide|wait|event|end|log|metric|message|cap|score|proc"
_START = re.compile(rb"(?:[\x90-\x9f]|\xdc..)[\xa3-\xa7](?:" + _TAGS + rb")", re.DOTALL)


def frame(body: bytes) -> bytes:
    """Wrap one encoded record.

    >>> frame(b"ab").hex()
    '020000006d48839e6162'
    """
    return HEADER.pack(len(body), crc32(body)) + body


def body_at(content: bytes, offset: int) -> bytes | None:
    """Cut the record's bytes out of the frame at *offset*; None when there is no whole one."""
    start = offset + HEADER.size
    if start > len(content):
        return None
    length, checksum = HEADER.unpack_from(content, offset)
    body = content[start : start + length]
    return body if 0 < length == len(body) and crc32(body) == checksum else None


def next_good(content: bytes, offset: int) -> int | None:
    """Find the first whole frame at or after *offset*, at any byte."""
    for match in _START.finditer(content, offset + HEADER.size):
        begin = match.start() - HEADER.size
        if body_at(content, begin) is not None:
            return begin
    return None


def scan(content: bytes, offset: int = 0) -> Iterator[tuple[int, int, bytes | None]]:
    """Walk over frames: where each begins and ends, and the record's bytes.

    A damaged stretch with good frames after it comes in one, without bytes. It ends before a torn
    tail.
    """
    overhead, total = HEADER.size, len(content)
    while offset < total:
        body = body_at(content, offset)
        end = next_good(content, offset + 1) if body is None else offset + overhead + len(body)
        if end is None:
            return
        yield offset, end, body
        offset = end


class Segment:
    """An iterator over ``(next offset, record)``.

    Attributes:
        offset: Behind the last whole record read.
        torn: The file ends in an unfinished frame; set at the end.
        skipped: Damaged stretches passed over, as (start, end); only filled when salvaging.
    """

    def __init__(self, path: Path, start: int = 0, *, salvage: bool) -> None:
        self.path = path
        self.offset = start
        self.torn = False
        self.skipped: list[tuple[int, int]] = []
        self._salvage = salvage

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        for _, record in self.frames():
            yield self.offset, record

    def frames(self) -> Iterator[tuple[bytes, Record]]:
        """Iterate over ``(frame, record)``, the frame as it lies in the file."""
        content = self.path.read_bytes()
        decode = decoder().decode
        for begin, end, body in scan(content, self.offset):
            if body is None:
                self._damage(end, "its checksum is wrong")
                continue
            try:
                record = decode(body)
            except msgspec.MsgspecError as error:
                self._damage(end, f"it is no record of this version: {error}")
                continue
            self.offset = end
            yield content[begin:end], record
        self.torn = self.offset < len(content)

    def _damage(self, end: int, why: str) -> None:
        if not self._salvage:
            message = (
                f"{self.path.name} is damaged at byte {self.offset}: {why}; "
                "read it with salvage to skip that part"
            )
            raise JournalDamaged(message, path=str(self.path), offset=self.offset, end=end)
        self.skipped.append((self.offset, end))
        self.offset = end


def read_segment(path: str | Path, start: int = 0, *, salvage: bool = False) -> Segment:
    """Read the records of a segment from byte *start*, where a frame must begin.

    Iterating gives ``(next offset, record)`` and ends at a torn tail, which `Segment.torn` then
    tells. With *salvage*, damaged parts are skipped and listed in `Segment.skipped`.

    Raises:
        JournalDamaged: (while iterating) a bad record has good ones after it.
    """
    return Segment(Path(path), start, salvage=salvage)


def segments(folder: str | Path) -> list[Path]:
    """List the segments of a journal folder, oldest process first."""
    return sorted(Path(folder).glob(f"*{SUFFIX}"))


def process_of(name: str) -> str:
    """The process that writes a segment of that name."""
    return name.rsplit(".", 2)[0]


def is_dead(path: Path) -> bool:
    """Tell whether nobody holds the lock of a segment any more."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def mentions(path: Path, needle: bytes) -> bool:
    """Tell whether a file holds those bytes: a piece at a time, which fits the processor's cache.

    That takes a quarter of the time that reading the whole takes.
    """
    overlap = len(needle) - 1
    buffer = bytearray(overlap + PIECE_BYTES)
    space = memoryview(buffer)[overlap:]
    with path.open("rb", buffering=0) as content:
        while read := content.readinto(space):
            if buffer.find(needle, 0, overlap + read) >= 0:
                return True
            buffer[:overlap] = buffer[read : read + overlap]
    return False


def _hits(path: Path, needle: bytes) -> Iterator[Record]:
    """Decode the records whose bytes contain *needle*; walk over the others by their lengths."""
    content = path.read_bytes()
    hit = content.find(needle)
    if hit < 0:
        return
    decode, unpack, size = decoder().decode, HEADER.unpack_from, HEADER.size
    offset, total = 0, len(content)
    while hit >= 0 and offset + size <= total:
        length, checksum = unpack(content, offset)
        end = offset + size + length
        if not length > 0 or end > total:
            break
        if end > hit:
            body = content[offset + size : end]
            if crc32(body) != checksum:
                break
            with contextlib.suppress(msgspec.MsgspecError):  # no record of this version
                yield decode(body)
            hit = content.find(needle, end)
        offset = end
    else:
        return
    for _, record in Segment(path, offset, salvage=True):
        yield record


def records_of(folder: str | Path, execution_id: str) -> list[Record]:
    """Collect the records of one execution from all segments of a journal folder.

    They come in the order of their epochs, and within an epoch as written; a record without an
    epoch belongs to that of the record before it. Damaged parts of a
    segment are skipped. Segments are removed some time after all executions in them have ended:
    `packetflow.store.history` finds those too.
    """
    return in_order(parts_of(folder, execution_id))


def parts_of(
    folder: str | Path, execution_id: str, may_hold: Callable[[Path, bytes], bool] = mentions
) -> dict[str, list[Record]]:
    """Collect the records of one execution as written, by the segment that has them.

    Args:
        folder: The journal folder.
        execution_id: Its id.
        may_hold: Tells of a segment whether it is worth reading.
    """
    needle = execution_id.encode()
    parts = {}
    for path in segments(folder):
        try:
            found = _hits(path, needle) if may_hold(path, needle) else ()
            records = [
                record for record in found if getattr(record, "execution_id", None) == execution_id
            ]
        except FileNotFoundError:
            continue  # the owner removed it meanwhile: everything in it has ended
        if records:
            parts[path.name] = records
    return parts


def in_order(parts: Mapping[str, list[Record]]) -> list[Record]:
    """Bring the parts of one execution, by segment, into the order of `records_of`."""
    lives: dict[int, list[Record]] = {}
    last: dict[str, int] = {}
    for name, records in sorted(parts.items()):
        process = process_of(name)
        epochs = (record.epoch for record in records if hasattr(record, "epoch"))
        epoch = last[process] if process in last else next(epochs, 0)
        for record in records:
            epoch = getattr(record, "epoch", epoch)
            lives.setdefault(epoch, []).append(record)
        last[process] = epoch
    return [record for epoch in sorted(lives) for record in lives[epoch]]


def sizes_of(folder: str | Path) -> dict[str, int]:
    """The sizes in bytes of the segments of a journal folder, by name."""
    found = {}
    for path in segments(folder):
        with contextlib.suppress(FileNotFoundError):  # the owner removed it meanwhile
            found[path.name] = path.stat().st_size
    return found


def has_grown(folder: str | Path, since: Mapping[str, int], execution_id: str) -> bool:
    """Tell whether there may be more of an execution than when the segments had those sizes."""
    now, needle = sizes_of(folder), execution_id.encode()
    if since.keys() - now.keys():
        return True  # the owner removed some; their records are in the database
    changed = [name for name, size in now.items() if since.get(name) != size]
    return any(mentions(Path(folder, name), needle) for name in changed)
