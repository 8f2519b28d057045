"""Who may ask our own routes: pages of this studio, and nobody else."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

COOKIE: Final = "packetflow_studio"
HEADER: Final = "x-packetflow-token"

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
    origin = asked.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != asked.headers.get("host"):
        return "asked from another site"
    return ""


def guarded_route(answer: Answer, token: str) -> Answer:
    """Let a route be asked only from a page of this studio: token and origin must be right."""

    async def guarded(request: Request) -> Response:
        refused = refusal(request, token)
        if refused:
            return JSONResponse({"error": refused}, 403)
        return await answer(request)

    return guarded
