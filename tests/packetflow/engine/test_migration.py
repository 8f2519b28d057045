"""Going on with changed code: outputs of older code, and the question whether to go on at all."""

from dataclasses import dataclass
from typing import Any, TypedDict

import pytest

from packetflow import Effect, capability, each, pipeline, then, wait_for
from packetflow.engine.engine import Engine
from packetflow.engine.migration import GO_ON, changed_since, in_words
from packetflow.engine.past import read_story
from packetflow.kernel.records import Record, WaitStarted
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink, event, turns

CALLS: list[str] = []


def engine(*early, **said) -> Engine:
    return Engine(RecordingSink(), clock=FakeClock(), inbox=Box(*early), **said)


@dataclass
class Price:
    cents: int


class Both(TypedDict):
    price: Price
    currency: str


@capability(provides="price", name="price", version="1")
async def price_1(item: str) -> int:
    CALLS.append("1")
    return 7


def in_cents(outputs: Any, version: str) -> Any:
    CALLS.append(f"migrate {version} {dict(outputs)}")
    return {"price": {"cents": outputs["price"] * 100}, "currency": "EUR"}


def price_2(migrate: Any = None, **said: Any) -> Any:
    @capability(name="price", version="2", migrate=migrate, **said)
    async def price(item: str) -> Both:
        CALLS.append("2")
        return {"price": Price(900), "currency": "USD"}

    return price


@capability(provides="label")
async def label(price: Any, go: str) -> str:
    return f"{price} {go}"


def flow(price: Any) -> Any:
    return then(price, wait_for("go", gives={"go": str}), label)


async def parked(what: Any, **inputs: Any) -> list[Record]:
    """The records of a run that waits."""
    mine = engine(passivate_after_seconds=1)
    assert (await mine.run(what, inputs)).status == "waiting"
    CALLS.clear()
    return mine.sink.read


async def taken_up(what: Any, records: list[Record], **said: Any) -> Any:
    mine = engine()
    running = mine.resume(what, records, **said)
    await turns()
    mine.deliver(event("go", {"go": "!"}))
    return await running


def said_of(records: list[Record], what: Any, mine: Engine | None = None) -> str:
    return in_words(changed_since(read_story(records), (mine or engine()).plan(what)))


async def test_outputs_of_an_older_version_are_migrated_to_the_new_contract():
    records = await parked(flow(price_1), item="a")

    execution = await taken_up(flow(price_2(in_cents)), records)

    assert execution["label"] == "Price(cents=700) !"
    assert execution["currency"] == "EUR"
    assert CALLS == ["migrate 1 {'price': 7}"]


async def test_outputs_of_other_code_of_the_same_version_are_migrated_too():
    def made(by: int, migrate: Any = None) -> Any:
        @capability(provides="price", name="price", migrate=migrate)
        async def price(item: str) -> int:
            CALLS.append("made")
            return by

        return price

    records = await parked(flow(made(7)), item="a")
    doubled = made(8, lambda outputs, version: {"price": outputs["price"] * 2})

    assert (await taken_up(flow(doubled), records))["label"] == "14 !"
    assert (await taken_up(flow(made(8, "keep")), records))["label"] == "7 !"
    assert (await taken_up(flow(made(8, lambda *_: None)), records))["label"] == "8 !"
    assert CALLS == ["made"]


async def test_outputs_of_unchanged_code_are_not_migrated():
    same = price_2(in_cents)
    records = await parked(flow(same), item="a")

    assert (await taken_up(flow(same), records))["currency"] == "USD"
    assert CALLS == []


async def test_outputs_that_the_new_version_made_after_a_restart_are_not_migrated_again():
    twice = then(wait_for("go", gives={"go": str}), each(price_1, {"item": "items"}))
    new = then(
        wait_for("go", gives={"go": str}),
        each(price_2(in_cents), {"item": "items"}, {"price": "prices"}) >> wait_for("last"),
    )
    first = await parked(twice, items=["a"])
    second = engine(passivate_after_seconds=1)
    running = second.resume(new, first)
    await turns()
    second.deliver(event("go", {"go": "!"}))
    assert (await running).status == "waiting"
    CALLS.clear()

    third = engine(event("last", {"last": 1}, at=2**62))
    execution = await third.resume(new, [*first, *second.sink.read])

    assert execution["prices"] == [Price(900)]
    assert CALLS == []


BAD = {
    "raises": (lambda outputs, _: outputs["nosuch"], "migrate of 'price' failed: KeyError"),
    "misses": (lambda *_: {"price": {"cents": 1}}, "needs 'currency'"),
    "does not fit": (lambda *_: {"price": "a lot", "currency": "EUR"}, "'price'"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_migration_that_fails_fails_its_step(name):
    migrate, text = BAD[name]
    records = await parked(flow(price_1), item="a")

    failed = await taken_up(flow(price_2(migrate)), records)

    assert failed.failure.step == "price"
    assert text in failed.failure.message
    assert CALLS == []


async def test_a_guarded_effect_whose_outputs_cannot_be_migrated_is_not_done_again_unasked():
    paid = Effect.writes("payments")
    old = capability(provides="price", name="price", effects=[paid])(price_1.fn)
    records = await parked(flow(old), item="a")
    mine = engine()

    mine.resume(flow(price_2(lambda *_: None, effects=[paid])), records)
    await turns()

    asked = [one for one in mine.sink.read if isinstance(one, WaitStarted)]
    assert "'price'" in asked[-1].question
    assert CALLS == []


async def test_what_has_changed_is_told_unless_it_migrates():
    inner = pipeline("inner", price_1)
    records = await parked(flow(inner), item="a")

    now = pipeline("inner", price_2(), version=2)
    assert said_of(records, flow(now)) == (
        "pipeline 'inner' (version 1, now 2) and capability 'price' (version 1, now 2) have changed"
    )
    assert said_of(records, flow(pipeline("inner", price_2("keep"), version=2))) == (
        "pipeline 'inner' (version 1, now 2) has changed"
    )


async def test_an_execution_asks_before_it_goes_on_with_changed_code():
    records = await parked(flow(price_1), item="a")
    what = flow(capability(provides="price", name="price", version="2")(price_1.fn))
    mine = engine()
    running = mine.resume(what, records, question="Go on?")
    await turns()

    asked = [one for one in mine.sink.read if isinstance(one, WaitStarted)]
    assert [(one.step, one.question) for one in asked] == [("", "Go on?")]
    mine.deliver(event("go", {"go": "!"}))
    await turns()
    mine.deliver(event(asked[0].event, {"answer": GO_ON}))
    await turns()
    mine.deliver(event("go", {"go": "!"}, id="2"))

    assert (await running)["label"] == "7 !"
    agreed = read_story([*records, *mine.sink.read])
    assert changed_since(agreed, mine.plan(what)) == []
    assert agreed.past.waits == {}


async def test_an_execution_that_may_not_go_on_fails_and_asks_anew_when_taken_up_again():
    records = await parked(flow(price_1), item="a")
    what = flow(capability(provides="price", name="price", version="2")(price_1.fn))
    mine = engine()
    running = mine.resume(what, records, question="Go on?")
    await turns()
    asked = next(one for one in mine.sink.read if isinstance(one, WaitStarted))
    no = event(asked.event, {"answer": "stop"}, at=mine.clock.wall_ns())
    mine.deliver(no)
    assert (await running).failure.error_type == "Unanswered"

    records += mine.sink.read
    assert changed_since(read_story(records), mine.plan(what))
    again = engine(no)
    again.clock.advance(5)
    running = again.resume(what, records, question="Go on?")
    await turns()

    assert not running.done()
    assert [one.step for one in again.sink.read if isinstance(one, WaitStarted)] == [""]


async def test_a_question_about_changed_code_can_be_put_aside():
    records = await parked(flow(price_1), item="a")
    mine = engine(passivate_after_seconds=30)

    execution = await mine.resume(flow(price_2("keep")), records, question="Go on?")

    assert execution.status == "waiting"


def frail(mends: bool, *, version: str = "1", kind: type = int) -> Any:
    def body(n):
        if not mends and n > 1:
            raise ValueError("no")
        return n

    body.__annotations__ = {"n": int, "return": kind}
    return capability(provides="m", name="frail", version=version)(body)


async def failed(what: Any, **inputs: Any) -> list[Record]:
    mine = engine()
    assert (await mine.run(what, inputs)).status == "failed"
    return mine.sink.read


async def test_the_capability_that_failed_may_be_mended_without_a_word():
    records = await failed(then(frail(False)), n=2)

    assert changed_since(read_story(records), engine().plan(then(frail(True)))) == []
    assert changed_since(read_story(records), engine().plan(then(frail(True, version="2")))) == []
    assert said_of(records, then(frail(True, kind=float))) == (
        "the contract of capability 'frail' has changed"
    )


async def test_a_mended_capability_of_which_something_is_kept_is_told():
    records = await failed(each(frail(False), {"n": "ns"}, at_once=1), ns=[1, 2])

    assert said_of(records, each(frail(True), {"n": "ns"}, at_once=1)) == (
        "the code of capability 'frail' has changed"
    )


async def test_another_capability_than_the_one_that_failed_is_told():
    records = await failed(then(frail(False), label_of()), n=2)

    assert said_of(records, then(frail(True), label_of("?"))) == (
        "the code of capability 'shout' has changed"
    )


def label_of(mark: str = "!") -> Any:
    @capability(provides="text", name="shout")
    def shout(m: int) -> str:
        return f"{m}{mark}"

    return shout
