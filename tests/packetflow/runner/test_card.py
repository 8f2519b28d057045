"""Cards: who a runner is and where it answers."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from packetflow.runner.card import card_path, read_card, sweep, write_card
from packetflow.runner.server import make_card
from packetflow.workspace.presence import Presence, lock_path


def test_a_card_comes_back_and_is_for_its_user_only(tmp_path: Path):
    presence = Presence(tmp_path, "r")
    card = make_card("r", 4711, "token", 3)

    write_card(card_path(tmp_path, "r"), card)

    assert read_card(card_path(tmp_path, "r")) == card
    assert stat.S_IMODE(card_path(tmp_path, "r").stat().st_mode) == 0o600
    presence.close()


@pytest.mark.parametrize("content", [b"", b"{", b'{"runner": 1}', b"\xff\xfe"])
def test_a_card_that_cannot_be_read_counts_as_none(tmp_path: Path, content: bytes):
    path = tmp_path / "runner.json"
    path.write_bytes(content)

    assert read_card(path) is None


def test_files_of_the_long_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path):
    living, dead = Presence(tmp_path, "living"), lock_path(tmp_path, "dead")
    dead.touch()
    card_path(tmp_path, "dead").touch()
    for path in (dead, card_path(tmp_path, "dead"), lock_path(tmp_path, "living")):
        os.utime(path, (1000, 1000))

    sweep(tmp_path)

    left = sorted(path.name for path in dead.parent.iterdir())
    living.close()
    assert left == ["living.lock"]
