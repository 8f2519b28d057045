"""Time limits around waits: a limit outlives the process once somebody waits for an event in it.

A timer in memory is enough for a step that works. A wait may be put aside, or outlive the process;
so the first one inside a time limit keeps the limit's end in the journal, with its own wait, and
whoever takes the execution up goes on to count from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from packetflow.engine.state import Frame
from packetflow.kernel.clock import Timer


class Deadline:
    """The end of one time limit that is under way; `arm` starts to count, `disarm` ends it.

    Args:
        frame: Where it runs.
        place: The step inside it, and how many other limits stand between the two.
        seconds: How long it lasts.
        expire: Called when its time is over.
    """

    __slots__ = (
        "_around",
        "_at_ns",
        "_expire",
        "_frame",
        "_is_kept",
        "_is_late",
        "_looking",
        "_name",
        "_stopped_ns",
        "_stops",
        "_timer",
    )

    def __init__(
        self, frame: Frame, place: tuple[str, int], seconds: float, *, expire: Callable[[], None]
    ) -> None:
        step, depth = place
        run = frame.run
        self._frame = frame
        self._name = (step, f"deadline {depth}.{frame.attempt}")
        self._around = ENCLOSING.get()
        self._expire = expire
        self._looking = 0
        self._is_late = False
        self._stops = 0
        self._stopped_ns = 0
        self._timer: Timer | None = None
        before = run.decided(step, frame.path, self._name[1])
        self._is_kept = before is not None
        self._at_ns = self._now() + int(seconds * 1e9) if before is None else int(before)

    def _now(self) -> int:
        """The time as it was when the run began, and what passed since: it never steps."""
        run = self._frame.run
        return run.now() + run.wall_offset

    def arm(self) -> None:
        """Count from now on."""
        left = max(0.0, (self._at_ns - self._now()) / 1e9)
        self._timer = self._frame.run.engine.clock.call_later(left, self._is_over)

    def disarm(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._is_late = False

    def _is_over(self) -> None:
        self._is_late = True
        self._expire_if_late()

    def _expire_if_late(self) -> None:
        if self._is_late and not self._looking:
            self._is_late = False
            self._expire()

    def keep(self) -> int:
        """Keep it and those around it in the journal; answers the earliest end."""
        if not self._is_kept:
            self._is_kept = True
            step, what = self._name
            self._frame.run.decide((step, self._frame.path), what, self._at_ns)
        return self._at_ns if self._around is None else min(self._at_ns, self._around.keep())

    def look(self, change: int) -> None:
        """Note that one more (1) or one less (-1) looks for events that came in time."""
        self._looking += change
        if self._around is not None:
            self._around.look(change)
        if self._is_late and not self._looking:
            # not now: a task that cancels itself while it ends would end as cancelled
            asyncio.get_running_loop().call_soon(self._expire_if_late)

    def stop(self) -> None:
        """Let no time count, here and around, until `go_on` was called as often."""
        if self._around is not None:
            self._around.stop()
        self._stops += 1
        if self._stops == 1:
            self._stopped_ns = self._now()
            self.disarm()

    def go_on(self) -> None:
        """Let time count again."""
        self._stops -= 1
        if self._stops == 0:
            self._at_ns += self._now() - self._stopped_ns
            self._is_kept = False
            self.arm()
        if self._around is not None:
            self._around.go_on()


ENCLOSING: Final[ContextVar[Deadline | None]] = ContextVar("packetflow_deadline", default=None)
"""The innermost time limit around what runs now."""


@contextmanager
def uncounted() -> Iterator[None]:
    """Time that no limit counts: a person is asked something that is no part of the step."""
    around = ENCLOSING.get()
    if around is None:
        yield
        return
    token = ENCLOSING.set(None)
    around.stop()
    try:
        yield
    finally:
        around.go_on()
        ENCLOSING.reset(token)
