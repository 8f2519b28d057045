import multiprocessing
import uuid

from packetflow.kernel import ids
from packetflow.kernel.ids import new_id


def test_ids_are_uuids_of_version_seven_that_sort_by_time(monkeypatch):
    made = []
    for moment in (1, 1_000, 1_700_000_000_000, 2**48 - 1):
        monkeypatch.setattr(ids.time, "time_ns", lambda at=moment: at * 1_000_000)
        made += [new_id() for _ in range(200)]
        assert {uuid.UUID(one).int >> 80 for one in made[-200:]} == {moment}
    found = [uuid.UUID(one) for one in made]

    assert {(one.version, one.variant) for one in found} == {(7, uuid.RFC_4122)}
    assert [str(one) for one in found] == made
    assert len(set(made)) == len(made)


def test_a_forked_process_makes_other_ids_than_its_parent(monkeypatch):
    monkeypatch.setattr(ids.time, "time_ns", lambda: 1)
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe()

    child = forked.Process(target=lambda: theirs.send([new_id() for _ in range(100)]))
    child.start()
    made = ours.recv()
    child.join()

    assert not {new_id() for _ in range(100)} & set(made)
