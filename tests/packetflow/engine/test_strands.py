"""Coroutines side by side: cancelled whenever, they all end; users' own scopes stay valid."""

import asyncio
import random
from collections import Counter
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from packetflow import capability, each, parallel, race, then
from packetflow.engine.engine import Engine
from packetflow.engine.strands import Carriers, Strands
from tests.packetflow.engine.kit import forever, inc, others, run, slow_inc, turns


async def test_a_strand_that_never_waits_costs_no_task():
    carriers = Carriers()
    strands = Strands(carriers)

    async def quick():
        return None

    for number in range(100):
        assert strands.add(quick, number=number)
    await strands.join()

    assert len(others()) == 1  # the spare one
    await carriers.close()
    await turns()
    assert not others()


async def test_a_strand_cancelled_before_its_task_had_a_turn_still_cleans_up():
    carriers, seen = Carriers(), []

    async def patient():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            seen.append("cleaned")
            raise

    strands = Strands(carriers)
    strands.add(patient, number=0)
    strands.fail(OSError("stop"))
    with pytest.raises(OSError, match="stop"):
        await strands.join()

    assert seen == ["cleaned"]


async def test_a_strand_that_cancels_itself_before_its_first_wait_is_cancelled_there():
    carriers = Carriers()
    seen = []

    async def rash():
        asyncio.current_task().cancel()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("stopped")
            raise

    async def fine():
        await asyncio.sleep(0)
        seen.append("fine")

    for _ in range(3):  # on a new task, and on a spare one
        strands = Strands(carriers)
        strands.add(rash, number=0)
        with pytest.raises(asyncio.CancelledError):
            await strands.join()
        await turns()
        calm = Strands(carriers)
        calm.add(fine, number=0)
        await calm.join()

    assert seen == ["stopped", "fine"] * 3


async def test_several_that_never_wait_share_one_task():
    carriers, seen = Carriers(), []

    async def quick(given):
        seen.append((given, asyncio.current_task()))

    assert Strands(carriers).add_all([quick, seen.append, quick], "x") is None

    assert [one if one == "x" else one[0] for one in seen] == ["x"] * 3
    assert {one[1] for one in seen if one != "x"} == others()
    await carriers.close()


async def test_of_several_each_that_waits_has_a_task_of_its_own():
    carriers, tasks = Carriers(), []

    async def patient(_):
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())

    async def quick(_):
        pass

    rest = Strands(carriers).add_all([patient, quick, patient, quick], None)
    assert asyncio.current_task() not in tasks
    await rest

    assert len(set(tasks)) == 2
    assert Counter(tasks).most_common()[-1][1] == 2
    await carriers.close()


async def test_one_that_cancels_itself_and_never_waits_does_not_stop_the_next():
    carriers, seen = Carriers(), []

    async def rash(_):
        asyncio.current_task().cancel()

    async def fine(_):
        await asyncio.sleep(0)
        seen.append("fine")

    for _ in range(3):
        await Strands(carriers).add_all([rash, fine, rash], None)

    assert seen == ["fine"] * 3
    await carriers.close()


async def test_one_of_several_that_fails_at_once_stops_the_others_and_the_adding():
    carriers, seen = Carriers(), []

    async def patient(_):
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("stopped")

    def breaks(_):
        raise OSError("at once")

    with pytest.raises(OSError, match="at once"):
        await Strands(carriers).add_all([patient, breaks, seen.append], "begun")

    assert seen == ["stopped"]
    await carriers.close()


async def test_the_caller_s_cancellation_goes_before_what_fails_meanwhile():
    from packetflow.engine.state import StepFailed

    carriers = Carriers()

    async def messy():
        try:
            await asyncio.Event().wait()
        finally:
            raise StepFailed("s", (), OSError(), {})

    async def parent():
        strands = Strands(carriers)
        strands.add(messy, number=0)
        await strands.join()

    task = asyncio.ensure_future(parent())
    await turns()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("around", [parallel, race, lambda *s: parallel(*s, at_once=2)],
                         ids=["parallel", "race", "lanes"])  # fmt: skip
async def test_scopes_that_users_open_before_their_first_wait_stay_valid(around):
    async def with_timeout():
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timeout"

    async def with_group():
        async with asyncio.TaskGroup() as group:
            one = group.create_task(asyncio.sleep(0, "group"))
            await asyncio.sleep(0)
        return one.result()

    async def with_anyio():
        with anyio.move_on_after(0) as scope:
            await anyio.sleep(30)
        with anyio.CancelScope() as other:
            await anyio.lowlevel.checkpoint()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        return f"anyio {scope.cancelled_caught} {other.cancelled_caught}"

    def part(name, body):
        @capability(provides=name, name=name)
        async def work(n: int) -> str:
            return await body()

        return work

    for name, body, expected in (
        ("a", with_timeout, "timeout"),
        ("b", with_group, "group"),
        ("c", with_anyio, "anyio True False"),
    ):
        beside = part("beside", with_group) if around is not race else part(name, forever_)
        execution = await run(around(part(name, body), beside), n=1)
        assert execution[name] == expected, execution


async def forever_():
    await asyncio.Event().wait()


CANCELLED = {
    "alone": lambda: forever,
    "chain": lambda: then(inc, slow_inc, forever, inc),
    "parallel": lambda: parallel(*[forever.writing(n=f"n{i}") for i in range(5)]),
    "nested": lambda: parallel(
        *[parallel(forever.writing(n=f"n{i}"), forever.writing(n=f"m{i}")) for i in range(3)]
    ),
    "race": lambda: race(forever, forever),
    "retry": lambda: forever.retry(3, on=Exception),
    "timeout": lambda: forever.timeout(1000),
    "hedge": lambda: forever.hedge(0.001),
    "fallback": lambda: forever | inc,
}


@pytest.mark.parametrize("name", CANCELLED)
@pytest.mark.parametrize("after", [0, 1, 2, 3, 8])
async def test_a_cancelled_run_ends_and_leaves_nothing_running(name, after):
    engine = Engine()
    running = engine.start(CANCELLED[name](), {"n": 1})
    await turns(after)

    running.cancel("enough")
    async with asyncio.timeout(60):
        execution = await running

    assert (execution.status, execution.failure.message) == ("cancelled", "enough")
    await engine.close()
    await turns()
    assert not others()


async def test_a_step_that_swallows_its_cancellation_does_not_keep_the_run_alive():
    reached = []

    @capability(provides="n")
    async def stubborn(n: int) -> int:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return n

    @capability(provides="n", run_in="loop")
    def next_one(n: int) -> int:
        reached.append(n)
        return n

    running = Engine().start(stubborn >> next_one, {"n": 1})
    await turns()
    running.cancel()

    assert (await running).status == "cancelled"
    assert not reached


async def test_cancelling_the_task_that_runs_a_composition_cancels_it():
    engine = Engine()
    task = asyncio.ensure_future(engine.run(parallel(forever.writing(n="m")), {"n": 1}))
    await turns()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await engine.close()
    await turns()
    assert not others()


@pytest.mark.parametrize("seed", range(40))
async def test_whatever_the_interleaving_a_flow_gives_the_same_and_leaves_nothing(seed):
    dice = random.Random(seed)

    def part(name):
        @capability(provides=name, name=name)
        async def work(n: int) -> int:
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
            if dice.random() < 0.2:
                raise OSError(name)
            return n + 1

        return work.retry(50, on=OSError, wait=0.0001, jitter=0)

    engine = Engine()
    inner = race(part("m") >> part("k").reading(n="m"), part("k") >> part("m").reading(n="k"))
    flow = parallel(part("a"), inner, part("b"), at_once=dice.choice([None, 1, 2]))
    execution = await engine.run(each(flow, "ns", {"a": "as_", "m": "ms"}, at_once=3),
                                 {"ns": list(range(6))})  # fmt: skip

    assert execution["as_"] == list(range(1, 7))
    assert all(m - n in (1, 2) for n, m in enumerate(execution["ms"]))
    await engine.close()
    await turns()
    assert not others()
