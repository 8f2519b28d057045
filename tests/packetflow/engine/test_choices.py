"""Races and alternatives."""

import asyncio
import gc
import threading

import pytest

from packetflow import capability, fallback, race, then
from packetflow.engine.engine import Engine
from packetflow.errors import NothingWon
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import (
    broken,
    double,
    forever,
    inc,
    others,
    run,
    slow_broken,
    slow_inc,
    turns,
)


async def test_the_first_to_succeed_wins_and_the_others_are_really_over():
    ended = []

    @capability(provides="n")
    async def patient(n: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)  # it takes its time to clean up
            ended.append("patient")
        return n

    engine = Engine()
    execution = await engine.run(race(patient, slow_broken, slow_inc), {"n": 1})

    assert execution["n"] == 2
    assert ended == ["patient"]
    statuses = {s.step: s.status for s in execution.spans}
    assert statuses["patient"] == "cancelled"
    assert next(s.attributes for s in execution.spans if s.kind == "race") == {"winner": 2}
    await engine.close()
    await turns()
    assert not others()


async def test_an_alternative_that_wins_at_once_keeps_the_later_ones_from_starting():
    started = []

    @capability(provides="n", run_in="loop")
    def later(n: int) -> int:
        started.append(n)
        return n

    assert (await run(race(inc, later), n=1))["n"] == 2
    assert not started


async def test_a_loser_leaves_no_names_behind():
    @capability(provides="n")
    async def slow_write(n: int) -> int:
        await turns(5)
        return 99

    loser = then(double, slow_write)
    execution = await run(race(loser, slow_inc), n=1)

    assert execution["n"] == 2


async def test_a_race_that_nobody_wins_fails_with_the_first_reason():
    execution = await run(race(broken, slow_broken), n=3)

    assert isinstance(execution.failure.cause, NothingWon)
    assert "all 2 alternatives failed; the first said: no 3" in execution.failure.message


async def test_a_thread_that_loses_does_not_hold_the_winner_up():
    gate = threading.Event()

    @capability(provides="n")
    def hangs(n: int) -> int:
        gate.wait(10)
        return n

    execution = await run(race(hangs, slow_inc), n=1)
    gate.set()

    assert execution["n"] == 2


@pytest.mark.parametrize("bad", [broken, slow_broken], ids=lambda s: s.name)
async def test_alternatives_are_tried_in_order(bad):
    execution = await run(bad | bad | inc | double, n=5)

    assert execution["n"] == 6
    assert [s.status for s in execution.spans] == ["failed", "failed", "ok"]


async def test_a_failing_alternative_leaves_no_names_behind():
    execution = await run(then(double, double, broken) | inc, n=1)

    assert execution["n"] == 2


async def test_the_failure_of_the_last_alternative_stands():
    execution = await run(fallback(broken, slow_broken), n=1)

    assert execution.failure.step == "slow_broken"


async def test_a_race_inside_a_race_is_cancelled_as_a_whole():
    engine = Engine(clock=FakeClock())
    inner = race(forever, forever)

    execution = await engine.run(race(inner, slow_inc), {"n": 1})

    assert execution["n"] == 2
    await engine.close()
    await turns()
    assert not others()


@pytest.mark.parametrize("way", ["race", "hedge"])
async def test_a_contest_leaves_nothing_for_the_collector_of_cycles(way: str):
    begun = []

    @capability(provides="m")
    async def uneven(n: int) -> int:
        begun.append(n)
        await asyncio.sleep(30 if len(begun) % 2 else 0)
        return n

    mine, flow = Engine(), race(uneven, uneven) if way == "race" else uneven.hedge(0.001)
    await mine.run(flow, {"n": 1})
    gc.collect()
    gc.disable()
    try:
        await mine.run(flow, {"n": 1})
        assert gc.collect() == 0
    finally:
        gc.enable()
    assert len(begun) == 4
    await mine.close()
