"""The example pipeline customer_onboarding as it is saved, with the real journal, a step.

Its capabilities are plain functions, which run in threads. So the floor is the same user code
called directly, plus one trip to a thread for each step; and beside it stands the same pipeline
with its functions declared quick (``run_in="loop"``), which shows the engine's own part.
"""

import asyncio
import gc
import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from packetflow import Workspace
from packetflow.engine.execution import Execution

DATA = Path(__file__).parents[2] / "data"
ROUNDS, RUNS = 7, 100


def example(folder: Path, *, quick: bool) -> Path:
    """A copy of the example workspace; *quick* declares its plain functions so."""
    copy = folder / ("quick" if quick else "shipped")
    shutil.copytree(DATA, copy, ignore=shutil.ignore_patterns(".packetflow", "__pycache__"))
    if quick:
        path = copy / "capabilities" / "customers.py"
        text = re.sub(
            r"^@capability$", "@capability()", path.read_text("utf-8"), flags=re.MULTILINE
        )
        path.write_text(text.replace("@capability(", '@capability(run_in="loop", '), "utf-8")
    return copy


def cpu(work: Callable[[], Coroutine[Any, Any, object]], workspace: Workspace) -> float:
    """Microseconds of this process's CPU for one call of *work*, in the best round."""

    async def rounds() -> float:
        least = float("inf")
        for _ in range(ROUNDS):
            gc.collect()
            began = time.process_time()
            for _ in range(RUNS):
                await work()
            least = min(least, time.process_time() - began)
        return least / RUNS * 1e6

    return workspace.thread.submit(rounds()).result()


def measured(folder: Path, customer: str, *, quick: bool) -> tuple[float, float, int]:
    """Microseconds a run, of them in the capabilities' own code, and how many steps ran."""
    given = json.loads((DATA / "files" / f"{customer}_customer.json").read_text("utf-8"))
    with Workspace(example(folder, quick=quick)) as workspace:
        flow = workspace.find("customer_onboarding")

        async def once() -> Execution:
            return (await workspace.engine.run(flow, given)).raise_for_failure()

        whole = cpu(once, workspace)
        names = [span.name for span in workspace.thread.run(once()).spans]
        called = [workspace.catalog.get(name) for name in names]

        async def by_hand() -> None:
            scope = dict(given)
            for one in called:
                inputs = one.contract.inputs
                made = one.fn(**{name: scope[name] for name in inputs if name in scope})
                scope.update(
                    made if isinstance(made, dict) else {one.contract.provides[0].name: made}
                )

        return whole, cpu(by_hand, workspace), len(names)


def trip() -> float:
    """Microseconds of CPU for one call in a thread by asyncio's own means."""

    async def rounds() -> float:
        loop, least = asyncio.get_running_loop(), float("inf")
        with ThreadPoolExecutor(1) as pool:
            for _ in range(ROUNDS):
                began = time.process_time()
                for _ in range(1_000):
                    await loop.run_in_executor(pool, int)
                least = min(least, time.process_time() - began)
        return least * 1e3

    return asyncio.run(rounds())


def main() -> int:
    """Print the figures."""
    hop = trip()
    print(f"  floor: a call in a thread by asyncio {hop:8.1f} us")
    print(f"  {'customer':8} {'steps':>5} {'in threads':>11} {'quick':>8} {'own code':>9}"
          f" {'engine':>7}   us of CPU a step; bar for the engine's part 8")  # fmt: skip
    for customer in ("good", "bad"):
        with tempfile.TemporaryDirectory() as scratch:
            shipped, _, steps = measured(Path(scratch), customer, quick=False)
            quick, own, _ = measured(Path(scratch), customer, quick=True)
        print(f"  {customer:8} {steps:5} {shipped / steps:11.1f} {quick / steps:8.1f}"
              f" {own / steps:9.1f} {(quick - own) / steps:7.1f}")  # fmt: skip
    return 0
