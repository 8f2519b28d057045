"""Events that arrived before anybody waited for them, from the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec

from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived
from packetflow.store.port import Store
from packetflow.workspace.claims import Claims

COLUMNS: Final = """e.event_id, e.event, e.key, e.payload::VARCHAR AS payload,
    epoch_ns(e.arrived_at) AS at, e.source, e.raw, e.arrival"""
"""What `event_of` needs of an event ``e``."""
OLDEST_FIRST: Final = "coalesce(e.arrival, 0), e.arrived_at"

_CAME = "came_since(e.arrival, e.arrived_at, $number, make_timestamp($at))"
_QUERY = f"""
SELECT {COLUMNS} FROM events e
WHERE e.event = $event AND ($key = '' OR e.key = $key) AND {_CAME}
ORDER BY {OLDEST_FIRST}
"""
_LEFT_OVER = f"""
SELECT {COLUMNS} FROM events e
WHERE e.event = $event AND e.key = $key AND NOT {_CAME} AND NOT EXISTS (
    SELECT 1 FROM taken t
    WHERE t.event_id = e.event_id AND t.execution_id::VARCHAR <> $execution)
ORDER BY {OLDEST_FIRST}
"""


class StoreInbox:
    """Looks events up in the workspace's store, once later ones are heard.

    Args:
        store: Where events are kept.
        listen: Sees to it that no event is missed from its return on.
        claims: Who takes what came before any execution.
    """

    def __init__(self, store: Store, listen: Callable[[], Awaitable[None]], claims: Claims) -> None:
        self._store = store
        self._listen = listen
        self._claims = claims

    async def find(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events of that name and key that came since a moment, the oldest first."""
        return await self._asked(_QUERY, since, event=event, key=key)

    async def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events of that name and key from before a moment that no other execution has taken."""
        return await self._asked(_LEFT_OVER, before, event=event, key=key, execution=execution_id)

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

    async def _asked(self, query: str, moment: Moment, **said: str) -> list[EventArrived]:
        await self._listen()
        params = {**said, "number": moment.number, "at": moment.at // 1000}
        table = await asyncio.to_thread(self._store.sql, query, params)
        return [event_of(row) for row in table.to_pylist()]


def event_of(row: dict[str, Any]) -> EventArrived:
    """An event from a row of the store with `COLUMNS`."""
    raw = row["raw"]
    payload = json.loads(row["payload"] or "{}") if raw is None else msgspec.msgpack.decode(raw)
    key, source, arrival = row["key"] or "", row["source"] or "", row["arrival"] or 0
    return EventArrived(row["event_id"], row["event"], key, payload, row["at"], source, arrival)
