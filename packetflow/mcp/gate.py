"""What a request over HTTP passes before anything reads it.

A body that is too long is taken in and thrown away before it is refused: a client that is still
sending would see its connection break, and never read why. A client that goes away in the midst of
its request is nobody's error; what does not come in time is refused. An ``Origin`` that no browser
writes is refused as a forged one.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Final

import mcp_types as t
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_THROWN_AWAY: Final = 64 << 20
"""So much of a body that is too long is taken in; whoever sends more sees the connection end."""

PATIENCE_SECONDS: Final = 2.0
"""And for so long."""

BODY_SECONDS: Final = 60.0
"""So long a whole body may take to come."""

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")


def gate(app: ASGIApp, limit_bytes: int) -> ASGIApp:
    """The application behind its gate.

    Args:
        app: The application.
        limit_bytes: The most of a body.
    """

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin and not _ORIGIN.fullmatch(origin):
            await _refused(403, "Invalid Origin header")(scope, receive, send)
            return
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit_bytes:
            if headers.get("expect", "").lower() != "100-continue":
                await _thrown_away(receive)
            said = f"the request has {length} bytes; at most {limit_bytes} are taken here"
            await _refused(413, said)(scope, receive, send)
            return
        body = _Body(receive, limit_bytes)
        with contextlib.suppress(ClientDisconnect):
            await app(scope, body.next, body.unless_late(send))
        if body.is_late:
            said = f"the request did not come whole within {BODY_SECONDS:g} seconds"
            await _refused(408, said)(scope, receive, send)

    return gated


class _Body:
    """Hands on a body of unknown length; the application refuses one that is too long.

    Attributes:
        is_late: Whether it did not come in time, and nothing was answered by then; then nothing
            that the application says counts.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._left = limit
        self._is_whole = False
        self._late_at = asyncio.get_running_loop().time() + BODY_SECONDS
        self._is_answered = False
        self.is_late = False

    async def next(self) -> Message:
        """The next part; in time, as long as there is more."""
        if self._is_whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._late_at):
                message = await self._receive()
        except TimeoutError:
            self.is_late = not self._is_answered
            return {"type": "http.disconnect"}
        more = message.get("more_body", False)
        self._left -= len(message.get("body", b""))
        if self._left < 0 and more:
            await _thrown_away(self._receive)
            more = False
        self._is_whole = not more
        return {**message, "more_body": more} if message["type"] == "http.request" else message

    def unless_late(self, send: Send) -> Send:
        """Sends what the application answers, unless it answers to half a request."""

        async def sending(message: Message) -> None:
            if not self.is_late:
                self._is_answered = True
                await send(message)

        return sending


async def _thrown_away(receive: Receive) -> None:
    left = MOST_THROWN_AWAY
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


def _refused(status: int, said: str) -> Response:
    error = t.JSONRPCError(
        jsonrpc="2.0", id=None, error=t.ErrorData(code=t.INVALID_REQUEST, message=said)
    )
    content = error.model_dump_json(by_alias=True, exclude_unset=True)
    return Response(content, status, media_type="application/json")
