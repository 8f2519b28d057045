"""Following, awaiting and stopping an execution under way."""

import asyncio

import pytest

from packetflow import Context, Effect, Workspace, capability, parallel, then
from packetflow.engine.engine import Engine
from packetflow.engine.events import Ended
from packetflow.engine.waiters import answer_event
from packetflow.kernel.records import ExecutionEnded, LogLine, SpanEnded, StepIntent
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event, slow_inc, turns


def stubborn(gate: asyncio.Event):
    """A capability that does not stop when it is told to."""

    @capability(provides="n", name="stubborn")
    async def step(n: int) -> int:
        while not gate.is_set():
            try:
                await gate.wait()
            except asyncio.CancelledError:
                continue
        return n

    return step


def engine() -> Engine:
    return Engine(RecordingSink(), clock=FakeClock())


@pytest.mark.parametrize("beside", [False, True])
async def test_a_step_that_does_not_stop_is_left_alone_after_a_tenth_of_a_second(beside):
    gate, mine = asyncio.Event(), engine()
    step = stubborn(gate)
    flow = (
        parallel(step.writing(n="k"), slow_inc.writing(n="m")) if beside else then(step, slow_inc)
    )
    running = mine.start(flow, {"n": 1})
    await turns()
    running.cancel("enough")

    execution = await running

    assert (execution.status, execution.failure.message) == ("cancelled", "enough")
    assert mine.clock.seconds == pytest.approx(0.1)
    assert running.done()
    assert mine.running == {}
    assert isinstance(mine.sink.read[-1], ExecutionEnded)
    gate.set()
    await turns()
    await running._task
    last = mine.sink.read[-1]
    assert isinstance(last, LogLine)
    assert "'stubborn' ended after it was cancelled" in last.text
    ended = ["slow_inc ok"] * beside + ["stubborn cancelled"]
    assert [f"{r.step} {r.status}" for r in mine.sink.read if isinstance(r, SpanEnded)] == ended
    assert [f"{one.step} {one.status}" for one in execution.spans] == ended


async def test_who_follows_or_awaits_hears_of_the_end_at_once():
    gate, mine = asyncio.Event(), engine()
    running = mine.start(stubborn(gate), {"n": 1})
    heard = []

    async def follow() -> None:
        heard.extend([event async for event in running])

    following, awaiting = asyncio.ensure_future(follow()), asyncio.ensure_future(running)
    await turns()
    running.cancel()
    await asyncio.gather(following, awaiting)

    assert isinstance(heard[-1], Ended)
    assert heard[-1].execution is awaiting.result() is await running
    gate.set()
    await running._task


async def test_what_was_left_alone_can_be_resumed_at_once():
    gate, mine = asyncio.Event(), engine()
    flow = stubborn(gate)
    running = mine.start(flow, {"n": 1})
    await turns()
    running.cancel()
    await running
    other = asyncio.Event()
    other.set()

    again = await mine.resume(stubborn(other), mine.sink.read)

    assert again["n"] == 1
    gate.set()
    await running._task


async def test_who_gives_up_waiting_leaves_the_execution_alone():
    gate, mine = asyncio.Event(), engine()
    running = mine.start(stubborn(gate), {"n": 1})
    waiting = asyncio.ensure_future(running)
    await turns()
    waiting.cancel()
    await turns()
    gate.set()

    assert (await running).status == "ok"


async def test_a_cancelled_run_begins_no_effect():
    gate, mine = asyncio.Event(), engine()

    @capability(provides="paid", effects=[Effect.writes("payments")])
    async def pay(n: int) -> int:
        return n

    running = mine.start(then(stubborn(gate), pay), {"n": 1})
    await turns()
    running._run.cancelled = True
    gate.set()

    assert await asyncio.gather(running, return_exceptions=True)
    assert not [r for r in mine.sink.read if isinstance(r, StepIntent)]


async def test_listeners_hear_that_a_capability_was_answered_and_goes_on():
    @capability(provides="m")
    async def curious(n: int, context: Context) -> str:
        return await context.ask("first?")

    mine, told = Engine(RecordingSink(), clock=FakeClock(), inbox=Box()), []
    running = mine.start(curious, {"n": 1})
    running.listen(told.append)
    await turns()
    mine.deliver(event(answer_event(running.id, "curious", ()), {"answer": "a"}))
    await running

    kinds = [type(one).__name__ for one in told]
    assert kinds[kinds.index("Waits") :] == ["Waits", "Answered", "StepEnded", "Ended"]


def test_an_execution_and_its_failure_stay_one_line_however_long_the_message():
    @capability(provides="n")
    def breaks(n: int) -> int:
        raise ValueError("too\nlong " * 500)

    with Workspace(":memory:") as ws:
        run = ws.run_sync(breaks, n=1)

    for shown in (repr(run), repr(run.failure), repr(run.spans), repr(run.spans[0])):
        assert "\n" not in shown
        assert len(shown) < 300
    assert repr(run.failure).startswith("<failure breaks: ValueError: too long")
