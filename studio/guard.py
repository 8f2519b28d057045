"""Who may ask our own routes: pages of this studio, and nobody else."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

COOKIE: Final = "packetflow_studio"
HEADER: Final = "x-packetflow-token"
LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

Answer = Callable[[Request], Awaitable[Response]]


def refusal(asked: HTTPConnection, token: str) -> str:
    """Why a request or a WebSocket is refused; empty when token and origin are right.

    Args:
        asked: What came.
        token: Of this start of the studio.
    """
    given = asked.headers.get(HEADER) or asked.cookies.get(COOKIE, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        return "open the studio's page first"
    return "asked from another site" if is_foreign(asked) else ""


def is_foreign(asked: HTTPConnection) -> bool:
    """Whether the page that asks is of another site, or of another port of this machine."""
    origin = asked.headers.get("origin")
    try:
        return origin is not None and urlsplit(origin).netloc != asked.headers.get("host")
    except ValueError:  # no browser writes such a one
        return True


class OwnPagesOnly:
    """Refuses what pages of other sites begin: every WebSocket, and what is more than a look.

    Streamlit's own routes have no token of ours, and its check lets pages of other ports through.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is asked from a page of this studio."""
        kind = scope["type"]
        acts = kind == "websocket" or (kind == "http" and scope["method"] not in LOOKS)
        if not acts or not is_foreign(HTTPConnection(scope)):
            await self._app(scope, receive, send)
            return
        refused = JSONResponse({"error": "asked from another site"}, 403)
        if kind == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refused)
        else:
            await refused(scope, receive, send)


def guarded_route(answer: Answer, token: str) -> Answer:
    """Let a route be asked only from a page of this studio: token and origin must be right."""

    async def guarded(request: Request) -> Response:
        refused = refusal(request, token)
        if refused:
            return JSONResponse({"error": refused}, 403)
        return await answer(request)

    return guarded
