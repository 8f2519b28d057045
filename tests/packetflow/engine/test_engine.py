"""What holds for every composition that passes the check: it runs, and is taken up where it was."""

import asyncio
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from packetflow import repeat
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Execution
from packetflow.engine.past import read_story
from packetflow.kernel.records import Record, SpanEnded, Status
from packetflow.testing import FakeClock
from tests.packetflow.engine.flows import flows, inputs_for, is_sound, maker, names
from tests.packetflow.engine.kit import RecordingSink, others

FAILURES = {"OSError", "NothingWon", "TimedOut"}
"""How a generated flow may end: a capability told it to."""
LONGEST_SECONDS = 5
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
