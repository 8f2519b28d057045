"""What was sent lately over HTTP, so that a client whose connection broke can have it again.

The protocol's package numbers streams by requests, and requests of two sessions may share a number;
so each session has its own part here, known by a mark that its first request was given.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from contextvars import ContextVar
from itertools import count
from typing import Final

from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp_types import JSONRPCMessage
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION_HEADER: Final = "mcp-session-id"
SESSIONS_KEPT: Final = 1024
EVENTS_KEPT: Final = 512
"""Of each session."""

ALL_KEPT: Final = 8192
"""Of all sessions; those that were not heard of for longest are forgotten first."""

_MARK: ContextVar[str] = ContextVar("packetflow_mcp_session", default="")


class Replay(EventStore):
    """Keeps what was sent; as an ASGI application it stands around the protocol's own.

    Args:
        app: The application around which it stands.
    """

    def __init__(self) -> None:
        self._sent: OrderedDict[str, deque[tuple[str, str, JSONRPCMessage | None]]] = OrderedDict()
        self._marks: OrderedDict[str, str] = OrderedDict()
        self._numbers, self._kept = count(1), 0

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        """Keep what is sent; answers its id."""
        mark = _MARK.get()
        event_id = f"{next(self._numbers)}-{secrets.token_hex(4)}"
        sent = self._sent.setdefault(mark, deque(maxlen=EVENTS_KEPT))
        self._kept += len(sent) < EVENTS_KEPT
        sent.append((event_id, stream_id, message))
        self._sent.move_to_end(mark)
        while len(self._sent) > SESSIONS_KEPT or self._kept > ALL_KEPT:
            self._kept -= len(self._sent.popitem(last=False)[1])
        return event_id

    async def replay_events_after(
        self, last_event_id: str, send_callback: EventCallback
    ) -> str | None:
        """Send again what was sent on the stream of an event since then; answers the stream."""
        sent = list(self._sent.get(_MARK.get(), ()))
        place = next((n for n, (known, _, _) in enumerate(sent) if known == last_event_id), None)
        if place is None:
            return None
        stream = sent[place][1]
        for event_id, of, message in sent[place + 1 :]:
            if of == stream and message is not None:
                await send_callback(EventMessage(message, event_id))
        return stream

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application, with each request marked by its session."""

        async def marked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            session = Headers(scope=scope).get(SESSION_HEADER, "")
            mark = self._marks.get(session) or str(next(self._numbers))

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start" and not session:
                    given = Headers(raw=message.get("headers", [])).get(SESSION_HEADER)
                    if given:
                        self._remember(given, mark)
                await send(message)

            token = _MARK.set(mark)
            try:
                await app(scope, receive, sending)
            finally:
                _MARK.reset(token)

        return marked

    def _remember(self, session: str, mark: str) -> None:
        self._marks[session] = mark
        while len(self._marks) > SESSIONS_KEPT:
            self._marks.popitem(last=False)
