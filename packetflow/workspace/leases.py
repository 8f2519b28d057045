"""Leases: at any time one runner owns an execution, under an epoch that only grows.

A lease is a file ``leases/EXECUTION.EPOCH`` that names its holder. It appears whole, by a link that
fails when it is there already: whoever makes the next epoch's file owns the execution from then
on. An older runner sees in one `stat` that it has been superseded, even after it was frozen for
hours. Files of long ago are taken away: whoever was superseded then is gone.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from packetflow.errors import Superseded

KEPT_SECONDS: Final = 30 * 86_400.0
"""So long a lease stays, far longer than a process is frozen."""
SWEEP_SECONDS: Final = 3600.0


class FileLeases:
    """Leases of one workspace, for one runner.

    Args:
        folder: The workspace's state folder.
        runner: The name of this runner, written into its leases.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        self._folder = folder / "leases"
        self._prefix = f"{self._folder}/"
        self._runner = runner
        self._folder.mkdir(parents=True, exist_ok=True)
        self._swept = -SWEEP_SECONDS

    def holds(self, execution_id: str, epoch: int) -> bool:
        """Tell whether nobody has taken the next epoch."""
        return not os.access(f"{self._prefix}{execution_id}.{epoch + 1}", os.F_OK)

    def claim(self, execution_id: str, epoch: int) -> None:
        """Take an execution over under *epoch*.

        Raises:
            Superseded: Another runner has taken that epoch.
        """
        path = self._folder / f"{execution_id}.{epoch}"
        draft = self._folder / f".{self._runner}.{threading.get_ident()}"
        draft.write_text(self._runner, encoding="utf-8")
        try:
            path.hardlink_to(draft)
        except FileExistsError as error:
            raise _superseded(execution_id, self._holder(path)) from error
        finally:
            draft.unlink()
        self._sweep()

    def claim_next(self, execution_id: str, *, after: int, is_alive: Callable[[str], bool]) -> int:
        """Take an execution over, passing over leases whose takers died before they began.

        Args:
            execution_id: The execution.
            after: The newest epoch that has begun, or that is not to be taken.
            is_alive: Tells whether a runner lives.

        Returns:
            The epoch taken.

        Raises:
            Superseded: Another runner, or another thread of this one, has just taken it.
        """
        taken, holder = self.newest(execution_id)
        if taken > after and (holder == self._runner or is_alive(holder)):
            raise _superseded(execution_id, holder)
        epoch = max(taken, after) + 1
        self.claim(execution_id, epoch)
        return epoch

    def give_back(self, execution_id: str, epoch: int) -> None:
        """Undo a claim under which nothing was done."""
        (self._folder / f"{execution_id}.{epoch}").unlink(missing_ok=True)

    def _holder(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            return ""

    def newest(self, execution_id: str) -> tuple[int, str]:
        """The highest epoch taken by lease and who holds it; 0 and empty when there is none."""
        prefix = f"{execution_id}."
        with os.scandir(self._folder) as entries:
            names = [one.name for one in entries if one.name.startswith(prefix)]
        numbers = (name.removeprefix(prefix) for name in names)
        best = max((int(number) for number in numbers if number.isdigit()), default=0)
        return best, self._holder(self._folder / f"{prefix}{best}") if best else ""

    def _sweep(self) -> None:
        """Take away what is old, now and again."""
        if time.monotonic() - self._swept < SWEEP_SECONDS:
            return
        self._swept = time.monotonic()
        old = time.time() - KEPT_SECONDS
        with os.scandir(self._folder) as entries:
            for one in entries:
                with contextlib.suppress(FileNotFoundError):
                    if one.stat().st_mtime < old:
                        os.unlink(one.path)  # noqa: PTH108 - an entry has no Path


def _superseded(execution_id: str, holder: str) -> Superseded:
    message = f"execution {execution_id} was taken over by runner {holder!r}"
    return Superseded(message, execution_id=execution_id)
