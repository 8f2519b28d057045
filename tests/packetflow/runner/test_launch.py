"""Who may start a runner: one at a time, and nobody is kept from it for longer."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from packetflow.errors import NoRunner
from packetflow.runner import RunnerClient
from packetflow.runner.launch import start_lock
from packetflow.workspace.presence import state_of
from tests.forks import copied, is_free

TINY = "tiny_host:TinyHost"
WAIT = 60.0


@pytest.fixture
def lock(folder: Path) -> Path:
    state_of(folder).mkdir()
    return state_of(folder) / "runner.start.lock"


@pytest.mark.parametrize("error", [None, NoRunner("it did not start")])
def test_the_next_one_may_start_though_a_child_was_forked_meanwhile(
    folder: Path, lock: Path, error: NoRunner | None
):
    with ExitStack() as child:
        with ExitStack() as refused:
            if error is not None:
                refused.enter_context(pytest.raises(NoRunner))
            with start_lock(folder, 0):
                child.enter_context(copied(lock))
                if error is not None:
                    raise error

        assert is_free(lock)


def test_who_is_interrupted_leaves_the_lock_to_the_runner_that_starts(folder: Path, lock: Path):
    starting = start_lock(folder, 0)
    starting.__enter__()

    with copied(lock):
        assert not starting.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)

        assert not is_free(lock)


def test_a_runner_that_was_started_by_hand_can_be_replaced(folder: Path):
    command = [sys.executable, "-P", "-m", "packetflow.runner", str(folder), "--host", TINY]
    told, tell = os.pipe()
    with subprocess.Popen([*command, "--ready-fd", str(tell)], pass_fds=[tell]) as process:
        os.close(tell)
        with os.fdopen(told) as ready:
            assert "runner" in ready.readline()
        with RunnerClient(folder, host=TINY) as client:
            by_hand = client.card

            generation = client.reload()

            assert (by_hand.pid, generation) == (process.pid, 2)
        process.wait(WAIT)
