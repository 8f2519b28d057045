from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from packetflow.errors import OwnerGone, QueryFailed, StoreError
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import ExecutionResumed
from packetflow.store.inproc import MemoryStore
from tests.packetflow.store.records import NOON, ended, log, span, started, wait, whole


def test_what_was_appended_can_be_asked_for():
    with MemoryStore() as store:
        for record in whole():
            store.append(record)

        assert store.sql("select status from executions").to_pylist() == [{"status": "ok"}]
        assert store.sql("from span").num_rows == 3


def test_an_answer_that_need_not_be_fresh_is_as_of_the_last_flush():
    with MemoryStore() as store:
        store.append(span(new_id()))
        assert store.sql("from span", fresh=False).num_rows == 0

        store.flush()

        assert store.sql("from span", fresh=False).num_rows == 1


def test_the_records_of_one_execution_come_by_epoch():
    one = new_id()
    records = [
        started(one),
        span(one),
        ExecutionResumed(one, 2, NOON),
        span(one, 2, epoch=2),
        span(one, 3),
    ]
    with MemoryStore() as store:
        for record in [*records, log(new_id(), text=one)]:
            store.append(record)

        found = store.records_of(one)

    assert found == [records[0], records[1], records[4], records[2], records[3]]


def test_a_value_changed_after_it_was_appended_stays_as_it_was():
    outputs = {"items": [1]}
    one = new_id()
    with MemoryStore() as store:
        store.append(span(one, outputs=outputs))
        outputs["items"].append(2)

        assert store.records_of(one)[0].outputs == {"items": [1]}


def test_a_tail_gives_only_what_is_wished():
    one = new_id()
    with MemoryStore() as store:
        tail = store.tail(("span",), one)
        for record in (started(one), span(new_id()), span(one), log(one)):
            store.append(record)

        assert tail.get(0.01) == span(one)
        assert tail.get(0.01) is None
        tail.close()
        with pytest.raises(OwnerGone):
            tail.get()


def test_closing_the_store_ends_its_tails():
    store = MemoryStore()
    seen = []
    tail = store.tail()
    reader = threading.Thread(target=lambda: seen.extend(tail))
    reader.start()
    store.append(log(new_id()))

    store.close()
    store.close()
    reader.join(10)

    assert len(seen) == 1
    with pytest.raises(StoreError, match="closed"):
        store.append(log(new_id()))


def test_it_cannot_be_changed_with_sql():
    with MemoryStore() as store, pytest.raises(QueryFailed, match="not allowed"):
        store.sql("delete from span")


def test_a_watcher_hears_at_once():
    class Notes(list):
        def seen(self, records):
            self.extend(records)

        def tick(self, now_ns):
            self.append(now_ns)

    notes, one = Notes(), new_id()
    with MemoryStore(watcher=notes) as store:
        for record in (started(one), wait(one), ended(one)):
            store.append(record)
        store.tick(5)

    assert notes == [wait(one), ended(one), 5]


def test_artifacts_come_back():
    with MemoryStore() as store:
        sha = store.put(b"abc", "text/plain")

        assert store.get(sha) == b"abc"
        with pytest.raises(StoreError, match="not in this store"):
            store.get("0" * 64)


BUSY_AT_ITS_END = """
import threading
from packetflow import Workspace, capability

begun = threading.Event()

@capability(provides="n")
def loop(n: int) -> int:
    begun.set()
    while True:
        threading.Event().wait(0.01)

ws = Workspace(":memory:")
handle = ws.start(loop, n=1)
begun.wait(30)
print(ws.sql("select count(*) as n from executions").to_pylist())
"""


def test_a_process_that_ends_while_a_capability_is_busy_ends_without_a_word():
    done = subprocess.run(
        [sys.executable, "-c", BUSY_AT_ITS_END],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[{'n': 1}]\n", "")
