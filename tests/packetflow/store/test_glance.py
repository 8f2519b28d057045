"""A segment that has not changed is not read again, and one that has is."""

from pathlib import Path

import pytest

from packetflow.kernel.ids import new_id
from packetflow.store import glance as module
from packetflow.store.files import places
from packetflow.store.frames import parts_of, records_of
from packetflow.store.glance import Glance
from packetflow.store.journal import JournalWriter
from tests.packetflow.store.records import ended, span, started


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the segments that were searched."""
    found: list[str] = []
    plain = module.mentions

    def mentions(path: Path, needle: bytes) -> bool:
        found.append(path.name)
        return plain(path, needle)

    monkeypatch.setattr(module, "mentions", mentions)
    return found


def test_what_is_told_is_what_a_search_of_everything_tells(tmp_path, reads):
    folder, ids, glance = places(tmp_path).journal, [new_id() for _ in range(4)], Glance()
    for one in ids:
        with JournalWriter(tmp_path, role="test") as journal:
            journal.append(started(one))
            journal.append(span(one))
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(ended(ids[2]))

    for _ in range(3):
        for one in ids:
            found = parts_of(folder, one, glance.may_hold)
            assert [r for part in found.values() for r in part] == records_of(folder, one)
    assert len(reads) == 5
    assert not parts_of(folder, new_id(), glance.may_hold)


def test_a_segment_that_grows_is_searched_anew(tmp_path, reads):
    folder, glance, one, other = places(tmp_path).journal, Glance(), new_id(), new_id()
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(started(one))
        for _ in range(3):
            assert not parts_of(folder, other, glance.may_hold)
        journal.append(started(other))

        assert len(parts_of(folder, other, glance.may_hold)) == 1
        assert len(reads) == 2


def test_segments_that_were_removed_are_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_KNOWN", 2)
    folder, glance = places(tmp_path).journal, Glance()
    for _ in range(5):
        with JournalWriter(tmp_path, role="test") as journal:
            parts_of(folder, new_id(), glance.may_hold)
        journal.path.unlink()

    assert len(glance._known) <= 2
