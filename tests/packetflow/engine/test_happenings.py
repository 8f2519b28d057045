"""Engine events as plain values: complete, small, and without secrets."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypedDict

import pyarrow as pa

from packetflow import secret
from packetflow.capabilities.context import Context
from packetflow.composition.capability import capability
from packetflow.engine.engine import Engine
from packetflow.engine.happenings import happening_of
from packetflow.kernel.cards import Happening
from packetflow.kernel.messages import RunEvent
from packetflow.kernel.records import ValueTag
from packetflow.kernel.wire import decode, encode


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


async def told(size: int) -> list[Happening]:
    engine, said = Engine(), []
    running = engine.start(makes, {"size": size})
    running.listen(lambda event: said.append(happening_of(event, running.secrets)))
    await running
    await engine.close()
    return [one for one in said if one is not None]


async def test_every_event_has_its_kind_and_can_travel():
    said = await told(3)
    kinds = [one.kind for one in said]

    assert (kinds[0], kinds[-1]) == ("step_started", "step_ended")
    assert {"logged", "progressed"} <= set(kinds)
    for one in said:
        assert decode(encode(RunEvent("1", one))).event.kind == one.kind  # type: ignore[union-attr] # it is


async def test_nothing_of_a_secret_is_told():
    said = await told(3)

    assert all(b"hush" not in encode(RunEvent("1", one)) for one in said)


async def test_a_large_output_is_left_out_of_the_step():
    ended: Any = next(one for one in await told(100_000) if one.kind == "step_ended")

    left_out = ended.body["outputs"]["table"]
    assert left_out.code == ValueTag.OPAQUE
    assert b"a table of 8" in bytes(left_out.data)
    assert ended.body["outputs"]["count"] == 100_000
