"""Waiting for events and for people."""

import asyncio
from datetime import timedelta

import pytest

from packetflow import Context, approval, capability, fallback, parallel, race, then, wait_for
from packetflow.engine.engine import Engine
from packetflow.engine.past import read_story
from packetflow.engine.waiters import answer_event
from packetflow.errors import TimedOut
from packetflow.kernel.records import LogLine, SpanEnded, WaitStarted
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, begun, event, inc, slow_inc, turns


def engine(*early, **said) -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), inbox=Box(*early), **said)


def waits(mine: Engine) -> list[WaitStarted]:
    return [r for r in mine.sink.read if isinstance(r, WaitStarted)]


async def test_a_wait_is_kept_before_anybody_waits_and_takes_what_the_event_gives():
    mine = engine()
    running = await begun(mine, wait_for("paid", gives={"n": int}) >> inc)

    assert [w.event for w in waits(mine)] == ["paid"]
    assert mine.deliver(event("paid", {"n": "41"})) == 1

    assert (await running)["n"] == 42


async def test_a_payload_without_the_name_is_itself_the_value():
    mine = engine()
    running = await begun(mine, wait_for("order"))

    mine.deliver(event("order", {"id": 7}))

    assert (await running)["order"] == {"id": 7}


async def test_a_key_takes_only_the_events_of_that_key():
    mine = engine()
    running = await begun(mine, wait_for("paid", key="n"), n=7)

    at = mine.clock.wall_ns()
    assert mine.deliver(event("paid", {"paid": 1}, key="8", at=at)) == 0
    assert mine.deliver(event("paid", {"paid": 2}, key="7", at=at)) == 1
    assert (await running)["paid"] == 2


async def test_each_wait_of_an_execution_takes_an_event_of_its_own():
    mine = engine()
    flow = then(wait_for("go", gives={"a": int}), wait_for("go", gives={"b": int}))
    running = await begun(mine, flow)

    assert mine.deliver(event("go", {"a": 1}, id="1")) == 1
    await turns()
    assert mine.deliver(event("go", {"a": 1}, id="1")) == 0  # the same one, delivered again
    assert mine.deliver(event("go", {"b": 2}, id="2")) == 1

    assert (await running).outputs == {"a": 1, "b": 2}


async def test_a_resumed_run_does_not_take_an_event_again_that_it_has_taken():
    flow = then(wait_for("go", gives={"a": int}), wait_for("go", gives={"b": int}))
    late = 2**62
    first = engine(event("go", {"a": 1, "b": 1}, id="1", at=late))
    running = await begun(first, flow)
    assert not running.done()
    kept = first.sink.read

    second = engine(event("go", {"a": 1, "b": 1}, id="1", at=late))
    again = second.resume(flow, kept)
    await turns()

    assert not again.done()
    second.deliver(event("go", {"b": 2}, id="2"))
    assert (await again).outputs == {"a": 1, "b": 2}
    running.cancel()
    await running


async def test_one_event_reaches_all_executions_that_wait_for_it():
    mine = engine()
    both = [await begun(mine, wait_for("go")) for _ in range(3)]

    assert mine.deliver(event("go", {"go": 1})) == 3
    assert [(await one).status for one in both] == ["ok"] * 3


async def test_a_wait_that_takes_too_long_fails_or_does_otherwise():
    mine = engine()
    failed = await mine.run(wait_for("go", within=timedelta(hours=1)), {})
    assert isinstance(failed.failure.cause, TimedOut)
    assert "waited 3600 s; give it a longer `within`" in str(failed.failure)
    assert mine.clock.seconds == 3600

    @capability(provides="go", run_in="loop")
    def given_up() -> str:
        return "nobody came"

    went_on = await mine.run(wait_for("go", within=5, otherwise=given_up), {})
    assert went_on["go"] == "nobody came"


async def test_a_wait_that_was_given_up_stays_so_when_the_run_is_resumed():
    @capability(provides="go")
    async def given_up() -> str:
        return "nobody came"

    flow = wait_for("go", within=5, otherwise=given_up) >> wait_for("last")
    first = engine()
    running = first.start(flow, {})
    await turns(3)
    first.clock.advance(5)
    await turns()
    assert len(waits(first)) == 2
    running.cancel()
    await running
    second = engine(event("go", {"go": "too late"}, at=2**62))

    again = second.resume(
        flow, [r for r in first.sink.read if type(r).__name__ != "ExecutionEnded"]
    )
    await turns()
    second.deliver(event("last", {"last": 1}))

    assert (await again)["go"] == "nobody came"


async def test_the_time_limit_counts_from_the_first_start_of_the_wait():
    flow = wait_for("go", within=100)
    first = engine()
    running = first.start(flow, {})
    await turns(3)
    kept = first.sink.read
    running.cancel()
    await running
    second = engine()
    second.clock.advance(60)

    assert (await second.resume(flow, kept)).failure.error_type == "TimedOut"
    assert second.clock.seconds == pytest.approx(100)


async def test_an_approval_takes_a_yes_or_no_and_refuses_the_rest():
    mine = engine()
    running = await begun(mine, approval("Publish it?"))
    asked = waits(mine)[0]

    assert asked.question == "Publish it?"
    assert asked.event == answer_event(running.id, "wait_approved", ())
    mine.deliver(event(asked.event, {"answer": "perhaps"}, id="1"))
    await turns()
    assert not running.done()
    assert any("an answer was refused" in getattr(r, "text", "") for r in mine.sink.read)
    mine.deliver(event(asked.event, {"answer": True}, id="2"))

    assert (await running)["approved"] is True


async def test_an_approval_with_choices_takes_one_of_them():
    mine = engine()
    running = await begun(mine, approval("Which?", into="pick", choices=["red", "blue"]))
    asked = waits(mine)[0]

    assert asked.choices == ("red", "blue")
    mine.deliver(event(asked.event, {"answer": "green"}, id="1"))
    await turns()
    mine.deliver(event(asked.event, {"answer": "blue"}, id="2"))

    assert (await running)["pick"] == "blue"


async def test_a_capability_may_ask_twice_and_gets_each_answer():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        first = await context.ask("first?")
        second = await context.ask("second?", ["x", "y"])
        return f"{first} {second}"

    mine = engine()
    running = await begun(mine, curious, n=1)
    mine.deliver(event(waits(mine)[0].event, {"answer": "a"}))
    await turns()
    mine.deliver(event(waits(mine)[1].event, {"answer": "y"}))

    assert (await running)["m"] == "a y"


async def test_a_capability_that_offers_choices_gets_one_of_them_also_after_a_restart():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        return f"{await context.ask('sure?', ['yes', 'no'])} {await context.ask('why?')}"

    first = engine()
    running = await begun(first, curious, n=1)
    at = first.clock.wall_ns()
    asked = waits(first)[0].event
    refused = event(asked, {"answer": "maybe"}, id="1", at=at)
    taken = event(asked, {"answer": "yes"}, id="2", at=at)
    for one in (refused, taken):
        first.deliver(one)
        await turns()
    last = waits(first)[-1].event
    kept = first.sink.read
    running.cancel()
    await running
    second = engine(refused, taken)

    again = second.resume(curious, kept)
    await turns()
    second.deliver(event(last, {"answer": "so"}, id="3"))

    assert (await again)["m"] == "yes so"
    assert last != asked
    said = [one.text for one in kept if isinstance(one, LogLine)]
    assert said == ["an answer was refused: it is 'maybe'; the choices are yes, no"]


async def test_a_capability_that_asked_before_a_restart_gets_its_answer_at_once():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        return f"{await context.ask('first?')} {await context.ask('second?')}"

    first = engine()
    running = await begun(first, curious, n=1)
    one = event(waits(first)[0].event, {"answer": "a"}, at=first.clock.wall_ns())
    first.deliver(one)
    await turns()
    kept = first.sink.read
    running.cancel()
    await running
    second = engine(one)

    again = second.resume(curious, kept)
    await turns()
    second.deliver(event(waits(first)[1].event, {"answer": "b"}))

    assert (await again)["m"] == "a b"


async def test_a_run_that_only_waits_is_put_aside_and_taken_up_by_its_event():
    flow = then(inc, wait_for("go", gives={"m": int}))
    mine = engine(passivate_after_seconds=30)
    execution = await mine.run(flow, {"n": 1})

    assert execution.status == "waiting"
    assert execution.ended_at is None
    assert mine.clock.seconds == 30
    arrived = event("go", {"m": 5}, at=mine.clock.wall_ns())
    later = engine(arrived)
    assert (await later.resume(flow, mine.sink.read)).outputs == {"n": 2, "m": 5}


async def test_the_span_of_a_wait_covers_all_its_time_whoever_woke_it():
    flow = wait_for("go")
    mine = engine(passivate_after_seconds=30)
    await mine.run(flow, {})
    (asked,) = waits(mine)
    later = engine(event("go", {"go": 1}, at=mine.clock.wall_ns()))
    later.clock.advance(3600)

    (span,) = (await later.resume(flow, mine.sink.read)).spans

    assert (span.kind, span.started) == ("wait", asked.at)
    assert span.duration_ns == 3600 * 10**9


async def test_a_run_with_work_beside_its_wait_is_not_put_aside():
    gate = asyncio.Event()

    @capability(provides="m")
    async def works(n: int) -> int:
        await gate.wait()
        return n

    mine = engine(passivate_after_seconds=30)
    running = await begun(mine, parallel(works, wait_for("go")), n=1)
    mine.clock.advance(100)
    await turns()
    assert not running.done()
    gate.set()

    assert (await running).status == "waiting"


async def test_an_event_that_arrives_as_a_run_is_put_aside_is_not_lost():
    mine = engine(passivate_after_seconds=30)
    running = await begun(mine, wait_for("go"))
    mine.deliver(event("go", {"go": 1}))
    mine.clock.advance(30)

    assert (await running).outputs == {"go": 1}


async def test_a_question_asked_by_a_capability_stays_open_while_its_run_is_put_aside():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        return await context.ask("first?")

    mine = engine(passivate_after_seconds=30)
    assert (await mine.run(curious, {"n": 1})).status == "waiting"

    assert [r for r in mine.sink.read if isinstance(r, SpanEnded)] == []
    assert list(read_story(mine.sink.read).past.waits) == [("curious", ())]


def open_waits(mine: Engine) -> list[str]:
    return [step for step, _ in read_story(mine.sink.read).past.waits]


async def test_a_wait_that_has_ended_is_no_open_wait_of_its_story():
    taken = engine()
    running = await begun(taken, wait_for("go") >> wait_for("last"))
    assert open_waits(taken) == ["wait_go"]
    taken.deliver(event("go", {"go": 1}))
    await turns()
    assert open_waits(taken) == ["wait_last"]
    running.cancel()
    await running

    over = engine()
    await over.run(wait_for("go", within=5), {})
    assert open_waits(over) == []


async def test_a_wait_that_lost_a_race_or_ran_out_of_time_is_no_open_wait():
    lost = engine()
    await begun(lost, race(wait_for("go", gives={"n": int}), slow_inc) >> wait_for("last"), n=1)
    assert open_waits(lost) == ["wait_last"]

    stopped = engine()
    await stopped.run(fallback(wait_for("go").timeout(5), approval("?", into="go")).timeout(9), {})
    assert open_waits(stopped) == []


async def test_a_wait_tried_again_after_its_time_was_over_waits_anew():
    flow = wait_for("go", within=5)
    first = engine()
    await first.run(flow, {})
    second = engine()
    second.clock.advance(60)

    second.resume(flow, first.sink.read)
    await turns(3)

    assert [one.deadline - second.clock.wall_ns() for one in waits(second)] == [5_000_000_000]


async def test_a_refused_answer_gives_no_more_time():
    mine = engine()
    running = await begun(mine, approval("?", within=100))
    mine.clock.advance(60)
    mine.deliver(event(waits(mine)[0].event, {"answer": "perhaps"}, id="1"))
    await turns()

    assert (await running).failure.error_type == "TimedOut"
    assert mine.clock.seconds == pytest.approx(100)


async def test_a_wait_tried_again_in_a_resumed_run_has_its_whole_time_again():
    late = "packetflow.errors:TimedOut"
    flow = wait_for("go", within=100).retry(2, on=late, wait=0, jitter=0, total=None)
    first = engine(passivate_after_seconds=30)
    await first.run(flow, {})
    second = engine()

    assert (await second.resume(flow, first.sink.read)).failure.error_type == "TimedOut"
    assert second.clock.seconds == pytest.approx(200)


async def test_a_run_taken_up_the_moment_it_was_put_aside_stays_known_as_running():
    mine = engine(passivate_after_seconds=None)
    flow = wait_for("go")
    before = await begun(mine, flow)
    assert before.put_aside()
    while not before._task.done():
        await asyncio.sleep(0)

    again = mine.resume(flow, mine.sink.read)  # before anybody was told that the first is over
    await turns()

    assert mine.running == {again.id: again}
    assert mine.deliver(event("go", {"go": 1})) == 1
    assert (await again)["go"] == 1
