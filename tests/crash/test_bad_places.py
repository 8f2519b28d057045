"""Full disks, deleted folders, newer versions and damaged journals: clear errors, nothing lost."""

from __future__ import annotations

import contextlib
import logging
import shutil
import subprocess
import threading

import duckdb
import pytest

from packetflow import Context, Workspace, capability
from packetflow.errors import NewerWorkspace, WorkspaceGone
from packetflow.kernel.records import Status
from packetflow.store.files import places
from packetflow.store.frames import read_segment
from packetflow.store.schema import migrate
from tests.crash.flows import FLOWS, Marks, add, mark, marks, start

pytestmark = pytest.mark.crash


@pytest.fixture(autouse=True)
def _marks(tmp_path):
    Marks.path = tmp_path / "marks"


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_on_a_full_disk_a_run_stops_before_its_next_step_and_goes_on_later(small_disk):
    ballast, whole = small_disk / "ballast", []

    @capability(provides="n", run_in="loop")
    def hog(n: int, context: Context) -> int:
        """Fill the disk, once."""
        mark(context)
        if not whole:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(64))
        whole.append(n)
        return n

    flow = start >> hog
    for _ in range(60):
        flow = flow >> add
    with Workspace(small_disk) as ws:
        stopped = ws.run_sync(flow, seed=1)
        called = marks()
        ballast.unlink()
        done = ws.resume(stopped.id).result(60)

    assert (stopped.status, stopped.failure.error_type) == (Status.FAILED, "JournalFull")
    assert len(called) < 60
    assert (done.status, done["n"]) == (Status.OK, 62)
    assert marks()[len(called) :][0] == called[-1], "the one that could not be kept"
    assert len(marks()) == 62 + 1
    assert not read_torn(small_disk)


def read_torn(folder):
    torn = []
    for path in places(folder).journal.glob("*.journal"):
        reader = read_segment(path)
        torn += [path] if list(reader) and reader.torn else []
    return torn


def test_a_folder_deleted_while_open_gives_a_clear_error_and_a_new_one_is_sound(tmp_path, caplog):
    folder = tmp_path / "work"
    folder.mkdir()
    with caplog.at_level(logging.WARNING), Workspace(folder) as ws:
        ws.run_sync(FLOWS["chain"], seed=1)
        ws.sql("select 1")
        shutil.rmtree(folder)
        folder.mkdir()

        with Workspace(folder) as fresh:
            done = fresh.run_sync(FLOWS["chain"], seed=5)
            assert fresh.sql("select status from executions").to_pylist() == [{"status": "ok"}]
        with pytest.raises(WorkspaceGone, match="was deleted while it was open"):
            ws.run_sync(FLOWS["fan"], seed=1)

    with Workspace(folder) as again:
        assert again.execution(done.id)["result"] == done["result"]
    assert [one for one in caplog.records if one.exc_info] == []


@pytest.mark.parametrize("asked_before", [True, False])
def test_a_deleted_folder_takes_no_event_and_does_not_come_back(tmp_path, asked_before):
    folder = tmp_path / "work"
    folder.mkdir()
    with Workspace(folder) as ws:
        if asked_before:
            ws.sql("select 1")
        shutil.rmtree(folder)

        with pytest.raises(WorkspaceGone, match="was deleted while it was open"):
            ws.emit("paid", {"amount": 1})
        with pytest.raises(WorkspaceGone, match="was deleted while it was open"):
            ws.sql("select count(*) from executions")
        is_back = folder.exists()

    assert not is_back


def test_what_ends_well_in_a_deleted_folder_is_not_called_done(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()

    @capability(provides="gone")
    def delete(path: str) -> bool:
        """Delete a folder."""
        shutil.rmtree(path)
        return True

    with Workspace(folder) as ws, pytest.raises(WorkspaceGone):
        ws.run_sync(delete, path=str(folder))


def test_what_runs_when_the_folder_is_deleted_is_stopped_by_the_heartbeat(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "packetflow.toml").write_text("[runner]\nstale_seconds = 0.3\n")
    begun, go_on = threading.Event(), threading.Event()

    @capability(provides="waited")
    def long() -> bool:
        """Take long."""
        begun.set()
        return go_on.wait(60)

    with Workspace(folder) as ws:
        handle = ws.start(long)
        begun.wait(20)
        shutil.rmtree(folder)
        ended = handle.result(60)
        go_on.set()

    assert ended.status == Status.CANCELLED
    assert "was deleted while it was open" in ended.failure.message


def test_a_workspace_of_a_newer_version_runs_nothing_by_halves(tmp_path):
    places(tmp_path).prepare()
    with duckdb.connect(str(places(tmp_path).database)) as connection:
        migrate(connection)
        query = "INSERT INTO schema_migration VALUES (99, 'future', '', '', NULL)"
        connection.execute(query).fetchall()

    with Workspace(tmp_path) as ws, pytest.raises(NewerWorkspace, match="update PacketFlow"):
        ws.sql("select count(*) from executions")


def test_a_workspace_of_a_newer_version_is_refused_when_it_is_opened(tmp_path):
    places(tmp_path).prepare()
    places(tmp_path).format.write_text('{"schema": 99, "packetflow": "9.0"}')

    with pytest.raises(NewerWorkspace, match=r"newer PacketFlow \(9.0, schema 99"):
        Workspace(tmp_path)

    assert list(places(tmp_path).journal.iterdir()) == []


def broken_off(folder):
    with Workspace(folder) as ws:
        run = ws.run_sync(FLOWS["chain"], seed=1)
    (segment,) = places(folder).journal.iterdir()
    return run, segment


def test_a_torn_tail_full_of_rubbish_costs_nothing_that_was_kept(tmp_path):
    run, segment = broken_off(tmp_path)
    ends = [end for end, _ in read_segment(segment)]
    segment.write_bytes(segment.read_bytes()[: ends[-3]] + b"\xff\x00rubbish" * 9)
    before = marks()

    with Workspace(tmp_path) as ws:
        ws.learnt(FLOWS["chain"])
        done = ws.resume(run.id).result(60)

    assert (done.status, done.outputs) == (Status.OK, run.outputs)
    assert len(marks()) == len(before) + 1


def test_a_flipped_bit_in_the_middle_costs_that_record_and_is_named(tmp_path):
    run, segment = broken_off(tmp_path)
    records = list(read_segment(segment))
    at = next(end for end, one in records if getattr(one, "step", "") == "add") - 3
    content = bytearray(segment.read_bytes())
    content[at] ^= 4
    segment.write_bytes(content)

    with Workspace(tmp_path) as ws:
        kept = ws.execution(run.id)
        letters = ws.sql("select segment, byte_offset, reason from dead_letter").to_pylist()

    assert (kept.status, kept.outputs) == (Status.OK, run.outputs)
    assert [span.step for span in kept.spans] == ["start", "add_slowly", "add_apart", "end"]
    assert [(one["segment"], "checksum" in one["reason"]) for one in letters] == [
        (segment.name, True)
    ]
