"""The engine's steps, maps and parked runs, against the floor of awaiting and the project's bars.

Every figure is CPU time of the best of several rounds, in one process: microseconds a step, and
how many times the floor (awaiting an async function, calling a plain one) that is. "Encoded" is
what a step costs before the journal, "framed" before its write, "kept" with the write. Other
engines (see `peers`) are measured in the same run, in the environment that ``PEERS_PYTHON`` names.
"""

import asyncio
import atexit
import gc
import json
import os
import subprocess
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pydantic

from packetflow import Step, capability, each, parallel, then, wait_for, when
from packetflow.engine.engine import Engine
from packetflow.engine.ports import MemorySink, NoSink, Sink
from packetflow.kernel.records import Record, encoder
from packetflow.store.journal import JournalWriter

ROUNDS = 7
STEPS = 5_000


@capability(provides="n", run_in="loop")
def plain(n: int) -> int:
    return n + 1


@capability(provides="n")
async def ready(n: int) -> int:
    return n + 1


@capability(provides="m")
async def suspends(n: int) -> int:
    await asyncio.sleep(0)
    return n


class Journal(MemorySink):
    """Encodes every record, as a journal does before it writes."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.size = 0
        encode = encoder().encode

        def append(record: Record) -> None:
            self.size += len(encode(record))

        def append_all(records: Sequence[Record]) -> None:
            for record in records:
                append(record)

        self.append, self.append_all = append, append_all


class Unwritten(JournalWriter):
    """A journal on disk that does all but write its records: the rest is what writing costs."""

    def _write(self, content: bytes) -> None:
        """Leave it out."""


class Customer(pydantic.BaseModel):
    name: str
    age: int
    email: str


class Risk(pydantic.BaseModel):
    score: float
    factors: list[str]


@capability(provides="record", run_in="loop")
def validated(customer: Customer) -> Customer:
    return customer


@capability(provides="risk")
async def assessed(record: Customer) -> Risk:
    return Risk(score=record.age / 100, factors=["age"])


@capability(provides="wishes")
async def analysed(record: Customer) -> list[str]:
    return [record.email]


@capability(provides="plan")
async def planned(record: Customer, risk: Risk, wishes: list[str]) -> dict[str, str]:
    return {"for": record.name, "by": wishes[0]}


@capability(provides="correction", run_in="loop")
def corrected(record: Customer) -> str:
    return record.name


def onboarding() -> Step:
    """The shape of the project's example: a branch, two at once, a retried step, models."""
    good = parallel(assessed, analysed) >> planned.retry(3, on=TimeoutError).timeout(10)
    return validated >> when("record.age >= 18", good, otherwise=corrected)


def best(work: Callable[[], Coroutine[Any, Any, object]], count: int) -> float:
    """Microseconds of CPU for each of *count*, in the best round."""

    async def rounds() -> float:
        least = float("inf")
        for _ in range(ROUNDS):
            gc.collect()
            began = time.process_time()
            await work()
            least = min(least, time.process_time() - began)
        return least / count * 1e6

    return asyncio.run(rounds())


def kept(journal: type[JournalWriter] = JournalWriter) -> Sink:
    """A journal on disk, gone when the process ends."""
    scratch = tempfile.TemporaryDirectory()
    atexit.register(scratch.cleanup)
    return journal(scratch.name, role="bench")


def running(
    flow: Any, inputs: dict[str, Any], *, sink: Callable[[], Sink] = NoSink, times: int = 1
) -> Any:
    """Work that runs a flow on an engine of its own loop."""
    made: list[Engine] = []

    async def work() -> None:
        if not made:
            made.append(Engine(sink()))
        for _ in range(times):
            execution = await made[0].run(flow, inputs)
            execution.raise_for_failure()

    return work


async def floor_await() -> None:
    async def step(n: int) -> int:
        return n + 1

    n = 0
    for _ in range(100_000):
        n = await step(n)


async def floor_call() -> None:
    def step(n: int) -> int:
        return n + 1

    n = 0
    for _ in range(100_000):
        n = step(n)


async def floor_gather() -> None:
    async def wait() -> None:
        await asyncio.sleep(0)

    await asyncio.gather(*[wait() for _ in range(1_000)])


def armed(part: Any) -> Any:
    return part.retry(3, on=OSError).timeout(10).breaker(5)


def fan(part: Any, name: str) -> Step:
    return parallel(*[part.writing(**{name: f"m{i}"}) for i in range(1_000)])


CASES: list[tuple[str, Callable[[], Any], int, float | None, float | None]] = [
    ("chain, plain", lambda: running(then(*[plain] * STEPS), {"n": 0}), STEPS, None, None),
    ("chain, async", lambda: running(then(*[ready] * STEPS), {"n": 0}), STEPS, None, None),
    ("chain, plain, armed", lambda: running(then(*[armed(plain)] * STEPS), {"n": 0}), STEPS, 4, 2),
    ("chain, async, armed", lambda: running(then(*[armed(ready)] * STEPS), {"n": 0}), STEPS, 4, 2),
    ("chain, async, armed, encoded",
     lambda: running(then(*[armed(ready)] * STEPS), {"n": 0}, sink=Journal), STEPS, None, None),
    ("chain, async, armed, kept",
     lambda: running(then(*[armed(ready)] * STEPS), {"n": 0}, sink=kept), STEPS, 8, 4),
    ("fan 1,000, plain", lambda: running(fan(plain, "n"), {"n": 0}), 1_000, 4, 0.5),
    ("fan 1,000, async, ready", lambda: running(fan(ready, "n"), {"n": 0}), 1_000, 4, 0.5),
    ("fan 1,000, async, waits", lambda: running(fan(suspends, "m"), {"n": 0}), 1_000, None, None),
    ("map 10,000, plain", lambda: running(each(plain, "ns", "ms"), {"ns": [0] * 10_000}),
     10_000, 3, 1),
    ("map 10,000, async, ready", lambda: running(each(ready, "ns", "ms"), {"ns": [0] * 10_000}),
     10_000, 3, 1),
    ("map 10,000, async, waits", lambda: running(each(suspends, "ns"), {"ns": [0] * 10_000}),
     10_000, None, None),
]  # fmt: skip


def onboarding_cost(sink: Callable[[], Sink]) -> float:
    """Microseconds a step of the onboarding flow."""
    adult = {"customer": Customer(name="Ada", age=36, email="ada@example.org")}
    return best(running(onboarding(), adult, sink=sink, times=500), 500 * 4)


def line_cost(sink: Callable[[], Sink]) -> float:
    """Microseconds a step of a straight line of 100."""
    return best(running(then(*[plain] * 100), {"n": 0}, sink=sink, times=20), 20 * 100)


def built_and_run() -> float:
    """Seconds to build, check and run a chain of 10,000 steps, all from nothing."""

    async def work() -> None:
        execution = await Engine().run(then(*[plain] * 10_000), {"n": 0})
        execution.raise_for_failure()

    return best(work, 1) / 1e6


def growth() -> dict[str, float]:
    """How the cost a step grows from 1,000 to 10,000 steps; 1 is linear.

    Without Python's collector of cycles, whose share depends on what else the process holds.
    """
    shapes: dict[str, Callable[[int], tuple[Any, dict[str, Any]]]] = {
        "chain": lambda n: (then(*[plain] * n), {"n": 0}),
        "fan": lambda n: (parallel(*[ready.writing(n=f"m{i}") for i in range(n)]), {"n": 0}),
        "map": lambda n: (each(plain, "ns", "ms"), {"ns": [0] * n}),
    }
    found = {}
    for name, shape in shapes.items():

        def costs(count: int, shape: Any = shape) -> float:
            async def work() -> None:
                flow, inputs = shape(count)
                (await Engine().run(flow, inputs)).raise_for_failure()

            return best(work, count)

        gc.disable()
        try:
            found[name] = costs(10_000) / costs(1_000)
        finally:
            gc.enable()
    return found


def parked_bytes(runs: int = 10_000) -> float:
    """Bytes of memory of one run that waits in its second step of three."""
    flow = then(plain, wait_for("go", gives={"m": int}), suspends.writing(m="end"))

    async def park() -> float:
        engine = Engine()
        engine.start(flow, {"n": 0})
        await asyncio.sleep(0.01)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        waiting = [engine.start(flow, {"n": 0}) for _ in range(runs)]
        for _ in range(5):
            await asyncio.sleep(0)
        gc.collect()
        used = (tracemalloc.get_traced_memory()[0] - before) / runs
        tracemalloc.stop()
        assert not any(one.done() for one in waiting)
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting)
        await engine.close()
        return used

    return asyncio.run(park())


def row(name: str, figure: str, ratio: str, bar: str, verdict: str) -> None:
    print(f"  {name:34} {figure:>12} {ratio:>8} {bar:>14}  {verdict}")


def judged(figure: float, bar: float | None, moonshot: float | None) -> str:
    if bar is None or moonshot is None:
        return ""
    if figure <= moonshot:
        return "moonshot"
    return "ok" if figure <= bar else f"misses by {figure / bar:.2f}x"


def main() -> int:
    """Print the figures."""
    awaited, called = best(floor_await, 100_000), best(floor_call, 100_000)
    row("what", "us a step", "x floor", "bar / moonshot", "")
    row("floor: await an async function", f"{awaited:.3f}", "1.0", "", "")
    row("floor: call a plain function", f"{called:.3f}", f"{called / awaited:.1f}", "", "")
    gathered = best(floor_gather, 1_000)
    row("floor: gather 1,000 that wait", f"{gathered:.2f}", f"{gathered / awaited:.1f}", "", "")
    for name, make, count, bar, moonshot in CASES:
        cost = best(make(), count)
        bars = "" if bar is None else f"{bar:g} / {moonshot:g}"
        row(name, f"{cost:.2f}", f"{cost / awaited:.1f}", bars, judged(cost, bar, moonshot))
    for name, sink, bar, moonshot in (
        ("onboarding", NoSink, 4.0, 2.0),
        ("onboarding, encoded", Journal, None, None),
        ("onboarding, framed", lambda: kept(Unwritten), None, None),
        ("onboarding, kept", kept, 8.0, 4.0),
    ):
        cost = onboarding_cost(sink)
        bars = "" if bar is None else f"{bar:g} / {moonshot:g}"
        row(name, f"{cost:.2f}", f"{cost / awaited:.1f}", bars, judged(cost, bar, moonshot))
    seconds = built_and_run()
    row("10,000 steps: build, check, run", f"{seconds:.3f} s", "", "0.5 / 0.1 s",
        judged(seconds, 0.5, 0.1))  # fmt: skip
    kib = parked_bytes() / 1024
    row("parked run", f"{kib:.2f} KiB", "", "5 / 3 KiB", judged(kib, 5, 3))
    for name, ratio in growth().items():
        row(f"{name}: 10,000 over 1,000", f"{ratio:.2f}x", "", "1.3x", judged(ratio, 1.3, 1.0))
    side_by_side()
    return 0


def side_by_side() -> None:
    """Ours and other engines at the same two shapes, where those are installed."""
    python = os.environ.get("PEERS_PYTHON")
    if not python:
        return
    print("\n  the same work elsewhere, us of CPU a step (ours is traced and validated)")
    program = Path(__file__).with_name("peers.py")
    said = subprocess.run([python, program], stdout=subprocess.PIPE, text=True, check=True).stdout
    told = [json.loads(line) for line in said.splitlines()]
    ours = {
        ("chain of 100", False): line_cost(NoSink),
        ("chain of 100", True): line_cost(kept),
        ("onboarding", False): onboarding_cost(NoSink),
        ("onboarding", True): onboarding_cost(kept),
    }
    for (shape, on_disk), own in ours.items():
        where = f"{shape}, {'kept on disk' if on_disk else 'in memory'}"
        row(where, f"{own:.2f}", "", "packetflow", "")
        for one in told:
            if (one.get("shape"), one.get("kept")) == (shape, on_disk):
                row("", f"{one['cpu']:.1f}", f"{one['cpu'] / own:.1f}", one["who"], "times ours")
    for one in told:
        if "missing" in one:
            row("", "-", "", one["who"], "not installed there")
