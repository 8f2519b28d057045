"""The file of a draft: one line a change, shared by processes under a lock.

Whoever changes a draft takes its lock, reads what others have added, and adds a line by one
`write`; only then is the change acknowledged. So nothing acknowledged is lost by whatever ends a
process, no two processes ever disagree about the order, and there is nobody to elect or to wait
for: a process that dies lets go of the lock with its last breath. A line that was cut off by a
death was never acknowledged; the next writer takes it away. When the file has grown, it is
replaced as a whole by one line that says how things stand.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from packetflow.errors import WorkspaceError
from packetflow.store.forking import let_go
from packetflow.workspace.draft_state import Entry, State

MOST_BYTES: Final = 4 << 20
"""A file that has grown by so much is replaced by a short one."""

MOST_ENTRIES: Final = 300
MOST_CLIENTS: Final = 200


class Whole(msgspec.Struct, frozen=True, tag="whole", tag_field="k"):
    """How things stand; the first line of a file.

    Attributes:
        rev: The revision.
        state: The draft.
        file: The name of the pipeline's file, without its ending; empty before the first save.
        base: The digest of the file that the draft began with, or that it was last saved as.
        base_looks: The same of the view file.
        acks: By client, the last edit that was done or refused.
        done: What can be taken back, oldest first.
        undone: What can be done again, the next one last.
    """

    rev: int
    state: State
    file: str = ""
    base: str = ""
    base_looks: str = ""
    acks: dict[str, int] = {}
    done: list[Entry] = []
    undone: list[Entry] = []


class Did(msgspec.Struct, frozen=True, tag="did", tag_field="k", omit_defaults=True):
    """An edit; without a client it is what the file became while the draft was clean."""

    entry: Entry
    client: str = ""
    seq: int = 0
    base: str = ""
    base_looks: str = ""


class Undid(msgspec.Struct, frozen=True, tag="undid", tag_field="k", omit_defaults=True):
    """The last entry was taken back, or with ``again`` done again."""

    client: str
    seq: int
    again: bool = False


class Refused(msgspec.Struct, frozen=True, tag="refused", tag_field="k"):
    """An edit was not done."""

    client: str
    seq: int


class Saved(msgspec.Struct, frozen=True, tag="saved", tag_field="k", omit_defaults=True):
    """The files say what the draft says."""

    file: str
    base: str
    base_looks: str
    client: str = ""
    seq: int = 0


Line: TypeAlias = Whole | Did | Undid | Refused | Saved


def after(whole: Whole, line: Line) -> Whole:
    """How things stand after one more line.

    Raises:
        EditRefused: The line does not belong to this state.
    """
    from packetflow.workspace.draft_state import changed

    acks = whole.acks
    client = getattr(line, "client", "")
    if client:
        acks = {key: seq for key, seq in acks.items() if key != client}
        acks[client] = getattr(line, "seq", 0)
    replace = msgspec.structs.replace
    match line:
        case Whole():
            return line
        case Did(entry=entry):
            state = changed(whole.state, entry)
            done = [*whole.done, entry] if state != whole.state else whole.done
            base = line.base or whole.base
            looks = line.base_looks or whole.base_looks
            undone = [] if state != whole.state else whole.undone
            return Whole(whole.rev + 1, state, whole.file, base, looks, acks, done, undone)
        case Undid(again=False):
            entry = whole.done[-1]
            state = changed(whole.state, entry.inverse())
            done, undone = whole.done[:-1], [*whole.undone, entry]
        case Undid():
            entry = whole.undone[-1]
            state = changed(whole.state, entry)
            done, undone = [*whole.done, entry], whole.undone[:-1]
        case Refused():
            return replace(whole, rev=whole.rev + 1, acks=acks)
        case Saved(file=file, base=base, base_looks=looks):
            return replace(
                whole, rev=whole.rev + 1, acks=acks, file=file, base=base, base_looks=looks
            )
    return replace(whole, rev=whole.rev + 1, acks=acks, state=state, done=done, undone=undone)


_DECODER = msgspec.json.Decoder(Line)


class DraftLog:
    """One draft's file, as this process knows it; safe to share between threads.

    Args:
        path: The file; it is made by `begin`.

    Attributes:
        whole: How things stand, as far as this process has read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.whole = Whole(0, State(""))
        self._thread = threading.RLock()
        self._file = -1
        self._read = 0
        self._grown = 0

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the draft against all other threads and processes, and know all they did.

        Raises:
            WorkspaceError: The file cannot be used.
        """
        with self._thread:
            try:
                lock = os.open(self.path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            except OSError as error:
                raise self._unusable(error) from error
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.refresh()
                if self._file >= 0 and not self.path.exists():
                    self.begin(self.whole)  # else what comes would be written into a removed file
                yield
            except OSError as error:
                raise self._unusable(error) from error
            finally:
                let_go(lock)

    def begin(self, whole: Whole) -> None:
        """Make the file, or replace it; only while it is held."""
        scratch = self.path.with_suffix(".new")
        scratch.write_bytes(_line(whole))
        scratch.replace(self.path)
        self.refresh()

    def add(self, line: Line) -> None:
        """Add a line; only while it is held. It is kept when this returns."""
        made = after(self.whole, line)  # before it is written: a wrong line is never kept
        content = _line(line)
        there = os.fstat(self._file).st_size
        if there > self._read:
            os.ftruncate(self._file, self._read)  # cut off by a death, never acknowledged
        written = os.pwrite(self._file, content, self._read)
        if written != len(content):
            os.ftruncate(self._file, self._read)
            message = f"cannot write {self.path}: the disk is full"
            raise WorkspaceError(message, path=str(self.path))
        self._read += written
        self._grown += written
        self.whole = made
        if self._grown > MOST_BYTES or len(made.done) > 2 * MOST_ENTRIES:
            self.begin(_shortened(made))

    def refresh(self) -> bool:
        """Read what others have added; tells whether there was anything."""
        with self._thread:
            before = self.whole.rev
            if not self._is_same():
                self._open()
            if self._file >= 0:
                self._take(os.pread(self._file, (64 << 20), self._read))
            return self.whole.rev != before

    def close(self) -> None:
        """Let go of the file."""
        with self._thread:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _is_same(self) -> bool:
        if self._file < 0:
            return False
        try:
            here, there = os.fstat(self._file), os.stat(self.path)  # noqa: PTH116 - as its twin
        except FileNotFoundError:
            return True  # it was deleted with the workspace; what is known stays
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)

    def _open(self) -> None:
        try:
            descriptor = os.open(self.path, os.O_RDWR)
        except FileNotFoundError:
            return
        self.close()
        self._file, self._read, self._grown = descriptor, 0, 0

    def _take(self, content: bytes) -> None:
        end = content.rfind(b"\n") + 1
        for raw in content[:end].splitlines():
            try:
                line = _DECODER.decode(raw)
            except msgspec.MsgspecError as error:
                message = f"{self.path} is damaged: {error}; delete it to begin from the file"
                raise WorkspaceError(message, path=str(self.path)) from error
            self.whole = after(self.whole, line)
            self._grown += 0 if isinstance(line, Whole) else len(raw) + 1
        self._read += end

    def _unusable(self, error: OSError) -> WorkspaceError:
        return WorkspaceError(
            f"cannot keep the draft in {self.path}: {error.strerror or error}", path=str(self.path)
        )


def _line(line: Line) -> bytes:
    return msgspec.json.encode(line) + b"\n"


def _shortened(whole: Whole) -> Whole:
    """The same with a history of bounded length."""
    done, size = [], 0
    for entry in reversed(whole.done[-MOST_ENTRIES:]):
        size += len(msgspec.json.encode(entry))
        if size > MOST_BYTES // 2:
            break
        done.append(entry)
    acks = dict(list(whole.acks.items())[-MOST_CLIENTS:])
    undone = whole.undone[-MOST_ENTRIES:] if size < MOST_BYTES // 2 else []
    return msgspec.structs.replace(whole, done=done[::-1], undone=undone, acks=acks)
