"""Full disks and damaged, missing or foreign files of the store, as an operator meets them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from packetflow.errors import JournalFull, OwnerGone, QueryFailed, StoreError
from packetflow.kernel.ids import new_id
from packetflow.store.client import StoreClient
from packetflow.store.files import places
from packetflow.store.frames import segments
from packetflow.store.history import name_partial, records_from_store
from packetflow.store.journal import JournalWriter
from packetflow.store.owner import Owner
from packetflow.store.recall import SqlRecall
from packetflow.store.settings import Settings
from packetflow.store.talk import read_card
from tests.packetflow.store.records import ended, log, span, started, whole

pytestmark = pytest.mark.crash

DATABASE_HEAD = 3 * 4096
DATABASE_BLOCK = 256 * 1024


def write(folder, *records, process=None):
    with JournalWriter(folder, role="test", process=process) as journal:
        for record in records:
            journal.append(record)


def owned(folder, megabytes=64):
    owner = Owner(folder, settings=Settings(journal_megabytes=megabytes))
    owner.catch_up()
    owner.ingest()
    return owner


def settled(folder, megabytes=0):
    """Bring all in and let go of the journals that nobody needs."""
    owner = owned(folder, megabytes)
    owner.tick()
    owner.close()


def count(owner, what="span"):
    return owner.ask(f"select count(*) n from {what}").to_pylist()[0]["n"]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            return


def append_till_full(journal, number):
    with contextlib.suppress(JournalFull):
        while True:
            journal.append(span(new_id(), number))
            number += 1
    with pytest.raises(JournalFull, match="free space"):
        journal.append(span(new_id(), number))
    return number


def test_a_full_disk_is_told_by_journal_and_store_and_nothing_kept_is_lost(small_disk):
    ballast, kept = small_disk / "ballast", 1000
    query = "select count(*) n, count(distinct span_id) ids from span"
    with JournalWriter(small_disk, role="test") as journal, StoreClient(small_disk) as client:
        for number in range(kept):
            journal.append(span(new_id(), number))
        assert client.sql(query).to_pylist() == [{"n": kept, "ids": kept}]
        fill(ballast)
        kept = append_till_full(journal, kept)

        assert client.sql(query, fresh=False).num_rows == 1
        os.kill(read_card(places(small_disk).card).pid, signal.SIGKILL)
        with pytest.raises(JournalFull, match="nothing kept is lost"):
            client.sql(query)

        ballast.unlink()
        journal.append(span(new_id(), kept))
        kept += 1
        assert client.sql(query).to_pylist() == [{"n": kept, "ids": kept}]
    until = time.monotonic() + 60
    while places(small_disk).card.exists():
        assert time.monotonic() < until, "the owner does not leave"
        time.sleep(0.05)
    assert list(places(small_disk).state.glob("*.new")) == []


def test_a_missing_database_is_made_from_the_journals_and_what_it_had_alone_is_told(tmp_path):
    write(tmp_path, *whole())
    settled(tmp_path)
    write(tmp_path, *whole(young := new_id()))
    places(tmp_path).database.unlink()

    owner = owned(tmp_path)

    assert owner.ask("select execution_id from executions").to_pylist() == [{"execution_id": young}]
    (letter,) = owner.ask("select reason from dead_letter").to_pylist()
    assert "store.duckdb was missing" in letter["reason"]
    owner.close()
    again = owned(tmp_path)
    assert count(again, "dead_letter") == 1
    again.close()


def test_a_missing_database_is_nothing_to_tell_while_all_journals_are_there(tmp_path):
    write(tmp_path, *whole())
    settled(tmp_path, megabytes=64)
    places(tmp_path).database.unlink()

    owner = owned(tmp_path)

    assert (count(owner), count(owner, "dead_letter")) == (3, 0)
    owner.close()


def test_an_execution_of_which_a_part_is_lost_is_not_taken_up(tmp_path):
    identity = new_id()
    write(tmp_path, started(identity), span(identity, 1), process="a")
    write(tmp_path, span(identity, 2), ended(identity), process="b")
    first, second = segments(places(tmp_path).journal)
    name_partial(places(tmp_path).journal, [frozenset({identity})], frozenset({identity}))
    second.unlink()
    owner = owned(tmp_path)

    class Store:
        sql = owner.ask

    with pytest.raises(StoreError, match="run it anew"):
        records_from_store(SqlRecall(Store), first.parent, identity)
    owner.close()


def test_a_database_deleted_under_its_owner_is_noticed_before_a_journal_goes(tmp_path):
    write(tmp_path, *whole())
    owner = owned(tmp_path)
    places(tmp_path).database.unlink()
    owner.settings = Settings(journal_megabytes=0)

    with pytest.raises(OwnerGone, match="deleted or replaced"):
        owner.tick()
    owner.close()

    assert len(segments(places(tmp_path).journal)) == 1
    again = owned(tmp_path)
    assert count(again) == 3
    again.close()


@pytest.mark.parametrize("size", [0, 100, 10_000])
def test_a_database_cut_short_is_told_kept_and_made_anew_once_renamed(tmp_path, size):
    write(tmp_path, *whole())
    settled(tmp_path, megabytes=64)
    database = places(tmp_path).database
    os.truncate(database, size)

    with pytest.raises(StoreError, match="rename it: then a new one is made"):
        owned(tmp_path)
    with JournalWriter(tmp_path, role="test") as journal:
        journal.append(span(new_id(), 9))
    kept = database.stat().st_size
    database.rename(database.with_suffix(".damaged"))
    owner = owned(tmp_path)

    assert (kept, count(owner)) == (size, 4)
    owner.close()


def spoil_a_block(database, table, column):
    """Overwrite a part of a block that holds values of a column."""
    query = "select max(block_id) from pragma_storage_info(?) where column_name = ?"
    with duckdb.connect(str(database), read_only=True) as connection:
        (block,) = connection.execute(query, [table, column]).fetchone()
    assert block > 0
    with database.open("r+b") as file:
        file.seek(DATABASE_HEAD + block * DATABASE_BLOCK + 1000)
        file.write(bytes(5000))


def test_a_damaged_block_of_the_database_is_told_and_recording_goes_on(tmp_path):
    many = [span(new_id(), number, error=f"{number:x}" * 900) for number in range(3000)]
    write(tmp_path, *many)
    settled(tmp_path, megabytes=64)
    spoil_a_block(places(tmp_path).database, "span", "error")

    owner = owned(tmp_path)
    with pytest.raises(QueryFailed, match=r"is damaged, and docs/store\.md says"):
        owner.ask("select sum(length(error)), count(distinct step), max(span_id) from span")
    write(tmp_path, log(new_id()))

    assert count(owner, "log") == 1
    owner.close()


def test_a_damaged_log_of_the_database_is_set_aside_and_nothing_is_lost(tmp_path):
    write(tmp_path, *whole())
    settled(tmp_path, megabytes=64)
    write(tmp_path, *whole(), *whole())
    script = (
        "import os, sys; from packetflow.store.owner import Owner; "
        "owner = Owner(sys.argv[1]); owner.catch_up(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    write_ahead = places(tmp_path).state / "store.duckdb.wal"
    content = bytearray(write_ahead.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    write_ahead.write_bytes(content)

    owner = owned(tmp_path)

    assert owner.ask("select count(distinct (execution_id, span_id)) n, count(*) m from span"
    ).to_pylist() == [{"n": 9, "m": 9}]  # fmt: skip
    assert len(list(places(tmp_path).state.glob("store.duckdb.wal.aside-*"))) == 1
    owner.close()
