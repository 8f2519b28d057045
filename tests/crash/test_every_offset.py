"""A journal cut at any place, as ``kill -9`` leaves it: resumed runs lose and repeat nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crash.flows import FLOWS

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]


SECONDS = 1500 if int(os.environ.get("KILLS", "12")) >= 100 else 300


def live(what, plan, folder):
    """Do a plan in a process of its own and answer what it tells."""
    (folder / "plan").write_text(json.dumps(plan))
    command = [sys.executable, "-m", "tests.crash.lives", what, str(folder / "plan")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    """For every flow, the lives that went on where its journal was cut."""
    base = tmp_path_factory.mktemp("whole")
    whole = live("record", {"folder": str(base), "flows": list(FLOWS)}, base)
    scratch = tmp_path_factory.mktemp("cut")
    plan = {"folder": str(base), "whole": whole, "scratch": str(scratch)}
    return live("resume", plan, scratch)


@pytest.mark.parametrize("flow", FLOWS)
def test_a_journal_cut_anywhere_is_taken_up_without_loss_or_repetition(flow, lives):
    told = lives[flow]
    wrong = [life for life in told if life["problems"]]
    asked = sum(life["asked"] for life in told)
    print(f"{flow}: {len(told)} cuts, {asked} questions, {len(wrong)} wrong")

    assert len(told) > 20
    assert wrong == []
