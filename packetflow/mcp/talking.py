"""What a run says, on its way to the client that called it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Final

import mcp_types as t
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from packetflow.mcp import sessions
from packetflow.mcp.attending import Heard
from packetflow.mcp.progress import Mark
from packetflow.mcp.questions import (
    RESULTS,
    Declined,
    Question,
    can_answer,
    read_response,
    request_of,
)

TIMES_ASKED: Final = 3
LEVELS: Final = (
    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency",
)  # fmt: skip


def heard_on(context: ServerRequestContext[Any, Any]) -> Heard:
    """Who is told what a run does that this request began."""
    session = context.session
    modern = context.protocol_version in MODERN_PROTOCOL_VERSIONS
    meta: dict[str, Any] = dict(context.meta or {})
    wanted = meta.get(t.LOG_LEVEL_META_KEY) if modern else sessions.log_level(context)
    least = LEVELS.index(wanted) if wanted in LEVELS else len(LEVELS)

    async def progress(mark: Mark) -> None:
        await session.report_progress(mark.done, mark.total, mark.text)

    async def log(level: str, text: str) -> None:
        if (LEVELS.index(level) if level in LEVELS else 1) < least:
            return
        level = level if level in LEVELS else "info"
        params = t.LoggingMessageNotificationParams.model_validate({"level": level, "data": text})
        await session.send_notification(
            t.LoggingMessageNotification(params=params), related_request_id=context.request_id
        )

    async def ask(question: Question) -> Any:
        request, kind = request_of(question), RESULTS[question.of]
        related = ServerMessageMetadata(related_request_id=context.request_id)
        for _ in range(TIMES_ASKED):
            try:
                given = await session.send_request(request, kind, metadata=related)
            except MCPError as error:
                raise Declined(f"the client does not answer: {error}") from error
            value = read_response(question, given)
            if value is not None:
                return value
        raise Declined(f"the client's answers to {question.text!r} do not fit")

    def can_ask(question: Question) -> bool:
        return can_answer(question, session.client_capabilities)

    by_request = session.can_send_request and not modern
    return Heard(
        progress if sessions.wants_progress(context) else None,
        log if least < len(LEVELS) else None,
        ask if by_request else None,
        can_ask if by_request or modern else lambda _: False,
    )


def gives_back(
    context: ServerRequestContext[Any, Any], seconds: float | None
) -> AbstractContextManager[None]:
    """Let a request's connection go when it takes longer; its client comes back for the answer."""
    close = context.close_sse_stream
    if seconds is None or close is None:
        return contextlib.nullcontext()
    return _giving_back(close, seconds)


@contextlib.contextmanager
def _giving_back(close: Callable[[], Awaitable[None]], seconds: float) -> Iterator[None]:
    async def give_back() -> None:
        await asyncio.sleep(seconds)
        await close()

    giving = asyncio.create_task(give_back())
    try:
        yield
    finally:
        giving.cancel()
