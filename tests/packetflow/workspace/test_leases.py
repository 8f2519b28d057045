"""At any time one runner owns an execution."""

import os
import threading
from pathlib import Path

import pytest

from packetflow.errors import Superseded
from packetflow.workspace.leases import FileLeases


def test_of_many_who_claim_one_wins(tmp_path: Path):
    start = threading.Barrier(8, timeout=60)
    won: list[int] = []

    def claim(number: int) -> None:
        leases = FileLeases(tmp_path, f"runner {number}")
        start.wait()
        try:
            leases.claim("e", 2)
        except Superseded:
            return
        won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(won) == 1
    assert FileLeases(tmp_path, "x").newest("e") == (2, f"runner {won[0]}")


def test_whoever_was_superseded_sees_it_and_learns_by_whom(tmp_path: Path):
    old, new = FileLeases(tmp_path, "old"), FileLeases(tmp_path, "new")
    assert old.holds("e", 1)
    new.claim("e", 2)

    assert not old.holds("e", 1)
    assert new.holds("e", 2)
    assert old.holds("other", 1)
    with pytest.raises(Superseded, match="'new'"):
        old.claim("e", 2)


def test_the_newest_lease_is_the_one_of_the_highest_epoch(tmp_path: Path):
    leases = FileLeases(tmp_path, "one")
    leases.claim("e", 2)
    leases.claim("e", 10)

    assert leases.newest("e") == (10, "one")
    assert leases.newest("never") == (0, "")


def test_leases_of_long_ago_are_taken_away_now_and_again(tmp_path: Path):
    leases = FileLeases(tmp_path, "one")
    for number in range(3):
        leases.claim(f"old-{number}", 2)
    left_by_the_dead = tmp_path / "leases" / ".gone.1"
    left_by_the_dead.touch()
    for path in (tmp_path / "leases").iterdir():
        os.utime(path, (1000, 1000))

    leases.claim("new", 2)
    kept = len(list((tmp_path / "leases").iterdir()))
    FileLeases(tmp_path, "two").claim("new", 3)

    assert kept == 5
    assert sorted(path.name for path in (tmp_path / "leases").iterdir()) == ["new.2", "new.3"]
    assert FileLeases(tmp_path, "two").newest("new") == (3, "two")
