from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from packetflow.errors import NewerWorkspace, OwnerGone, QueryFailed
from packetflow.kernel.ids import new_id
from packetflow.store import client as module
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner
from packetflow.store.server import Server
from packetflow.store.settings import Settings
from packetflow.store.talk import Ask, Card, encode, last_words, read_card, remove_card, write_card
from tests.packetflow.store.records import ended, log, span, started, whole

WAIT = 60


class Running:
    """An owner that answers in a thread of this process."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.settings = Settings(**{"linger_seconds": 60.0} | settings)
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self.thread.start()
        assert self.ready.wait(WAIT)

    def lingers(self, seconds):
        """How long it stays without a client, from now on."""
        self.server._owner.settings = Settings(linger_seconds=seconds)

    async def _serve(self):
        self.server = Server(Owner(self.folder, settings=self.settings))
        self.loop = asyncio.get_running_loop()
        running = asyncio.create_task(self.server.run())
        while read_card(places(self.folder).card) is None and not running.done():
            await asyncio.sleep(0.005)
        self.ready.set()
        await running

    def stop(self):
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.server.stop)
            self.thread.join(WAIT)
        assert not self.thread.is_alive()


@pytest.fixture
def folder(tmp_path):
    running = Running(tmp_path)
    yield tmp_path
    running.stop()


@pytest.fixture
def client(folder):
    with StoreClient(folder, start=False, patience_seconds=WAIT) as made:
        yield made


def test_a_client_reads_what_was_just_written(client, folder):
    with JournalWriter(folder, role="test") as journal:
        for record in whole():
            journal.append(record)

        table = client.sql("select name, status from executions where duration_ms > ?", [1])

    assert table.to_pylist() == [{"name": "onboard", "status": "ok"}]


def test_an_owner_that_stands_still_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(module, "_STALE_SECONDS", 0.2)
    running, go_on = Running(tmp_path), threading.Event()
    with StoreClient(tmp_path, start=False, patience_seconds=0.3) as client:
        client.sql("select 1")
        running.loop.call_soon_threadsafe(go_on.wait)
        try:
            with pytest.raises(OwnerGone, match="stands still, end it"):
                client.sql("select 2")
        finally:
            go_on.set()
        assert client.sql("select 3 as n").to_pylist() == [{"n": 3}]
    running.stop()


def test_a_question_may_take_longer_than_an_owner_may_stand_still(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(module, "_STALE_SECONDS", 0.5)
    running, ask = Running(tmp_path), Owner.ask

    def slowly(*args, **keywords):
        time.sleep(1.0)
        return ask(*args, **keywords)

    monkeypatch.setattr(Owner, "ask", slowly)
    with StoreClient(tmp_path, start=False) as client:
        assert client.sql("select 3 as n").to_pylist() == [{"n": 3}]
    running.stop()


def test_flush_returns_when_records_are_in_the_database(client, folder):
    with JournalWriter(folder, role="test") as journal:
        journal.append(span(new_id()))

        client.flush()

    assert client.sql("from span", fresh=False).num_rows == 1


def test_mistakes_come_back_in_the_words_of_the_database(client):
    with pytest.raises(QueryFailed, match="nme"):
        client.sql("select nme from executions")

    assert client.sql("select 1 as one").to_pylist() == [{"one": 1}]


def test_threads_may_ask_at_the_same_time(client):
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: client.sql("select ? as n", [n]).to_pylist()[0]["n"], range(40))
        )

    assert answers == list(range(40))


def test_the_card_is_for_its_user_only_and_a_wrong_token_is_refused(client, folder):
    path = places(folder).card
    assert path.stat().st_mode & 0o777 == 0o600
    card = read_card(path)

    write_card(path, Card(card.pid, card.port, "guessed"))
    stranger = StoreClient(folder, start=False, patience_seconds=0)

    with pytest.raises(OwnerGone):
        stranger.sql("select 1")
    write_card(path, card)


def test_a_tail_gives_records_as_they_come_and_only_those_wished(client, folder):
    identity = new_id()
    with (
        JournalWriter(folder, role="test") as journal,
        client.tail(("span", "end"), identity) as tail,
    ):
        for record in (
            started(identity),
            span(identity),
            log(identity),
            span(new_id()),
            ended(identity),
        ):
            journal.append(record)

        assert [tail.get(WAIT), tail.get(WAIT)] == [span(identity), ended(identity)]
        assert tail.get(0) is None


def test_closing_a_tail_ends_who_iterates_it(client):
    tail = client.tail()
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(tail))
    reader.start()

    tail.close()
    reader.join(WAIT)

    assert not reader.is_alive()
    with pytest.raises(OwnerGone, match="closed"):
        tail.get()


def test_a_closed_client_says_so(client):
    client.close()
    client.close()

    with pytest.raises(OwnerGone, match="client is closed"):
        client.sql("select 1")


def test_without_an_owner_a_client_that_may_start_none_says_so(tmp_path):
    with (
        StoreClient(tmp_path, start=False, patience_seconds=0) as client,
        pytest.raises(OwnerGone, match="no process answers"),
    ):
        client.sql("select 1")


def test_a_question_is_asked_again_when_the_owner_is_replaced(tmp_path):
    first = Running(tmp_path)
    with StoreClient(tmp_path, start=False, patience_seconds=WAIT) as client:
        client.sql("select 1")
        first.stop()
        second = Running(tmp_path)

        assert client.sql("select 2 as two").to_pylist() == [{"two": 2}]
        second.stop()


def test_an_owner_leaves_when_nobody_needs_it(tmp_path):
    running = Running(tmp_path, linger_seconds=0.0)

    running.thread.join(WAIT)

    assert not running.thread.is_alive()
    assert not places(tmp_path).card.exists()
    Owner(tmp_path, patience_seconds=0).close()


def test_an_owner_stays_for_a_client(tmp_path):
    running = Running(tmp_path)
    with StoreClient(tmp_path, start=False, patience_seconds=WAIT) as client:
        client.sql("select 1")

        running.lingers(0.1)
        running.thread.join(1)

        assert running.thread.is_alive()
    running.thread.join(WAIT)
    assert not running.thread.is_alive()


def test_the_card_of_a_next_owner_is_not_removed(tmp_path):
    path = tmp_path / "owner.json"
    write_card(path, Card(1, 2, "t"))

    remove_card(path, 7)
    assert read_card(path) == Card(1, 2, "t")

    remove_card(path, 1)
    assert read_card(path) is None


def test_the_last_words_of_an_owner_become_its_error_again(tmp_path):
    path = tmp_path / "owner.log"
    assert last_words(path) is None
    path.write_text("noise\n" + json.dumps({"code": "newer_workspace", "message": "update"}) + "\n")

    error = last_words(path)

    assert isinstance(error, NewerWorkspace)
    assert error.message == "update"


def test_a_question_is_broken_off_when_who_asked_it_leaves(tmp_path):
    running = Running(tmp_path)
    client = StoreClient(tmp_path, start=False, patience_seconds=WAIT)
    line = client._line()
    line.socket.send(encode(Ask("select count(*) from range(10000000000000) where range % 7 = 3")))
    running.lingers(0.1)
    line.close()

    running.thread.join(WAIT)

    assert not running.thread.is_alive()
