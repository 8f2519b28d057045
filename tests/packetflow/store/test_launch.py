from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time

import pytest

from packetflow.errors import StoreError
from packetflow.kernel.ids import new_id
from packetflow.store import client as module
from packetflow.store import launch
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.store.talk import read_card
from tests.packetflow.store.records import span


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A workspace where no process can be started."""

    def refuse(*_, **__):
        raise PermissionError("no processes here")

    monkeypatch.setattr(launch.subprocess, "Popen", refuse)
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 0.05\n")
    yield tmp_path
    end = time.monotonic() + 60
    while places(tmp_path).card.exists():
        assert time.monotonic() < end, "the owner does not leave"


def counted(folder):
    with StoreClient(folder) as client:
        return client.sql("select count(*) n from span").to_pylist()[0]["n"]


def test_where_no_process_can_be_started_the_owner_is_a_thread_here(alone):
    with JournalWriter(alone, role="test") as journal:
        for number in range(5):
            journal.append(span(new_id(), number))

        with StoreClient(alone) as client:
            assert client.sql("select count(*) n from span").to_pylist() == [{"n": 5}]
            assert read_card(places(alone).card).pid == os.getpid()
        journal.append(span(new_id(), 9))
        assert counted(alone) == 6


def test_two_clients_share_the_one_owner_here(alone):
    with StoreClient(alone) as one, StoreClient(alone) as other:
        one.flush()
        card = read_card(places(alone).card)
        other.flush()

        assert read_card(places(alone).card) == card


def test_an_owner_that_cannot_even_begin_is_replaced_by_one_here(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 0.05\n")

    assert counted(tmp_path) == 0
    while places(tmp_path).card.exists():
        pass


def test_an_owner_here_says_why_it_cannot_start(alone):
    places(alone).prepare()
    places(alone).database.write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match="cannot open"):
        counted(alone)


def test_an_owner_that_was_killed_while_it_started_is_started_again(tmp_path, monkeypatch):
    began = []

    class Killed:
        def __init__(self, folder):
            began.append(folder)

        def has_ended(self):
            return True

        def failure(self):
            return launch.OwnerGone("killed")

    def start(folder):
        return Killed(folder) if not began else launch.OwnerThread(folder)

    monkeypatch.setattr(module, "launch", start)
    (tmp_path / "packetflow.toml").write_text("[store]\nlinger_seconds = 0.05\n")

    assert counted(tmp_path) == 0
    assert len(began) == 1
    while places(tmp_path).card.exists():
        pass


SCRIPT = """
import subprocess, sys
def refuse(*_, **__): raise PermissionError
subprocess.Popen = refuse
from packetflow.store.client import StoreClient
from packetflow.store.journal import JournalWriter
from tests.packetflow.store.records import log
journal = JournalWriter(sys.argv[1], role="test")
client = StoreClient(sys.argv[1])
client.flush()
journal.append(log("x"))
"""


def test_a_process_that_owns_may_end_without_a_word_and_nothing_is_lost(tmp_path):
    command = [sys.executable, "-W", "error", "-c", SCRIPT, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not places(tmp_path).card.exists()
    with places(tmp_path).lock.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
