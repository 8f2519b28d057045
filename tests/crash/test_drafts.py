"""Editors that are killed at any moment: no acknowledged edit is lost, none is done twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from packetflow.workspace.drafts import Drafts
from packetflow.workspace.folder import make_folder

KILLS = int(os.environ.get("KILLS", "12"))
EDITOR = """
import sys
from packetflow.workspace import draft_log
from packetflow.workspace.drafts import Drafts
draft_log.MOST_BYTES = 3000
draft = Drafts(sys.argv[1]).open("hello")
number = draft.snapshot().acks.get("page", 0)
saves = draft.snapshot().acks.get("saver", 0)
while True:
    number += 1
    step = {"use": "greet", "id": f"s{number}"}
    heard = draft.submit("page", number, [{"op": "insert", "step": step}])
    assert heard.done, heard
    print(number, flush=True)
    if number % 5 == 0:
        saves += 1
        assert draft.submit("saver", saves, [{"op": "save"}]).done
"""


@pytest.mark.crash
def test_kill_9_loses_no_acknowledged_edit(tmp_path: Path):
    folder = make_folder(tmp_path / "work").path
    chance = random.Random(5)
    told = 0
    for _ in range(KILLS):
        editor = subprocess.Popen(
            [sys.executable, "-c", EDITOR, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert editor.stdout is not None
        for _ in range(chance.randint(1, 8)):
            line = editor.stdout.readline()
            assert line, "the editor ended by itself"
            told = int(line)
        os.kill(editor.pid, signal.SIGKILL)
        rest = editor.stdout.read().split("\n")
        whole = [int(line) for line in rest[:-1] if line]
        told = max([told, *whole])
        editor.wait(30)
        editor.stdout.close()

        drafts = Drafts(folder)
        found = drafts.open("hello").snapshot()
        drafts.close()

        assert found.acks["page"] >= told
        ids = [line.split()[-1] for line in found.state.text.splitlines() if "id: s" in line]
        numbers = [int(one.strip("{},s")) for one in ids]
        assert numbers == list(range(1, found.acks["page"] + 1))
