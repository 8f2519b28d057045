"""Which processes live and work in a workspace: each holds a lock and beats.

A runner, a notebook or a script that may run things has a file ``.packetflow/runners/ID.lock``. It
holds a lock on it, which goes with the process whatever ends it, and touches it from its event
loop: one that is frozen, or whose loop stands still, stops beating, so that others may take over
what it was doing although its process is still there. The file's time is that of the clock that
counts from the machine's start, for nobody sets that one, and it stands still while the machine
sleeps. A process that listens to events says so in the file, so that others leave to it what it has
put aside.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from packetflow.errors import WorkspaceError
from packetflow.store.forking import let_go, tell_when_forked

STALE_SECONDS: Final = 15.0
"""A heartbeat older than this counts as none."""

BEAT_SECONDS: Final = 1.0
_HEARS: Final = b"hears\n"


def state_of(folder: Path) -> Path:
    """Where a workspace keeps what is not for git."""
    return folder / ".packetflow"


def tool_listings(folder: Path) -> list[Path]:
    """The files that say which tools external servers have; they change when those do."""
    return sorted((state_of(folder) / "mcp").glob("*.json"))


def lock_path(folder: Path, runner: str) -> Path:
    """Locked while the process lives; its time is the heartbeat, see `last_beat`."""
    return state_of(folder) / "runners" / f"{runner}.lock"


class Presence:
    """This process's own lock and heartbeat, from now until it is closed or the process ends.

    Args:
        folder: The workspace.
        runner: The name of this process among its runners.

    Raises:
        WorkspaceError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        self.runner = runner
        self.path = lock_path(folder, runner)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = _locked(self.path)
        except OSError as error:
            raise WorkspaceError(
                f"cannot write to {state_of(folder)}: {error.strerror or error}; make the folder "
                "writable",
                path=str(folder),
            ) from error
        self.beat()
        tell_when_forked(self)

    @property
    def is_in_place(self) -> bool:
        """False once the workspace was deleted, or this presence is closed."""
        return self._descriptor >= 0 and os.fstat(self._descriptor).st_nlink > 0

    def beat(self) -> None:
        """Say that this process is well."""
        _beat(self._descriptor)

    def beat_on(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        stale_seconds: float = STALE_SECONDS,
        lost: Callable[[], None] | None = None,
    ) -> None:
        """Beat from an event loop for as long as it turns; safe to call from any thread.

        Args:
            loop: The loop that user code may block.
            stale_seconds: After so long without a beat others count this process as frozen.
            lost: Called once, on the loop, when the workspace has been deleted.
        """
        every = min(BEAT_SECONDS, stale_seconds / 3)

        def touch() -> None:
            if self._descriptor < 0:
                return
            self.beat()
            if lost is not None and not self.is_in_place:
                lost()
                return
            loop.call_later(every, touch)

        loop.call_soon_threadsafe(touch)

    def close(self) -> None:
        """Let go of the lock and take the file away; closing twice is fine."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            if _is_same(self.path, descriptor):
                self.path.unlink(missing_ok=True)
            let_go(descriptor)

    def forked(self) -> None:
        """In a forked child: only the parent is present, and gone when that has ended."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)  # closing a copy does not release the parent's lock


def _beat(descriptor: int) -> None:
    now = time.monotonic_ns()
    os.utime(descriptor, ns=(now, now))


def _locked(path: Path) -> int:
    """Open and lock a file; again, if it was taken away as a dead process's in between."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_same(path, descriptor):
            return descriptor
        os.close(descriptor)


def _is_same(path: Path, descriptor: int) -> bool:
    """Tell whether a path still leads to the open file."""
    try:
        found, own = path.stat(), os.fstat(descriptor)
    except OSError:
        return False
    return (found.st_ino, found.st_dev) == (own.st_ino, own.st_dev)


def is_locked(folder: Path, runner: str) -> bool:
    """Tell whether a process is there, beating or not."""
    try:
        descriptor = os.open(lock_path(folder, runner), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def last_beat(folder: Path, runner: str) -> float | None:
    """When a process last said that it is well, by `time.monotonic`; ``None``: never, or gone."""
    try:
        return lock_path(folder, runner).stat().st_mtime
    except OSError:
        return None


def is_alive(folder: Path, runner: str, *, stale_seconds: float = STALE_SECONDS) -> bool:
    """Tell whether a process is there and well; the file of one that is gone is taken away.

    Leases ask this before they take an execution over from another process.
    """
    beat = last_beat(folder, runner)
    if beat is None:
        return False
    if not is_locked(folder, runner):
        lock_path(folder, runner).unlink(missing_ok=True)
        return False
    return time.monotonic() - beat <= stale_seconds


def say_hearing(folder: Path, runner: str, *, hears: bool) -> None:
    """Say whether a process listens to events, and so wakes what it has put aside."""
    with contextlib.suppress(FileNotFoundError):  # gone with its workspace
        descriptor = os.open(lock_path(folder, runner), os.O_WRONLY | os.O_TRUNC)
        try:
            os.write(descriptor, _HEARS if hears else b"")
            _beat(descriptor)  # writing has set the file's time
        finally:
            os.close(descriptor)


def is_hearing(folder: Path, runner: str, *, stale_seconds: float = STALE_SECONDS) -> bool:
    """Tell whether a process is there, is well, and listens to events."""
    try:
        said = lock_path(folder, runner).read_bytes()
    except OSError:
        return False
    return said == _HEARS and is_alive(folder, runner, stale_seconds=stale_seconds)


class Listener:
    """Listens to another process's heartbeat.

    An old beat alone may mean that all processes were stopped for a while, so it must also have
    stayed away while this one ran.
    """

    def __init__(self, folder: Path, runner: str, *, stale_seconds: float) -> None:
        self._folder = folder
        self._runner = runner
        self._stale_seconds = stale_seconds
        self._beat: float | None = None
        self._seen = time.monotonic()

    def is_stale(self) -> bool:
        """Tell whether the heartbeat has stopped for too long; ask about once a second."""
        beat = last_beat(self._folder, self._runner)
        now = time.monotonic()
        if beat is None:
            return False
        if beat != self._beat:
            self._beat, self._seen = beat, now
        missed = now - self._seen > min(3 * BEAT_SECONDS, self._stale_seconds / 2)
        return missed and now - beat > self._stale_seconds
