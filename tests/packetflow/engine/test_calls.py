"""Steps that call others while they run."""

import asyncio
from typing import Annotated, Any

import pyarrow as pa
import pytest

from packetflow import Context, Effect, approval, capability, pipeline, secret, then
from packetflow.engine.engine import Engine
from packetflow.engine.past import read_story
from packetflow.errors import CapabilityFailed, RunError, UnknownName
from packetflow.kernel.records import SpanEnded, StepDecision, StepIntent, WaitStarted
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, Named, RecordingSink, forever, turns

MADE: list[Any] = []


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    MADE.clear()


@capability(provides="n")
async def add(n: int, by: int = 1) -> int:
    """Add."""
    MADE.append(("add", n, by))
    return n + by


@capability(provides="receipt", effects=[Effect.writes("payments")])
async def pay(amount: int) -> str:
    """Pay."""
    MADE.append(("pay", amount))
    return f"paid {amount}"


@capability(provides="n")
async def fail(n: int) -> int:
    """Fail."""
    MADE.append(("fail", n))
    raise ValueError(f"no {n}")


@capability(provides="opened")
async def unlock(key: Annotated[str, secret]) -> bool:
    """Open it."""
    return bool(key)


signed = pipeline("signed", then(approval("Sign?", into="yes"), add.reading(n="n")))
both = pipeline("both", then(add, add.setting(by=10)))
CATALOG = Named(add, pay, fail, both, signed, unlock, forever)


def engine(**said: Any) -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), catalog=CATALOG, inbox=Box(), **said)


def caller(body: Any, *effects: Effect) -> Any:
    @capability(provides="made", name="ask", effects=effects)
    async def ask(n: int, context: Context) -> Any:
        return await body(n, context)

    return ask


async def run(body: Any, *effects: Effect, n: int = 1):
    mine = engine()
    execution = await mine.run(caller(body, *effects), {"n": n})
    await mine.close()
    return execution


async def test_a_call_by_name_is_a_step_with_a_span_inside_the_callers():
    async def body(n: int, context: Context) -> Any:
        return (await context.call("add", {"n": n, "by": 5}))["n"]

    execution = await run(body)

    inner, outer = execution.spans
    assert execution["made"] == 6
    assert (inner.step, inner.path, inner.name) == ("ask/add", (1,), "add")
    assert inner.parent_span == outer.span_id
    assert inner.attributes == {"arguments": '{"n": 1, "by": 5}'}
    assert outer.attributes is None


async def test_calls_may_run_side_by_side_and_are_told_apart():
    async def body(n: int, context: Context) -> Any:
        made = await asyncio.gather(*(context.call("add", {"n": i}) for i in range(3)))
        return [one["n"] for one in made]

    execution = await run(body)

    assert execution["made"] == [1, 2, 3]
    assert sorted(one.path for one in execution.spans) == [(), (1,), (2,), (3,)]


async def test_a_pipeline_may_be_called_and_has_a_span_around_its_steps():
    async def body(n: int, context: Context) -> Any:
        return (await context.call("both", {"n": n}))["n"]

    execution = await run(body)

    *steps, whole, outer = execution.spans
    assert execution["made"] == 12
    assert (whole.kind, whole.name, whole.step) == ("call", "both", "ask/both")
    assert {one.parent_span for one in steps} == {whole.span_id}
    assert whole.parent_span == outer.span_id


@pytest.mark.parametrize(
    ("what", "inputs", "error", "said"),
    [
        ("gone", {}, UnknownName, "gone"),
        ("add", {"m": 1}, UnknownName, "did you mean 'n'"),
        ("add", {"n": "many"}, Exception, "'n'"),
        ("pay", {"amount": 1}, RunError, r"add Effect.calls\('pay'\)"),
    ],
)
async def test_a_wrong_call_is_refused_where_it_is_made(what, inputs, error, said):
    seen: list[BaseException] = []

    async def body(n: int, context: Context) -> Any:
        with pytest.raises(error, match=said) as caught:
            await context.call(what, inputs)
        seen.append(caught.value)
        return n

    assert (await run(body)).failure is None
    assert len(seen) == 1
    assert MADE == []


async def test_effects_may_be_declared_by_name_by_pattern_or_by_an_input():
    async def body(n: int, context: Context) -> Any:
        return (await context.call("pay", {"amount": n}))["receipt"]

    @capability(provides="made", name="ask", effects=[Effect.calls("{tools}")])
    async def ask(n: int, context: Context, tools: list[str]) -> Any:
        return await body(n, context)

    for declared in ("pay", "p*"):
        assert (await run(body, Effect.calls(declared)))["made"] == "paid 1"
    mine = engine()
    assert (await mine.run(ask, {"n": 1, "tools": ["p*"]}))["made"] == "paid 1"
    assert (await mine.run(ask.setting(tools=["pay"]), {"n": 1}))["made"] == "paid 1"
    refused = await mine.run(ask, {"n": 1, "tools": ["add"]})
    assert isinstance(refused.failure.cause, RunError)


async def test_a_failing_call_can_be_caught_with_what_it_said():
    async def body(n: int, context: Context) -> Any:
        try:
            await context.call("fail", {"n": n})
        except CapabilityFailed as error:
            return [error.__dict__["error_type"], error.__dict__["error"]]

    execution = await run(body)

    assert execution["made"] == ["ValueError", "no 1"]
    assert [one.status for one in execution.spans] == ["failed", "ok"]


async def test_what_is_done_is_not_called_again_by_a_later_try():
    tries: list[int] = []

    async def body(n: int, context: Context) -> Any:
        tries.append(context.attempt)
        paid = await context.call("pay", {"amount": n})
        if len(tries) == 1:
            raise OSError("the line is dead")
        return paid["receipt"]

    mine = engine()
    flow = caller(body, Effect.calls("pay")).retry(3, on=OSError)
    execution = await mine.run(flow, {"n": 7})

    assert execution["made"] == "paid 7"
    assert tries == [1, 2]
    _one_tree(execution.spans)
    assert MADE == [("pay", 7)]


async def test_a_later_try_that_calls_something_else_where_it_paid_is_refused():
    tries: list[int] = []

    async def body(n: int, context: Context) -> Any:
        tries.append(context.attempt)
        await context.call("pay", {"amount": len(tries)})
        raise OSError("the line is dead")

    mine = engine()
    flow = caller(body, Effect.calls("pay")).retry(3, on=OSError)
    execution = await mine.run(flow, {"n": 7})

    assert "must not happen twice" in str(execution.failure)
    assert MADE == [("pay", 1)]


async def lives(body: Any, *effects: Effect) -> tuple[list[Any], Any]:
    """Run it once, then resume it after every record; what was called then, and the whole run."""
    sink = RecordingSink()
    first = Engine(sink, clock=FakeClock(), catalog=CATALOG, inbox=Box())
    flow = caller(body, *effects)
    execution = await first.run(flow, {"n": 1})
    records = sink.read
    made = []
    for end in range(2, len(records)):
        MADE.clear()
        again = await engine().resume(flow, read_story(records[:end]))
        assert again.outputs == execution.outputs, end
        _one_tree(again.spans)
        done = [
            (one.step, one.path)
            for one in records[:end]
            if isinstance(one, SpanEnded) and one.status == "ok"
        ]
        made.append((len(done), list(MADE)))
    return made, execution


def _one_tree(spans: list[SpanEnded]) -> None:
    """Each number is taken once, and each span inside another that is there."""
    numbers = [one.span_id for one in spans]
    assert len(set(numbers)) == len(numbers)
    assert {one.parent_span for one in spans} <= {0, *numbers}


async def test_completed_calls_are_not_made_again_wherever_it_was_interrupted():
    async def body(n: int, context: Context) -> Any:
        one = await context.call("add", {"n": n})
        two = await context.call("both", {"n": one["n"]})
        return (await context.call("add", {"n": two["n"], "by": 3}))["n"]

    made, execution = await lives(body)

    every = [("add", 1, 1), ("add", 2, 1), ("add", 3, 10), ("add", 13, 3)]
    assert execution["made"] == 16
    for done, called in made:
        spans = [one for one in execution.spans[:done] if one.kind == "capability"]
        assert called == every[len(spans) :]


async def test_a_failure_that_the_step_went_on_after_stands_after_an_interruption():
    async def body(n: int, context: Context) -> Any:
        with pytest.raises(CapabilityFailed):
            await context.call("fail", {"n": n})
        return (await context.call("add", {"n": n}))["n"]

    made, execution = await lives(body)

    decisions = [called for _, called in made]
    assert decisions[0] == [("fail", 1), ("add", 1, 1)]
    assert decisions[-1] == []
    assert execution["made"] == 2


async def test_a_failure_that_ended_the_step_is_tried_again_when_it_is_resumed():
    sink, good = RecordingSink(), [False]

    @capability(provides="n", name="frail")
    async def frail(n: int) -> int:
        if not good:
            return n
        good.clear()
        raise ValueError("once")

    async def body(n: int, context: Context) -> Any:
        return (await context.call(frail, {"n": n}))["n"]

    flow = caller(body)
    first = await Engine(sink, clock=FakeClock(), catalog=CATALOG).run(flow, {"n": 4})
    again = await Engine(sink, clock=FakeClock(), catalog=CATALOG).resume(
        flow, read_story(sink.read)
    )

    assert isinstance(first.failure.cause, CapabilityFailed)
    assert again["made"] == 4


async def test_an_effect_that_may_have_happened_is_asked_about():
    async def body(n: int, context: Context) -> Any:
        return (await context.call("pay", {"amount": n}))["receipt"]

    flow = caller(body, Effect.calls("pay"))
    sink = RecordingSink()
    await Engine(sink, clock=FakeClock(), catalog=CATALOG, inbox=Box()).run(flow, {"n": 1})
    records = sink.read
    cut = next(i for i, one in enumerate(records) if isinstance(one, StepIntent)) + 1
    MADE.clear()
    mine = engine()

    running = mine.resume(flow, read_story(records[:cut]))
    await turns()
    (asked,) = [one for one in mine.sink.read if isinstance(one, WaitStarted)]
    running.cancel()
    await running

    assert asked.step == "ask/pay"
    assert "Did it happen?" in asked.question
    assert MADE == []


async def test_a_call_that_waits_for_a_person_lets_the_run_be_put_aside():
    async def body(n: int, context: Context) -> Any:
        before = await context.call("add", {"n": n})
        return (await context.call("signed", {"n": before["n"]}))["n"]

    sink = RecordingSink()
    mine = Engine(
        sink, clock=FakeClock(), catalog=CATALOG, inbox=Box(), passivate_after_seconds=0.0
    )
    waiting = await mine.start(caller(body), {"n": 1})
    (wait,) = waiting.waits

    assert waiting.status == "waiting"
    assert (wait.step, wait.path) == ("ask/signed/wait_yes", (2,))
    assert MADE == [("add", 1, 1)]


async def test_cancelling_the_step_cancels_what_it_calls():
    async def body(n: int, context: Context) -> Any:
        await asyncio.gather(context.call("forever", {"n": n}), context.call("forever", {"n": 2}))

    mine = engine()
    running = mine.start(caller(body), {"n": 1})
    await turns()
    running.cancel()
    execution = await running

    assert execution.status == "cancelled"
    assert [one.status for one in execution.spans] == ["cancelled"] * 3


async def test_calls_in_a_circle_end_with_the_reason():
    @capability(provides="n", name="again")
    async def again(n: int, context: Context) -> int:
        return (await context.call(again, {"n": n}))["n"]

    execution = await engine().run(again, {"n": 1})

    assert "call each other in a circle" in str(execution.failure)


async def test_secret_inputs_of_a_call_are_kept_nowhere():
    async def body(n: int, context: Context) -> Any:
        return (await context.call("unlock", {"key": "hunter2"}))["opened"]

    mine = engine()
    execution = await mine.run(caller(body), {"n": 1})

    assert execution["made"] is True
    assert not any(b"hunter2" in one for one in mine.sink.kept)
    assert any(isinstance(one, StepDecision) for one in mine.sink.read)


async def test_a_plain_function_on_a_thread_is_told_why_it_cannot_call():
    @capability(provides="n")
    def threaded(n: int, context: Context) -> int:
        context.call("add", {"n": n})
        return n

    execution = await engine().run(threaded, {"n": 1})

    assert "make its function async" in str(execution.failure)


async def test_without_an_engine_nothing_can_be_called():
    with pytest.raises(RuntimeError, match="without an engine"):
        Context().call("add")
    with pytest.raises(RuntimeError, match="without an engine"):
        Context().find("add")


async def test_a_table_that_is_handed_over_is_told_by_its_size():
    @capability(provides="n", name="rows")
    async def rows(table: pa.Table) -> int:
        return int(table.num_rows)

    async def body(n: int, context: Context) -> Any:
        return (await context.call(rows, {"table": pa.table({"a": [1, 2]})}))["n"]

    execution = await run(body)

    assert execution["made"] == 2
    assert execution.spans[0].attributes == {"arguments": '{"table": "a table of 2 rows"}'}
