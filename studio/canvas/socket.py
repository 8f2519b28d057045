"""The WebSocket of the canvas: messages in and out, for as long as the page lives."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from packetflow.workspace.drafts import Drafts
from packetflow.workspace.editing import EditDesk, Editor
from packetflow.workspace.editing_told import Told
from studio.canvas.runner_code import RunnerCode
from studio.guard import refusal
from studio.state import desk

MOST_WAITING: Final = 2000
"""A page that has left so many messages unread is told to begin again."""

TRY_AGAIN: Final = 1013


class Outbox:
    """Messages to one page, in order; of documents that were not sent yet only the newest."""

    def __init__(self) -> None:
        self._waiting: list[bytes | Told] = []
        self._news = asyncio.Event()
        self.is_full = False

    def put(self, message: bytes | Told) -> None:
        """Take a message; returns at once."""
        if isinstance(message, Told):
            self._waiting = [one for one in self._waiting if isinstance(one, bytes)]
        self.is_full = self.is_full or len(self._waiting) >= MOST_WAITING
        if not self.is_full:
            self._waiting.append(message)
        self._news.set()

    async def take(self) -> list[bytes | Told]:
        """What waits, once there is something."""
        await self._news.wait()
        self._news.clear()
        found, self._waiting = self._waiting, []
        return found


class CanvasSocket:
    """The route ``/api/canvas``.

    Args:
        token: Of this start of the studio.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._desk: EditDesk | None = None

    def _at_desk(self) -> EditDesk:
        """The desk, made on the loop that serves."""
        if self._desk is None:
            self._desk = EditDesk(Drafts(desk().folder), RunnerCode())
        return self._desk

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it goes."""
        refused = refusal(socket, self._token)
        if refused:
            await socket.send_denial_response(JSONResponse({"error": refused}, 403))
            return
        await socket.accept()
        outbox = Outbox()
        editor = Editor(outbox.put)
        writing = asyncio.create_task(_write(socket, outbox, editor))
        try:
            while True:
                said = await socket.receive()
                if said["type"] == "websocket.disconnect":
                    return
                content = said.get("text") or said.get("bytes") or b""
                await self._at_desk().take(editor, content)
        except WebSocketDisconnect:
            return
        finally:
            writing.cancel()
            await asyncio.wait([writing])  # whoever closes may be cancelled meanwhile
            await self._at_desk().leave(editor)

    async def close(self) -> None:
        """Let go of all documents."""
        if self._desk is not None:
            await self._desk.close()


async def _write(socket: WebSocket, outbox: Outbox, editor: Editor) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            for message in await outbox.take():
                await socket.send_text(editor.said(message).decode())
            if outbox.is_full:
                await socket.close(TRY_AGAIN, "the page reads too slowly; it may begin again")
                return
