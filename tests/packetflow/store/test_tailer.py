"""The journals that the owner follows, and those that nobody needs any more."""

import pytest

from packetflow.kernel.records import MetricPoint
from packetflow.store import tailer
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.store.tailer import Journals


@pytest.fixture
def journals(tmp_path):
    for process in ("a", "b", "c"):
        with JournalWriter(tmp_path, role="test", process=process) as journal:
            journal.append(MetricPoint(1, "sent", "counter", 1.0, {}))
    positions: dict[str, int] = {}
    found = Journals(places(tmp_path).journal, positions)
    found.look()
    found.probe()
    while pieces := found.read():
        positions.update({piece.segment: piece.end for piece in pieces})
    return found


def size(journals):
    return next(iter(journals.look().values()))


def test_the_newest_finished_segments_stay_up_to_a_size(journals):
    keep = 2 * size(journals)

    assert [path.name for path in journals.finished(set(), keep)] == ["a.00000.journal"]
    assert len(journals.finished(set())) == 3


def test_no_more_than_so_many_finished_segments_stay(journals, monkeypatch):
    monkeypatch.setattr(tailer, "MOST_KEPT", 1)

    assert len(journals.finished(set(), 1_000_000)) == 2
