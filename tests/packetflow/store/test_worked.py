from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, ExecutionResumed, StepDecision, WaitStarted
from packetflow.store.inproc import MemoryStore
from packetflow.store.worked import merged, without
from tests.packetflow.store.records import NOON, SECOND, ended, span, started

stretch = st.tuples(st.integers(0, 60), st.integers(0, 60))
stretches = st.lists(stretch, max_size=8)


def points(found):
    return {point for begin, end in found for point in range(begin, end)}


@given(stretches, stretches)
def test_cutting_stretches_is_cutting_their_points(some, others):
    assert points(without(some, others)) == points(some) - points(others)
    assert points(merged(some)) == points(some)
    assert merged(merged(some)) == merged(some)


class Life:
    """Writes one execution's records at seconds after noon."""

    def __init__(self):
        self.id = new_id()
        self.records = []
        self.spans = 0

    def at(self, second):
        return NOON + int(second * SECOND)

    def start(self, second=0):
        self.records.append(started(self.id, at=self.at(second)))
        return self

    def work(self, step, begin, end, *, epoch=1, kind="capability"):
        self.spans += 1
        facts = {"started": self.at(begin), "duration_ns": int((end - begin) * SECOND)}
        one = span(self.id, self.spans, epoch=epoch, step=step, kind=kind, **facts)
        self.records.append(one)
        return self

    def waits(self, step, second, *, event="approved", epoch=1):
        at = self.at(second)
        self.records.append(WaitStarted(self.id, epoch, step, (), event, "", 0, at))
        return self

    def decides(self, step, what, second, *, epoch=1):
        self.records.append(StepDecision(self.id, epoch, step, (), what, 1, self.at(second)))
        return self

    def answered(self, event, second):
        self.records.append(EventArrived(new_id(), event, "", {}, self.at(second)))
        return self

    def resumed(self, second, *, epoch=2):
        self.records.append(ExecutionResumed(self.id, epoch, self.at(second)))
        return self

    def end(self, second, *, epoch=1):
        self.records.append(ended(self.id, epoch=epoch, at=self.at(second)))
        return self

    def told(self):
        with MemoryStore() as store:
            for record in self.records:
                store.append(record)
            query = "select status, duration_ms, active_seconds from executions"
            (row,) = store.sql(query).to_pylist()
        return row

    def active(self):
        return self.told()["active_seconds"]


def test_all_of_an_execution_in_one_go_is_work():
    told = Life().start().work("a", 0, 2).work("b", 4, 5).end(6).told()

    assert (told["active_seconds"], told["duration_ms"]) == (6.0, 6000.0)


def test_waiting_is_no_work():
    life = Life().start().work("a", 0, 1).waits("w", 1).work("w", 1, 50, kind="wait")

    assert life.work("b", 50, 52).end(52).active() == 3.0


def test_work_in_another_branch_during_a_wait_is_work_whenever_it_ends():
    life = Life().start().waits("w", 1).work("w", 1, 31, kind="wait")

    assert life.work("b", 0, 11).work("c", 25, 40).end(40).active() == 26.0


def test_time_between_lives_is_no_work():
    life = Life().start().work("a", 0, 2).resumed(100).work("b", 100, 103, epoch=2)

    assert life.end(104, epoch=2).active() == 6.0


def test_an_execution_put_aside_and_woken_counts_its_waiting_once():
    life = Life().start().waits("w", 2).decides("", "parked", 5).resumed(80)

    assert life.work("w", 2, 81, epoch=2, kind="wait").end(83, epoch=2).active() == 4.0


def test_a_wait_whose_time_was_over_ends_there_and_the_execution_goes_on():
    life = Life().start().waits("w", 1).decides("w", "too_late", 11).work("instead", 11, 14)

    assert life.told() == {"status": "running", "duration_ms": None, "active_seconds": None}
    assert life.end(14).active() == 4.0


@pytest.mark.parametrize("known", [True, False])
def test_a_question_asked_inside_a_step_is_a_wait_within_work(known):
    event = "answer:x:ask"
    life = Life().start().waits("ask", 3, event=event)
    if known:
        life.answered(event, 43)

    told = life.work("ask", 1, 45).end(45).active()

    assert told == (5.0 if known else 3.0)


def test_what_waits_and_what_is_put_aside_tell_the_work_so_far():
    told = Life().start().work("a", 0, 4).waits("w", 4).told()

    assert told == {"status": "waiting", "duration_ms": None, "active_seconds": 4.0}


def test_a_resumed_execution_that_had_ended_is_worked_out_anew():
    life = Life().start().work("a", 0, 1).end(2).resumed(60).work("b", 61, 63, epoch=2)

    assert life.end(64, epoch=2).active() == 6.0
