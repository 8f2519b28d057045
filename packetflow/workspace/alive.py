"""Which runners live: each holds a lock on a file of its own and touches it every second.

The lock goes with the process, whatever ends it. A runner that is frozen keeps its lock but stops
touching the file, so others may take its executions over.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

FROZEN_AFTER_SECONDS = 15.0


class Pulse:
    """The sign of life of this process as a runner.

    Args:
        folder: The workspace's state folder.
        runner: The name of this runner.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        place = folder / "runners"
        place.mkdir(parents=True, exist_ok=True)
        self.path = place / f"{runner}.lock"
        self._descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        os.write(self._descriptor, str(os.getpid()).encode())

    def beat(self) -> None:
        """Say that this runner is well."""
        os.utime(self._descriptor)

    def close(self) -> None:
        """This runner leaves."""
        if self._descriptor >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def is_alive(folder: Path, runner: str, *, patience: float = FROZEN_AFTER_SECONDS) -> bool:
    """Tell whether a runner lives and is not frozen."""
    path = folder / "runners" / f"{runner}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return time.time() - path.stat().st_mtime < patience
    finally:
        os.close(descriptor)
    path.unlink(missing_ok=True)
    return False
