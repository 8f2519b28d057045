"""Signs of life: they go with the process, stop with its loop, and are not fooled by sleep."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from packetflow.errors import WorkspaceError
from packetflow.workspace.presence import (
    Listener,
    Presence,
    is_alive,
    is_hearing,
    is_locked,
    last_beat,
    lock_path,
    say_hearing,
)

OLD = (1000, 1000)
HOLD = (
    "import sys; from pathlib import Path; from packetflow.workspace.presence import Presence\n"
    "it = Presence(Path(sys.argv[1]), 'one'); print('there', flush=True); sys.stdin.read()"
)


def test_a_runner_is_alive_from_its_presence_to_its_close(tmp_path: Path):
    before = is_alive(tmp_path, "r")
    presence = Presence(tmp_path, "r")
    during = is_alive(tmp_path, "r")

    presence.close()
    presence.close()

    assert (before, during, is_alive(tmp_path, "r")) == (False, True, False)
    assert not lock_path(tmp_path, "r").exists()


def test_a_runner_without_a_recent_beat_is_there_but_not_alive(tmp_path: Path):
    presence = Presence(tmp_path, "r")
    os.utime(lock_path(tmp_path, "r"), OLD)

    found = (is_locked(tmp_path, "r"), is_alive(tmp_path, "r"))
    presence.beat()

    assert found == (True, False)
    assert is_alive(tmp_path, "r")
    presence.close()


def test_a_killed_runner_is_dead_at_once_and_its_file_goes(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"there\n"
        assert is_alive(tmp_path, "one")
        process.kill()
        process.wait(20)

    assert not is_alive(tmp_path, "one")
    assert not lock_path(tmp_path, "one").exists()


def test_who_never_was_has_no_beat(tmp_path: Path):
    assert last_beat(tmp_path, "nobody") is None


def test_where_nothing_can_be_written_no_runner_can_live(tmp_path: Path):
    (tmp_path / ".packetflow").write_text("in the way")

    with pytest.raises(WorkspaceError, match="make the folder writable"):
        Presence(tmp_path, "r")


def test_who_listens_to_events_says_so_as_long_as_it_lives(tmp_path: Path):
    presence = Presence(tmp_path, "r")

    told = [is_hearing(tmp_path, "r")]
    say_hearing(tmp_path, "r", hears=True)
    told.append(is_hearing(tmp_path, "r"))
    os.utime(lock_path(tmp_path, "r"), OLD)
    told.append(is_hearing(tmp_path, "r", stale_seconds=1))
    presence.beat()
    say_hearing(tmp_path, "r", hears=False)
    told.append(is_hearing(tmp_path, "r"))
    presence.close()
    say_hearing(tmp_path, "r", hears=True)
    told.append(is_hearing(tmp_path, "r"))

    assert told == [False, True, False, False, False]


async def test_a_loop_that_turns_beats_and_one_that_stands_still_does_not(tmp_path: Path):
    presence = Presence(tmp_path, "r")
    presence.beat_on(asyncio.get_running_loop(), stale_seconds=0.06)
    pause = threading.Event()

    os.utime(lock_path(tmp_path, "r"), OLD)
    while last_beat(tmp_path, "r") == 1000:
        await asyncio.sleep(0.01)
    os.utime(lock_path(tmp_path, "r"), OLD)
    pause.wait(0.1)
    silent = last_beat(tmp_path, "r")

    presence.close()
    assert silent == 1000


async def test_whoever_beats_hears_that_the_workspace_was_deleted(tmp_path: Path):
    gone = asyncio.Event()
    presence = Presence(tmp_path / "home", "r")
    loop = asyncio.get_running_loop()
    presence.beat_on(loop, stale_seconds=0.06, lost=gone.set)
    before = presence.is_in_place

    shutil.rmtree(tmp_path / "home")
    async with asyncio.timeout(20):
        await gone.wait()

    assert (before, presence.is_in_place) == (True, False)
    presence.close()


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
    monkeypatch.setattr("packetflow.workspace.presence.time", clocks)
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
