"""How executions end, as plain values: whole where that fits, and without secrets."""

from __future__ import annotations

from typing import Annotated, TypedDict

import pyarrow as pa
from msgspec.msgpack import Ext

from packetflow import secret
from packetflow.composition.capability import capability
from packetflow.engine.engine import Engine
from packetflow.errors import JournalFull, PacketFlowError
from packetflow.kernel.records import ValueTag
from packetflow.runner.outcomes import failed_outcome, outcome_of


class Made(TypedDict):
    key: Annotated[str, secret]
    table: pa.Table
    count: int


@capability
async def makes(size: int) -> Made:
    """Make a secret, a table and a number."""
    return {"key": "hush", "table": pa.table({"n": list(range(size))}), "count": size}


async def test_an_outcome_has_large_outputs_and_no_secrets():
    outputs = outcome_of(await Engine().run(makes, {"size": 100_000})).outputs

    assert outputs["table"].code == ValueTag.ARROW
    assert outputs["key"].code == ValueTag.SECRET


async def test_outputs_too_large_for_one_message_lose_their_largest(monkeypatch):
    monkeypatch.setattr("packetflow.runner.outcomes.OUTPUTS_LIMIT", 10_000)
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
