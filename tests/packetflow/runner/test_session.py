"""A connection to a runner, from the runner's side, without a network."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from packetflow.kernel import messages as m
from packetflow.kernel.wire import decode, encode
from packetflow.runner import session as sessions
from packetflow.runner.session import Session


async def test_a_client_that_asks_for_much_at_once_is_read_no_further(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sessions, "REQUESTS_AT_ONCE", 2)
    asked: list[str] = []
    go_on = asyncio.Event()

    class Wire:
        def __init__(self) -> None:
            self.sent = 0

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for number in range(9):
                yield encode(m.Describe(str(number), "add"))

        async def send(self, content: bytes) -> None:
            self.sent += 1

    async def describe(name: str, source: Any) -> Any:
        asked.append(name)
        await go_on.wait()
        return None

    home = SimpleNamespace(
        host=SimpleNamespace(describe=describe), is_moved=False, is_leaving=False, complaint=None
    )
    wire = Wire()
    session = Session(wire, home)
    reading = asyncio.create_task(session._read())
    for _ in range(50):
        await asyncio.sleep(0)
    early = len(asked)
    go_on.set()
    async with asyncio.timeout(60):
        await reading
        await asyncio.gather(*session._tasks)
        await session._carriers.close()

    assert (early, len(asked), wire.sent) == (3, 9, 9)


async def test_a_replaced_runner_answers_for_what_waits_in_its_memory():
    host = SimpleNamespace(under_way=list, held=lambda: ["run-that-waits"])
    home = SimpleNamespace(host=host, is_moved=True, is_leaving=False, complaint=None)
    session = Session(SimpleNamespace(), home)  # its successor would send the client back

    asked = [m.Follow("1", "run-that-waits"), m.CancelRun("2", "waits"), m.Follow("3", "other")]

    assert [session._is_elsewhere(one) for one in asked] == [False, False, True]


async def test_a_request_whose_work_is_cancelled_is_answered():
    sent: list[bytes] = []

    async def describe(name: str, source: Any) -> Any:
        raise asyncio.CancelledError

    async def send(content: bytes) -> None:
        sent.append(content)

    home = SimpleNamespace(
        host=SimpleNamespace(describe=describe), is_moved=False, is_leaving=False, complaint=None
    )
    session = Session(SimpleNamespace(send=send), home)

    assert session._begun(encode(m.Describe("7", "add"))) is None
    (answer,) = map(decode, sent)
    assert (answer.id, answer.code) == ("7", "run")
    await session._carriers.close()
