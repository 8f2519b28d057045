"""The runs of a draft: which there were, and the very text that each of them ran.

What an execution ran is kept by the engine, too, but without comments and layout. Here its text
stands as it was written, so that it can be shown and brought back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from packetflow.kernel.ids import new_id

RUNS_KEPT: Final = 100


class DraftRuns:
    """The texts of a draft's latest runs, one file each.

    Args:
        folder: Of these files; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, execution: str, text: str) -> None:
        """Keep what an execution runs; those of the oldest runs are removed.

        Raises:
            OSError: There is no room, or the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = self._folder / f".{new_id()}"
        scratch.write_bytes(text.encode("utf-8", "surrogatepass"))
        scratch.replace(self._folder / f"{execution}.yaml")
        for old in self.newest()[RUNS_KEPT:]:
            (self._folder / f"{old}.yaml").unlink(missing_ok=True)

    def text(self, execution: str) -> str | None:
        """What an execution ran; ``None`` when it was none of this draft, or long ago."""
        try:
            content = (self._folder / f"{execution}.yaml").read_bytes()
        except (OSError, ValueError):
            return None
        return content.decode("utf-8", "surrogatepass")

    def newest(self) -> list[str]:
        """The executions, the latest first."""
        return sorted((path.stem for path in self._folder.glob("[!.]*.yaml")), reverse=True)
