"""Doing a step for every item, and doing it again."""

import asyncio

import pytest

from packetflow import capability, each, race, repeat, then, when
from packetflow.errors import MissingInput, PassesExhausted, WrongType
from tests.packetflow.engine.kit import broken, double, inc, run, slow_inc, thread_inc, turns


@pytest.mark.parametrize("step", [inc, slow_inc, thread_inc], ids=lambda s: s.name)
@pytest.mark.parametrize("count", [0, 1, 7, 600])
async def test_each_keeps_the_order_of_the_items(step, count):
    execution = await run(each(step, "ns", "ms", at_once=3), ns=list(range(count)))

    assert execution["ms"] == list(range(1, count + 1))


async def test_items_that_end_out_of_order_come_back_in_order():
    @capability(provides="m")
    async def unequal(n: int) -> int:
        await turns(10 - n)
        return n

    execution = await run(each(unequal, "ns"), ns=list(range(10)))

    assert execution["ms"] == list(range(10))


@pytest.mark.parametrize("at_once", [1, 3, 50])
async def test_never_more_than_at_once_items_are_under_way(at_once):
    now, most = 0, 0

    @capability(provides="m")
    async def busy(n: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await turns(2)
        now -= 1
        return n

    await run(each(busy, "ns", at_once=at_once), ns=list(range(20)))

    assert most == min(at_once, 20)


async def test_several_lists_are_walked_together_and_must_be_equally_long():
    @capability(provides="s", run_in="loop")
    def add(a: int, b: int) -> int:
        return a + b

    flow = each(add, {"a": "xs", "b": "ys"}, {"s": "sums"})

    assert (await run(flow, xs=[1, 2], ys=[10, 20]))["sums"] == [11, 22]
    execution = await run(flow, xs=[1, 2], ys=[10])
    assert isinstance(execution.failure.cause, WrongType)
    assert "'ys' has 1 items, but 'xs' has 2" in execution.failure.message


async def test_an_item_sees_the_names_around_it_and_leaves_none_of_its_own():
    @capability(provides="m", run_in="loop")
    def scaled(n: int, factor: int) -> int:
        return n * factor

    execution = await run(each(scaled, {"n": "ns"}), ns=[1, 2], factor=10)

    assert execution.outputs == {"ms": [10, 20]}


@capability(provides="text")
def trim(text: str) -> str:
    """Take blanks away from both ends; one without any stays the very same."""
    return text.strip()


LONG = when("size(text) > 1", trim)


@pytest.mark.parametrize(
    "inner",
    [
        LONG,
        LONG.retry(2, on=ValueError),
        LONG.hedge(after=9),
        LONG | LONG,
        race(LONG, LONG),
        repeat(LONG, at_most=1),
        LONG.saved_as("trimmed"),
    ],
    ids=["bare", "retry", "hedge", "fallback", "race", "repeat", "call"],
)
async def test_what_an_inner_step_leaves_out_is_none_whatever_is_called_so_outside(inner):
    flow = each(inner, {"text": "texts"}, {"text": "trimmed"})

    execution = await run(flow, texts=[" ab ", "c", "de"])

    assert execution["trimmed"] == ["ab", None, "de"]


async def test_what_is_left_out_is_none_where_the_name_comes_from_around_the_loop():
    @capability(provides="tone")
    def improve(n: int, tone: str = "") -> str:
        return f"{tone}{n}"

    flow = each(when("n > 1", improve), {"n": "ns"}, {"tone": "tones"})

    assert (await run(flow, ns=[1, 2], tone="warm"))["tones"] == [None, "warm2"]


@pytest.mark.parametrize("bad", [inc, slow_inc], ids=lambda s: s.name)
async def test_a_failing_item_fails_the_whole_or_leaves_a_gap(bad):
    @capability(provides="m")
    async def picky(n: int) -> int:
        if bad is slow_inc:
            await asyncio.sleep(0)
        if n == 2:
            raise ValueError("not two")
        return n

    failed = await run(each(picky, "ns"), ns=[1, 2, 3])
    assert (failed.failure.step, failed.failure.path) == ("picky", (1,))
    assert [s.status for s in failed.spans if s.kind == "each"] == ["failed"]

    gapped = await run(each(picky, "ns", on_error="collect"), ns=[1, 2, 3])
    assert gapped["ms"] == [1, None, 3]
    facts = next(s.attributes for s in gapped.spans if s.kind == "each")
    assert facts == {"items": 3, "failed": 1}


async def test_a_failing_quick_item_keeps_a_span_of_the_whole_too():
    execution = await run(each(broken, "ns"), ns=[1])

    assert [(s.kind, s.status) for s in execution.spans] == [
        ("capability", "failed"),
        ("each", "failed"),
    ]


async def test_what_is_no_list_is_refused_by_name():
    @capability(provides="ns", run_in="loop")
    def numbers(n: int) -> list:
        return [n]

    @capability(provides="ns", run_in="loop")
    def one(n: int) -> object:
        return n

    assert (await run(then(numbers, each(inc, "ns", "ms")), n=1))["ms"] == [2]
    execution = await run(then(one, each(inc, "ns", "ms")), n=1)
    assert "'ns' is an int, not a list to walk" in execution.failure.message
    with pytest.raises(MissingInput):
        await run(each(inc, "ns", "ms"))


async def test_a_map_in_a_map():
    inner = each(inc, "ns", "ms")

    execution = await run(each(inner, {"ns": "rows"}, {"ms": "made"}), rows=[[1], [2, 3], []])

    assert execution["made"] == [[2], [3, 4], []]


@pytest.mark.parametrize("step", [double, slow_inc], ids=lambda s: s.name)
async def test_a_repeat_ends_once_its_condition_holds(step):
    execution = await run(repeat(step, "n >= 10"), n=3)

    assert execution["n"] >= 10
    facts = next(s.attributes for s in execution.spans if s.kind == "repeat")
    assert facts["passes"] == sum(s.kind == "capability" for s in execution.spans)


async def test_a_repeat_without_a_condition_runs_so_often():
    assert (await run(repeat(double, at_most=5), n=1))["n"] == 32


async def test_a_repeat_that_reaches_its_bound_fails_or_goes_on():
    failed = await run(repeat(inc, "n > 100", at_most=3), n=0)
    assert isinstance(failed.failure.cause, PassesExhausted)
    assert "after 3 passes although 'n > 100'" in failed.failure.message

    went_on = await run(repeat(inc, "n > 100", at_most=3, on_limit="continue"), n=0)
    assert went_on["n"] == 3


async def test_a_long_repeat_of_quick_steps_lets_others_run():
    ticks = 0

    async def ticking():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(ticking())
    await run(repeat(inc, at_most=2000), n=0)
    other.cancel()

    assert ticks >= 5
