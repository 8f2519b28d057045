"""What passes a request's gate; asked as servers ask, without a socket."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from packetflow.mcp import gate as gates
from packetflow.mcp.gate import gate

LIMIT = 100
READ = "the application has read all"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """One that reads the whole body, and refuses what is too long as the protocol's does."""
    body = await Request(scope, receive).body()
    status = 413 if len(body) > LIMIT else 200
    await Response(READ, status)(scope, receive, send)


class Asked:
    """One request; remembers what was taken of it, and what was answered."""

    def __init__(self, parts: Iterable[bytes], *, ends: bool = True, **headers: str) -> None:
        self.parts, self.ends = list(parts), ends
        self.headers = [
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ]
        self.status, self.text = 0, b""

    async def receive(self) -> dict[str, Any]:
        if not self.parts:
            return {"type": "http.disconnect"}
        body = self.parts.pop(0)
        more = bool(self.parts) or not self.ends
        return {"type": "http.request", "body": body, "more_body": more}

    async def send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.text += message.get("body", b"")

    async def put(self) -> "Asked":
        scope = {"type": "http", "method": "POST", "path": "/mcp", "headers": self.headers}
        await gate(app, LIMIT)(scope, self.receive, self.send)
        return self


async def test_a_request_that_fits_is_read():
    asked = await Asked([b"x" * 60, b"x" * 40], content_length="100").put()

    assert (asked.status, asked.text) == (200, READ.encode())


async def test_a_body_that_is_too_long_is_taken_in_before_it_is_refused():
    asked = await Asked([b"x" * 60] * 10, content_length="600").put()

    assert asked.status == 413
    assert b"600 bytes; at most 100" in asked.text
    assert not asked.parts


async def test_so_is_one_of_which_nobody_said_how_long_it_is():
    asked = await Asked([b"x" * 60] * 10).put()

    assert asked.status == 413
    assert not asked.parts


async def test_a_client_that_waits_for_leave_to_send_is_refused_at_once():
    asked = await Asked([b"x" * 60] * 10, content_length="600", expect="100-continue").put()

    assert asked.status == 413
    assert len(asked.parts) == 10


async def test_a_client_that_goes_away_within_its_request_is_nobodys_error():
    asked = await Asked([b"half"], ends=False).put()

    assert asked.status == 0
    with pytest.raises(ClientDisconnect):  # what the application alone would have raised
        await app({"type": "http", "headers": []}, Asked([b"half"], ends=False).receive, asked.send)


async def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gates, "BODY_SECONDS", 0.05)
    asked = Asked([b"half"], ends=False)
    first = asked.receive

    async def never() -> dict[str, Any]:
        return await first() if asked.parts else await asyncio.Event().wait()  # type: ignore[return-value]

    asked.receive = never  # type: ignore[method-assign]
    await asyncio.wait_for(asked.put(), 60)

    assert asked.status == 408
    assert b"did not come whole within 0.05 seconds" in asked.text


async def test_whoever_is_being_answered_is_not_refused_in_the_midst_of_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(gates, "BODY_SECONDS", 0.05)
    sent: list[str] = []

    async def hasty(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body"})

    async def never() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async with asyncio.timeout(60):
        await gate(hasty, LIMIT)({"type": "http", "headers": []}, never, send)

    assert sent == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize(
    "origin", ["null", "http://localhost:80@evil.example", "http://localhost:x", "localhost", "é"]
)
async def test_an_origin_that_no_browser_writes_is_refused(origin: str):
    asked = await Asked([b"x"], origin=origin).put()

    assert asked.status == 403


@pytest.mark.parametrize(
    "origin", ["http://localhost:8600", "https://tools.example.org", "http://[::1]:5", ""]
)
async def test_others_are_left_to_the_list_of_origins(origin: str):
    assert (await Asked([b"x"], origin=origin).put()).status == 200
