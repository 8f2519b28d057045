"""Leases: at any time one runner owns an execution, under an epoch that only grows.

A lease is a file ``leases/EXECUTION.EPOCH`` that names its holder. It appears whole, by a link that
fails when it is there already: whoever makes the next epoch's file owns the execution from then
on. An older runner sees in one `stat` that it has been superseded, even after it was frozen for
hours.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

from packetflow.errors import Superseded


class FileLeases:
    """Leases of one workspace, for one runner.

    Args:
        folder: The workspace's state folder.
        runner: The name of this runner, written into its leases.
    """

    def __init__(self, folder: Path, runner: str) -> None:
        self._folder = folder / "leases"
        self._runner = runner
        self._folder.mkdir(parents=True, exist_ok=True)

    def holds(self, execution_id: str, epoch: int) -> bool:
        """Tell whether nobody has taken the next epoch."""
        return not os.path.exists(f"{self._folder}/{execution_id}.{epoch + 1}")  # noqa: PTH110 - 1 us

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
            raise Superseded(
                f"execution {execution_id} was taken over by runner {self.holder(path)!r}",
                execution_id=execution_id,
            ) from error
        finally:
            draft.unlink()

    def give_back(self, execution_id: str, epoch: int) -> None:
        """Undo a claim under which nothing was done."""
        (self._folder / f"{execution_id}.{epoch}").unlink(missing_ok=True)

    def holder(self, path: Path) -> str:
        """The name of the runner that made a lease."""
        try:
            return path.read_text(encoding="utf-8")
        except OSError:
            return ""

    def newest(self, execution_id: str) -> tuple[int, str]:
        """The highest epoch taken by lease and who holds it; 0 and empty when there is none."""
        best, path = 0, None
        for found in self._folder.glob(f"{execution_id}.*"):
            number = found.suffix[1:]
            if number.isdigit() and int(number) > best:
                best, path = int(number), found
        return best, "" if path is None else self.holder(path)
