"""What waits for one client: nothing important is dropped, nothing grows without end."""

from __future__ import annotations

import asyncio

from packetflow.kernel import messages as m
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.wire import decode
from packetflow.runner.outbox import Follower, Outbox


def events(kind: str, count: int) -> list[Happening]:
    return [Happening("e", kind, "step", at=number) for number in range(count)]


async def taken(outbox: Outbox, count: int) -> list[m.Message]:
    return [decode(await outbox.take() or b"") for _ in range(count)]


async def test_a_slow_reader_misses_progress_but_no_step_and_is_told_how_much():
    outbox = Outbox(crowded=3)
    follower = Follower("1", outbox)
    follower.accept("e")

    for what in [*events("progressed", 5), *events("step_ended", 4), Outcome("e", "ok")]:
        follower(what)
    said = await taken(outbox, 8)

    assert [one.event.kind for one in said[1:3]] == ["progressed"] * 2
    assert [one.event.kind for one in said[3:7]] == ["step_ended"] * 4
    assert said[7] == m.CapabilityResponse("1", Outcome("e", "ok"), dropped=3)


async def test_partial_outputs_may_be_dropped_too_once_it_is_crowded():
    outbox = Outbox(crowded=1)
    follower = Follower("1", outbox)
    follower.accept("e")

    follower(events("partial", 1)[0])

    assert follower.dropped == 1


async def test_events_that_come_before_the_answer_wait_for_it():
    outbox = Outbox()
    follower = Follower("1", outbox)

    follower(events("step_started", 1)[0])
    follower.accept("e")
    said = await taken(outbox, 2)

    assert [type(one) for one in said] == [m.RunAccepted, m.RunEvent]


async def test_a_value_that_changes_later_is_sent_as_it_was():
    outbox, value = Outbox(), [1]

    outbox.put(m.Done("1", value))
    value.append(2)

    assert await taken(outbox, 1) == [m.Done("1", [1])]


async def test_what_cannot_be_encoded_becomes_a_refusal_of_its_request():
    outbox = Outbox()

    outbox.put(m.Done("7", object()))
    (said,) = await taken(outbox, 1)

    assert (said.id, said.code) == ("7", "wire")


async def test_a_client_that_never_reads_is_given_up_before_memory_is():
    outbox = Outbox(full_bytes=1000)

    for _ in range(100):
        outbox.put(m.Done("1", "x" * 100))
    sent = 0
    while await outbox.take() is not None:
        sent += 1

    assert outbox.overflowed
    assert 0 < sent < 10


async def test_flushed_waits_for_the_last_message_to_be_handed_over():
    outbox = Outbox()
    outbox.put(m.Done("1"))
    waiter = asyncio.create_task(outbox.flushed())
    await asyncio.sleep(0)
    early = waiter.done()

    await outbox.take()
    writer = asyncio.create_task(outbox.take())
    await waiter

    writer.cancel()
    assert not early


async def test_nothing_is_kept_for_a_client_that_is_gone():
    outbox = Outbox()
    outbox.put(m.Done("1"))

    outbox.shut()
    outbox.put(m.Done("2"))

    assert await outbox.take() is None
