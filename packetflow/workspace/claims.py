"""Who takes an event that came before any execution for it began: one execution, at any time.

Looking such an event up and keeping that it is taken are two moments, so a claim goes before: a
lease on the event (`packetflow.workspace.leases`), in the name of this runner. A claim of a runner
that is gone is passed over; whether its execution had kept what it took, its journal says. One that
only stood still sees before it keeps the event that it has lost it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from packetflow.errors import JournalFull, Superseded
from packetflow.kernel.ids import id_of
from packetflow.workspace.leases import FileLeases

REMEMBERED: Final = 10_000
"""So many claims are known to be this process's own; older ones are kept in journals."""


class Claims:
    """Claims of one runner; safe from any thread.

    Args:
        leases: Where they are kept; ``None`` in memory, where nobody else can take anything.
        is_alive: Tells whether a runner lives.
    """

    def __init__(self, leases: FileLeases | None, is_alive: Callable[[str], bool]) -> None:
        self._leases = leases
        self._is_alive = is_alive
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def claim(self, event_id: str, execution_id: str) -> int:
        """Claim an event for an execution.

        Returns:
            1 when nobody did before; more when a runner that is gone did and may have kept that
            its execution took the event; 0 when another execution has it.

        Raises:
            JournalFull: There is no room on the disk.
        """
        name = id_of("event", event_id)
        with self._lock:
            holder, number = self._held.get(event_id, ("", 0))
            if number and (self._leases is None or self._leases.holds(name, number)):
                return number if holder == execution_id else 0
            number = 1 if self._leases is None else self._next(self._leases, name)
            if number:
                self._held[event_id] = (execution_id, number)
            if len(self._held) > REMEMBERED:
                self._held.popitem(last=False)
            return number

    def _next(self, leases: FileLeases, name: str) -> int:
        try:
            return leases.claim_next(name, after=0, is_alive=self._is_alive)
        except Superseded:
            return 0
        except OSError as error:
            message = f"no room to keep who takes an event: {error.strerror or error}"
            raise JournalFull(message) from error

    def has_lost(self, event_id: str, execution_id: str) -> bool:
        """Tell whether another runner has passed over a claim, as of one that stood still."""
        with self._lock:
            holder, number = self._held.get(event_id, ("", 0))
        if holder != execution_id or self._leases is None:
            return False
        return not self._leases.holds(id_of("event", event_id), number)

    def give_back(self, event_id: str, execution_id: str) -> None:
        """Undo a claim of an execution that has not taken the event after all."""
        with self._lock:
            holder, number = self._held.get(event_id, ("", 0))
            if holder != execution_id:
                return
            del self._held[event_id]
            if self._leases is not None:
                self._leases.give_back(id_of("event", event_id), number)
