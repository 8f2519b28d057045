"""What follows from a change, and what does not."""

import asyncio
from typing import Any

import pytest

from packetflow import (
    Context,
    Contract,
    Effect,
    Port,
    capability,
    fallback,
    from_contract,
    parallel,
    pipeline,
    race,
    then,
    wait_for,
    when,
)
from packetflow.composition.walk import identified
from packetflow.engine.engine import Engine
from packetflow.engine.events import StepEnded
from packetflow.engine.execution import Running
from packetflow.engine.migration import calls_now, note_makers
from packetflow.engine.past import read_story
from packetflow.engine.reuse import following, reading_order, reusable_past
from packetflow.engine.start import Start
from packetflow.errors import UnknownName
from packetflow.kernel.records import ExecutionStarted, Record, StepIntent, WaitStarted
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event, turns


def step(name: str, reads: str, makes: str):
    contract = Contract(
        tuple(Port(one, str) for one in reads.split()),
        tuple(Port(one, str) for one in makes.split()),
    )
    return from_contract(lambda **_: {}, name, contract)


A, B, C = step("a", "x", "p"), step("b", "y", "q"), step("c", "p q", "r")
FLOW = identified((parallel(A, B) >> C).as_step())


@pytest.mark.parametrize(
    ("from_step", "changed", "stale"),
    [
        ("a", (), {"a", "c"}),
        ("c", (), {"c"}),
        (None, ("x",), {"a", "c"}),
        (None, ("y",), {"b", "c"}),
        ("a", ("y",), {"a", "b", "c"}),
        (None, (), set()),
        (None, ("nobody_reads_it",), set()),
    ],
)
def test_what_reads_what_follows_is_done_again(from_step, changed, stale):
    assert following(FLOW, from_step, changed) & {"a", "b", "c"} == stale


def test_a_renamed_input_is_followed_too():
    flow = identified((A.reading(x="z") >> step("d", "p", "s")).as_step())

    assert following(flow, None, ("z",)) == {"a", "d"}


def test_what_reads_from_a_way_follows_a_changed_condition_the_ways_themselves_do_not():
    one, other = step("a", "x", "p"), step("b", "y", "p")
    flow = identified((when("flag", one, otherwise=other) >> step("c", "p", "r")).as_step())

    assert following(flow, None, ("flag",)) == {"branch", "c"}


def test_an_unknown_step_says_so():
    with pytest.raises(UnknownName, match="no step"):
        following(FLOW, "nosuch", ())


DONE: list[str] = []
FAILS: dict[str, int] = {"bad": 99, "shaky": 1}
"""How many tries of a capability fail, by its name."""


def makes(name: str, provides: str = "n", **said: Any) -> Any:
    @capability(provides=provides, name=name, **said)
    async def work(n: int, context: Context) -> int:
        await asyncio.sleep(0)
        DONE.append(name)
        if context.attempt <= FAILS.get(name, 0):
            raise OSError("not yet")
        return n + 1

    return work


def engine() -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), inbox=Box())


async def forked(
    flow: Any, records: list[Record], from_step: str | None = None
) -> tuple[Engine, Running]:
    """A fork of an execution told by its records, as it begins."""
    mine = engine()
    plan = mine.plan(flow)
    past = reusable_past(plan.step, read_story(records).past, from_step, ())
    DONE.clear()
    return mine, mine.start(flow, {"n": 1}, Start(past=past, retry_of="before"))


async def ran(flow: Any) -> list[Record]:
    mine = engine()
    await mine.run(flow, {"n": 1})
    return mine.sink.read


PAID = [Effect.writes("payments")]


async def test_a_fork_that_is_cut_anywhere_goes_on_without_doing_again_what_it_took_over():
    flow = then(makes("pay", effects=PAID), makes("more"), makes("last"))
    mine, running = await forked(flow, await ran(flow), "last")
    whole = await running
    assert DONE == ["last"]
    records = mine.sink.read
    begins = next(i for i, r in enumerate(records) if isinstance(r, ExecutionStarted))

    for cut in range(begins + 1, len(records)):
        DONE.clear()
        again = await engine().resume(flow, records[:cut])
        assert again.outputs == whole.outputs
        assert "pay" not in DONE
        assert "more" not in DONE


async def test_what_a_fork_took_over_shows_as_reused():
    flow = then(makes("pay", effects=PAID), makes("last"))
    records = await ran(flow)
    _, running = await forked(flow, records, "last")

    spans = (await running).spans

    assert [(one.step, one.kind) for one in spans] == [("pay", "reused"), ("last", "capability")]
    assert spans[0].attributes == {"reused_from": records[-1].execution_id, "took_ns": 0}
    assert {one.execution_id for one in spans} == {running.id}
    assert [one.span_id for one in spans] == [1, 2]


async def test_an_effect_that_is_open_is_asked_about_in_a_fork_too():
    never = asyncio.Event()

    @capability(provides="n", name="pay", effects=PAID)
    async def hangs(n: int) -> int:
        DONE.append("pay")
        await never.wait()
        return n

    flow = then(makes("first"), hangs.timeout(5), makes("last"))
    mine, _ = await forked(flow, await ran(flow))
    await turns()

    assert DONE == []
    asked = [r for r in mine.sink.read if isinstance(r, WaitStarted)]
    assert "'pay'" in asked[0].question
    assert any(isinstance(r, StepIntent) and r.step == "pay" for r in mine.sink.read)
    _, running = await forked(flow, await ran(flow), "pay")  # to be done again is what was said
    assert (await running).failure.error_type == "TimedOut"
    assert DONE == ["pay"]


async def test_a_fork_goes_the_ways_that_containers_had_chosen():
    whole = (makes("one") >> makes("shaky")).retry(3, on=OSError)
    chosen = fallback(makes("bad", effects=PAID), makes("good"))
    flow = then(whole, chosen, makes("last"))
    records = await ran(flow)

    _, running = await forked(flow, records, "last")
    assert (await running).status == "ok"
    assert DONE == ["last"]
    _, running = await forked(flow, records, "bad")
    assert (await running).status == "ok"
    assert DONE == ["bad", "last"]


async def test_a_race_is_run_again_when_one_of_its_ways_is():
    flow = race(makes("one"), makes("other")) >> makes("last")

    _, running = await forked(flow, await ran(flow), "one")

    assert (await running).status == "ok"
    assert DONE[0] == "one"


async def test_a_fork_migrates_what_older_code_made_and_so_does_it_when_resumed():
    old = then(makes("first"), makes("last"))
    records = await ran(old)
    new = then(
        makes("first", version="2", migrate=lambda made, version: {"n": made["n"] * 100}),
        makes("last"),
    )
    mine = engine()
    story = read_story(records)
    note_makers(story, calls_now(mine.plan(new)))
    past = reusable_past(mine.plan(new).step, story.past, "last", ())
    running = mine.start(new, {"n": 1}, Start(past=past))
    assert (await running)["n"] == 201

    again = await engine().resume(new, mine.sink.read[:-2])

    assert again["n"] == 201


def test_a_misspelt_step_is_answered_with_the_nearest():
    flow = identified((A.called("collect") >> C.called("combine")).as_step())

    with pytest.raises(UnknownName, match="did you mean 'combine'"):
        following(flow, "combin", ())


async def test_what_was_taken_over_stands_in_the_order_of_its_pipeline_with_its_first_duration():
    @capability(provides="slowly")
    async def slow(n: int) -> int:
        await mine.clock.sleep(5)
        return n

    @capability(provides="end")
    async def last(slowly: int, quickly: int) -> int:
        return slowly + quickly

    mine = engine()
    flow = parallel(slow, makes("quick", "quickly")) >> last
    await mine.run(flow, {"n": 1})
    first, running = await forked(flow, mine.sink.read, "last")
    once = await running
    _, running = await forked(flow, first.sink.read, "last")
    twice = await running

    for spans in (once.spans, twice.spans):
        shown = [(one.step, one.kind, one.took_ns) for one in spans]
        assert shown[:2] == [("slow", "reused", 5_000_000_000), ("quick", "reused", 0)]
        assert [one.span_id for one in spans] == [1, 2, 3]


async def test_a_wait_that_was_taken_over_is_told_like_any_step():
    flow = wait_for("paid", gives={"m": int}) >> makes("last")
    mine = engine()
    running = mine.start(flow, {"n": 1})
    await turns()
    mine.deliver(event("paid", {"m": 1}))
    await running
    told = []
    _, again = await forked(flow, mine.sink.read, "last")
    again.listen(told.append)
    await again

    ended = [one.span.step for one in told if isinstance(one, StepEnded)]
    assert ended == ["wait_paid", "last"]


def test_reading_order_enters_called_pipelines():
    inner = pipeline("inner", step("b", "p", "q") >> step("c", "q", "r"))
    flow = identified((A >> inner.as_step() >> step("d", "r", "s")).as_step())

    assert list(reading_order(flow)) == ["a", "inner", "inner/b", "inner/c", "d"]
