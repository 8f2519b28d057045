"""Signs of life: files that tell who is there, and go with the process."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from packetflow.errors import WorkspaceError
from packetflow.runner.presence import (
    Presence,
    card_path,
    is_alive,
    is_locked,
    last_beat,
    lock_path,
    read_card,
    sweep,
    write_card,
)
from packetflow.runner.server import make_card


def test_a_runner_is_alive_from_its_presence_to_its_close(tmp_path: Path):
    before = is_alive(tmp_path, "r")
    presence = Presence(tmp_path, "r")
    during = is_alive(tmp_path, "r")

    presence.close()

    assert (before, during, is_alive(tmp_path, "r")) == (False, True, False)
    assert not lock_path(tmp_path, "r").exists()


def test_a_runner_without_a_recent_beat_is_there_but_not_alive(tmp_path: Path):
    presence = Presence(tmp_path, "r")
    os.utime(lock_path(tmp_path, "r"), (1000, 1000))

    found = (is_locked(tmp_path, "r"), is_alive(tmp_path, "r"))
    presence.beat()

    assert found == (True, False)
    assert is_alive(tmp_path, "r")
    presence.close()


def test_who_never_was_has_no_beat(tmp_path: Path):
    assert last_beat(tmp_path, "nobody") is None


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


def test_where_nothing_can_be_written_no_runner_can_live(tmp_path: Path):
    (tmp_path / ".packetflow").write_text("in the way")

    with pytest.raises(WorkspaceError, match="make the folder writable"):
        Presence(tmp_path, "r")


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
