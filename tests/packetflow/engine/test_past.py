"""Whatever record was the last one kept: a resumed run ends as the uncut one, repeating nothing."""

import asyncio
from collections import Counter

import msgspec
import pytest

from packetflow import (
    Context,
    Step,
    capability,
    each,
    fallback,
    parallel,
    pipeline,
    race,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.engine.engine import Engine
from packetflow.engine.past import read_story
from packetflow.errors import JournalFull, RunError
from packetflow.kernel.records import (
    ExecutionResumed,
    ExecutionStarted,
    Record,
    SpanEnded,
)
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event

DONE: Counter[tuple[str, int]] = Counter()
"""Calls that returned, by capability and input."""


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


def chain() -> Step:
    return then(*[made(f"s{i}") for i in range(4)])


def fan() -> Step:
    parts = [made(f"f{i}", f"m{i}", add=i) for i in range(4)]
    return made("before") >> parallel(*parts) >> made("after", "end").reading(n="m2")


def mapped() -> Step:
    return each(made("item", "m") >> made("more", "k").reading(n="m"), "ns", {"k": "ks"}, at_once=2)


def branch() -> Step:
    return made("first") >> when("n > 1", made("yes"), otherwise=made("no")) >> made("last")


def retry() -> Step:
    return made("first") >> made("shaky", fails=2).retry(3, on=OSError) >> made("last")


def retried_whole() -> Step:
    return (made("first") >> made("shaky", fails=1)).retry(3, on=OSError) >> made("last")


def alternatives() -> Step:
    return fallback(made("good") >> made("bad", fails=99), made("other", add=5)) >> made("last")


def racing() -> Step:
    return race(made("bad", fails=99), made("a") >> made("b")) >> made("last")


def passes() -> Step:
    return repeat(made("pass") >> made("second"), "n >= 6") >> made("last")


def called() -> Step:
    inner = pipeline("inner", made("one") >> made("two", "m"), provides=["m"])
    return then(inner) >> made("last").reading(n="m")


def cached() -> Step:
    once = made("once", "m")
    return once.cache() >> once.writing(m="k").cache() >> made("last")


def waiting() -> Step:
    return made("first") >> wait_for("go", gives={"m": int}) >> made("last").reading(n="m")


FLOWS = {
    flow.__name__: flow
    for flow in (
        chain, fan, mapped, branch, retry, retried_whole, alternatives, racing, passes, called,
        cached, waiting,
    )
}  # fmt: skip


def engine(sink: RecordingSink) -> Engine:
    inbox = Box(event("go", {"m": 7}, at=2**62))
    return Engine(sink, clock=FakeClock(), inbox=inbox)


def executed(records: list[Record]) -> Counter[tuple[str, tuple[int, ...]]]:
    spans = (r for r in records if isinstance(r, SpanEnded) and r.kind == "capability")
    return Counter((span.step, span.path) for span in spans if span.status == "ok")


@pytest.mark.parametrize("name", FLOWS)
async def test_a_run_cut_anywhere_ends_the_same_and_repeats_no_completed_step(name):
    flow = FLOWS[name]()
    inputs = {"ns": [1, 2, 3]} if name == "mapped" else {"n": 1}
    first = RecordingSink()
    whole = await engine(first).run(flow, inputs)
    assert whole.status == "ok", whole
    start = next(i for i, r in enumerate(first.read) if isinstance(r, ExecutionStarted))

    for cut in range(start + 1, len(first.read)):
        kept = first.read[:cut]
        again = RecordingSink()
        execution = await engine(again).resume(flow, kept)

        assert execution.outputs == whole.outputs, cut
        twice = executed(kept) & executed(again.read)
        assert not twice, (cut, twice)
        assert isinstance(again.read[0], ExecutionResumed) or name == "chain"
        assert again.read[-1].status == "ok"


@pytest.mark.parametrize("name", FLOWS)
async def test_a_run_may_be_cut_twice(name):
    flow = FLOWS[name]()
    inputs = {"ns": [1, 2, 3]} if name == "mapped" else {"n": 1}
    first = RecordingSink()
    whole = await engine(first).run(flow, inputs)
    kept = first.read[: len(first.read) // 2 + 1]
    second = RecordingSink()
    await engine(second).resume(flow, kept)

    for cut in range(1, len(second.read)):
        both = kept + second.read[:cut]
        third = RecordingSink()
        execution = await engine(third).resume(flow, both)

        assert execution.outputs == whole.outputs, cut
        assert not executed(both) & executed(third.read)


@pytest.mark.parametrize("name", FLOWS)
async def test_a_full_disk_stops_the_run_before_its_next_step_and_loses_nothing_kept(name):
    flow = FLOWS[name]()
    inputs = {"ns": [1, 2, 3]} if name == "mapped" else {"n": 1}
    first = RecordingSink()
    whole = await engine(first).run(flow, inputs)

    for full_at in range(2, first.asked):
        sink = RecordingSink(full_at)
        try:
            execution = await engine(sink).run(flow, inputs)
        except JournalFull:
            pass
        else:
            assert execution.failure.error_type == "JournalFull", full_at
        kept = sink.read
        assert len(kept) == full_at
        resumed = await engine(RecordingSink()).resume(flow, kept)
        assert resumed.outputs == whole.outputs


async def test_a_disk_that_is_full_only_once_still_ends_the_run():
    sink = RecordingSink(4, only_once=True)

    execution = await engine(sink).run(chain().retry(5, on=Exception), {"n": 1})

    assert execution.failure.error_type == "JournalFull"


async def test_a_capability_whose_log_line_cannot_be_kept_is_not_tried_again():
    tries = []

    @capability(provides="m")
    async def talks(n: int, context: Context) -> int:
        tries.append(n)
        context.log("hello")
        return n

    sink = RecordingSink(2, only_once=True)
    execution = await engine(sink).run(talks.retry(3, on=Exception), {"n": 1})

    assert execution.failure.error_type == "JournalFull"
    assert len(tries) == 1


async def test_records_that_a_superseded_runner_wrote_later_do_not_count():
    flow = chain()
    first = RecordingSink()
    await engine(first).run(flow, {"n": 1})
    records = first.read
    start = next(r for r in records if isinstance(r, ExecutionStarted))
    spans = [r for r in records if isinstance(r, SpanEnded)]
    takeover = ExecutionResumed(start.execution_id, 2, start.at, "new", "")
    late = [msgspec.structs.replace(span, started=start.at + 5) for span in spans]

    DONE.clear()
    execution = await engine(RecordingSink()).resume(flow, [*records[:2], takeover, *late])

    assert execution["n"] == 5
    assert sum(DONE.values()) == 4


async def test_what_was_kept_counts_although_the_clock_of_the_next_runner_is_behind():
    first = RecordingSink()
    await engine(first).run(chain(), {"n": 1})
    kept = first.read[:-2]
    second = RecordingSink()
    behind = Engine(second, clock=FakeClock(wall_ns=1))
    running = behind.resume(chain(), kept)
    running.cancel()
    await running

    DONE.clear()
    execution = await engine(RecordingSink()).resume(chain(), [*kept, *second.read])

    assert execution["n"] == 5
    assert sum(DONE.values()) == 1


async def test_what_a_superseded_runner_wrote_later_does_not_count_although_its_clock_is_behind():
    first = RecordingSink()
    await Engine(first, clock=FakeClock(wall_ns=1)).run(chain(), {"n": 1})
    kept, late = first.read[:3], first.read[3:]
    second = RecordingSink()
    running = engine(second).resume(chain(), kept)
    running.cancel()
    await running

    DONE.clear()
    await engine(RecordingSink()).resume(chain(), [*kept, *late, *second.read])

    assert sum(DONE.values()) == 3


async def test_a_runner_that_woke_after_a_newer_one_took_over_does_not_count():
    first = RecordingSink()
    await engine(first).run(chain(), {"n": 1})
    kept = first.read[:3]
    second, third = RecordingSink(), RecordingSink()
    await engine(second).resume(chain(), kept, epoch=2)
    running = engine(third).resume(chain(), kept, epoch=3)
    running.cancel()
    await running

    story = read_story([*kept, *second.read, *third.read])

    assert (story.epoch, len(story.spans)) == (3, 1)
    assert story.ended is not None
    assert story.ended.status == "cancelled"


async def test_an_execution_that_ended_well_is_not_taken_up_again():
    sink = RecordingSink()
    await engine(sink).run(chain(), {"n": 1})

    with pytest.raises(RunError, match="already done"):
        engine(RecordingSink()).resume(chain(), sink.read)
