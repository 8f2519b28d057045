"""Ends of executions that found no room on the disk: kept as soon as there is some.

Who waits for such an execution has heard that it failed. Without its end it would stand as running
for as long as this process lives, also after room was made.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from packetflow.errors import JournalFull, PacketFlowError
from packetflow.kernel.records import ExecutionEnded

if TYPE_CHECKING:
    from packetflow.engine.state import Run

AGAIN_SECONDS: Final = 2.0
MOST: Final = 1_000
"""Ends beyond that are left to whoever takes these executions up."""


class Unkept:
    """The ends that one engine still has to keep, the oldest first."""

    def __init__(self) -> None:
        self._ends: deque[tuple[Run, ExecutionEnded]] = deque()

    def add(self, run: Run, end: ExecutionEnded) -> None:
        """Try again later, until it is kept or the execution is another runner's."""
        if len(self._ends) < MOST:
            self._ends.append((run, end))
        if len(self._ends) == 1:
            self._later()

    def _later(self) -> None:
        asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._try)

    def _try(self) -> None:
        while self._ends:
            run, end = self._ends[0]
            try:
                if run.is_ours:
                    run.write(end, "outputs")
            except JournalFull:
                self._later()
                return
            except PacketFlowError:
                pass  # the journal is closed: the next runner takes the execution up
            self._ends.popleft()


def keep_later(run: Run, end: ExecutionEnded) -> None:
    """Keep an end that found no room as soon as there is some."""
    run.engine.shared(Unkept, Unkept).add(run, end)
