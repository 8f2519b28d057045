"""Breaker, rate limit and bulkhead: shared by all executions of an engine."""

import asyncio

from packetflow import capability, then
from packetflow.engine.engine import Engine
from packetflow.engine.limits import Circuit, Compartment
from packetflow.engine.ports import MemorySink
from packetflow.errors import CircuitOpen, JournalFull, QueueFull
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import broken, inc, turns


def engine() -> Engine:
    return Engine(MemorySink(), clock=FakeClock())


def switched():
    """A capability that fails while told to."""
    state = {"broken": True, "calls": 0}

    @capability(provides="m")
    async def service(n: int) -> int:
        state["calls"] += 1
        await asyncio.sleep(0)
        if state["broken"]:
            raise OSError("down")
        return n

    return service, state


async def test_a_breaker_opens_tries_once_and_closes():
    service, state = switched()
    mine = engine()
    flow = service.breaker(2, reset=30)

    async def error():
        return (await mine.run(flow, {"n": 1})).failure

    assert [type((await error()).cause) for _ in range(2)] == [OSError, OSError]
    refused = await error()
    assert isinstance(refused.cause, CircuitOpen)
    assert "next try in 30.0 s" in refused.message
    assert state["calls"] == 2

    mine.clock.advance(30)
    assert isinstance((await error()).cause, OSError)  # the one that tries
    assert isinstance((await error()).cause, CircuitOpen)

    mine.clock.advance(30)
    state["broken"] = False
    assert await error() is None
    assert await error() is None
    assert state["calls"] == 5


async def test_only_one_call_tries_while_a_breaker_is_half_open():
    service, state = switched()
    mine = engine()
    flow = service.breaker(1, reset=30)
    await mine.run(flow, {"n": 1})
    mine.clock.advance(30)
    state["broken"] = False

    both = await asyncio.gather(mine.run(flow, {"n": 1}), mine.run(flow, {"n": 1}))

    assert sorted(one.status for one in both) == ["failed", "ok"]
    assert state["calls"] == 2


async def test_a_full_disk_during_the_one_try_does_not_jam_the_breaker():
    state = {"broken": True}

    @capability(provides="m", run_in="loop")
    def service(n: int) -> int:
        if state["broken"]:
            raise OSError
        return n

    mine = Engine(MemorySink(), clock=FakeClock())
    flow = service.breaker(1, reset=30)
    await mine.run(flow, {"n": 1})
    mine.clock.advance(30)
    state["broken"] = False
    keep = mine.append

    def full(record):
        if getattr(record, "status", "") == "ok":
            raise JournalFull("full")
        keep(record)

    mine.append = full
    assert (await mine.run(flow, {"n": 1})).failure.error_type == "JournalFull"
    mine.append = keep

    assert (await mine.run(flow, {"n": 1})).status == "ok"


async def test_a_breaker_is_shared_by_alike_steps_and_by_no_others():
    mine = engine()
    twin = broken.breaker(1, reset=30)
    await mine.run(twin, {"n": 1})

    async def error(flow):
        return (await mine.run(flow, {"n": 1})).failure.error_type

    assert await error(broken.breaker(1, reset=30)) == "CircuitOpen"
    assert await error(broken.breaker(2, reset=30)) == "ValueError"
    ok = then(inc, inc).breaker(1, reset=30)
    bad = then(inc, broken).breaker(1, reset=30)
    await mine.run(bad, {"n": 1})
    assert (await mine.run(ok, {"n": 1})).status == "ok"


def test_a_circuit_closes_only_by_success():
    circuit = Circuit()

    assert circuit.admits(0)
    circuit.abandoned()
    assert circuit.admits(0)


async def test_a_rate_limit_spaces_starts_evenly_over_all_executions():
    mine = engine()
    starts = []

    @capability(provides="m")
    async def noted(n: int) -> int:
        starts.append(round(mine.clock.seconds, 6))
        return n

    flow = noted.rate_limit(4, per=2)
    await asyncio.gather(*[mine.run(flow, {"n": 1}) for _ in range(6)])

    assert starts == [0, 0.5, 1, 1.5, 2, 2.5]


async def test_a_bulkhead_bounds_all_executions_and_refuses_what_finds_no_room_to_wait():
    mine = engine()
    now, most = 0, 0
    gate = asyncio.Event()

    @capability(provides="m")
    async def busy(n: int) -> int:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await gate.wait()
        now -= 1
        return n

    flow = busy.bulkhead(2, waiting=1)
    running = [mine.start(flow, {"n": i}) for i in range(4)]
    await turns()
    gate.set()
    ended = [await one for one in running]

    assert most == 2
    assert [one.status for one in ended] == ["ok", "ok", "ok", "failed"]
    assert isinstance(ended[3].failure.cause, QueueFull)
    assert "already runs 2 times with 1 waiting" in ended[3].failure.message


async def test_one_that_is_cancelled_in_line_makes_room_there():
    mine = engine()
    gate = asyncio.Event()

    @capability(provides="m")
    async def busy(n: int) -> int:
        await gate.wait()
        return n

    flow = busy.bulkhead(1, waiting=1)
    first, second = mine.start(flow, {"n": 1}), mine.start(flow, {"n": 2})
    await turns()
    second.cancel()
    await second
    third = mine.start(flow, {"n": 3})
    await turns()
    gate.set()

    assert (await first).status == "ok"
    assert (await second).status == "cancelled"
    assert (await third).status == "ok"


def test_a_place_given_up_goes_to_the_next_in_line():
    room = Compartment()
    room.inside = 1

    room.leave()

    assert room.inside == 0
