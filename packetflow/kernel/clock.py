"""Where the time comes from: passed in everywhere, so that tests can own it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

_HELD_UP_NS: Final = 100_000
_TRIES: Final = 8


class Timer(Protocol):
    """A call that a clock will make later."""

    def cancel(self) -> None:
        """Call it off."""
        ...


class Clock(Protocol):
    """What the engine asks of a clock."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait that long; zero lets others run."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call *callback* on the running event loop after so long."""
        ...

    def working(self) -> AbstractContextManager[object]:
        """Around the wait for work that goes on outside the event loop: threads, processes.

        A clock of a test lets no time pass meanwhile.
        """
        ...


class SystemClock:
    """The machine's own clock."""

    wall_ns = staticmethod(time.time_ns)
    monotonic_ns = staticmethod(time.perf_counter_ns)

    async def sleep(self, seconds: float) -> None:
        """Wait on the running event loop."""
        await asyncio.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Call on the running event loop."""
        return asyncio.get_running_loop().call_later(seconds, callback)

    def working(self) -> AbstractContextManager[object]:
        """Time passes by itself."""
        return nullcontext()


def both_ns(clock: Clock) -> tuple[int, int]:
    """Read the wall clock and the monotonic clock as of one moment, to a tenth of a millisecond.

    A process that is held up between two readings would get times that do not belong together, and
    date with them all that follows; such readings are taken again.

    Returns:
        Nanoseconds since 1970-01-01 UTC, and the monotonic time of the same moment.
    """
    width, wall, now = _read(clock)
    for _ in range(_TRIES):
        if width < _HELD_UP_NS:
            break
        width, wall, now = min((width, wall, now), _read(clock))
    return wall, now


def _read(clock: Clock) -> tuple[int, int, int]:
    """How long it took, and both times."""
    before = clock.monotonic_ns()
    wall = clock.wall_ns()
    now = clock.monotonic_ns()
    return now - before, wall, now
