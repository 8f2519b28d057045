"""An event from before any execution goes to one of them, whoever looks and whoever dies."""

import threading
from pathlib import Path

import pytest

from packetflow import Workspace, wait_for
from packetflow.errors import JournalFull
from packetflow.kernel.records import Status
from packetflow.workspace.claims import Claims
from packetflow.workspace.leases import FileLeases
from tests.packetflow.workspace.kit import PATIENCE, until

FLOW = wait_for("paid", key="customer")


def claims(folder: Path, runner: str, *alive: str) -> Claims:
    return Claims(FileLeases(folder, runner), lambda one: one in alive)


def test_an_event_is_claimed_by_one_execution_of_all_processes(tmp_path: Path):
    here, there = claims(tmp_path, "here", "there"), claims(tmp_path, "there", "here")

    assert here.claim("e", "first") == 1
    assert here.claim("e", "first") == 1
    assert here.claim("e", "second") == there.claim("e", "third") == 0
    assert there.claim("other", "third") == 1


def test_the_claim_of_a_runner_that_died_is_passed_over_and_said_to_be_so(tmp_path: Path):
    claims(tmp_path, "dead").claim("e", "first")

    assert claims(tmp_path, "here").claim("e", "second") == 2


def test_who_stood_still_sees_that_its_claim_was_passed_over(tmp_path: Path):
    frozen, here = claims(tmp_path, "frozen"), claims(tmp_path, "here")
    frozen.claim("e", "first")
    before = frozen.has_lost("e", "first")

    here.claim("e", "second")

    assert not before
    assert frozen.has_lost("e", "first")
    assert not here.has_lost("e", "second")
    assert not here.has_lost("another", "second")


def test_what_was_given_back_is_free(tmp_path: Path):
    here, there = claims(tmp_path, "here", "there"), claims(tmp_path, "there", "here")
    here.claim("e", "first")

    here.give_back("e", "other")
    assert there.claim("e", "third") == 0
    here.give_back("e", "first")
    assert there.claim("e", "third") == 1


def test_a_frozen_claimer_hears_that_it_lost_its_claim(tmp_path: Path):
    frozen = claims(tmp_path, "frozen", "here")
    frozen.claim("e", "first")
    claims(tmp_path, "here").claim("e", "second")  # to which the other seemed dead

    assert frozen.claim("e", "first") == 0


def test_in_memory_there_are_claims_too():
    here = Claims(None, lambda _: False)

    assert (here.claim("e", "first"), here.claim("e", "second")) == (1, 0)


def test_a_full_disk_is_said_as_such(tmp_path: Path, monkeypatch):
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileLeases, "claim_next", full)

    with pytest.raises(JournalFull, match="No space left"):
        claims(tmp_path, "here").claim("e", "first")


def test_two_processes_that_look_at_the_same_instant_do_not_both_take_an_event(folder: Path):
    with (
        Workspace(folder, passivate_after_seconds=0) as one,
        Workspace(folder, passivate_after_seconds=0) as two,
    ):
        one.emit("paid", {"paid": 1}, key="7")
        both_looked = threading.Barrier(2)
        for ws in (one, two):
            inbox = ws.engine.inbox
            plain = inbox.left_over

            async def left_over(*given, plain=plain, inbox=inbox):
                found = await plain(*given)
                inbox.left_over = plain
                import asyncio

                await asyncio.to_thread(both_looked.wait, PATIENCE)
                return found

            inbox.left_over = left_over
        handles = [ws.start(FLOW, customer=7) for ws in (one, two)]

        runs = [handle.result(PATIENCE) for handle in handles]

        assert sorted(run.status for run in runs) == [Status.OK, Status.WAITING]


def test_a_claim_of_a_killed_process_is_free_unless_its_journal_says_taken(folder: Path):
    with Workspace(folder, passivate_after_seconds=0) as ws:
        events = [ws.emit("paid", {"paid": n}, key="7") for n in (1, 2)]
        leases = FileLeases(ws.folder.state, "killed")
        for one in events:
            Claims(leases, lambda _: False).claim(one, "whoever")

        run = ws.run_sync(FLOW, customer=7)
        assert run["paid"] == 1

        Claims(FileLeases(ws.folder.state, "killed too"), lambda _: False).claim(
            events[0], run.id
        )  # a dead runner's claim on what a journal tells to be taken
        until(lambda: ws.sql("from taken").num_rows)
        assert ws.run_sync(FLOW, customer=7)["paid"] == 2
