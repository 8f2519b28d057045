"""What holds for every composition that passes the check: it runs, and is taken up where it was."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow import capability, repeat
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Execution, Running
from packetflow.engine.past import read_story
from packetflow.errors import JournalFull
from packetflow.kernel.records import Record, SpanEnded, Status
from packetflow.testing import FakeClock
from tests.packetflow.engine.flows import flows, inputs_for, is_sound, maker, names
from tests.packetflow.engine.kit import RecordingSink, others

FAILURES = {"OSError", "NothingWon", "TimedOut"}
"""How a generated flow may end: a capability told it to."""
LONGEST_SECONDS = 60
STARTED = 2
"""The records of a start: the definition, and that it began."""


async def whole(flow: Any, inputs: dict[str, Any]) -> tuple[Execution, list[Record]]:
    sink = RecordingSink()
    engine = Engine(sink, clock=FakeClock())
    execution = await asyncio.wait_for(engine.run(flow, inputs), LONGEST_SECONDS)
    await engine.close()
    await asyncio.sleep(0)
    assert not others()
    return execution, sink.read


async def resumed(flow: Any, records: list[Record]) -> tuple[Execution, list[Record]]:
    """What a later life makes of these records, and the records with its own."""
    sink = RecordingSink()
    for record in records:
        sink.append(record)
    engine = Engine(sink, clock=FakeClock())
    running = engine.resume(flow, records)
    execution = await asyncio.wait_for(running, LONGEST_SECONDS)
    await engine.close()
    return execution, sink.read


def seen(execution: Execution) -> Any:
    """What may not differ between lives; a failure leaves what was made by chance."""
    if execution.failure is not None:
        return execution.status
    return execution.status, dict(execution.outputs)


def completed(records: list[Record]) -> set[tuple[str, tuple[int, ...]]]:
    return set(read_story(records).past.done)


async def begun(flow: Any, inputs: dict[str, Any]) -> Execution:
    """The same, begun here and now."""
    engine = Engine(RecordingSink(), clock=FakeClock())
    found = engine.begin(flow, inputs)
    if isinstance(found, Running):
        found = await asyncio.wait_for(found, LONGEST_SECONDS)
    await engine.close()
    await asyncio.sleep(0)
    assert not others()
    return found


@given(flows, st.sets(names))
def test_what_is_begun_at_once_ends_like_any_other(flow, extra):
    if is_sound(flow):
        inputs = inputs_for(flow, extra)

        assert seen(asyncio.run(begun(flow, inputs))) == seen(asyncio.run(whole(flow, inputs))[0])


@capability(provides="total", run_in="loop")
def doubled(n: int) -> int:
    """Twice."""
    return 2 * n


@capability(provides="total")
async def patient(n: int, seconds: float = 60.0) -> int:
    """Wait within a time limit that is set before the first wait."""
    async with asyncio.timeout(seconds):
        await asyncio.sleep(0.01)
    return n


async def test_a_run_that_never_waits_is_over_when_it_is_begun():
    engine, heard = Engine(RecordingSink()), []

    execution = engine.begin(doubled, {"n": 2}, listeners=[heard.append])

    assert isinstance(execution, Execution)
    assert execution["total"] == 4
    assert [type(event).__name__ for event in heard] == ["StepStarted", "StepEnded", "Ended"]
    assert not engine.running
    await engine.close()
    assert not others()


async def test_a_run_that_waits_goes_on_in_a_task_of_its_own():
    engine = Engine(RecordingSink())

    running, late = engine.begin(patient, {"n": 2}), engine.begin(patient, {"n": 1, "seconds": 0.0})

    assert isinstance(running, Running)
    assert isinstance(late, Running)
    assert set(engine.running) == {running.id, late.id}
    assert (await running)["total"] == 2
    assert (await late).failure.error_type == "TimeoutError"
    assert not engine.running
    await engine.close()
    assert not others()


async def test_a_run_begun_at_once_can_be_cancelled():
    engine = Engine(RecordingSink())
    running = engine.begin(patient, {"n": 2})

    running.cancel("no more")

    assert (await running).status is Status.CANCELLED
    await engine.close()
    assert not others()


async def test_who_awaits_a_run_begun_at_once_hears_that_its_end_could_not_be_kept():
    engine = Engine(RecordingSink(full_at=STARTED + 1))

    running = engine.begin(doubled, {"n": 2})

    with pytest.raises(JournalFull):
        await running


@given(flows, st.sets(names))
def test_a_flow_that_passes_the_check_runs_as_it_promises(flow, extra):
    if not is_sound(flow):
        return

    execution, _ = asyncio.run(whole(flow, inputs_for(flow, extra)))

    if execution.failure is not None:
        assert execution.failure.error_type in FAILURES, execution
        return
    promised = {name for name, port in flow.contract.outputs.items() if not port.optional}
    assert promised <= set(execution.outputs) <= set(flow.contract.outputs)


@given(flows, st.sets(names), st.data())
def test_a_run_cut_anywhere_ends_as_the_whole_one_and_repeats_nothing(flow, extra, data):
    if not is_sound(flow):
        return

    async def law() -> None:
        uncut, records = await whole(flow, inputs_for(flow, extra))
        longer = records
        for at in range(STARTED, len(records)):
            again, longer = await resumed(flow, records[:at])
            assert seen(again) == seen(uncut), (at, uncut, again)
            repeats_nothing(records[:at], longer[at:])
        at = data.draw(st.integers(STARTED, len(longer) - 1))
        if read_story(longer[:at]).ended is None:
            third, longest = await resumed(flow, longer[:at])
            assert seen(third) == seen(uncut)
            repeats_nothing(longer[:at], longest[at:])

    asyncio.run(law())


def repeats_nothing(before: list[Record], after: list[Record]) -> None:
    done = completed(before)
    fresh = [
        (one.step, one.path)
        for one in after
        if isinstance(one, SpanEnded) and one.kind in {"capability", "wait", "race", "cache"}
    ]
    ended = [one for one in after if isinstance(one, SpanEnded) and one.status == Status.OK]
    assert not done.intersection(fresh)
    assert len({(one.step, one.path, one.kind) for one in ended}) == len(ended)


def test_a_loop_until_what_only_some_passes_make_is_refused():
    part = maker(1, {"a": True}, {"a": True}, "plain")

    problems = repeat(part, until="a > 3").check()

    assert [one.code for one in problems] == ["maybe_missing"]
