"""Calling a capability: what it is given, what it gives back, and everything it may do wrong."""

import asyncio
import dataclasses
from typing import NotRequired, TypedDict

import pydantic
import pytest

from packetflow import Context, Effect, capability, each, parallel
from packetflow.engine.engine import Engine
from packetflow.engine.events import Logged, Progressed, StepEnded, StepStarted
from packetflow.engine.ports import MemorySink
from packetflow.errors import MissingInput, UnknownName, WrongType
from packetflow.kernel.records import EventArrived, LogLine, MessagePosted, MetricPoint
from tests.packetflow.engine.kit import inc, run, slow_inc, turns


class Page(TypedDict):
    text: str
    language: NotRequired[str]


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Card(pydantic.BaseModel):
    title: str
    size: int = 1


async def test_outputs_come_out_of_typed_dicts_dataclasses_models_and_single_values():
    @capability(run_in="loop")
    def page(n: int) -> Page:
        return {"text": str(n)}

    @capability(run_in="loop")
    def point(n: int) -> Point:
        return Point(n)

    @capability(run_in="loop")
    def card(text: str, language: str = "en") -> Card:
        return Card(title=f"{text} {language}")

    @capability(run_in="loop")
    def nothing(n: int) -> None: ...

    execution = await run(page >> point >> card >> nothing, n=3)

    assert execution.outputs == {"text": "3", "x": 3, "y": 0, "title": "3 en", "size": 1}


async def test_values_are_converted_on_the_way_in_and_on_the_way_out():
    @capability(provides="m", run_in="loop")
    def half(n: float) -> int:
        assert type(n) is float
        return "7"

    assert (await run(half, n="3"))["m"] == 7


@pytest.mark.parametrize("place", ["loop", "thread"])
async def test_a_wrong_type_coming_back_names_the_output(place):
    @capability(provides="m", run_in=place)
    def lies(n: int) -> int:
        return "many"

    execution = await run(lies, n=1)

    assert isinstance(execution.failure.cause, WrongType)
    assert "step 'lies' returned: 'm' should be a valid integer" in execution.failure.message
    assert dict(execution.failure.inputs) == {"n": 1}


async def test_something_else_than_promised_coming_back_says_what_is_missing():
    @capability(run_in="loop")
    def lies(n: int) -> Point:
        return None

    said = (await run(lies, n=1)).failure.message
    assert "'x, y' are not in what came back (a NoneType)" in said


async def test_a_forgotten_key_is_told_from_those_that_came_back():
    class Label(TypedDict):
        text: str
        weight: float

    @capability(run_in="loop")
    def forgets(n: int) -> Label:
        return {"text": str(n)}

    said = (await run(forgets, n=1)).failure.message
    assert "'weight' is not in the dict that came back, which has 'text'" in said


async def test_a_name_that_is_missing_only_at_run_time_is_named():
    node = Engine().plan(inc).root
    from packetflow.engine.state import Frame, Run, StepFailed

    with pytest.raises(StepFailed) as failed:
        node.start(Frame(Run(Engine(), "id", 1, None), {}))
    assert isinstance(failed.value.cause, MissingInput)


class Odd(BaseException):
    """Not even an Exception."""


@pytest.mark.parametrize("place", ["loop", "thread", "async", "later"])
@pytest.mark.parametrize("error", [SystemExit(3), Odd("odd"), asyncio.CancelledError("mine")],
                         ids=lambda e: type(e).__name__)  # fmt: skip
async def test_whatever_a_capability_raises_is_its_step_s_failure(place, error):
    def raises(n: int) -> int:
        raise error

    async def raises_async(n: int) -> int:
        if place == "later":
            await asyncio.sleep(0)
        raise error

    if place in ("async", "later"):
        bad = capability(provides="n")(raises_async)
    else:
        bad = capability(provides="n", run_in=place)(raises)

    execution = await run(bad | inc, n=1)
    assert execution["n"] == 2
    alone = await run(bad, n=1)
    assert alone.status == "failed"
    assert type(error).__name__ in f"{alone.failure.error_type} {alone.failure.message}"


async def test_a_keyboard_interrupt_in_a_thread_does_not_stop_the_program():
    @capability(provides="n")
    def rude(n: int) -> int:
        raise KeyboardInterrupt

    assert (await run(rude | inc, n=1))["n"] == 2


async def test_a_stop_iteration_is_a_failure_too():
    @capability(provides="n")
    def stops(n: int) -> int:
        raise StopIteration

    @capability(provides="n", run_in="loop")
    def stops_inline(n: int) -> int:
        raise StopIteration

    for bad in (stops, stops_inline):
        assert (await run(bad, n=1)).status == "failed"


async def test_a_list_that_a_capability_changes_stays_as_it_was_for_the_others():
    @capability(provides="m", run_in="loop")
    def greedy(ns: list[int]) -> int:
        ns.clear()
        return 0

    @capability(provides="total", run_in="loop")
    def total(ns: list[int]) -> int:
        return sum(ns)

    given = [1, 2]
    assert (await run(greedy >> total, ns=given))["total"] == 3
    assert given == [1, 2]


async def test_a_failure_carries_inputs_and_replays_with_the_user_s_own_error():
    @capability(provides="m")
    async def divides(n: int, by: int = 0) -> float:
        return n / by

    execution = await run(inc >> divides, n=1)

    assert str(execution.failure) == "divides: ZeroDivisionError: division by zero"
    with pytest.raises(ZeroDivisionError):
        execution.failure.replay()
    with pytest.raises(Exception, match="division by zero"):
        execution["m"]
    assert execution["n"] == 2  # what was made before is kept
    with pytest.raises(UnknownName, match=r"no output of execution .* is called 'nn'.*mean 'n'"):
        (await run(inc, n=1))["nn"]


async def test_a_context_s_words_become_records_and_events():
    @capability(provides="m")
    async def talks(n: int, context: Context) -> int:
        context.log("hello", level="warning", who="you")
        context.progress(2.0, "too far")
        context.record(tokens_in=7)
        context.post("lobby", "hi", author="me")
        context.emit("said", {"n": n}, key="k")
        return n

    sink, heard = MemorySink(), []
    execution = await Engine(sink).run(talks, {"n": 1}, listener=heard.append)
    await turns()

    kinds = {type(r): r for r in sink.records}
    line = kinds[LogLine]
    assert (line.level, line.text, line.fields) == (
        "warning",
        "hello",
        {"who": "you", "step": "talks"},
    )
    assert kinds[MessagePosted].content == "hi"
    assert (kinds[EventArrived].event, kinds[EventArrived].key) == ("said", "k")
    assert execution.spans[0].attributes == {"tokens_in": 7}
    assert [type(e) for e in heard if isinstance(e, (StepStarted, StepEnded))] == [
        StepStarted,
        StepEnded,
    ]
    assert {type(e) for e in heard} >= {Logged, Progressed}
    assert next(e.fraction for e in heard if isinstance(e, Progressed)) == 1.0


async def test_an_event_that_a_step_sends_reaches_a_wait_beside_it():
    from packetflow import wait_for

    @capability(provides="m")
    async def sends(n: int, context: Context) -> int:
        await turns(3)
        context.emit("ready", {"ready": n})
        return n

    assert (await run(parallel(wait_for("ready"), sends), n=5))["ready"] == 5


async def test_declared_effects_are_emitted_after_each_call():
    @capability(
        provides="m",
        run_in="loop",
        effects=[
            Effect.audit("warning"),
            Effect.counter("calls"),
            Effect.histogram("seconds"),
            Effect.notify("ops"),
            Effect.custom("carbon", grams=3),
        ],
    )
    def work(n: int) -> int:
        return n

    sink = MemorySink()
    await Engine(sink).run(each(work, "ns"), {"ns": [1, 2]})

    lines = [(r.kind, r.level) for r in sink.records if isinstance(r, LogLine)]
    points = [(r.kind, r.name) for r in sink.records if isinstance(r, MetricPoint)]
    assert lines == [("audit", "warning"), ("notify", "ops")] * 2
    assert points == [("counter", "calls"), ("histogram", "seconds")] * 2


async def test_a_listener_that_fails_is_dropped_and_harms_nothing(caplog):
    def bad(_: object) -> None:
        raise RuntimeError("deaf")

    execution = await Engine().run(inc >> slow_inc, {"n": 1}, listener=bad)

    assert execution["n"] == 3
    assert "failed and is dropped" in caplog.text


async def test_a_run_s_events_can_be_followed_and_end_with_one_end():
    running = Engine().start(inc >> slow_inc, {"n": 1})

    heard = [type(event).__name__ async for event in running]

    assert heard == ["StepStarted", "StepEnded", "StepStarted", "StepEnded", "Ended"]
    assert [type(event).__name__ async for event in running] == ["Ended"]


async def test_what_a_name_holds_may_be_any_text():
    from packetflow import Contract, Port, from_contract

    names = ["a b", "class", "scope", "x' if y", "\ufb01eld", "__debug__", 'q"', "fn", "ü", "{x}"]
    contract = Contract(
        (*[Port(name, int) for name in names], Port("left out", int, optional=True)),
        (Port("sum of all", int), Port("maybe'", int, optional=True)),
    )

    def total(**values):
        assert sorted(values) == sorted(names)
        return {"sum of all": sum(values.values())}

    step = from_contract(total, "total", contract, run_in="loop")

    execution = await Engine().run(step, {name: i for i, name in enumerate(names)})

    assert execution.outputs == {"sum of all": sum(range(len(names)))}
