"""Signs of life: they go with the process, stop with its loop, and heed no clock that is set."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
import time
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

OLD = (-1000, -1000)
HOLD = (
    "import sys; from pathlib import Path; from packetflow.workspace.presence import Presence\n"
    "it = Presence(Path(sys.argv[1]), 'one'); print('there', flush=True); sys.stdin.read()"
)

# the child closes its copy as one that ends in peace does, and stays
FORK = (
    "import os, sys; from pathlib import Path\n"
    "from packetflow.workspace.presence import Presence\n"
    "it = Presence(Path(sys.argv[1]), 'one')\n"
    "if os.fork() == 0:\n"
    "    there = it.is_in_place; it.close(); print(there, it.path.exists(), flush=True)\n"
    "sys.stdin.read()\n"
)
WAIT = 60.0


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


def test_a_killed_runner_is_dead_though_its_forked_child_lives(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    said = process.stdout.readline()
    during = is_locked(tmp_path, "one")

    process.kill()
    process.wait(WAIT)

    assert (said, during) == (b"False True\n", True)
    assert not is_locked(tmp_path, "one")
    process.stdin.close()
    assert process.stdout.read() == b"", "the child lived until here"
    process.stdout.close()


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
    while last_beat(tmp_path, "r") == -1000:
        await asyncio.sleep(0.01)
    os.utime(lock_path(tmp_path, "r"), OLD)
    pause.wait(0.1)
    silent = last_beat(tmp_path, "r")

    presence.close()
    assert silent == -1000


async def test_whoever_beats_hears_that_the_workspace_was_deleted(tmp_path: Path):
    gone = asyncio.Event()
    presence = Presence(tmp_path / "home", "r")
    loop = asyncio.get_running_loop()
    presence.beat_on(loop, stale_seconds=0.06, lost=gone.set)
    before = presence.is_in_place

    shutil.rmtree(tmp_path / "home")
    async with asyncio.timeout(60):
        await gone.wait()

    assert (before, presence.is_in_place) == (True, False)
    presence.close()


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_is_set_makes_nobody_dead_or_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
):
    well, frozen = Presence(tmp_path, "well"), Presence(tmp_path, "frozen")
    os.utime(frozen.path, OLD)
    shown = time.time() + seconds
    monkeypatch.setattr("packetflow.workspace.presence.time.time", lambda: shown)

    say_hearing(tmp_path, "frozen", hears=True)
    os.utime(frozen.path, OLD)
    said = is_alive(tmp_path, "well"), is_hearing(tmp_path, "frozen")

    well.close()
    frozen.close()
    assert said == (True, False)


def test_saying_that_one_listens_is_a_beat_and_no_more(tmp_path: Path):
    presence = Presence(tmp_path, "r")

    say_hearing(tmp_path, "r", hears=True)
    beat = last_beat(tmp_path, "r")

    presence.close()
    assert beat is not None
    assert beat <= time.monotonic()


class Clock:
    """The clock of a listener, set by the test."""

    def __init__(self) -> None:
        self.now = 100_000.0

    def monotonic(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("packetflow.workspace.presence.time", clock)
    return clock


@pytest.fixture
def beaten(tmp_path: Path, clock: Clock) -> Path:
    lock = lock_path(tmp_path, "r")
    lock.parent.mkdir(parents=True)
    lock.touch()
    os.utime(lock, (clock.now, clock.now))
    return tmp_path


def test_a_heartbeat_that_stays_away_is_stale(beaten: Path, clock: Clock):
    listener = Listener(beaten, "r", stale_seconds=15)

    heard = []
    for _ in range(4):
        heard.append(listener.is_stale())
        clock.passes(6)

    assert heard == [False, False, False, True]


def test_who_begins_to_listen_waits_for_a_beat_before_it_calls_an_old_one_stale(
    beaten: Path, clock: Clock
):
    clock.passes(3600)
    listener = Listener(beaten, "r", stale_seconds=15)

    at_first = listener.is_stale()
    clock.passes(4)

    assert not at_first
    assert listener.is_stale()


def test_a_runner_that_is_gone_is_not_called_stale(tmp_path: Path):
    assert not Listener(tmp_path, "nobody", stale_seconds=0.0).is_stale()
