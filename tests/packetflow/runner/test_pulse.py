"""The heartbeat stops when the loop stands still, and a listener is not fooled by sleep."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from packetflow.runner.presence import Presence, last_beat, lock_path
from packetflow.runner.pulse import Listener, Pulse

OLD = (1000, 1000)


async def test_a_loop_that_turns_beats_and_one_that_stands_still_does_not(tmp_path: Path):
    presence = Presence(tmp_path, "r")
    pulse = Pulse(presence, blocked_seconds=0.2)
    pause = threading.Event()
    pulse.start()
    os.utime(lock_path(tmp_path, "r"), OLD)

    pause.wait(0.15)  # blocks the loop, not yet for too long
    beaten = last_beat(tmp_path, "r")
    pause.wait(0.25)
    os.utime(lock_path(tmp_path, "r"), OLD)
    pause.wait(0.3)
    silent = last_beat(tmp_path, "r")

    pulse.stop()
    presence.close()
    assert beaten != 1000
    assert silent == 1000


class Clocks:
    """Both clocks of a listener, set by the test."""

    def __init__(self) -> None:
        self.wall = 100_000.0
        self.awake = 0.0

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.awake

    def passes(self, seconds: float, *, asleep: bool = False) -> None:
        self.wall += seconds
        self.awake += 0.0 if asleep else seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr("packetflow.runner.pulse.time", clocks)
    return clocks


@pytest.fixture
def beaten(tmp_path: Path, clocks: Clocks) -> Path:
    lock = lock_path(tmp_path, "r")
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (clocks.wall, clocks.wall))
    return tmp_path


def test_a_heartbeat_that_stays_away_is_stale(beaten: Path, clocks: Clocks):
    listener = Listener(beaten, "r", stale_seconds=15)

    heard = []
    for _ in range(4):
        heard.append(listener.is_stale())
        clocks.passes(6)

    assert heard == [False, False, False, True]


def test_a_machine_that_slept_does_not_make_it_stale(beaten: Path, clocks: Clocks):
    listener = Listener(beaten, "r", stale_seconds=15)
    listener.is_stale()

    clocks.passes(3600, asleep=True)
    after_sleep = listener.is_stale()
    clocks.passes(4)

    assert not after_sleep
    assert listener.is_stale()


def test_a_runner_that_is_gone_is_not_called_stale(tmp_path: Path):
    assert not Listener(tmp_path, "nobody", stale_seconds=0.0).is_stale()
