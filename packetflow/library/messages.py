"""Send messages to rooms, where people and agents read them."""

from __future__ import annotations

from typing import Literal, TypedDict

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError

_LONGEST = 100_000


class Delivery(TypedDict):
    """The message's id, and whether it is kept; without a workspace nobody keeps it."""

    message_id: str
    delivery_status: Literal["kept", "not kept"]


@capability(
    effects=[Effect.writes("messages", idempotent=True), Effect.audit("info")],
    tags=["chat", "post", "notify", "tell"],
    examples=[{"room": "general", "content": "The report is ready.", "author": "Research"}],
)
def send_message(
    room: str, content: str, author: str = "", context: Context | None = None
) -> Delivery:
    """Send a message to a room of the workspace.

    The engine keeps one message per call of a step: a retry or a resumed run does not send it
    again.

    Args:
        room: The room's name; it exists from its first message on.
        content: Markdown, up to 100,000 characters.
        author: Who says it; the execution's user or agent if not given.
        context: Filled by the engine.

    Raises:
        LibraryError: The room or the content is empty, or the content is too long.
    """
    if not room.strip():
        raise LibraryError("the message has no room; name one, such as 'general'")
    if not content.strip():
        raise LibraryError(f"the message to {room!r} is empty")
    if len(content) > _LONGEST:
        raise LibraryError(f"the message has {len(content):,} characters; {_LONGEST:,} may be sent")
    at = context or Context()
    kept = at.post(room.strip(), content, author=author or at.agent or at.user or "")
    return {"message_id": kept, "delivery_status": "kept" if kept else "not kept"}
