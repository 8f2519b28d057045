import asyncio
from contextlib import suppress

import pytest

from packetflow import capability
from packetflow.engine import unkept
from packetflow.engine.engine import Engine
from packetflow.errors import JournalFull, StoreError
from packetflow.kernel.records import ExecutionEnded, Record
from tests.packetflow.engine.kit import RecordingSink


@capability(provides="m")
async def doubled(n: int) -> int:
    return 2 * n


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(unkept, "AGAIN_SECONDS", 0.001)


class Closing(RecordingSink):
    """A journal that may be closed."""

    closed = False

    def _append(self, record: Record) -> None:
        if self.closed:
            self.asked += 1
            raise StoreError("it is closed")
        super()._append(record)


async def without_room(*, fails: bool) -> Closing:
    """A journal that found no room for the end of an execution, or already for its span."""
    whole = RecordingSink()
    await Engine(whole).run(doubled, {"n": 1})
    sink = Closing(whole.asked - (2 if fails else 1))
    with suppress(JournalFull):
        await Engine(sink).run(doubled, {"n": 1})
    return sink


async def asked_again(sink: Closing, times: int = 3) -> None:
    until = sink.asked + times
    async with asyncio.timeout(60):
        while sink.asked < until:
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("fails", [False, True], ids=["went well", "failed"])
async def test_an_end_that_found_no_room_is_kept_once_when_there_is_some(fails):
    sink = await without_room(fails=fails)
    kept = len(sink.kept)
    await asked_again(sink)
    assert len(sink.kept) == kept

    sink.full_at = None
    await asked_again(sink, 1)
    await asyncio.sleep(0.01)

    ended = sink.read[-1]
    assert isinstance(ended, ExecutionEnded)
    assert ended.status == ("failed" if fails else "ok")
    assert len(sink.kept) == kept + 1


async def test_a_journal_that_was_closed_meanwhile_is_not_asked_for_ever():
    sink = await without_room(fails=False)

    sink.closed = True
    await asked_again(sink, 1)
    asked = sink.asked
    await asyncio.sleep(0.02)

    assert sink.asked == asked
