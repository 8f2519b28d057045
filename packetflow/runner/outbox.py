"""What waits to be sent to one client, so that a slow one never holds the engine up."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from packetflow.errors import WireError
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import CapabilityResponse, Message, Refused, RunAccepted, RunEvent
from packetflow.kernel.wire import encode
from packetflow.runner.refusals import refusal

CROWDED: Final = 256
"""With this many messages waiting, progress marks and partial outputs are left out."""

FULL_BYTES: Final = 256 << 20
"""A client that leaves more than this unread is given up; it can follow again."""

DROPPABLE: Final = frozenset({"progressed", "partial"})


class Outbox:
    """Messages of one connection in order, as bytes.

    Everything is encoded when it is put, so that a value that changes later is sent as it was.

    Args:
        filled: Called after each message: somebody has to take it.
        crowded: With so many waiting, some are left out.
        full_bytes: With so much unread, the client is given up.
    """

    def __init__(
        self,
        filled: Callable[[], object] = lambda: None,
        *,
        crowded: int = CROWDED,
        full_bytes: int = FULL_BYTES,
    ) -> None:
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._crowded = crowded
        self._full_bytes = full_bytes
        self._filled = filled
        self._emptied = asyncio.Event()
        self._emptied.set()
        self.overflowed = False

    @property
    def is_crowded(self) -> bool:
        """True while the client reads more slowly than it is told things."""
        return len(self._waiting) >= self._crowded

    def put(self, message: Message) -> None:
        """Add a message; one that cannot be encoded becomes a refusal with the reason."""
        try:
            content = encode(message)
        except WireError as error:
            content = encode(refusal(getattr(message, "id", ""), error))
        if self.overflowed:
            return
        if self._bytes + len(content) > self._full_bytes:
            self.overflowed = True
        else:
            self._waiting.append(content)
            self._bytes += len(content)
        self._emptied.clear()
        self._filled()

    def take(self) -> bytes | None:
        """The next message; ``None`` when all have been taken, and the last one is sent."""
        if not self._waiting:
            self._emptied.set()
            return None
        content = self._waiting.popleft()
        self._bytes -= len(content)
        return content

    def shut(self) -> None:
        """Forget what waits and take nothing more: the client is gone."""
        self._waiting.clear()
        self.overflowed = True
        self._emptied.set()

    async def flushed(self) -> None:
        """Wait until everything has been handed to the connection."""
        await self._emptied.wait()


class Follower:
    """Sends an execution's events to one client; this is the host's ``tell``.

    Events that come before the request is answered wait for the answer.
    """

    def __init__(self, request_id: str, outbox: Outbox) -> None:
        self.execution_id = ""
        self.dropped = 0
        self.over = False
        self._id = request_id
        self._outbox = outbox
        self._early: list[Happening | Outcome] | None = []

    def accept(self, execution_id: str) -> None:
        """Answer the request, then send what has come meanwhile.

        When that is how it ended and nothing else, it answers the request, too.
        """
        self.execution_id = execution_id
        early, self._early = self._early or [], None
        if not (early and isinstance(early[0], Outcome)):
            self._outbox.put(RunAccepted(self._id, execution_id))
        for what in early:
            self(what)

    def __call__(self, what: Happening | Outcome) -> None:
        """Take an event."""
        if self._early is not None:
            self._early.append(what)
        elif isinstance(what, Outcome):
            self.over = True
            self._outbox.put(CapabilityResponse(self._id, what, self.dropped))
        elif what.kind in DROPPABLE and self._outbox.is_crowded:
            self.dropped += 1
        else:
            self._outbox.put(RunEvent(self._id, what))

    def refuse(self, refused: Refused) -> None:
        """Answer that the request cannot be done."""
        self._early = []
        self._outbox.put(refused)
