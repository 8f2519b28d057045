"""Effects that must not happen twice, over interruptions."""

import asyncio
from collections import Counter

import pytest
from msgspec.structs import replace

from packetflow import (
    Context,
    Effect,
    Step,
    capability,
    each,
    then,
)
from packetflow.engine.engine import Engine
from packetflow.kernel.records import (
    ExecutionEnded,
    Record,
    SpanEnded,
    StepIntent,
)
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event

DONE: Counter[tuple[str, int]] = Counter()
"""Calls that returned, by capability and input."""

HAPPENED: list[int] = []


def made(name: str, provides: str = "n", add: int = 1, fails: int = 0):
    """A capability that counts its calls; the first *fails* tries raise."""

    @capability(provides=provides, name=name)
    async def work(n: int, context: Context) -> int:
        await asyncio.sleep(0)
        if context.attempt <= fails:
            raise OSError("not yet")
        DONE[name, n] += 1
        return n + add

    return work


def engine(sink: RecordingSink) -> Engine:
    inbox = Box(event("go", {"m": 7}, at=2**62))
    return Engine(sink, clock=FakeClock(), inbox=inbox)


def executed(records: list[Record]) -> Counter[tuple[str, tuple[int, ...]]]:
    spans = (r for r in records if isinstance(r, SpanEnded) and r.kind == "capability")
    return Counter((span.step, span.path) for span in spans if span.status == "ok")


def charging(policy: str, *, found=None):
    def look(n: int):
        return found

    @capability(
        provides="receipt",
        name="charge",
        effects=[Effect.writes("payments", on_ambiguous=policy)],
        reconcile=look if policy == "reconcile" else None,
    )
    async def charge(n: int) -> str:
        HAPPENED.append(n)
        await asyncio.sleep(0)
        return f"paid {n}"

    return charge


async def interrupted(flow: Step) -> list[Record]:
    """The records of a run that ended between the intent and the outcome of its effect."""
    sink = RecordingSink()
    await engine(sink).run(flow, {"n": 1})
    HAPPENED.clear()
    place = next(i for i, r in enumerate(sink.read) if isinstance(r, StepIntent))
    return sink.read[: place + 1]


async def test_an_effect_declared_again_is_done_again():
    flow = charging("again").as_step()

    execution = await engine(RecordingSink()).resume(flow, await interrupted(flow))

    assert (execution["receipt"], HAPPENED) == ("paid 1", [1])


async def test_an_effect_declared_skip_is_not_done_again():
    flow = charging("skip").as_step()

    execution = await engine(RecordingSink()).resume(flow, await interrupted(flow))

    assert execution.status == "ok"
    assert HAPPENED == []
    assert [span.status for span in execution.spans] == ["skipped"]


@pytest.mark.parametrize(("found", "calls"), [(None, [1]), ("paid before", [])])
async def test_an_effect_that_can_be_looked_up_is_done_only_when_it_was_not(found, calls):
    flow = charging("reconcile", found=found).as_step()

    execution = await engine(RecordingSink()).resume(flow, await interrupted(flow))

    assert execution["receipt"] == (found or "paid 1")
    assert calls == HAPPENED


ANSWERS = [("do it again", "ok", [1]), ("it was done", "ok", []), ("stop", "failed", [])]


@pytest.mark.parametrize(("answer", "status", "calls"), ANSWERS)
async def test_an_effect_declared_ask_follows_the_answer(answer, status, calls):
    flow = charging("ask").as_step()
    records = await interrupted(flow)
    mine = engine(RecordingSink())
    running = mine.resume(flow, records)
    waits = await waited(mine)

    assert waits.choices == ("do it again", "it was done", "stop")
    assert HAPPENED == []
    assert mine.deliver(event(waits.event, {"answer": answer})) == 1
    execution = await running

    assert (execution.status, HAPPENED) == (status, calls)


async def test_an_answer_to_an_earlier_question_of_the_same_effect_does_not_count():
    flow = charging("ask").as_step()
    mine = engine(RecordingSink())
    running = mine.resume(flow, await interrupted(flow))
    waits = await waited(mine)
    answer = event(waits.event, {"answer": "do it again"})

    assert mine.deliver(replace(answer, arrival=0, at=0)) == 0  # heard late, from another life
    assert mine.deliver(event(waits.event, {"answer": "it was done"})) == 1
    await running

    assert HAPPENED == []


async def waited(mine: Engine):
    """The wait that an engine's execution has come to."""
    from packetflow.kernel.records import WaitStarted

    for _ in range(100):
        await asyncio.sleep(0)
        found = [r for r in mine.sink.read if isinstance(r, WaitStarted)]
        if found:
            return found[-1]
    raise AssertionError("nothing waits")


async def test_an_answer_counts_for_one_interruption_only():
    flow = charging("ask").as_step()
    records = await interrupted(flow)
    second = engine(RecordingSink())
    running = second.resume(flow, records)
    second.deliver(event((await waited(second)).event, {"answer": "do it again"}))
    await running
    after = second.sink.read
    cut = next(i for i, r in enumerate(after) if isinstance(r, StepIntent))
    HAPPENED.clear()

    third = engine(RecordingSink())
    again = third.resume(flow, records + after[: cut + 1])
    waits = await waited(third)

    assert HAPPENED == []
    third.deliver(event(waits.event, {"answer": "it was done"}, id="other"))
    assert (await again).status == "ok"
    assert HAPPENED == []


class Handle:
    """Something that no record can hold."""


@pytest.mark.parametrize(("answer", "calls"), [("do it again", [1]), ("go on without it", [])])
async def test_a_completed_effect_whose_result_could_not_be_kept_is_not_done_twice_unasked(
    answer, calls
):
    @capability(provides="handle", effects=[Effect.writes("files")])
    async def opened(n: int) -> Handle:
        HAPPENED.append(n)
        return Handle()

    flow = then(opened, made("last"))
    sink = RecordingSink()
    await engine(sink).run(flow, {"n": 1})
    HAPPENED.clear()
    mine = engine(RecordingSink())

    running = mine.resume(flow, [r for r in sink.read if not isinstance(r, ExecutionEnded)])
    waits = await waited(mine)

    assert HAPPENED == []
    assert "is done, but what it gave was not kept" in waits.question
    assert "interrupted" not in waits.question
    assert waits.choices == ("do it again", "go on without it", "stop")
    mine.deliver(event(waits.event, {"answer": answer}))
    assert (await running).status == "ok"
    assert calls == HAPPENED


async def test_a_pure_step_whose_result_could_not_be_kept_is_made_again():
    calls = []

    @capability(provides="handle")
    async def opened(n: int) -> Handle:
        calls.append(n)
        return Handle()

    @capability(provides="end")
    async def read(handle: Handle) -> bool:
        return isinstance(handle, Handle)

    flow = opened >> read
    sink = RecordingSink()
    await engine(sink).run(flow, {"n": 1})
    cut = max(i for i, r in enumerate(sink.read) if isinstance(r, SpanEnded))

    execution = await engine(RecordingSink()).resume(flow, sink.read[:cut])

    assert execution["end"] is True
    assert calls == [1, 1]


async def test_an_effect_that_ran_out_of_time_is_open_in_a_retried_whole_too():
    gate = asyncio.Event()

    @capability(provides="receipt", effects=[Effect.writes("payments", on_ambiguous="skip")])
    async def charge(n: int) -> str:
        HAPPENED.append(n)
        await gate.wait()
        return "paid"

    HAPPENED.clear()
    flow = (made("first") >> charge.timeout(5)).retry(3, on=TimeoutError)

    execution = await engine(RecordingSink()).run(flow, {"n": 1})

    assert HAPPENED == [2]
    assert execution.status == "ok"


async def test_the_key_of_an_effect_is_the_same_for_every_try():
    keys = []

    @capability(provides="m", effects=[Effect.writes("payments")])
    async def charge(n: int, context: Context) -> int:
        keys.append(context.idempotency_key)
        if len(keys) < 3:
            raise OSError
        return n

    await engine(RecordingSink()).run(charge.retry(3, on=OSError), {"n": 1})

    assert len(keys) == 3
    assert len(set(keys)) == 1


@pytest.mark.parametrize("waits", [True, False])
async def test_an_item_whose_effect_failed_and_was_collected_is_not_done_again(waits):
    sent = []

    @capability(provides="sent", effects=[Effect.writes("mail")], run_in="loop")
    def send(item: int) -> int:
        sent.append(item)
        if item == 2:
            raise ValueError("bounced")
        return item

    @capability(provides="sent", name="send", effects=[Effect.writes("mail")])
    async def send_later(item: int) -> int:
        await asyncio.sleep(0)
        return send(item)

    over, into = {"item": "items"}, {"sent": "sents"}
    flow = each(send_later if waits else send, over, into, on_error="collect")
    sink = RecordingSink()
    await engine(sink).run(flow, {"items": [1, 2, 3]})
    sent.clear()

    records = [r for r in sink.read if not isinstance(r, ExecutionEnded)]
    again = await engine(RecordingSink()).resume(flow, records)

    assert again["sents"] == [1, None, 3]
    assert sent == []
    assert again.spans[-1].attributes == {"items": 3, "failed": 1}
