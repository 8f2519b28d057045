"""Retry, timeout, cache and hedge, on a clock that jumps."""

import asyncio
import random
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from packetflow import Context, Effect, capability, each, fallback, parallel, then
from packetflow.engine.engine import Engine
from packetflow.engine.ports import MemorySink
from packetflow.errors import ContractError, TimedOut
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import double, forever, inc, run, slow_inc


def engine(seed: int = 7) -> Engine:
    return Engine(MemorySink(), clock=FakeClock(), random=random.Random(seed))


def failing(times: int, error: type[BaseException] = OSError, *, name: str = "shaky"):
    """A capability whose first tries fail; it notes when each began."""
    starts: list[float] = []

    @capability(provides="m", name=name)
    async def work(n: int, context: Context) -> int:
        starts.append(context.attempt)
        if context.attempt <= times:
            raise error("not yet")
        return n

    return work, starts


async def test_a_retry_waits_by_the_formula_and_keeps_a_span_for_every_try():
    work, _ = failing(3)
    mine = engine(seed=7)
    mirror = random.Random(7)

    execution = await mine.run(work.retry(4, on=OSError, wait=1, factor=3, max_wait=5), {"n": 1})

    waits = [min(5.0, 1 * 3**k + mirror.uniform(0.0, 0.1)) for k in range(3)]
    assert execution["m"] == 1
    assert mine.clock.seconds == pytest.approx(sum(waits), abs=1e-6)
    assert [(s.status, s.attempt) for s in execution.spans] == [
        ("failed", 1),
        ("failed", 2),
        ("failed", 3),
        ("ok", 4),
    ]


async def test_a_retry_gives_up_after_its_attempts_with_the_last_error():
    work, starts = failing(9)

    execution = await engine().run(work.retry(3, on=OSError), {"n": 1})

    assert isinstance(execution.failure.cause, OSError)
    assert len(starts) == 3


async def test_a_retry_leaves_other_exceptions_alone_and_takes_subclasses():
    other, tries = failing(1, KeyError)
    execution = await engine().run(other.retry(3, on=OSError), {"n": 1})
    assert (execution.status, len(tries)) == ("failed", 1)

    narrow, _ = failing(1, ConnectionError)
    assert (await engine().run(narrow.retry(3, on=OSError), {"n": 1})).status == "ok"


async def test_no_try_starts_once_the_total_time_has_passed():
    work, starts = failing(9)

    mine = engine()
    flow = work.retry(9, on=OSError, wait=10, factor=1, max_wait=10, jitter=0, total=25)
    await mine.run(flow, {"n": 1})

    assert len(starts) == 3
    assert mine.clock.seconds == 20


async def test_a_retried_sequence_begins_each_try_with_the_values_before_it():
    work, _ = failing(1)
    flow = (inc >> work).retry(2, on=OSError)

    execution = await engine().run(flow, {"n": 1})

    assert (execution["n"], execution["m"]) == (2, 2)


async def test_a_timeout_fails_an_async_step_and_says_so_in_its_span():
    mine = engine()

    execution = await mine.run(forever.timeout(10), {"n": 1})

    assert isinstance(execution.failure.cause, TimedOut)
    assert isinstance(execution.failure.cause, TimeoutError)
    assert "took more than 10 s" in execution.failure.message
    assert [span.status for span in execution.spans] == ["timed_out"]
    assert mine.clock.seconds == 10


async def test_a_step_that_ends_in_time_calls_its_timer_off():
    mine = engine()

    execution = await mine.run(then(slow_inc.timeout(5), double), {"n": 1})

    assert execution["n"] == 4
    assert mine.clock.timers == 0


async def test_a_timeout_can_be_retried_as_a_timeout_error():
    tries = []

    @capability(provides="m")
    async def slow_once(n: int) -> int:
        tries.append(n)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return n

    execution = await engine().run(slow_once.timeout(1).retry(2, on=TimeoutError), {"n": 1})

    assert (execution["m"], len(tries)) == (1, 2)


async def test_a_timeout_around_strands_is_a_timeout_even_if_one_fails_while_it_is_stopped():
    @capability(provides="m")
    async def messy(n: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError("while cleaning up")

    execution = await engine().run(
        parallel(messy, forever.writing(n="k")).timeout(1) | inc.writing(n="m"), {"n": 1}
    )
    assert execution["m"] == 2

    alone = await engine().run(parallel(messy, forever.writing(n="k")).timeout(1), {"n": 1})
    assert isinstance(alone.failure.cause, TimedOut)
    assert asyncio.current_task().cancelling() == 0


async def test_the_inner_of_two_time_limits_speaks_first():
    execution = await engine().run((forever.timeout(1) | double).timeout(5), {"n": 3})

    assert execution["n"] == 6


async def test_a_thread_that_hangs_is_given_up_and_its_late_end_is_noted():
    gate, began = threading.Event(), threading.Event()

    @capability(provides="m")
    def hangs(n: int) -> int:
        began.set()
        gate.wait(10)
        return n

    sink, clock = MemorySink(), FakeClock()
    mine = Engine(sink, clock=clock)
    running = mine.start(hangs.timeout(3), {"n": 1})
    while not began.is_set():
        await asyncio.sleep(0)
    assert not running.done()
    clock.advance(3)

    execution = await running

    assert isinstance(execution.failure.cause, TimedOut)
    assert [span.status for span in execution.spans] == ["timed_out"]
    gate.set()
    while not any(getattr(r, "kind", "") == "late" for r in sink.records):
        await asyncio.sleep(0)
    assert "m" not in execution.outputs


async def test_a_cache_gives_equal_inputs_the_same_outputs_and_says_so():
    calls = []

    @capability(provides="m")
    async def work(n: int) -> list[int]:
        calls.append(n)
        return [n]

    mine = engine()
    for n in (1, 2, 1):
        execution = await mine.run(work.cache(), {"n": n})

    assert calls == [1, 2]
    assert execution["m"] == [1]
    assert [(s.kind, s.attributes) for s in execution.spans] == [("cache", {"cached": True})]


async def test_a_cached_value_is_forgotten_after_its_time_and_the_eldest_when_it_is_full():
    calls = []

    @capability(provides="m")
    async def work(n: int) -> int:
        calls.append(n)
        return n

    mine = engine()
    flow = work.cache(ttl=10, max_entries=2)
    await mine.run(flow, {"n": 1})
    mine.clock.advance(9)
    await mine.run(flow, {"n": 1})
    assert calls == [1]
    mine.clock.advance(2)
    await mine.run(flow, {"n": 1})
    assert calls == [1, 1]

    await mine.run(flow, {"n": 2})
    await mine.run(flow, {"n": 1})  # used again, so 2 is the eldest now
    await mine.run(flow, {"n": 3})
    await mine.run(flow, {"n": 1})
    assert calls == [1, 1, 2, 3]
    await mine.run(flow, {"n": 2})
    assert calls == [1, 1, 2, 3, 2]


class Thing:
    """No two of these can be compared by their looks."""


async def test_values_that_cannot_be_compared_are_never_taken_from_a_cache():
    @capability(provides="m", run_in="loop")
    def number(thing: Thing) -> int:
        return id(thing)

    mine, one, other = engine(), Thing(), Thing()

    first = await mine.run(number.cache(), {"thing": one})
    second = await mine.run(number.cache(), {"thing": other})

    assert (first["m"], second["m"]) == (id(one), id(other))


async def test_a_capability_declared_anew_does_not_get_the_cache_of_the_old_one():
    def version(answer: int):
        @capability(provides="m", name="work", run_in="loop")
        def work(n: int) -> int:
            return answer

        return work

    mine = engine()

    assert (await mine.run(version(1).cache(), {"n": 0}))["m"] == 1
    assert (await mine.run(version(2).cache(), {"n": 0}))["m"] == 2


async def test_a_fixed_value_is_part_of_what_a_cache_goes_by():
    mine = engine()

    assert (await mine.run(inc.setting(n=1).cache(), {}))["n"] == 2
    assert (await mine.run(inc.setting(n=5).cache(), {}))["n"] == 6


async def test_a_hedge_starts_once_more_when_there_is_no_answer_and_stops_the_loser():
    starts, stopped = [], []
    mine = engine()

    @capability(provides="m")
    async def lazy(n: int) -> int:
        mine_number = len(starts)
        starts.append(mine.clock.seconds)
        if mine_number == 0:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(mine_number)
        return mine_number

    execution = await mine.run(lazy.hedge(2), {"n": 1})

    assert execution["m"] == 1
    assert starts == [0, 2]
    assert stopped == [0]


async def test_a_hedge_that_answers_in_time_starts_once():
    starts = []

    @capability(provides="m")
    async def quick(n: int) -> int:
        starts.append(n)
        await asyncio.sleep(0)
        return n

    mine = engine()
    assert (await mine.run(quick.hedge(2, at_most=3), {"n": 1}))["m"] == 1
    assert len(starts) == 1
    assert mine.clock.timers == 0


def test_a_hedge_or_a_race_around_a_guarded_effect_is_refused():
    @capability(provides="m", effects=[Effect.writes("payments")])
    async def pay(n: int) -> int:
        return n

    for flow in (pay.hedge(1), pay.retry(2, on=OSError).hedge(1)):
        with pytest.raises(ContractError, match="might do so twice"):
            Engine().plan(flow)


async def test_policies_stack_from_the_inside_out():
    work, starts = failing(2)
    flow = work.retry(2, on=OSError) | inc.writing(n="m")

    assert (await engine().run(flow, {"n": 1}))["m"] == 2
    assert len(starts) == 2


async def test_a_retry_inside_each_counts_for_each_item_by_itself():
    tries: dict[int, int] = {}

    @capability(provides="m")
    async def work(n: int) -> int:
        tries[n] = tries.get(n, 0) + 1
        if tries[n] <= n:
            raise OSError
        return n

    execution = await engine().run(each(work.retry(4, on=OSError), "ns"), {"ns": [0, 1, 2, 3]})

    assert execution["ms"] == [0, 1, 2, 3]
    assert tries == {0: 1, 1: 2, 2: 3, 3: 4}


async def test_many_alternatives_that_fail_after_a_wait_do_not_pile_up():
    @capability(provides="m")
    async def no(n: int) -> int:
        await asyncio.sleep(0)
        raise OSError("no")

    execution = await run(fallback(*[no] * 2000, inc.writing(n="m")), n=1)

    assert execution["m"] == 2


async def test_who_changes_a_cached_value_changes_nobody_elses():
    made = []

    @dataclass
    class Box:
        items: list[int]

    @capability(provides="box")
    async def pack(n: int) -> Box:
        made.append(n)
        return Box([n])

    @capability(provides="length", run_in="loop")
    def grow(box: Box) -> int:
        box.items.append(0)
        return len(box.items)

    engine = Engine(MemorySink(), clock=FakeClock())
    flow = pack.cache() >> grow

    assert [(await engine.run(flow, {"n": 1}))["length"] for _ in range(3)] == [2, 2, 2]
    assert made == [1]


async def test_a_cached_value_that_no_record_takes_is_shared():
    @capability(provides="model")
    async def load(n: int) -> Any:
        return object()

    engine = Engine(MemorySink(), clock=FakeClock())
    first, second = [(await engine.run(load.cache(), {"n": 1}))["model"] for _ in range(2)]

    assert first is second
