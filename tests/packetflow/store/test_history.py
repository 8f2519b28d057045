"""What the owner keeps of journal segments before it removes them."""

from __future__ import annotations

import pytest

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, StepDecision
from packetflow.store.files import places
from packetflow.store.history import partial_ids, records_from_store
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner
from packetflow.store.recall import SqlRecall
from packetflow.store.settings import Settings


class Asked:
    """An owner as a store."""

    def __init__(self, owner):
        self._owner = owner

    def sql(self, query, params=None, *, fresh=True):
        return self._owner.ask(query, params, fresh=fresh)


@pytest.fixture
def owner(tmp_path):
    owner = Owner(tmp_path, settings=Settings(journal_megabytes=0))
    yield owner
    owner.close()


def started(execution_id):
    return ExecutionStarted(execution_id, 1, 1, "n", "1", "sha", "test", {"raw": b"\x00", "x": 1})


def ended(execution_id):
    return ExecutionEnded(execution_id, 1, 9_999, "ok", {"nan": float("inf")})


def brought_in(owner):
    while owner.ingest():
        pass
    owner._prune()


def test_records_of_removed_segments_come_back_whole(tmp_path, owner):
    run = new_id()
    records = [started(run), StepDecision(run, 1, "s", (1,), "attempt", 2, 5), ended(run)]
    with JournalWriter(tmp_path, role="test") as journal:
        for record in records:
            journal.append(record)

    brought_in(owner)

    assert list(places(tmp_path).journal.glob("*.journal")) == []
    assert records_from_store(SqlRecall(Asked(owner)), places(tmp_path).journal, run) == records


def test_an_execution_with_a_part_in_a_removed_segment_is_still_read_whole(tmp_path, owner):
    run, long = new_id(), new_id()
    folder = places(tmp_path).journal
    early = JournalWriter(tmp_path, role="test", process="a")
    early.append(started(long))
    early.append(started(run))
    with JournalWriter(tmp_path, role="test", process="b") as later:
        later.append(ended(run))

    brought_in(owner)

    assert [path.name for path in folder.glob("*.journal")] == ["a.00000.journal"]
    assert partial_ids(folder) == {run}
    assert records_from_store(SqlRecall(Asked(owner)), folder, run) == [started(run), ended(run)]
    early.close()


def test_what_was_kept_twice_is_read_once(tmp_path, owner, monkeypatch):
    run = new_id()
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(started(run))
        journal.append(ended(run))
    monkeypatch.setattr("pathlib.Path.unlink", lambda *_, **__: None)  # killed before this
    brought_in(owner)
    monkeypatch.undo()

    brought_in(owner)

    found = records_from_store(SqlRecall(Asked(owner)), places(tmp_path).journal, run)
    assert found == [started(run), ended(run)]
