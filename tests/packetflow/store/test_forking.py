"""Objects that hold files are told in a forked child, and leave nothing behind when they go."""

import gc
import os
import weakref

from packetflow.store import forking
from packetflow.store.journal import JournalWriter


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
