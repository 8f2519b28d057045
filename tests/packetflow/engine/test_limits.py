"""Breaker, rate limit and bulkhead: shared by all executions of an engine."""

import asyncio

import pytest

from packetflow import capability, each, then
from packetflow.engine.engine import Engine
from packetflow.engine.limits import Circuit, Compartment
from packetflow.engine.ports import MemorySink
from packetflow.errors import CircuitOpen, JournalFull, QueueFull
from packetflow.kernel.records import SpanEnded
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import RecordingSink, broken, inc, slow_inc, turns


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
    circuit.abandoned(circuit.round)
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


def in_line():
    """An engine, a step of which one may start in two seconds, and when each did."""
    mine, starts = engine(), []

    @capability(provides="m")
    async def noted(n: int) -> int:
        starts.append((n, round(mine.clock.seconds, 6)))
        return n

    return mine, noted.rate_limit(1, per=2), starts


async def test_who_is_cancelled_in_line_for_a_rate_limit_leaves_its_turn_to_the_next():
    mine, flow, starts = in_line()
    running = [mine.start(flow, {"n": number}) for number in range(5)]
    await turns()
    running[1].cancel()
    running[3].cancel()
    ended = [await one for one in running]

    assert [one.status for one in ended] == ["ok", "cancelled", "ok", "cancelled", "ok"]
    assert starts == [(0, 0), (2, 2), (4, 4)]


async def test_who_is_cancelled_as_its_turn_comes_leaves_it_to_the_next_too():
    mine, flow, starts = in_line()
    first = mine.start(flow.timeout(100), {"n": 0})
    second = mine.start(flow.timeout(2), {"n": 1})  # over at the moment of its turn
    third = mine.start(flow, {"n": 2})
    ended = [await one for one in (first, second, third)]

    assert [one.status for one in ended][1:] in (["failed", "ok"], ["ok", "ok"])
    assert [at for _, at in starts] == [0, 2, 4][: len(starts)]
    await mine.close()
    assert mine.clock.timers == 0


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


async def test_a_straggler_from_before_the_breaker_opened_decides_nothing():
    gates = {n: asyncio.Event() for n in range(5)}
    mine = engine()

    @capability(provides="m")
    async def service(n: int) -> int:
        await gates[n].wait()
        if n % 2:
            raise OSError("down")
        return n

    flow = service.breaker(1, reset=30)
    slow_well, slow_ill, opens = (mine.start(flow, {"n": n}) for n in (0, 1, 3))
    await turns()
    gates[3].set()
    await opens

    gates[0].set()
    await slow_well
    refused = await mine.run(flow, {"n": 2})
    assert isinstance(refused.failure.cause, CircuitOpen)

    mine.clock.advance(30)
    trial = mine.start(flow, {"n": 4})
    await turns()
    gates[1].set()
    await slow_ill
    another = await mine.run(flow, {"n": 2})
    assert isinstance(another.failure.cause, CircuitOpen)
    gates[4].set()
    assert (await trial).status == "ok"
    gates[2].set()
    assert (await mine.run(flow, {"n": 2})).status == "ok"


async def test_who_is_cancelled_just_when_a_place_gets_free_leaves_the_line_in_peace():
    gate = asyncio.Event()

    @capability(provides="n")
    async def hold(n: int) -> int:
        await gate.wait()
        return n

    mine = engine()
    flow = hold.bulkhead(1, waiting=9)
    runs = [mine.start(flow, {"n": n}) for n in range(3)]
    await turns()
    runs[1]._task.cancel()
    gate.set()
    room = next(one for one in mine._shared.values() if isinstance(one, Compartment))
    room.leave()
    room.inside += 1

    assert (await runs[0]).status == "ok"
    assert (await runs[2]).status == "ok"
    await asyncio.wait([runs[1]._task])
    assert runs[1]._task.cancelled()


@pytest.mark.parametrize(
    "flow",
    [
        each(slow_inc.rate_limit(1, per=60), over={"n": "ns"}, into={"n": "out"}),
        each(slow_inc.bulkhead(1, waiting=0), over={"n": "ns"}, into={"n": "out"}, at_once=1),
        each(slow_inc.breaker(1), over={"n": "ns"}, into={"n": "out"}),
    ],
    ids=["rate", "bulkhead", "breaker"],
)
async def test_what_an_earlier_life_has_done_waits_in_no_line_and_is_never_refused(flow):
    sink = RecordingSink()
    first = await Engine(sink, clock=FakeClock()).run(flow, {"ns": [1, 2, 3, 4]})
    cut = [one for one in sink.read if not isinstance(one, SpanEnded) or one.kind != "each"][:-1]

    full, tripped = Compartment(), Circuit()
    full.inside = tripped.open_until = 2**62
    blocked = {Compartment: full, Circuit: tripped}
    later = Engine(RecordingSink(), clock=FakeClock())
    later.shared = lambda _, make: blocked.get(make) or make()
    again = await later.resume(flow, cut)

    assert again.outputs == first.outputs
    assert later.clock.seconds == 0


async def test_the_same_bulkhead_twice_around_a_step_does_not_wait_for_itself():
    mine = engine()

    done = await mine.run(inc.bulkhead(1).hedge(5).bulkhead(1), {"n": 1})

    assert done["n"] == 2
