from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import msgspec
import pyarrow as pa
import pytest

from packetflow.engine.values import pack_all, unpack
from packetflow.errors import JournalFull, StoreError, WorkspaceGone
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ProcessSeen,
    ScoreGiven,
    StepDecision,
    StepIntent,
    ValueTag,
    WaitStarted,
)
from packetflow.store.frames import is_dead, read_segment, records_of, segments
from packetflow.store.journal import JournalWriter
from tests.forks import copied
from tests.packetflow.store.records import NOON, ended, log, span, started, whole


def everything(folder):
    found = []
    for path in segments(folder / ".packetflow" / "journal"):
        reader = read_segment(path)
        found += [record for _, record in reader]
        assert not reader.torn
    return [record for record in found if not isinstance(record, ProcessSeen)]


def test_what_is_appended_is_read_back_in_order(tmp_path):
    records = whole()

    with JournalWriter(tmp_path, role="test") as journal:
        for record in records:
            journal.append(record)

    assert everything(tmp_path) == records


def test_an_execution_neither_begins_nor_ends_in_a_deleted_journal(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        journal.path.unlink()

        journal.append(log(execution_id := new_id()))
        with pytest.raises(WorkspaceGone, match="was deleted"):
            journal.append(started(execution_id))
        with pytest.raises(WorkspaceGone):
            journal.append(ended(execution_id))


@pytest.mark.parametrize(
    "record",
    [
        EventArrived("e", "paid", "", {}, 1),
        ScoreGiven("x", "", "good", 1.0, "", "", 1),
        StepIntent("x", 1, "send", (), "key", 1),
        StepDecision("x", 1, "", (), "parked", 1, 1),
        WaitStarted("x", 1, "wait", (), "paid", "", 0, 1),
    ],
    ids=lambda record: type(record).__name__,
)
def test_what_somebody_counts_on_is_not_acknowledged_in_a_deleted_journal(tmp_path, record):
    with JournalWriter(tmp_path, role="test") as journal:
        journal.path.unlink()

        with pytest.raises(WorkspaceGone, match="was deleted"):
            journal.append(record)


def test_short_executions_look_for_the_journal_once_in_half_a_millisecond(tmp_path, monkeypatch):
    now = [10**9]
    monkeypatch.setattr(time, "monotonic_ns", lambda: now[0])
    looks, look = [], os.fstat
    with JournalWriter(tmp_path, role="test") as journal:
        monkeypatch.setattr(os, "fstat", lambda fd: looks.append(fd) or look(fd))
        for _ in range(100):
            journal.append(started(execution_id := new_id()))
            journal.append(ended(execution_id))
        journal.path.unlink()
        now[0] += 500_001

        with pytest.raises(WorkspaceGone):
            journal.append(started(new_id()))
        with pytest.raises(WorkspaceGone):
            journal.append(ended(execution_id))

    assert len(looks) == 3


def test_records_that_belong_together_are_kept_by_one_write_or_not_at_all(tmp_path, monkeypatch):
    records, written, write = whole(), [], os.write
    monkeypatch.setattr(
        os, "write", lambda fd, content: written.append(content) or write(fd, content)
    )

    with JournalWriter(tmp_path, role="test") as journal:
        written.clear()
        journal.append_all(records)
        assert len(written) == 1

        monkeypatch.setattr(
            os, "write", lambda fd, content: write(fd, content[: len(content) // 2])
        )
        with pytest.raises(JournalFull):
            journal.append_all(whole())

    assert everything(tmp_path) == records


def test_every_segment_begins_with_who_writes_it(tmp_path):
    with JournalWriter(tmp_path, role="runner", process="p1", segment_bytes=2000) as journal:
        for record in whole(spans=60):
            journal.append(record)

    paths = segments(tmp_path / ".packetflow" / "journal")
    firsts = [next(iter(read_segment(path)))[1] for path in paths]
    assert len(paths) > 2
    assert all(first.process == "p1" and first.role == "runner" for first in firsts)
    assert [path.name[:8] for path in paths[:2]] == ["p1.00000", "p1.00001"]


def test_rotation_keeps_every_record_once(tmp_path):
    records = whole(spans=100)

    with JournalWriter(tmp_path, role="test", segment_bytes=3000) as journal:
        for record in records:
            journal.append(record)

    assert everything(tmp_path) == records
    assert all(
        path.stat().st_size <= 3000 for path in segments(tmp_path / ".packetflow" / "journal")
    )


def test_segments_are_readable_by_their_user_only(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        assert journal.path.stat().st_mode & 0o777 == 0o600
        assert journal.path.parent.stat().st_mode & 0o777 == 0o700


def test_threads_may_append_at_the_same_time(tmp_path):
    with JournalWriter(tmp_path, role="test", segment_bytes=20_000) as journal:
        identity = new_id()

        def write(start):
            for number in range(200):
                journal.append(span(identity, start + number))

        threads = [threading.Thread(target=write, args=(1000 * n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    numbers = [record.span_id for record in everything(tmp_path)]
    assert sorted(numbers) == sorted(1000 * n + k for n in range(4) for k in range(200))


def test_large_values_go_to_artifacts_and_come_back(tmp_path):
    identity = new_id()
    table = pa.table({"n": list(range(5000))})
    outputs = {"text": "x" * 20_000, "raw": b"y" * 9000, "table": table, "small": 1}

    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(ExecutionEnded(identity, 1, NOON, "ok", pack_all(outputs, {})))
        (kept,) = everything(tmp_path)

        kinds = {name: getattr(value, "code", None) for name, value in kept.outputs.items()}
        assert kinds == {"text": 1, "raw": 1, "table": 1, "small": None}
        back = {name: unpack(value, None, journal.get) for name, value in kept.outputs.items()}
        assert back == outputs
    assert segments(tmp_path / ".packetflow" / "journal")[0].stat().st_size < 1500


def test_the_media_type_of_an_artifact_follows_its_value(tmp_path):
    table = msgspec.msgpack.Ext(int(ValueTag.ARROW), b"arrow" * 5000)
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(started(new_id(), inputs={"a": "x" * 20_000, "b": b"y" * 9000, "c": table}))
    (kept,) = everything(tmp_path)

    types = {name: msgspec.msgpack.decode(value.data)[1] for name, value in kept.inputs.items()}

    assert types == {
        "a": "application/msgpack",
        "b": "application/octet-stream",
        "c": "application/vnd.apache.arrow.stream",
    }


def test_small_records_keep_their_values_inside(tmp_path):
    record = started(new_id(), inputs={"text": "x" * 9000})

    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(record)

    assert everything(tmp_path) == [record]


def test_the_same_content_is_kept_once(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        first, second = journal.put(b"abc", "text/plain"), journal.put(b"abc", "text/plain")

        assert first == second
        assert journal.get(first) == b"abc"
        assert len(list(journal.artifacts.path_of(first).parent.iterdir())) == 1


def test_an_artifact_changed_on_disk_is_refused(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        sha = journal.put(b"abc", "text/plain")
        journal.artifacts.path_of(sha).write_bytes(b"abx")

        with pytest.raises(StoreError, match="was changed on disk"):
            journal.get(sha)
        with pytest.raises(StoreError, match="is missing"):
            journal.get("0" * 64)


def test_a_closed_journal_refuses_records(tmp_path):
    journal = JournalWriter(tmp_path, role="test")
    journal.close()
    journal.close()

    with pytest.raises(StoreError, match="is closed"):
        journal.append(log(new_id()))


def test_a_process_name_that_is_no_file_name_is_refused(tmp_path):
    with pytest.raises(StoreError, match="file name"):
        JournalWriter(tmp_path, role="test", process="../x")


def fill(journal, identity):
    for number in range(1000):
        journal.append(span(identity, number))


def test_a_full_disk_leaves_only_whole_records_and_writing_goes_on_when_there_is_room(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    identity = new_id()
    journal = JournalWriter(tmp_path, role="test")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
        with pytest.raises(JournalFull, match="free space"):
            fill(journal, identity)
        kept = journal.path.read_bytes().count(identity.encode())
        full = everything(tmp_path)
        with pytest.raises(JournalFull):
            journal.append(span(identity, 5000))
        with pytest.raises(JournalFull):
            journal.put(b"z" * 9000, "text/plain")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)
    journal.append(ended(identity))
    journal.close()

    assert [record.span_id for record in full] == list(range(kept))
    assert kept > 5
    assert everything(tmp_path) == [*full, ended(identity)]
    assert not list((tmp_path / ".packetflow").rglob("*.new"))


def test_a_forked_child_writes_a_segment_of_its_own(tmp_path):
    script = """
import os, sys
from packetflow.kernel.records import LogLine
from packetflow.store.journal import JournalWriter
journal = JournalWriter(sys.argv[1], role="parent")
journal.append(LogLine("e", 1, 1, "log", "info", "before", None))
child = os.fork()
journal.append(LogLine("e", 1, 2, "log", "info", "child" if child == 0 else "parent", None))
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
journal.append(LogLine("e", 1, 3, "log", "info", "after", None))
"""
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, env={**os.environ})

    by_segment = [
        [record.text for _, record in read_segment(path) if not isinstance(record, ProcessSeen)]
        for path in segments(tmp_path / ".packetflow" / "journal")
    ]
    assert by_segment == [["before", "parent", "after"], ["child"]]


def test_a_child_that_is_held_up_keeps_no_segment_alive(tmp_path):
    journal = JournalWriter(tmp_path, role="test", segment_bytes=1500)
    first = journal.path
    with copied(first):
        while journal.path == first:
            journal.append(log(new_id()))
        with copied(journal.path):
            alive = is_dead(first), is_dead(journal.path)
            journal.close()

            assert alive == (True, False)
            assert is_dead(journal.path)


def test_records_of_finds_one_execution_in_all_segments_by_epoch(tmp_path):
    one, other = new_id(), new_id()
    with JournalWriter(tmp_path, role="b", process="b") as second:
        second.append(log(other))
        second.append(span(one, 3, epoch=2))
    with JournalWriter(tmp_path, role="c", process="c") as first:
        first.append(started(one))
        first.append(span(one, 1))
        first.append(log(other, text=f"about {one}"))
        first.append(log(one))

    found = records_of(tmp_path / ".packetflow" / "journal", one)

    assert found == [started(one), span(one, 1), log(one), span(one, 3, epoch=2)]


def test_sync_and_position_follow_the_segment(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(log(new_id()))
        journal.sync()

        assert journal.position == (journal.path.name, journal.path.stat().st_size)


def test_records_without_an_epoch_stay_in_their_place_when_a_segment_is_full(tmp_path):
    one = new_id()
    records = [started(one), *(log(one, text=f"{number:03d}") for number in range(40))]
    with JournalWriter(tmp_path, role="test", segment_bytes=900) as journal:
        for record in records:
            journal.append(record)

    found = records_of(tmp_path / ".packetflow" / "journal", one)

    assert len(segments(tmp_path / ".packetflow" / "journal")) > 3
    assert found == records
