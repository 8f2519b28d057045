"""Real processes on one workspace, killed at random: nothing acknowledged may be lost.

``KILLS=200 pytest tests/crash/test_store_kill.py`` for a long run.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from packetflow.errors import OwnerGone
from packetflow.kernel.ids import new_id
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.journal import JournalWriter
from packetflow.store.launch import OwnerProcess
from packetflow.store.talk import read_card
from tests.packetflow.store.records import log, span

pytestmark = pytest.mark.crash

KILLS = int(os.environ.get("KILLS", "12"))

WRITER = """
import os, random, sys, time
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionEnded, ExecutionStarted, LogLine
from packetflow.store.journal import JournalWriter

folder, name = sys.argv[1:]
journal = JournalWriter(folder, role="writer", process=name, segment_bytes=1_000_000)
chance, number = random.Random(name), 0
journal.append(ExecutionStarted(new_id(), 1, time.time_ns(), name, "1", "", "test", {}))
while True:
    for _ in range(chance.randrange(1, 30)):
        filler = "x" * chance.choice([10, 200, 3000])
        journal.append(LogLine(name, number, time.time_ns(), "log", "info", filler))
        number += 1
    short = new_id()
    journal.append(ExecutionStarted(short, 1, time.time_ns(), "short", "1", "", "test", {}))
    journal.append(ExecutionEnded(short, 1, time.time_ns(), "ok", {}))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
    time.sleep(0.01)
"""


class Writer:
    """A process that appends numbered records and says how far it got."""

    def __init__(self, folder, name):
        self.name = name
        self.acknowledged = 0
        self._rest = b""
        command = [sys.executable, "-c", WRITER, str(folder), name]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)

    def listen(self):
        while True:
            try:
                heard = os.read(self.process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                return
            if not heard:
                return
            *lines, self._rest = (self._rest + heard).split(b"\n")
            if lines:
                self.acknowledged = int(lines[-1])

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.listen()
        self.process.stdout.close()


def wait_until(holds, seconds=30.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def owner_pid(folder):
    card = read_card(places(folder).card)
    return card.pid if card else None


def kill_owner(folder):
    pid = owner_pid(folder)
    if pid is None:
        return False
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def count(client, query):
    ((value,),) = [row.values() for row in client.sql(query).to_pylist()]
    return value


def all_is_there_once(client, writers):
    client.flush()
    rows = client.sql(
        "select execution_id as writer, count(*) as n, count(distinct span_id) as different, "
        "max(span_id) + 1 as most from log group by 1"
    ).to_pylist()
    found = {row["writer"]: row for row in rows}
    assert sum(writer.acknowledged for writer in writers) > 0
    for writer in writers:
        if writer.acknowledged:
            assert found[writer.name]["n"] >= writer.acknowledged, "acknowledged records were lost"
    for row in rows:
        assert row["n"] == row["different"] == row["most"], "duplicates or gaps"


def left(folder):
    return not places(folder).card.exists()


def test_killing_writers_and_owners_loses_nothing_acknowledged(tmp_path):
    chance = random.Random(5)
    writers = [Writer(tmp_path, f"w{number}") for number in range(3)]
    dead, kills = [], 0
    with StoreClient(tmp_path) as client:
        client.sql("select 1")
        while kills < KILLS:
            time.sleep(chance.random() * 0.25)
            for writer in writers:
                writer.listen()
            if chance.random() < 0.4:
                kills += kill_owner(tmp_path)
            else:
                victim = writers.pop(chance.randrange(len(writers)))
                victim.kill()
                dead.append(victim)
                writers.append(Writer(tmp_path, f"w{len(dead) + 3}"))
                kills += 1
            client.sql("select count(*) from log")
        for writer in writers:
            writer.kill()
        dead += writers

        all_is_there_once(client, dead)
        names = [writer.name for writer in dead if writer.acknowledged]
        lost = (
            "select count(*) n from executions where status = 'lost' and name in (select unnest(?))"
        )
        wait_until(lambda: client.sql(lost, [names]).to_pylist() == [{"n": len(names)}])
        running = count(client, "select count(*) from executions where status = 'running'")
        letters = count(client, "select count(*) from dead_letter")

    assert (running, letters) == (0, 0)
    wait_until(lambda: left(tmp_path))


def test_owners_that_race_for_the_lock_and_are_killed_bring_each_record_in_once(tmp_path):
    chance = random.Random(7)
    writers = [Writer(tmp_path, f"w{number}") for number in range(3)]
    killed = 0
    for _ in range(max(6, KILLS // 4)):
        racing = [OwnerProcess(tmp_path).process for _ in range(2)]
        time.sleep(chance.random() * 0.8)
        for writer in writers:
            writer.listen()
        for process in chance.sample(racing, chance.choice([1, 2])):
            killed += process.poll() is None
            process.kill()
    for writer in writers:
        writer.kill()

    with StoreClient(tmp_path) as client:
        all_is_there_once(client, writers)
        letters = count(client, "select count(*) from dead_letter")

    assert killed > 3
    assert letters == 0
    wait_until(lambda: left(tmp_path))


def test_two_owners_started_at_once_leave_one(tmp_path):
    started = [OwnerProcess(tmp_path).process for _ in range(3)]
    with StoreClient(tmp_path, start=False) as client:
        assert client.sql("select 1 as one").to_pylist() == [{"one": 1}]

        wait_until(lambda: sum(process.poll() is None for process in started) == 1)

        assert {process.poll() for process in started} == {None, 0}
        assert client.sql("select 1 as one").to_pylist() == [{"one": 1}]
    wait_until(lambda: left(tmp_path))


def test_an_owner_leaves_soon_after_its_last_client_and_the_next_one_knows_all(tmp_path):
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(span(new_id()))
    with StoreClient(tmp_path) as client:
        assert count(client, "select count(*) from span") == 1

    wait_until(lambda: left(tmp_path))

    with StoreClient(tmp_path) as client:
        assert count(client, "select count(*) from span") == 1
    wait_until(lambda: left(tmp_path))


def test_a_workspace_of_a_newer_version_is_named_to_the_client(tmp_path):
    import duckdb

    from packetflow.errors import NewerWorkspace
    from packetflow.store.schema import migrate

    places(tmp_path).state.mkdir()
    with duckdb.connect(str(places(tmp_path).database)) as connection:
        migrate(connection)
        connection.execute(
            "INSERT INTO schema_migration VALUES (99, 'future', '', '', NULL)"
        ).fetchall()

    with StoreClient(tmp_path) as client, pytest.raises(NewerWorkspace, match="update PacketFlow"):
        client.sql("select 1")


def test_deleting_an_open_workspace_ends_its_owner_and_the_next_one_is_sound(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    with StoreClient(folder) as client:
        client.sql("select 1")
        pid = owner_pid(folder)
        shutil.rmtree(folder)
        folder.mkdir()

        with JournalWriter(folder, role="test") as journal:
            journal.append(log(new_id()))
        assert count(client, "select count(*) from log") == 1
        assert owner_pid(folder) != pid
        wait_until(lambda: not Path(f"/proc/{pid}").exists())
    wait_until(lambda: left(folder))


def test_on_a_full_disk_nothing_half_written_stays(tmp_path):
    """On a small file system of its own, where this process may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a file system is not allowed here")
    try:
        kept = fill(folder)
        found = len(list((folder / ".packetflow/journal").iterdir()))
        read = readable(folder)
        (folder / "ballast").unlink()
        with JournalWriter(folder, role="after") as journal:
            journal.append(log(new_id()))
        after = readable(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)

    assert kept > 100
    assert (found, read, after) == (1, kept, kept + 1)


def fill(folder):
    from packetflow.errors import JournalFull

    kept = 0
    (folder / "ballast").write_bytes(bytes(100_000))
    with JournalWriter(folder, role="test") as journal:
        try:
            while True:
                journal.append(log(new_id(), text="x" * 100))
                kept += 1
        except JournalFull:
            return kept


def readable(folder):
    from packetflow.store.frames import read_segment, segments

    total = 0
    for path in segments(folder / ".packetflow/journal"):
        reader = read_segment(path)
        total += sum(1 for _ in reader) - 1
        assert not reader.torn
    return total


def test_without_an_owner_and_without_starting_one_a_client_says_so(tmp_path):
    with StoreClient(tmp_path, start=False, patience_seconds=0) as client, pytest.raises(OwnerGone):
        client.flush()


def test_an_owner_imports_nothing_from_the_folder_it_is_started_in(tmp_path, monkeypatch):
    for name in ("duckdb", "msgspec", "select"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported the wrong file')\n")
    monkeypatch.chdir(tmp_path)

    with StoreClient(tmp_path) as client:
        assert client.sql("select 1 as one").to_pylist() == [{"one": 1}]
    wait_until(lambda: left(tmp_path))
