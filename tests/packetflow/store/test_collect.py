from __future__ import annotations

import hashlib
import os
import time

import pytest

from packetflow.errors import StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived
from packetflow.store import collect as module
from packetflow.store.artifacts import ASIDE, Artifacts
from packetflow.store.collect import collect, is_due
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.store.settings import Settings
from tests.packetflow.store.records import NOON, SECOND, ended, span, started, wait
from tests.packetflow.store.test_owner import DAY, own, settle, write


def large(number):
    return bytes([number]) * 20_000


def sha(number):
    return hashlib.sha256(large(number)).hexdigest()


def age(folder, days=2):
    for path in places(folder).artifacts.glob("??/*"):
        os.utime(path, (path.stat().st_atime, time.time() - days * 86_400))


def kept(folder):
    return {path.name for path in places(folder).artifacts.glob("??/*")}


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(places(tmp_path).artifacts)


def collected(owner):
    owner.catch_up()
    return collect(owner._connection, owner.spots, owner._journals.alive())


def test_what_nothing_mentions_goes_once_it_is_old_enough(tmp_path, artifacts):
    artifacts.put(large(1))
    owner = own(tmp_path)

    young = collected(owner)
    age(tmp_path)

    assert (young, collected(owner)) == ([], [sha(1)])
    assert kept(tmp_path) == set()
    owner.close()


def test_whatever_any_record_mentions_stays(tmp_path):
    identity = new_id()
    write(
        tmp_path,
        started(identity, inputs={"x": large(1)}),
        span(identity, outputs={"x": large(2)}),
        span(identity, 2, outputs={}, inputs={"x": large(3)}, status="failed"),
        wait(identity),
        EventArrived("e1", "approved", "", {"x": large(4)}, NOON),
        span("no id", outputs={"x": large(5)}),
        ended(identity, outputs={"x": large(6)}),
    )
    owner = own(tmp_path)
    settle(owner)
    age(tmp_path)

    assert list(places(tmp_path).journal.glob("*.journal")) == []
    assert collected(owner) == []
    assert kept(tmp_path) == {sha(number) for number in range(1, 7)}
    owner.close()


def test_what_a_journal_mentions_that_was_not_brought_in_stays(tmp_path):
    owner = own(tmp_path)
    owner.ingest()
    write(tmp_path, span(new_id(), outputs={"x": large(1)}))
    age(tmp_path)

    assert collect(owner._connection, owner.spots, set()) == []
    owner.close()


def test_what_a_living_writer_may_be_about_to_mention_stays(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        owner = own(tmp_path)
        journal.put(large(1))
        moment = time.time() + 100 * module.QUIET_SECONDS
        during = collect_at(owner, moment)

    after = collect_at(owner, moment)

    assert (during, after) == ([], [sha(1)])
    owner.close()


def collect_at(owner, moment):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.time, "time", lambda: moment)
        return collected(owner)


def test_a_writer_that_is_not_known_yet_keeps_everything(tmp_path, artifacts):
    artifacts.put(large(1))
    age(tmp_path)
    owner = own(tmp_path)

    assert collect(owner._connection, owner.spots, {"stranger"}) == []
    owner.close()


def test_a_value_put_again_is_young_again(tmp_path, artifacts):
    artifacts.put(large(1))
    age(tmp_path)
    artifacts.put(large(1))
    owner = own(tmp_path)

    assert collected(owner) == []
    owner.close()


def test_a_value_put_again_as_it_is_set_aside_comes_back(tmp_path, artifacts, monkeypatch):
    artifacts.put(large(1))
    age(tmp_path)
    owner = own(tmp_path)
    rename = type(tmp_path).rename

    def meanwhile(path, target):
        artifacts.put(large(1))
        return rename(path, target)

    monkeypatch.setattr(type(tmp_path), "rename", meanwhile)

    assert collected(owner) == []
    assert artifacts.get(sha(1)) == large(1)
    assert kept(tmp_path) == {sha(1)}
    owner.close()


def test_what_a_killed_collector_set_aside_is_read_and_comes_back(tmp_path, artifacts):
    write(tmp_path, span(new_id(), outputs={"x": large(1)}))
    path = artifacts.path_of(sha(1))
    path.rename(path.with_name(path.name + ASIDE))
    owner = own(tmp_path)

    read = artifacts.get(sha(1))
    collected(owner)

    assert read == large(1)
    assert kept(tmp_path) == {sha(1)}
    owner.close()


def test_drafts_of_killed_writers_go(tmp_path, artifacts):
    artifacts.put(large(1))
    draft = artifacts.path_of(sha(1)).with_name(f"{sha(2)}.x.new")
    draft.write_bytes(b"half")
    write(tmp_path, span(new_id(), outputs={"x": large(1)}))
    age(tmp_path)
    owner = own(tmp_path)

    collected(owner)

    assert kept(tmp_path) == {sha(1)}
    owner.close()


def test_what_only_the_archive_mentions_moves_there_after_its_execution(tmp_path):
    long_ago = time.time_ns() // DAY * DAY - 40 * DAY
    identity = new_id()
    write(
        tmp_path,
        started(identity, at=long_ago),
        span(identity, started=long_ago, outputs={"x": large(1)}),
        ended(identity, at=long_ago + SECOND),
    )
    age(tmp_path)
    owner = own(tmp_path, settings=Settings(retention_days=30, journal_megabytes=0))
    settle(owner)
    first = collected(owner)
    owner._connection.execute("UPDATE history SET kept_at = kept_at - INTERVAL 40 DAY").fetchall()
    owner._next["archive"] = 0
    settle(owner)

    second = collected(owner)
    owner.close()

    assert (first, second) == ([], [sha(1)])
    archive = Artifacts(places(tmp_path).archive / "artifacts")
    assert archive.get(sha(1)) == large(1)
    with pytest.raises(StoreError, match="went to the archive"):
        Artifacts(places(tmp_path).artifacts).get(sha(1))


def test_it_is_due_once_an_hour_where_there_are_artifacts(tmp_path, artifacts):
    before = is_due(places(tmp_path))
    artifacts.put(large(1))
    owner = own(tmp_path)
    with_some = is_due(places(tmp_path))

    settle(owner)

    assert (before, with_some, is_due(places(tmp_path))) == (False, True, False)
    owner.close()


def test_a_file_cut_short_by_a_power_cut_is_written_anew(artifacts):
    artifacts.put(large(1))
    artifacts.path_of(sha(1)).write_bytes(b"")

    artifacts.put(large(1))

    assert artifacts.get(sha(1)) == large(1)
