"""The order in which things come to a workspace: a number that only grows, in every process.

The clock that counts from a machine's start is the same in all its processes and is never set. Its
microseconds, behind the number of the start itself, are the order. The starts are counted in the
file ``boots``: each process that finds another start's name at its end adds its own.
"""

from __future__ import annotations

import errno
import itertools
import os
import time
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_SHIFT: Final = 48
"""Room for nine years of microseconds below the number of the start."""


class Order:
    """Answers the next number when it is called; safe from any thread.

    Args:
        state: The workspace's state folder.
        boot: The name of this start of the machine; by default what the system calls it. Where it
            has no name, or there is no room to write it down, the answer is 0: not known.
    """

    def __init__(self, state: Path, *, boot: str | None = None) -> None:
        self._path = state / "boots"
        self._boot = boot
        self._base = 0

    def __call__(self) -> int:
        """The number of what comes now."""
        if not self._base:
            try:
                self._base = self._counted() << _SHIFT
            except OSError:
                return 0
        return self._base + time.monotonic_ns() // 1000

    def _counted(self) -> int:
        """How often the machine has started since the workspace was made, this time included."""
        boot = _BOOT.read_text(encoding="ascii").strip() if self._boot is None else self._boot
        names = self._names()
        if names[-1:] != [boot]:
            line = (
                f"\n{boot}\n".encode()
            )  # what is before may be torn, by a power cut or a full disk
            file = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            try:
                if os.write(file, line) != len(line):
                    raise OSError(errno.ENOSPC, "short write")
                os.fsync(file)  # a number that was given must not be given again
            finally:
                os.close(file)
            names = self._names()
        return sum(1 for _ in itertools.groupby(names))  # two processes may have added it

    def _names(self) -> list[str]:
        try:
            return self._path.read_text(encoding="utf-8", errors="replace").split()
        except FileNotFoundError:
            return []
