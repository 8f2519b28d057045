"""How often the owner's process looks at the journals."""

from __future__ import annotations

import asyncio

import pytest

from packetflow.store import server
from packetflow.store.server import MUCH, Server


class Busy:
    """An owner that always finds something new."""

    def __init__(self, *found: int) -> None:
        self.looks = 0
        self._found = found

    def ingest(self) -> int:
        self.looks += 1
        return self._found[min(self.looks, len(self._found)) - 1]

    def tick(self) -> None:
        """Nothing is due."""


@pytest.mark.parametrize(("found", "looks"), [((1,), 1), ((MUCH, MUCH, 1), 3)])
async def test_records_that_keep_coming_wait_for_the_next_look_unless_they_are_many(
    monkeypatch, found: tuple[int, ...], looks: int
):
    monkeypatch.setattr(server, "INGEST_EVERY", 3600)
    owner = Busy(*found)
    serving = Server(owner)
    keeping = asyncio.create_task(serving._keep())

    for _ in range(20):  # whatever it does next has its turn in the same thread
        await serving._ingesting(lambda: None)
    serving.stop()
    await keeping

    assert owner.looks == looks
