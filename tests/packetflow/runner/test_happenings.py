"""Engine events as plain values: complete, small, and without secrets."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypedDict

import pyarrow as pa
from msgspec.msgpack import Ext

from packetflow import secret
from packetflow.capabilities.context import Context
from packetflow.composition.capability import capability
from packetflow.engine.engine import Engine
from packetflow.errors import JournalFull, PacketFlowError
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import RunEvent
from packetflow.kernel.records import ValueTag
from packetflow.kernel.wire import decode, encode
from packetflow.runner.happenings import failed_outcome, happening_of, outcome_of


class Made(TypedDict):
    key: Annotated[str, secret]
    table: pa.Table
    count: int


@capability
async def makes(size: int, context: Context) -> Made:
    """Make a secret, a table and a number."""
    context.log("looking")
    context.progress(0.5, "half")
    await asyncio.sleep(0)
    return {"key": "hush", "table": pa.table({"n": list(range(size))}), "count": size}


async def told(size: int) -> list[Happening | Outcome]:
    engine, said = Engine(), []
    running = engine.start(makes, {"size": size})
    running.listen(lambda event: said.append(happening_of(event, running.secrets)))
    await running
    await engine.close()
    return said


async def test_every_event_has_its_kind_and_can_travel():
    said = await told(3)
    kinds = [one.kind if isinstance(one, Happening) else one.status for one in said]

    assert kinds[0] == "step_started"
    assert kinds[-2:] == ["step_ended", "ok"]
    assert {"logged", "progressed"} <= set(kinds)
    for one in said:
        if isinstance(one, Happening):
            assert decode(encode(RunEvent("1", one))).event.kind == one.kind  # type: ignore[union-attr] # it is


async def test_nothing_of_a_secret_is_told():
    said = await told(3)

    assert all(b"hush" not in encode(RunEvent("1", one)) for one in said if hasattr(one, "kind"))
    assert said[-1].outputs["key"].code == ValueTag.SECRET  # type: ignore[union-attr] # the outcome


async def test_a_large_output_is_left_out_of_the_step_but_not_of_the_outcome():
    said = await told(100_000)
    ended: Any = next(one for one in said if getattr(one, "kind", "") == "step_ended")

    left_out = ended.body["outputs"]["table"]
    assert left_out.code == ValueTag.OPAQUE
    assert b"a table of 8" in bytes(left_out.data)
    assert ended.body["outputs"]["count"] == 100_000
    assert said[-1].outputs["table"].code == ValueTag.ARROW  # type: ignore[union-attr] # the outcome


async def test_outputs_too_large_for_one_message_lose_their_largest(monkeypatch):
    monkeypatch.setattr("packetflow.runner.happenings.OUTPUTS_LIMIT", 10_000)
    engine = Engine()
    execution = await engine.run(makes, {"size": 5_000})

    outputs = outcome_of(execution).outputs

    assert isinstance(outputs["table"], Ext)
    assert outputs["table"].code == ValueTag.OPAQUE
    assert outputs["count"] == 5_000


def test_an_end_that_could_not_be_kept_is_a_failure_with_its_code():
    outcome = failed_outcome("e", JournalFull("the disk is full", path="x"))

    assert (outcome.status, outcome.execution_id) == ("failed", "e")
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.facts) == ("journal_full", {"path": "x"})


async def test_the_facts_of_a_failure_tell_nothing_of_a_secret():
    @capability
    def refuse(key: Annotated[str, secret]) -> None:
        "Refuse with facts that hold the secret."
        facts = {"account": key, "tried": [{key: (key, 7)}], "count": 3}
        raise PacketFlowError(f"no entry with {key}", **facts)

    execution = await Engine().run(refuse, {"key": "s3cret-word"})
    card = outcome_of(execution).failure

    assert "s3cret-word" not in repr(card)
    assert card.facts == {"account": "***", "tried": [{"***": ("***", 7)}], "count": 3}
