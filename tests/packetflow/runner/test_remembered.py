"""Small facts that outlive runners."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from packetflow.runner.remembered import Remembered
from tests.forks import copied, is_free


def test_what_is_remembered_comes_back(tmp_path: Path):
    facts = Remembered(tmp_path / "triggered" / "facts.json")

    before = facts.read()
    facts.change(lambda known: known.update(a=1))

    assert (before, Remembered(tmp_path / "triggered" / "facts.json").read()) == ({}, {"a": 1})


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_a_file_that_cannot_be_read_counts_as_empty(tmp_path: Path, content: str):
    (tmp_path / "facts.json").write_text(content)

    assert Remembered(tmp_path / "facts.json").read() == {}


def test_changes_at_once_are_all_kept(tmp_path: Path):
    def add(number: int) -> None:
        Remembered(tmp_path / "facts.json").change(lambda known: known.update({str(number): 1}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(64)))

    assert len(Remembered(tmp_path / "facts.json").read()) == 64


def test_a_change_is_over_though_a_child_was_forked_meanwhile(tmp_path: Path):
    lock = tmp_path / "facts.lock"

    with ExitStack() as child:
        Remembered(tmp_path / "facts.json").change(lambda _: child.enter_context(copied(lock)))

        assert is_free(lock)
