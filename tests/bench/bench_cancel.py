"""How soon a cancelled run says so, and its process is gone; bar 100 ms (design, section 5).

Wall-clock milliseconds from the request, median and worst of several runs: of a step that waits on
the loop, of one that sleeps in a thread (whose late result is discarded) and of one in a process.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from packetflow import capability
from packetflow.engine.engine import Engine
from tests.packetflow.engine import heavy

RUNS = 20
BAR_MS = 100.0


@capability(provides="m")
async def waits(n: int) -> int:
    await asyncio.sleep(3600)
    return n


@capability(provides="m")
def sleeps(n: int) -> int:
    time.sleep(0.5)
    return n


async def _turn() -> None:
    await asyncio.sleep(0.05)


async def measured(step, inputs: dict[str, object], ready: Callable[[], Awaitable[None]]) -> list:
    """Milliseconds of each run, from `cancel` to its end."""
    engine, taken = Engine(), []
    for _ in range(RUNS):
        running = engine.start(step, inputs)
        await ready()
        began = time.perf_counter()
        running.cancel()
        assert (await running).status == "cancelled"
        taken.append((time.perf_counter() - began) * 1e3)
    await engine.close()
    return taken


async def _process() -> tuple[list[float], list[float]]:
    """The same for a process, and the milliseconds until it is gone."""
    engine, told, gone = Engine(), [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(RUNS):
            file = Path(folder) / str(number)
            running = engine.start(heavy.endless, {"n": 1, "file": str(file)})
            while not (file.exists() and file.read_text()):
                await asyncio.sleep(0.01)
            descriptor = os.pidfd_open(int(file.read_text()))
            began = time.perf_counter()
            running.cancel()
            assert (await running).status == "cancelled"
            told.append((time.perf_counter() - began) * 1e3)
            ended = asyncio.Event()
            asyncio.get_running_loop().add_reader(descriptor, ended.set)
            await ended.wait()
            gone.append((time.perf_counter() - began) * 1e3)
            asyncio.get_running_loop().remove_reader(descriptor)
            os.close(descriptor)
    await engine.close()
    return told, gone


def row(name: str, taken: list[float]) -> None:
    worst = max(taken)
    verdict = "ok" if worst <= BAR_MS else f"misses by {worst / BAR_MS:.2f}x"
    print(
        f"  {name:32} median {statistics.median(taken):7.2f} ms  worst {worst:7.2f} ms  {verdict}"
    )


def main() -> int:
    """Print the figures."""
    row("waits on the loop", asyncio.run(measured(waits, {"n": 1}, _turn)))
    row("sleeps in a thread", asyncio.run(measured(sleeps, {"n": 1}, _turn)))
    told, gone = asyncio.run(_process())
    row("works in a process", told)
    row("its process is gone", gone)
    return 0
