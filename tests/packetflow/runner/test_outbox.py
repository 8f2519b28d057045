"""What waits for one client: nothing important is dropped, nothing grows without end."""

from __future__ import annotations

import asyncio

from packetflow.kernel import messages as m
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.wire import decode
from packetflow.runner.outbox import Follower, Outbox


def events(kind: str, count: int) -> list[Happening]:
    return [Happening("e", kind, "step", at=number) for number in range(count)]


def taken(outbox: Outbox, count: int) -> list[m.Message]:
    return [decode(outbox.take() or b"") for _ in range(count)]


def test_a_slow_reader_misses_progress_but_no_step_and_is_told_how_much():
    outbox = Outbox(crowded=3)
    follower = Follower("1", outbox)
    follower.accept("e")

    for what in [*events("progressed", 5), *events("step_ended", 4), Outcome("e", "ok")]:
        follower(what)
    said = taken(outbox, 8)

    assert [one.event.kind for one in said[1:3]] == ["progressed"] * 2
    assert [one.event.kind for one in said[3:7]] == ["step_ended"] * 4
    assert said[7] == m.CapabilityResponse("1", Outcome("e", "ok"), dropped=3)


def test_partial_outputs_may_be_dropped_too_once_it_is_crowded():
    outbox = Outbox(crowded=1)
    follower = Follower("1", outbox)
    follower.accept("e")

    follower(events("partial", 1)[0])

    assert follower.dropped == 1


def test_events_that_come_before_the_answer_wait_for_it():
    outbox = Outbox()
    follower = Follower("1", outbox)

    follower(events("step_started", 1)[0])
    follower.accept("e")
    said = taken(outbox, 2)

    assert [type(one) for one in said] == [m.RunAccepted, m.RunEvent]


def test_a_run_that_is_over_at_once_is_answered_by_its_end_alone():
    outbox = Outbox()
    follower = Follower("1", outbox)

    follower(Outcome("e", "ok"))
    follower.accept("e")

    assert taken(outbox, 1) == [m.CapabilityResponse("1", Outcome("e", "ok"))]
    assert outbox.take() is None


def test_whoever_sends_is_told_of_each_message():
    told: list[str] = []
    outbox = Outbox(lambda: told.append("filled"))

    outbox.put(m.Done("1"))
    outbox.put(m.Done("2"))

    assert told == ["filled"] * 2


def test_a_value_that_changes_later_is_sent_as_it_was():
    outbox, value = Outbox(), [1]

    outbox.put(m.Done("1", value))
    value.append(2)

    assert taken(outbox, 1) == [m.Done("1", [1])]


def test_what_cannot_be_encoded_becomes_a_refusal_of_its_request():
    outbox = Outbox()

    outbox.put(m.Done("7", object()))
    (said,) = taken(outbox, 1)

    assert (said.id, said.code) == ("7", "wire")


def test_a_client_that_never_reads_is_given_up_before_memory_is():
    outbox = Outbox(full_bytes=1000)

    for _ in range(100):
        outbox.put(m.Done("1", "x" * 100))
    sent = 0
    while outbox.take() is not None:
        sent += 1

    assert outbox.overflowed
    assert 0 < sent < 10


async def test_flushed_waits_for_the_last_message_to_be_handed_over():
    outbox = Outbox()
    outbox.put(m.Done("1"))
    waiter = asyncio.create_task(outbox.flushed())
    await asyncio.sleep(0)
    early = waiter.done()

    outbox.take()
    assert outbox.take() is None
    await waiter

    assert not early


def test_nothing_is_kept_for_a_client_that_is_gone():
    outbox = Outbox()
    outbox.put(m.Done("1"))

    outbox.shut()
    outbox.put(m.Done("2"))

    assert outbox.take() is None
