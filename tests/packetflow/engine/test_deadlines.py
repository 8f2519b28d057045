"""Time limits around waits: they hold over restarts and while a run is put aside."""

import asyncio
from datetime import timedelta

import pytest

from packetflow import Context, Effect, capability, each, then, wait_for
from packetflow.engine.engine import Engine
from packetflow.kernel.records import WaitStarted
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event, inc, turns

SECOND = 1_000_000_000


def engine(*early, **said) -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), inbox=Box(*early), **said)


def left(mine: Engine) -> list[float]:
    """The seconds that each wait has, as kept in the journal; those without an end have none."""
    began = mine.clock.wall_ns() - mine.clock.monotonic_ns()
    waits = [r for r in mine.sink.read if isinstance(r, WaitStarted)]
    return [(one.deadline - began) / SECOND for one in waits if one.deadline]


async def aside(flow, after: float = 30, **inputs) -> Engine:
    """An engine that has put a run aside."""
    mine = engine(passivate_after_seconds=after)
    assert (await mine.run(flow, inputs)).status == "waiting"
    return mine


async def test_the_end_of_the_time_around_a_wait_is_kept_with_it():
    mine = await aside(wait_for("go").timeout(100))

    assert left(mine) == [100]


async def test_of_several_limits_the_earliest_is_kept_with_the_wait():
    inner = await aside(wait_for("go", within=50).timeout(100))
    outer = await aside(wait_for("go", within=200).timeout(100).timeout(300))
    whole = await aside(then(inc, wait_for("go").timeout(200)).timeout(100), n=1)

    assert [left(one) for one in (inner, outer, whole)] == [[50], [100], [100]]


async def test_a_time_limit_counts_from_its_start_over_a_restart():
    flow = wait_for("go").timeout(100)
    first = await aside(flow)
    second = engine()
    second.clock.advance(60)

    execution = await second.resume(flow, first.sink.read)

    assert execution.failure.error_type == "TimedOut"
    assert second.clock.seconds == pytest.approx(100)


async def test_a_limit_that_ran_out_meanwhile_fires_at_once():
    flow = then(wait_for("go"), inc).timeout(100)
    first = await aside(flow, n=1)
    second = engine()
    second.clock.advance(500)

    execution = await second.resume(flow, first.sink.read)

    assert execution.failure.error_type == "TimedOut"
    assert second.clock.seconds == 500


async def test_an_event_that_came_meanwhile_is_taken_although_the_limit_ran_out():
    flow = wait_for("go").timeout(100)
    first = await aside(flow)
    second = engine(event("go", {"go": 1}, at=first.clock.wall_ns()))
    second.clock.advance(500)

    assert (await second.resume(flow, first.sink.read))["go"] == 1


async def test_a_later_try_has_its_own_time_over_a_restart():
    late = "packetflow.errors:TimedOut"
    flow = wait_for("go").timeout(100).retry(3, on=late, wait=0, jitter=0, total=None)
    first = engine(passivate_after_seconds=120)
    running = first.start(flow, {})
    await turns(3)
    first.clock.advance(100)
    await turns()
    assert left(first) == [100, 200]
    running.put_aside()
    await running
    second = engine()
    second.clock.advance(150)

    second.resume(flow, first.sink.read)
    await turns(3)
    second.clock.advance(49)
    await turns(10)
    assert left(second) == []
    second.clock.advance(2)
    await turns(10)
    assert left(second) == [pytest.approx(301)]


async def test_a_question_of_a_capability_has_the_time_of_its_step():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        return await context.ask("first?")

    flow = curious.timeout(timedelta(minutes=5))
    first = await aside(flow, n=1)
    assert left(first) == [300]
    second = engine()
    second.clock.advance(300)

    assert (await second.resume(flow, first.sink.read)).failure.error_type == "TimedOut"


async def test_each_item_has_its_own_time_over_a_restart():
    flow = each(wait_for("go", key="item", gives={"m": int}).timeout(100), {"item": "items"})
    first = await aside(flow, items=["a", "b"])
    assert left(first) == [100, 100]
    second = engine()
    second.clock.advance(99)

    running = second.resume(flow, first.sink.read)
    await turns(5)
    for key in "ab":
        second.deliver(event("go", {"m": 1}, key=key, at=second.clock.wall_ns()))

    assert (await running).status == "ok"


async def test_the_time_of_a_step_that_waits_for_no_event_is_not_kept():
    @capability(provides="n")
    async def works(n: int, context: Context) -> int:
        return n

    mine = engine()
    await mine.run(works.timeout(5), {"n": 1})

    assert not any("deadline" in repr(one) for one in mine.sink.read)


async def test_the_time_in_which_a_person_is_asked_about_an_interruption_does_not_count():
    hang = asyncio.Event()
    calls = []

    @capability(provides="paid", effects=[Effect.writes("payments")])
    async def pay(n: int) -> int:
        calls.append(n)
        await hang.wait()
        return n

    flow = pay.timeout(5).timeout(60)
    first = engine()
    assert (await first.run(flow, {"n": 1})).failure.error_type == "TimedOut"
    second = engine()
    running = second.resume(flow, first.sink.read)
    await turns()
    second.clock.advance(1000)
    await turns()
    [asked] = [r for r in second.sink.read if isinstance(r, WaitStarted)]

    assert (asked.deadline, calls) == (0, [1])
    second.deliver(event(asked.event, {"answer": "do it again"}))
    assert (await running).failure.error_type == "TimedOut"
    assert second.clock.seconds == pytest.approx(1005)
    assert calls == [1, 1]
