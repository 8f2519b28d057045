"""For tests of capabilities and compositions: time that passes only when nothing else is left.

```python
clock = FakeClock()
engine = Engine(MemorySink(), clock=clock)
execution = await engine.run(fetch.retry(3, on=OSError, wait=60), {"url": "..."})
assert clock.seconds == 60  # and the test took no time
```
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from packetflow.engine.ports import MemorySink

__all__ = ["FakeClock", "MemorySink"]


class _Timer:
    __slots__ = ("callback", "cancelled", "due", "number")

    def __init__(self, due: int, number: int, callback: Callable[[], object]) -> None:
        self.due = due
        self.number = number
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True

    def __lt__(self, other: _Timer) -> bool:
        return (self.due, self.number) < (other.due, other.number)


class FakeClock:
    """A clock for one event loop: it jumps to the next timer once every task waits.

    Timers that are due at the same moment run in the order in which they were set. No time passes
    while a thread or a process works for a step (so a test never depends on how fast it is);
    `advance` lets it pass all the same, for a step that hangs.

    Args:
        wall_ns: What `wall_ns` says at the start; 2025-01-01 UTC by default.
    """

    def __init__(self, wall_ns: int = 1_735_689_600_000_000_000) -> None:
        self._began = wall_ns
        self._now = 0
        self._timers: list[_Timer] = []
        self._numbers = 0
        self._working = 0
        self._watching = False

    @property
    def seconds(self) -> float:
        """How much time has passed since it was made."""
        return self._now / 1e9

    @property
    def timers(self) -> int:
        """How many timers are set and not called off."""
        return sum(not timer.cancelled for timer in self._timers)

    def wall_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return self._began + self._now

    def monotonic_ns(self) -> int:
        """Nanoseconds since the clock was made."""
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], object]) -> _Timer:
        """Call *callback* once that much time has passed."""
        self._numbers += 1
        timer = _Timer(self._now + max(0, round(seconds * 1e9)), self._numbers, callback)
        heapq.heappush(self._timers, timer)
        self._watch()
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until that much time has passed."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: _answer(done))
        try:
            await done
        finally:
            timer.cancel()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around the wait for work outside the event loop: no time passes by itself."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            self._watch()

    def advance(self, seconds: float) -> None:
        """Let time pass, whoever works; timers that become due are called on the running loop."""
        self._call_due(self._now + round(seconds * 1e9))

    def _call_due(self, until: int) -> None:
        loop = asyncio.get_running_loop()
        while self._timers and self._timers[0].due <= until:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self._now = max(self._now, timer.due)
                loop.call_soon(timer.callback)
        self._now = max(self._now, until)

    def _watch(self) -> None:
        """Look at each turn of the loop whether anybody still runs."""
        if not self._watching and self._timers:
            self._watching = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._watching = False
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        if not self._timers or self._working:
            return
        ready = getattr(asyncio.get_running_loop(), "_ready", ())
        if not ready:
            self._call_due(self._timers[0].due)
        self._watch()


def _answer(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
