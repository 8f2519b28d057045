"""Events that arrived before anybody waited for them, from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec

from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived
from packetflow.store.port import Recall
from packetflow.workspace.claims import Claims

P = ParamSpec("P")


class StoreInbox:
    """Looks events up in the workspace's store, once later ones are heard.

    Args:
        recall: Where events are kept.
        listen: Sees to it that no event is missed from its return on.
        claims: Who takes what came before any execution.
    """

    def __init__(
        self, recall: Recall, listen: Callable[[], Awaitable[None]], claims: Claims
    ) -> None:
        self._recall = recall
        self._listen = listen
        self._claims = claims

    async def find(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events of that name and key that came since a moment, the oldest first."""
        return await self._asked(self._recall.events, event, key, since)

    async def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events of that name and key from before a moment that no other execution has taken."""
        return await self._asked(self._recall.left_over, event, key, before, execution_id)

    async def claim(self, event: EventArrived, before: Moment, execution_id: str) -> bool:
        """Reserve what `left_over` gave; False when another execution was quicker.

        Raises:
            StoreError: The store cannot be asked, or there is no room to keep it.
        """
        claim, give_back = self._claims.claim, self._claims.give_back
        work = asyncio.ensure_future(asyncio.to_thread(claim, event.event_id, execution_id))
        try:
            number = await asyncio.shield(work)
            if number < 2:
                return number == 1
            left = await self.left_over(event.event, event.key, before, execution_id)
        except BaseException:  # cancelled, mostly: nobody knows of the claim any more
            work.add_done_callback(lambda _: give_back(event.event_id, execution_id))
            raise
        if any(one.event_id == event.event_id for one in left):
            return True
        give_back(event.event_id, execution_id)
        return False

    def has_lost(self, event_id: str, execution_id: str) -> bool:
        """Tell whether another runner has passed over a claim, as of one that stood still."""
        return self._claims.has_lost(event_id, execution_id)

    def give_back(self, event_id: str, execution_id: str) -> None:
        """Undo a claim, if there is one."""
        self._claims.give_back(event_id, execution_id)

    async def _asked(
        self, question: Callable[P, list[EventArrived]], *said: P.args, **named: P.kwargs
    ) -> list[EventArrived]:
        await self._listen()
        return await asyncio.to_thread(question, *said, **named)
