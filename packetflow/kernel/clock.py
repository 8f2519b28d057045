"""Where the time comes from: passed in everywhere, so that tests can own it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


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
