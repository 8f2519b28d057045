"""A runner that is frozen in the midst of a run, superseded, and woken again does no harm."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from packetflow import Workspace
from packetflow.errors import RunElsewhere, RunError
from packetflow.kernel.records import Status
from tests.crash.workers import TICKS, read_marks

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]


def worker(*arguments):
    command = [sys.executable, "-m", "tests.crash.workers", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def wait_until(holds, seconds=60.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.002)


def calls(folder, step):
    return sum(one[1].startswith(step) for one in read_marks(folder))


@pytest.mark.parametrize("step", ["tick", "pay"])
def test_a_frozen_runner_that_wakes_up_superseded_does_no_harm(tmp_path, step):
    (tmp_path / "packetflow.toml").write_text("[runner]\nstale_seconds = 2.0\n")
    with Workspace(tmp_path) as ws:  # open already, or its opening takes longer than the heartbeat
        ws.learnt(TICKS)
        frozen = worker("ticks", tmp_path)
        _, run, _ = frozen.stdout.readline().split()
        wait_until(lambda: calls(tmp_path, step) >= 3)
        frozen.send_signal(signal.SIGSTOP)
        early = read_marks(tmp_path)
        with pytest.raises(RunElsewhere):
            ws.resume(run)  # its heartbeat is still fresh
    time.sleep(2.1)

    other = worker("resume", tmp_path, run)
    wait_until(lambda: len(read_marks(tmp_path)) > len(early) + 3)
    woken_at = time.time_ns()
    frozen.send_signal(signal.SIGCONT)
    said, _ = frozen.communicate(timeout=60)
    stopped_after = (time.time_ns() - woken_at) / 1e9
    finished, _ = other.communicate(timeout=60)

    late = [one for one in read_marks(tmp_path) if one[4] == str(frozen.pid)][len(early) :]
    paid = [one[1] for one in read_marks(tmp_path) if one[1].startswith("pay")]
    print(f"woken runner: {len(late)} further calls, gone after {stopped_after:.2f} s")
    assert said.split()[2:] in (["cancelled", "Superseded"], ["failed", "Superseded"])
    assert finished.split()[2:] == ["ok", "24"]
    assert not [one for one in late if one[1].startswith("pay")]
    assert len(late) <= 3
    assert len(paid) == len(set(paid)) == 8
    with Workspace(tmp_path) as ws:
        ws.learnt(TICKS)
        rows = ws.sql("select status, epoch, error, outputs->>'n' as n from executions").to_pylist()
        kept = ws.execution(run)
        with pytest.raises(RunError, match="done"):
            ws.resume(run)
    assert rows == [{"status": "ok", "epoch": 2, "error": None, "n": "24"}]
    assert (kept.status, kept.outputs["n"], kept.failure) == (Status.OK, 24, None)
    places = [(span.step, span.path) for span in kept.spans if span.kind == "capability"]
    assert len(places) == len(set(places)) == 33
