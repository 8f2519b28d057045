"""Objects that hold files are told in a forked child, and leave nothing behind when they go."""

import fcntl
import gc
import os
import weakref

from packetflow.store import forking
from packetflow.store.journal import JournalWriter
from tests.forks import copied, is_free


def test_a_journal_that_is_gone_leaves_nothing_to_be_told_of_forks(tmp_path, monkeypatch):
    hooks: list[object] = []
    monkeypatch.setattr(os, "register_at_fork", lambda **hook: hooks.append(hook))
    gone = []

    for number in range(3):
        with JournalWriter(tmp_path / str(number), role="test") as journal:
            assert journal in forking._open
            gone.append(weakref.ref(journal))
    del journal
    gc.collect()

    assert [one() for one in gone] == [None] * 3
    assert not hooks


def test_everything_that_lives_is_told():
    told = []

    class Holder:
        def forked(self) -> None:
            told.append(self)

    one, other = Holder(), Holder()
    forking.tell_when_forked(one)
    forking.tell_when_forked(other)
    del other
    gc.collect()

    for each in list(forking._open):
        if isinstance(each, Holder):
            each.forked()

    assert told == [one]


def test_a_lock_is_let_go_for_all_copies_of_its_file(tmp_path):
    path = tmp_path / "lock"
    lock = os.open(path, os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with copied(path):
        held = not is_free(path)
        forking.let_go(lock)

        assert held
        assert is_free(path)
