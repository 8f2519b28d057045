"""The heartbeat of a runner: it beats for as long as the event loop turns."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Final

from packetflow.runner.presence import Presence, last_beat

BEAT_SECONDS: Final = 1.0
TICK_SECONDS: Final = 0.25


class Pulse:
    """Beats from a thread of its own, unless the loop has stood still for too long.

    A capability declared quick runs on the loop itself; if it hangs, the heartbeat stops and
    others may take over, although this process can do nothing about it any more.
    """

    def __init__(self, presence: Presence, *, blocked_seconds: float) -> None:
        self._presence = presence
        self._blocked_seconds = blocked_seconds
        self._ticked = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._handle: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to watch the running loop."""
        self._tick(asyncio.get_running_loop())
        self._thread.start()

    def stop(self) -> None:
        """Beat no more."""
        self._stopped.set()
        if self._handle is not None:
            self._handle.cancel()
        self._thread.join()

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        self._ticked = time.monotonic()
        self._handle = loop.call_later(TICK_SECONDS, self._tick, loop)

    def _beat(self) -> None:
        every = min(BEAT_SECONDS, self._blocked_seconds / 2)
        while not self._stopped.wait(every):
            if time.monotonic() - self._ticked < self._blocked_seconds:
                self._presence.beat()


class Listener:
    """Listens to another runner's heartbeat.

    Two clocks are asked: an old file time alone may mean that this machine slept, so the beat must
    also have been missing while this process was awake.
    """

    def __init__(self, folder: Path, runner: str, *, stale_seconds: float) -> None:
        self._folder = folder
        self._runner = runner
        self._stale_seconds = stale_seconds
        self._beat: float | None = None
        self._seen = time.monotonic()

    def is_stale(self) -> bool:
        """Tell whether the heartbeat has stopped for too long; ask about once a second."""
        beat = last_beat(self._folder, self._runner)
        now = time.monotonic()
        if beat is None:
            return False
        if beat != self._beat:
            self._beat, self._seen = beat, now
        missed = now - self._seen > min(3 * BEAT_SECONDS, self._stale_seconds / 2)
        return missed and time.time() - beat > self._stale_seconds
