"""A stopped step that goes on holds nobody up, and what it does later counts for nothing."""

import asyncio

import pytest

from packetflow import Context, capability, parallel, race
from packetflow.engine.engine import Engine
from packetflow.engine.patience import PATIENCE_SECONDS
from packetflow.engine.ports import MemorySink
from packetflow.errors import TimedOut
from packetflow.kernel.records import EventArrived, SpanEnded
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import broken, inc, others, turns

CLOCK_SECONDS = 50
NAP = 1


def stubborn_with(clock: FakeClock, ended: list[str], how: str = "plain"):
    """A step that goes on for 50 seconds, whoever stops it."""

    async def go_on(n: int) -> int:
        while clock.seconds < CLOCK_SECONDS:
            try:
                await clock.sleep(NAP)
            except asyncio.CancelledError:
                ended.append("stopped")
        ended.append("ended")
        return n + 10

    @capability(name="stubborn", provides="n")
    async def plain(n: int) -> int:
        return await go_on(n)

    @capability(name="stubborn", provides="n")
    async def talking(n: int, context: Context) -> int:
        n = await go_on(n)
        context.emit("late", {"n": n})
        context.record(cost=1)
        context.post("room", "late")
        context.log("late words")
        return n

    @capability(name="stubborn", provides="n")
    async def by_task(n: int) -> int:
        return await asyncio.create_task(go_on(n))

    @capability(name="stubborn", provides="n")
    async def by_gather(n: int) -> int:
        return (await asyncio.gather(go_on(n)))[0]

    @capability(name="stubborn", provides="n")
    async def by_group(n: int) -> int:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(go_on(n))
        return task.result()

    every = {"plain": plain, "context": talking, "task": by_task, "gather": by_gather}
    return (every | {"group": by_group})[how]


FLOWS = {
    "timeout": (lambda s: s.timeout(5), 5, "failed"),
    "race": (lambda s: race(s, inc), 0, "ok"),
    "hedge": (lambda s: (s | inc).hedge(60).timeout(5), 5, "failed"),
    "parallel": (lambda s: parallel(s.writing(n="k"), broken.writing(n="m")), 0, "failed"),
    "each try": (lambda s: s.timeout(5).retry(2, on=TimeoutError, wait=0, jitter=0), 10, "failed"),
    "fallback": (lambda s: s.timeout(5) | inc, 5, "ok"),
    "parallel in timeout": (
        lambda s: parallel(s.writing(n="k"), inc.writing(n="m")).timeout(5),
        5,
        "failed",
    ),
}


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("how", ["plain", "context", "task", "gather", "group"])
async def test_a_step_that_swallows_its_cancellation_holds_nobody_up(name, how):
    make, seconds, status = FLOWS[name]
    clock, ended, sink = FakeClock(), [], MemorySink()
    engine = Engine(sink, clock=clock)

    execution = await engine.run(make(stubborn_with(clock, ended, how)), {"n": 1})

    tries = 2 if name == "each try" else 1
    assert clock.seconds == pytest.approx(seconds + tries * PATIENCE_SECONDS, abs=NAP / 100)
    assert (execution.status, execution.outputs.get("n", 2)) == (status, 2)
    kept = len(sink.records)
    await clock.sleep(CLOCK_SECONDS)
    await turns()
    assert ended.count("ended") == tries
    late = [one for one in sink.records[kept:] if getattr(one, "kind", "") == "late"]
    assert len(late) == tries
    assert not [one for one in sink.records if isinstance(one, EventArrived)]
    assert not [one for one in sink.records[kept:] if isinstance(one, SpanEnded)]
    assert not engine.left
    await engine.close()
    await turns()
    assert not others()


async def test_a_step_may_tidy_up_while_it_is_waited_for_and_after():
    clock, seen = FakeClock(), []

    @capability(provides="n")
    async def tidy(n: int) -> int:
        try:
            await clock.sleep(100)
        finally:
            await asyncio.sleep(0)
            await clock.sleep(0.05)
            seen.append("soon")
            await clock.sleep(1)
            seen.append(f"later at {clock.seconds:.2f}")
        return n

    engine = Engine(clock=clock)
    execution = await engine.run(tidy.timeout(5), {"n": 1})

    assert isinstance(execution.failure.cause, TimedOut)
    assert (seen, round(clock.seconds, 3)) == (["soon"], 5.1)
    await clock.sleep(10)
    assert seen == ["soon", "later at 6.05"]


async def test_a_time_limit_of_a_steps_own_may_take_its_time():
    clock = FakeClock()

    @capability(provides="n")
    async def own(n: int) -> int:
        task = asyncio.current_task()
        clock.call_later(1, task.cancel)
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            task.uncancel()
            await clock.sleep(20)
        return n + 1

    execution = await Engine(clock=clock).run(own, {"n": 1})

    assert (execution["n"], clock.seconds) == (2, 21)


async def test_a_second_stop_reaches_what_the_step_waits_for():
    clock, heard = FakeClock(), []

    @capability(provides="n")
    async def twice(n: int) -> int:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                heard.append(clock.seconds)
        return n + 1

    engine = Engine(clock=clock)
    flow = twice.timeout(5).timeout(5.05)
    execution = await engine.run(flow, {"n": 1})

    assert heard == pytest.approx([5, 5.05])
    assert execution.status == "ok"


async def test_a_question_of_a_step_that_is_over_is_refused():
    clock, told = FakeClock(), []

    @capability(provides="n")
    async def asks(n: int, context: Context) -> int:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError:
            await clock.sleep(1)
        try:
            await context.ask("Really?")
        except Exception as error:  # noqa: BLE001 - the test looks at it
            told.append(str(error))
        return n

    engine = Engine(clock=clock)
    await engine.run(asks.timeout(5), {"n": 1})
    await clock.sleep(5)

    assert told == ["step 'asks' is over; nobody answers 'Really?'"]


@pytest.mark.parametrize("stops", ["at once", "later", "by an own limit"])
async def test_a_task_of_a_steps_own_that_heeds_its_cancellation_is_waited_for(stops):
    clock, said = FakeClock(), []
    engine = Engine(clock=clock)

    async def work() -> str:
        try:
            await clock.sleep(100)
        except asyncio.CancelledError as stopped:
            said.append(stopped.args)
            if stops == "later":
                await clock.sleep(PATIENCE_SECONDS / 2)
            raise
        return "never"

    @capability(provides="n")
    async def step(n: int) -> int:
        child = asyncio.create_task(work())
        if stops == "by an own limit":
            asyncio.get_running_loop().call_soon(child.cancel, "own")
        try:
            await child
        except asyncio.CancelledError:
            assert child.done()
            said.append("heard")
            if stops != "by an own limit":
                raise
        return n

    run = await engine.run(step.timeout(5) | inc, {"n": 1})

    assert said[-1] == "heard"
    assert len(said) == 2
    assert run["n"] == (1 if stops == "by an own limit" else 2)
    await turns()
    assert not others()
