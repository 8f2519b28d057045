"""Time limits around waits: a limit outlives the process once somebody waits for an event in it.

A timer in memory is enough for a step that works. A wait may be put aside, or outlive the process;
so the first one inside a time limit keeps the limit's end in the journal, with its own wait, and
whoever takes the execution up goes on to count from there.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from packetflow.engine.state import Frame


class Deadline:
    """The end of one time limit that is under way.

    Attributes:
        at_ns: When it ends, nanoseconds since 1970 UTC.
    """

    __slots__ = ("_around", "_expire", "_frame", "_is_kept", "_late", "_looking", "_name", "at_ns")

    def __init__(
        self,
        frame: Frame,
        place: tuple[str, int],
        seconds: float,
        *,
        expire: Callable[[], None],
    ) -> None:
        step, depth = place
        run = frame.run
        self._frame = frame
        self._name = (step, f"deadline {depth}.{frame.attempt}")
        self._around = ENCLOSING.get()
        self._expire = expire
        self._looking = 0
        self._late = False
        began = run.decided(step, frame.path, self._name[1])
        self._is_kept = began is not None
        self.at_ns = run.now() + run.wall_offset + int(seconds * 1e9)
        if began is not None:
            self.at_ns = int(began)

    @property
    def seconds_left(self) -> float:
        """How long it still runs; 0 when it is over."""
        run = self._frame.run
        return max(0.0, (self.at_ns - run.engine.clock.wall_ns()) / 1e9)

    def is_over(self) -> None:
        """Its time is over: say so, unless somebody looks whether an event came in time."""
        if self._looking:
            self._late = True
        else:
            self._expire()

    def keep(self) -> int:
        """Keep it and those around it in the journal; answers the earliest end."""
        if not self._is_kept:
            self._is_kept = True
            step, what = self._name
            self._frame.run.decide((step, self._frame.path), what, self.at_ns)
        return self.at_ns if self._around is None else min(self.at_ns, self._around.keep())

    def look(self, change: int) -> None:
        """Note that one more (1) or one less (-1) looks for events that came before."""
        self._looking += change
        if self._around is not None:
            self._around.look(change)
        if self._late and not self._looking:
            self._late = False
            self._expire()


ENCLOSING: Final[ContextVar[Deadline | None]] = ContextVar("packetflow_deadline", default=None)
"""The innermost time limit around what runs now."""
