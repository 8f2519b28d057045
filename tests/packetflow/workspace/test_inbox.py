"""Events that came before anybody waited: which of them a wait takes."""

import threading
import time
from pathlib import Path

import pytest

from packetflow import Workspace, capability, wait_for
from packetflow.kernel.clock import SystemClock
from packetflow.kernel.records import Status
from tests.packetflow.workspace.kit import PATIENCE, until, waits_now

HOUR_NS = 3600 * 10**9


class Wrong(SystemClock):
    """A clock that was set back."""

    def __init__(self, back_ns: int = HOUR_NS) -> None:
        self.back_ns = back_ns

    def wall_ns(self) -> int:
        return time.time_ns() - self.back_ns


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


@pytest.fixture
def slow(gate: threading.Event):
    """Work that ends when the gate opens."""

    @capability(provides="n")
    def work(m: int) -> int:
        "Wait for the gate."
        assert gate.wait(PATIENCE)
        return m

    return work


def test_an_event_counts_though_the_clock_was_set_back_since_the_run_began(ws: Workspace):
    handle = ws.start(wait_for("go"))
    waits_now(ws, handle)

    ws.engine.clock = Wrong()
    ws.emit("go", {"go": 1})

    assert handle.result(PATIENCE)["go"] == 1


def test_an_early_event_counts_though_the_clock_was_set_back(ws: Workspace, slow, gate):
    handle = ws.start(slow >> wait_for("go"), m=1)

    ws.engine.clock = Wrong()
    ws.emit("go", {"go": 1})
    gate.set()

    assert handle.result(PATIENCE)["go"] == 1


def test_an_event_of_another_process_with_a_clock_set_back_counts(ws: Workspace, folder: Path):
    handle = ws.start(wait_for("go"))
    waits_now(ws, handle)

    with Workspace(folder) as other:
        other.engine.clock = Wrong()
        other.emit("go", {"go": 1})
        assert handle.result(PATIENCE)["go"] == 1


def test_an_event_from_before_the_run_does_not_count_though_its_clock_was_ahead(folder: Path):
    with Workspace(folder, passivate_after_seconds=0) as ws:
        ws.engine.clock = Wrong(-HOUR_NS)
        ws.emit("go", {"go": "old"})
        ws.engine.clock = SystemClock()

        assert ws.run_sync(wait_for("go")).status is Status.WAITING


def test_an_event_for_what_was_put_aside_counts_though_the_clock_was_set_back(folder: Path):
    with Workspace(folder, passivate_after_seconds=0) as ws:
        put_aside = ws.run_sync(wait_for("go"))
    with Workspace(folder) as other:
        other.engine.clock = Wrong()
        other.emit("go", {"go": 1})

    with Workspace(folder) as ws:
        ws.hearing.for_everybody = True
        ws.thread.submit(ws.hearing.begin()).result(PATIENCE)

        until(lambda: ws.execution(put_aside.id).status is Status.OK)


def test_what_came_between_the_start_and_a_wait_that_was_killed_wakes_it(folder: Path, slow, gate):
    with Workspace(folder, passivate_after_seconds=0) as ws:
        inbox, ws.engine.inbox = ws.engine.inbox, None  # as if killed before it had looked
        handle = ws.start(slow >> wait_for("go"), m=1)
        ws.emit("go", {"go": 1})
        gate.set()
        assert handle.result(PATIENCE).status is Status.WAITING
        ws.engine.inbox = inbox

        ws.thread.submit(ws.hearing.begin()).result(PATIENCE)

        assert ws.outcome(handle.id, PATIENCE)["go"] == 1


def test_what_a_run_has_taken_does_not_wake_it_again(folder: Path):
    flow = wait_for("go") >> wait_for("go", gives={"again": int})
    with Workspace(folder, passivate_after_seconds=0) as ws:
        put_aside = ws.run_sync(flow)
        ws.emit("go", {"go": 1})
        until(lambda: len(ws.execution(put_aside.id).spans) == 1)
        until(lambda: ws.archive.story(put_aside.id).parked)
        epoch = ws.archive.story(put_aside.id).epoch

    with Workspace(folder, passivate_after_seconds=0) as ws:
        ws.hearing.for_everybody = True
        ws.thread.submit(ws.hearing._serve_missed()).result(PATIENCE)

        assert ws.archive.story(put_aside.id).epoch == epoch
