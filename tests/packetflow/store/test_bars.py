"""When the steps of a run worked and waited."""

import pytest

from packetflow.kernel.ids import new_id
from packetflow.kernel.records import EventArrived, WaitStarted
from packetflow.store.bars import bars
from packetflow.store.inproc import MemoryStore
from packetflow.store.queries import whole
from tests.packetflow.store.records import NOON, SECOND, ended, span, started

BEGAN = NOON / 1e9


class Told:
    """The records of one execution, in seconds from its start."""

    def __init__(self) -> None:
        self.id = new_id()
        self.records = [started(self.id)]

    def asks(self, second, *, number=1, answered=None):
        event = f"answer:{self.id}:sign#{number}"
        self.records.append(WaitStarted(self.id, 1, "sign", (), event, "", 0, at(second), "Go?"))
        if answered is not None:
            self.records.append(EventArrived(f"{event}!", event, "", {}, at(answered)))
        return self

    def span(self, number, start, end, **more):
        length = at(end) - at(start)
        more = {"step": "sign", "started": at(start), "duration_ns": length} | more
        self.records.append(span(self.id, number, **more))
        return self

    def ends(self, second):
        self.records.append(ended(self.id, at=at(second)))
        return self

    def bars(self, now=100.0):
        store = MemoryStore()
        for record in self.records:
            store.append(record)
        return bars(whole(store, self.id), at(now))


def at(second):
    return NOON + int(second * SECOND)


def waited(bar):
    return [(round(a - BEGAN, 3), round(b - BEGAN, 3)) for a, b in bar.waited]


def test_a_step_that_asked_waited_until_each_answer():
    [sign] = Told().asks(2, answered=5).asks(6, number=2, answered=9).span(1, 0, 10).ends(10).bars()

    assert waited(sign) == [(2, 5), (6, 9)]
    assert (sign.waits, sign.seconds) == (False, pytest.approx(10))


def test_each_try_of_a_step_has_its_own_waits():
    first, second = (
        Told()
        .asks(2, answered=5)
        .span(1, 0, 10, status="failed")
        .asks(12, number=2, answered=15)
        .span(2, 11, 20, attempt=2)
        .bars()
    )

    assert waited(first) == [(2, 5)]
    assert waited(second) == [(12, 15)]


def test_a_wait_that_began_in_an_earlier_life_of_the_run_counts_for_the_step():
    [sign] = Told().asks(2, answered=50).span(1, 51, 52).bars()

    assert waited(sign) == [(2, 50)]
    assert sign.began - BEGAN == pytest.approx(2)


def test_a_question_that_is_open_waits_until_now():
    [sign] = Told().asks(2).bars(now=7)

    assert (sign.status, sign.waits, sign.seconds) == ("waiting", True, 5)


def test_a_step_that_was_answered_goes_on_until_now():
    [sign] = Told().asks(2, answered=4).bars(now=7)

    assert (sign.status, sign.waits, waited(sign)) == ("running", False, [(2, 4)])


def test_a_step_that_only_waits_is_one_wait_from_its_first_begin():
    [pause] = Told().asks(2, answered=9).span(1, 5, 9, kind="wait").bars()

    assert (pause.waits, waited(pause), pause.seconds) == (True, [], 7)


def test_bars_stand_in_the_order_in_which_their_spans_began():
    found = Told().span(1, 0, 10, kind="each").span(2, 1, 2, step="item").bars()

    assert [one.name for one in found] == ["sign", "item"]


def test_a_step_that_was_taken_over_has_its_first_duration():
    facts = {"took_ns": 3 * SECOND}
    [taken] = Told().span(1, 0, 0, kind="reused", attributes=facts).bars()

    assert (taken.took, taken.seconds) == (3, 0)
