"""The sign of life of a runner."""

import os
import subprocess
import sys
from pathlib import Path

from packetflow.workspace.alive import Pulse, is_alive

HOLD = (
    "import sys; from pathlib import Path; from packetflow.workspace.alive import Pulse\n"
    "pulse = Pulse(Path(sys.argv[1]), 'one'); print('there', flush=True); sys.stdin.read()"
)


def test_a_runner_lives_from_its_first_beat_to_its_end(tmp_path: Path):
    assert not is_alive(tmp_path, "one")
    pulse = Pulse(tmp_path, "one")
    assert is_alive(tmp_path, "one")
    pulse.close()
    pulse.close()

    assert not is_alive(tmp_path, "one")
    assert list((tmp_path / "runners").iterdir()) == []


def test_a_frozen_runner_counts_as_dead_until_it_beats_again(tmp_path: Path):
    pulse = Pulse(tmp_path, "one")
    os.utime(pulse.path, (0, 0))
    assert not is_alive(tmp_path, "one")

    pulse.beat()

    assert is_alive(tmp_path, "one")
    pulse.close()


def test_a_killed_runner_is_dead_at_once(tmp_path: Path):
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
