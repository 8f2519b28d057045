"""Events that came before a step waited: which of them it takes, and when the store is away."""

import asyncio
from typing import Any

from packetflow import capability, wait_for
from packetflow.engine.engine import Engine
from packetflow.errors import OwnerGone
from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived, LogLine, Status
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, begun, event, others, turns


def engine(*early, **said) -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), inbox=Box(*early), **said)


async def test_an_event_that_came_early_is_found_in_the_inbox():
    clock = FakeClock()
    early = event("paid", {"paid": 1}, key="7", at=5)

    mine = Engine(RecordingSink(), clock=clock, inbox=Box(early))
    assert (await mine.run(wait_for("paid", key="n"), {"n": 7}))["paid"] == 1


async def test_an_event_that_came_between_the_start_and_the_wait_is_not_lost():
    mine = engine()

    @capability(provides="m")
    async def works(n: int) -> int:
        mine.inbox.events.append(event("paid", {"paid": 1}, at=mine.clock.wall_ns()))
        mine.clock.advance(60)
        return n

    assert (await mine.run(works >> wait_for("paid"), {"n": 7}))["paid"] == 1


async def test_an_event_from_before_the_execution_is_no_answer_to_a_wait_without_a_key():
    mine = engine(event("paid", {"paid": 0}, at=1))
    running = await begun(mine, wait_for("paid"))

    assert not running.done()
    mine.deliver(event("paid", {"paid": 1}, id="new"))
    assert (await running)["paid"] == 1


async def test_an_event_of_a_key_from_before_the_execution_is_taken_by_one_execution_only():
    early = event("paid", {"paid": 1}, key="7", at=5)
    mine = engine(early)
    mine.inbox.taken.add(early.event_id)  # by another execution

    running = await begun(mine, wait_for("paid", key="n"), n=7)

    assert mine.deliver(early) == 0  # and being told of it again changes nothing
    assert not running.done()
    mine.deliver(event("paid", {"paid": 2}, key="7", id="new", at=mine.clock.wall_ns()))
    assert (await running)["paid"] == 2


async def test_two_executions_that_look_at_the_same_instant_do_not_both_take_an_event():
    mine = engine(event("paid", {"paid": 1}, key="7", at=5))
    flow = wait_for("paid", key="n")

    first, second = mine.start(flow, {"n": 7}), mine.start(flow, {"n": 7})
    await turns()

    assert [first.done(), second.done()] == [True, False]
    second.cancel()
    assert (await first)["paid"] == 1
    assert (await second).status is Status.CANCELLED


async def test_an_event_given_to_a_wait_that_is_cancelled_that_moment_goes_to_another_wait():
    mine = engine()

    wait = wait_for("go", gives={"n": int})
    came = event("go", {"n": 1}, at=mine.clock.wall_ns() + 5 * 10**9)

    def arrive() -> None:
        mine.inbox.events.append(came)
        assert mine.deliver(came) == 1

    mine.clock.call_later(5, arrive)  # set before the limit, so it comes just before that is over
    run = await mine.run(wait.timeout(5) | wait, {})

    assert [span.status for span in run.spans if span.kind == "wait"] == ["timed_out", "ok"]
    assert run["n"] == 1


async def test_a_payload_of_no_use_is_not_taken_again_by_the_resumed_run():
    mine = engine()
    flow = wait_for("paid", gives={"n": int})
    running = await begun(mine, flow)
    bad = event("paid", {"n": "many"}, at=mine.clock.wall_ns())
    mine.inbox.events.append(bad)
    mine.deliver(bad)
    assert (await running).failure.error_type == "WrongType"

    again = mine.resume(flow, mine.sink.read)
    await turns()

    assert not again.done()
    mine.deliver(event("paid", {"n": 3}, id="better"))
    assert (await again)["n"] == 3


class Away(Box):
    """An inbox whose store cannot be reached for some looks."""

    def __init__(self, *events: EventArrived, looks: int) -> None:
        super().__init__(*events)
        self.looks = looks

    async def find(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        self.looks -= 1
        if self.looks >= 0:
            raise OwnerGone("nobody answers for the store")
        return await super().find(event, key, since)


async def test_a_wait_that_begins_while_the_store_is_away_looks_when_it_is_back():
    mine = Engine(RecordingSink(), clock=FakeClock())
    mine.inbox = Away(event("paid", {"paid": 1}, at=mine.clock.wall_ns()), looks=5)

    run = await mine.run(wait_for("paid"), {})

    assert run["paid"] == 1
    assert 10 < mine.clock.seconds < 60
    said = [r.text for r in mine.sink.read if isinstance(r, LogLine)]
    assert said == ["earlier events are looked up later: nobody answers for the store"]


async def test_an_event_that_comes_while_the_store_is_away_is_taken_at_once():
    mine = Engine(RecordingSink(), clock=FakeClock())
    mine.inbox = Away(looks=10**9)
    running = await begun(mine, wait_for("paid"))

    mine.deliver(event("paid", {"paid": 2}))

    assert (await running)["paid"] == 2
    await turns()
    assert not others()


async def test_a_time_limit_holds_while_the_store_is_away():
    mine = Engine(RecordingSink(), clock=FakeClock())
    mine.inbox = Away(looks=10**9)

    run = await mine.run(wait_for("paid").timeout(90), {})

    assert run.status is Status.FAILED
    assert run.failure.error_type == "TimedOut"
    assert mine.clock.seconds == 90


async def test_a_run_that_is_put_aside_while_it_looks_past_its_time_limit_is_put_aside_well():
    mine = engine()
    look = asyncio.Event()
    mine.inbox.find = lambda *_: look.wait()
    running = await begun(mine, wait_for("go").timeout(5))
    await mine.clock.sleep(6)  # the limit is over, and held off while it looks

    assert running.put_aside()

    assert (await running).status is Status.WAITING
    assert not mine.running


async def test_a_time_limit_that_was_held_off_ends_the_wait_once_it_has_looked():
    mine = engine()
    plain, look = mine.inbox.find, asyncio.Event()

    async def find(*given):
        await look.wait()
        return await plain(*given)

    mine.inbox.find = find
    running = await begun(mine, wait_for("go").timeout(5))
    await mine.clock.sleep(6)
    assert not running.done()

    look.set()

    assert (await running).failure.error_type == "TimedOut"


class Passed(Box):
    """An inbox whose claims another runner passes over at once."""

    async def claim(self, *claimed: Any) -> bool:
        got = await super().claim(*claimed)
        self.claimed[claimed[0].event_id] = "elsewhere"
        return got


async def test_an_event_whose_claim_was_passed_over_is_left_to_who_has_it():
    early = event("paid", {"n": 1}, key="7", id="early", at=1_000)
    clock = FakeClock()
    mine = Engine(RecordingSink(), clock=clock, inbox=Passed(early))
    running = await begun(mine, wait_for("paid", key="k", gives={"n": int}), k="7")
    await turns(10)

    mine.deliver(event("paid", {"n": 2}, key="7", id="later", at=clock.wall_ns()))

    assert (await running)["n"] == 2
