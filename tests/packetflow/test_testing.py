"""The clock of tests."""

import asyncio
import threading

from packetflow import capability
from packetflow.engine.engine import Engine
from packetflow.testing import FakeClock


async def test_time_jumps_to_the_next_timer_once_everybody_waits():
    clock, seen = FakeClock(), []

    async def sleeper(name: str, seconds: float):
        for _ in range(2):
            await clock.sleep(seconds)
            seen.append((name, clock.seconds))

    await asyncio.gather(sleeper("slow", 3600), sleeper("quick", 10), sleeper("twin", 10))

    assert seen == [
        ("quick", 10),
        ("twin", 10),
        ("quick", 20),
        ("twin", 20),
        ("slow", 3600),
        ("slow", 7200),
    ]
    assert clock.wall_ns() - FakeClock().wall_ns() == 7200 * 10**9


async def test_a_sleep_that_is_cancelled_leaves_no_timer():
    clock = FakeClock()
    task = asyncio.ensure_future(clock.sleep(5))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert clock.timers == 0
    assert clock.seconds == 0


async def test_no_time_passes_while_a_thread_works():
    gate = threading.Event()
    clock = FakeClock()

    @capability(provides="m")
    def works(n: int) -> int:
        gate.wait(10)
        return n

    running = Engine(clock=clock).start(works.timeout(1), {"n": 1})
    for _ in range(100):
        await asyncio.sleep(0)
    assert clock.seconds == 0
    gate.set()

    assert (await running)["m"] == 1


async def test_time_may_be_let_pass_by_hand():
    clock, seen = FakeClock(), []
    clock.call_later(5, lambda: seen.append("five"))
    clock.call_later(9, lambda: seen.append("nine")).cancel()

    with clock.working():
        clock.advance(4)
        await asyncio.sleep(0)
        assert not seen
        clock.advance(6)
        await asyncio.sleep(0)

    assert seen == ["five"]
    assert clock.seconds == 10
