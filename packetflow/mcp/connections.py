"""Connections over HTTP that ask nothing: ended after a while, and refused when there are many.

What serves HTTP waits for ever for the head of a request, and keeps any number of connections open.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS: Final = 20.0
"""So long the head of a request may take to come."""

MOST: Final = 500
"""So many connections may be open at once; a client that listens holds one."""

_REFUSAL: Final = (
    "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\n"
    "content-length: {length}\r\nconnection: close\r\n\r\n{text}"
)


class Watched(AutoHTTPProtocol):  # type: ignore[valid-type, misc]  # which one is told when it is imported
    """One connection, watched until each of its requests has begun."""

    _watching: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or refuse it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST:
            self._refuse("503 Service Unavailable", f"{MOST} connections are open; come back later")
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        super().data_received(data)
        if self._is_reading_head:
            self._watch()
        else:
            self._let_be()

    def connection_lost(self, error: Exception | None) -> None:
        """Forget it."""
        self._let_be()
        super().connection_lost(error)

    @property
    def _is_reading_head(self) -> bool:
        return self.cycle is None or bool(self.cycle.response_complete)

    def _watch(self) -> None:
        if self._watching is None:
            loop = asyncio.get_running_loop()
            self._watching = loop.call_later(HEAD_SECONDS, self._give_up)

    def _let_be(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _give_up(self) -> None:
        self._watching = None
        if self._is_reading_head:
            told = f"the head of a request did not come within {HEAD_SECONDS:g} seconds"
            self._refuse("408 Request Timeout", told)

    def _refuse(self, status: str, text: str) -> None:
        transport = cast("Any", self.transport)
        if not transport.is_closing():
            text = f"{text}\n"
            answer = _REFUSAL.format(status=status, length=len(text), text=text)
            transport.write(answer.encode())
            transport.close()
