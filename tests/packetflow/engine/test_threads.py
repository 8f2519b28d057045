"""Functions in daemon threads."""

import asyncio
import subprocess
import sys
import threading

import pytest

from packetflow.engine.threads import Threads

PATIENCE = 60
HANGS = """
import threading
from packetflow import Workspace, capability

begun = threading.Event()

@capability(provides="b")
def hang(a: int) -> int:
    begun.set()
    threading.Event().wait()
    return a

ws = Workspace(":memory:")
handle = ws.start(hang, a=1)
begun.wait()
{}
print("over", flush=True)
"""


@pytest.mark.parametrize("ending", ["", "ws.close()", "handle.cancel(); handle.result(60)"])
def test_a_thread_that_hangs_does_not_keep_the_program_from_ending(ending: str):
    said = subprocess.run(
        [sys.executable, "-c", HANGS.format(ending)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert said.stdout == "over\n"


async def test_no_more_than_the_most_run_at_once_and_the_rest_wait_in_line():
    threads, gate = Threads(2), threading.Event()
    lock, now, most = threading.Lock(), [0], [0]

    def work() -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(PATIENCE)
        with lock:
            now[0] -= 1
        return 1

    calls = [threads.call(work) for _ in range(6)]
    gate.set()
    done = await asyncio.gather(*(call.future for call in calls))
    threads.close()

    assert sum(done) == 6
    assert most[0] <= 2


async def test_idle_threads_are_used_again():
    threads = Threads(8)
    names = set()
    for _ in range(20):
        names.add(await threads.call(lambda: threading.current_thread().name).future)
    threads.close()

    assert len(names) == 1


async def test_what_comes_late_is_noted_and_thrown_away():
    threads, gate = Threads(1), threading.Event()
    begun, late = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait(PATIENCE)

    call = threads.call(work)
    call.when_late(late.set)
    await begun.wait()
    call.future.cancel()
    gate.set()

    await asyncio.wait_for(late.wait(), PATIENCE)
    threads.close()
