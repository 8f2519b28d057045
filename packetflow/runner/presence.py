"""Proof that a runner lives: a locked file, a heartbeat, and where to reach it.

Each runner has ``.packetflow/runners/ID.json`` (who it is, where it answers, mode 0600) and
``ID.lock``. The lock is held for as long as the process lives, and the lock file's time is the
heartbeat: a runner whose event loop stands still stops beating, so that others may take over what
it was doing although its process is still there. ``.packetflow/runner.json`` is a copy of the
card of the current runner, which takes new runs.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from packetflow.errors import WorkspaceError

STALE_SECONDS: Final = 15.0
"""A heartbeat older than this counts as none."""

KEPT_SECONDS: Final = 3600.0
"""How long the files of a dead runner stay, so that people can look at them."""


class RunnerCard(msgspec.Struct, frozen=True):
    """Who a runner is and where it answers.

    ``born`` is the process's creation time as the operating system tells it (seconds since 1970),
    which no other process with the same ``pid`` shares; ``started_at`` is seconds since 1970.
    """

    runner: str
    pid: int
    born: float
    port: int
    token: str
    generation: int
    version: str
    protocol: int
    started_at: float


def state_of(folder: Path) -> Path:
    """Where a workspace keeps what is not for git."""
    return folder / ".packetflow"


def current_path(folder: Path) -> Path:
    """The card of the runner that takes new runs."""
    return state_of(folder) / "runner.json"


def card_path(folder: Path, runner: str) -> Path:
    """The card of one runner."""
    return state_of(folder) / "runners" / f"{runner}.json"


def lock_path(folder: Path, runner: str) -> Path:
    """Locked while the runner lives; its time is the heartbeat."""
    return state_of(folder) / "runners" / f"{runner}.lock"


def log_path(folder: Path) -> Path:
    """What runners, and capabilities that print, write."""
    return state_of(folder) / "runner.log"


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its user can read, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)


def write_card(path: Path, card: RunnerCard) -> None:
    """Write a card for others to read."""
    write_private(path, msgspec.json.format(msgspec.json.encode(card)) + b"\n")


def read_card(path: Path) -> RunnerCard | None:
    """Read a card; ``None`` when there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=RunnerCard)
    except (OSError, msgspec.DecodeError):
        return None


class Presence:
    """This process's own lock and heartbeat, from now until it is closed or the process ends.

    Raises:
        WorkspaceError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        self._folder = folder
        self.runner = runner
        path = lock_path(folder, runner)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = _locked(path)
        except OSError as error:
            raise WorkspaceError(
                f"no runner can live in {folder}: {error}; make the folder writable",
                folder=str(folder),
            ) from error
        self.beat()

    def beat(self) -> None:
        """Say that the runner is well."""
        os.utime(self._descriptor)

    def close(self) -> None:
        """Let go of the lock and take the files away."""
        for path in (card_path(self._folder, self.runner), lock_path(self._folder, self.runner)):
            path.unlink(missing_ok=True)
        os.close(self._descriptor)


def _locked(path: Path) -> int:
    """Open and lock a file; again, if it was taken away as a dead runner's in between."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def is_locked(folder: Path, runner: str) -> bool:
    """Tell whether the process of a runner is there, beating or not."""
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
    """When a runner last said that it is well, in seconds since 1970; ``None``: never, or gone."""
    try:
        return lock_path(folder, runner).stat().st_mtime
    except OSError:
        return None


def is_alive(folder: Path, runner: str, *, stale_seconds: float = STALE_SECONDS) -> bool:
    """Tell whether a runner is there and well.

    Leases ask this before they take an execution over from another runner.
    """
    beat = last_beat(folder, runner)
    if beat is None or time.time() - beat > stale_seconds:
        return False
    return is_locked(folder, runner)


def sweep(folder: Path, *, now: float | None = None) -> None:
    """Take away the files of runners that have been dead for an hour."""
    moment = time.time() if now is None else now
    for path in (state_of(folder) / "runners").iterdir():
        with contextlib.suppress(OSError):
            old = moment - path.stat().st_mtime > KEPT_SECONDS
            if old and path.suffix in {".json", ".lock"} and not is_locked(folder, path.stem):
                path.unlink()
