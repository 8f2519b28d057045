"""One after the other, side by side, as dataflow, by condition, called."""

import asyncio
import contextvars

import pytest

from packetflow import Pipeline, capability, choose, graph, parallel, pipeline, race, then, when
from packetflow.engine.engine import Engine
from packetflow.engine.ways import upward_ranks
from packetflow.errors import ContractError, MissingInput, UnknownName, WrongType
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
    thread_inc,
    turns,
)


async def test_a_sequence_rebinds_a_name_with_the_last_value():
    execution = await run(inc >> slow_inc >> thread_inc >> double, n=1)

    assert execution["n"] == 8
    assert [span.step for span in execution.spans] == ["inc", "slow_inc", "thread_inc", "double"]


async def test_a_step_that_gives_a_name_its_old_value_provides_it_all_the_same():
    @capability(provides="text", run_in="loop")
    def tidy(text: str) -> str:
        return text.strip()

    assert (await run(tidy, text="as it was"))["text"] == "as it was"


async def test_side_by_side_each_makes_its_own_names():
    flow = parallel(*[slow_inc.writing(n=f"n{i}") for i in range(5)], inc.writing(n="m"))

    execution = await run(flow, n=1)

    assert execution.outputs == {f"n{i}": 2 for i in range(5)} | {"m": 2}


@pytest.mark.parametrize("bad", [broken, slow_broken])
async def test_a_failing_branch_cancels_the_others_and_leaves_nothing_running(bad):
    ended = []

    @capability(provides="m")
    async def patient(n: int) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(n)
        return n

    engine = Engine(clock=FakeClock())
    execution = await run(parallel(patient, bad.writing(n="k")), engine=engine, n=1)

    assert execution.failure.step == bad.name
    assert isinstance(execution.failure.cause, ValueError)
    assert ended == [1]
    await engine.close()
    await turns()
    assert not others()


async def test_a_branch_that_fails_at_once_beside_one_that_has_just_begun_does_not_hang():
    execution = await asyncio.wait_for(
        run(
            parallel(forever.writing(n="m"), slow_broken.writing(n="k"), broken.writing(n="l")), n=1
        ),
        5,
    )

    assert execution.status == "failed"


async def test_no_more_than_at_once_are_under_way():
    now, most = 0, 0

    @capability(provides="m")
    async def busy(n: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await turns(3)
        now -= 1
        return n

    flow = parallel(*[busy.writing(m=f"m{i}") for i in range(9)], at_once=3)
    execution = await run(flow, n=1)

    assert execution.status == "ok"
    assert most == 3


async def test_nested_parallels_that_never_wait_leave_no_spare_task_behind():
    inner = [parallel(*[slow_free(f"a{i}{j}") for j in range(3)]) for i in range(3)]
    engine = Engine()

    execution = await engine.run(parallel(*inner), {"n": 1})

    assert execution.status == "ok"
    await engine.close()
    await turns()
    assert not others()


def slow_free(name: str):
    @capability(provides=name, name=name)
    async def quick(n: int) -> int:
        return n

    return quick


async def test_a_graph_starts_each_step_when_its_names_are_there_whatever_the_order_written():
    @capability(provides="b", run_in="loop")
    def second(a: int) -> int:
        return a + 1

    @capability(provides="c")
    async def third(b: int, a: int) -> int:
        return a + b

    @capability(provides="a")
    async def first(n: int) -> int:
        await asyncio.sleep(0)
        return n

    execution = await run(graph(third, second, first), n=1)

    assert execution["c"] == 3
    assert [span.step for span in execution.spans] == ["first", "second", "third"]


async def test_a_graph_follows_the_order_that_is_said():
    flow = graph(
        slow_inc.writing(n="x").called("late"),
        slow_inc.writing(n="y").called("soon"),
        after={"late": ["soon"]},
    )

    execution = await run(flow, n=1)

    assert [span.step for span in execution.spans] == ["soon", "late"]


async def test_a_bounded_graph_starts_the_longest_way_first_and_keeps_its_bound():
    order = []

    def part(name: str, needs: str, seconds: float):
        @capability(provides=f"{name}_done", name=name, expected_seconds=seconds)
        async def work(n: int) -> int:
            order.append(name)
            await asyncio.sleep(0)
            return n

        return work.reading(n=needs)

    flow = graph(part("short", "n", 1), part("long", "n", 2), part("after", "long_done", 9))
    execution = await run(graph(*flow.steps, at_once=1), n=1)

    assert execution.status == "ok"
    assert order == ["long", "after", "short"]


def test_ranks_are_the_longest_times_to_the_end():
    ranks = upward_ranks([frozenset(), frozenset({0}), frozenset({0})], [(1, 2), (), ()], [1, 2, 5])

    assert ranks == (6, 2, 5)


async def test_an_optional_input_whose_producer_did_not_run_gets_its_default():
    @capability(provides="tone", run_in="loop")
    def tone(n: int) -> str:
        return "warm"

    @capability(provides="card", run_in="loop")
    def card(n: int, tone: str = "plain") -> str:
        return f"{n} {tone}"

    flow = graph(card, when("n > 5", tone))

    assert (await run(flow, n=1))["card"] == "1 plain"
    assert (await run(flow, n=9))["card"] == "9 warm"


async def test_the_first_case_that_holds_is_taken():
    flow = choose(
        ("n > 10", inc.writing(n="big")), ("n > 5", double.writing(n="big")), otherwise=inc
    )

    assert (await run(flow, n=11))["big"] == 12
    assert (await run(flow, n=6))["big"] == 12
    assert (await run(flow, n=1))["n"] == 2


async def test_a_branch_without_otherwise_may_do_nothing():
    execution = await run(when("n > 10", inc.writing(n="big")), n=1)

    assert (execution.status, execution.outputs) == ("ok", {})


async def test_a_condition_that_gives_no_truth_value_fails_the_branch_with_its_name():
    execution = await run(when("items[n] == 1", inc).called("gate"), n=7, items=[1])

    assert execution.failure.step == "gate"
    assert "items[n] == 1" in execution.failure.message


async def test_a_called_pipeline_has_a_scope_of_its_own_and_exports_what_it_promises():
    inner = pipeline("inner", inc >> inc.writing(n="m"), provides=["m"])

    execution = await run(then(inner, double), n=1)

    assert execution["m"] == 3
    assert execution["n"] == 2  # the outer n was not touched
    assert [span.step for span in execution.spans] == ["inner/inc", "inner/inc_2", "double"]


async def test_a_called_pipeline_leaves_an_input_that_is_not_given_to_the_default_of_each_reader():
    @capability(provides="a", run_in="loop")
    def one(language: str = "en") -> str:
        return language

    @capability(provides="b", run_in="loop")
    def other(language: str = "de") -> str:
        return language

    inner = pipeline("inner", one >> other)

    execution = await run(then(inner))

    assert execution.outputs == {"a": "en", "b": "de"}


async def test_a_pipeline_s_own_default_holds_when_nothing_is_given():
    from packetflow import Port

    whole = Pipeline("p", inc.as_step(), inputs={"n": Port("n", int, optional=True, default=41)})

    assert (await run(whole))["n"] == 42
    assert (await run(then(whole)))["n"] == 42
    assert (await run(whole, n=1))["n"] == 2


async def test_a_failure_inside_a_called_pipeline_can_be_replayed():
    execution = await run(then(pipeline("inner", broken)), n=3)

    assert execution.failure.step == "inner/broken"
    with pytest.raises(ValueError, match="no 3"):
        execution.failure.replay()


def test_what_does_not_fit_inside_a_called_pipeline_is_found_before_a_run():
    inner = pipeline("inner", when("n > 5", inc.writing(n="m")) >> double.reading(n="m"))

    with pytest.raises(ContractError, match=r"inner/double.*only on some ways"):
        Engine().plan(then(inner))


async def test_inputs_are_checked_before_anything_runs():
    with pytest.raises(MissingInput, match="'n'"):
        await run(inc)
    with pytest.raises(WrongType, match="'n'"):
        await run(inc, n="many")
    with pytest.raises(UnknownName, match="did you mean 'n'"):
        await run(inc, nn=1)


async def test_what_a_strand_sets_in_its_context_is_not_seen_beside_it_or_after():
    mark = contextvars.ContextVar("mark", default="none")
    seen = {}

    def part(name: str):
        @capability(provides=name, name=name)
        async def work(n: int) -> str:
            seen[name] = mark.get()
            mark.set(name)
            await turns(2)
            assert mark.get() == name
            return name

        return work

    engine = Engine()
    mark.set("first")
    await engine.run(parallel(part("a"), part("b")), {"n": 1})
    mark.set("second")
    flow = graph(part("c"), part("d").reading(n="c_n"), slow_inc.writing(n="c_n"))
    await engine.run(flow, {"n": 1})

    assert seen == {"a": "first", "b": "first", "c": "second", "d": "second"}
    assert mark.get() == "second"
    await engine.close()


async def test_a_long_chain_of_quick_steps_lets_other_tasks_run():
    ticks = 0

    async def ticking():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    other = asyncio.ensure_future(ticking())
    await run(then(*[inc] * 2000), n=0)
    other.cancel()

    assert ticks >= 5


NESTINGS = {
    "race": race,
    "branch": lambda flow: when("n > 0", flow),
    "timeout": lambda flow: flow.timeout(9),
}


@pytest.mark.parametrize("wrap", NESTINGS.values(), ids=NESTINGS)
async def test_ninety_levels_of_nesting_run(wrap):
    flow = slow_inc.as_step()
    for _ in range(90):
        flow = wrap(flow)

    assert (await run(flow, n=1))["n"] == 2


async def test_ten_thousand_steps_one_after_the_other_and_side_by_side():
    assert (await run(then(*[inc] * 10_000), n=0))["n"] == 10_000
    wide = parallel(*[slow_inc.writing(n=f"n{i}") for i in range(10_000)])
    assert len((await run(wide, n=0)).outputs) == 10_000
