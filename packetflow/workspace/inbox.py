"""Events that arrived before anybody waited for them, from the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from packetflow.kernel.records import EventArrived
from packetflow.store.port import Store

_QUERY = """
SELECT event_id, event, key, payload::VARCHAR AS payload, epoch_ns(arrived_at) AS at, source, raw
FROM events
WHERE event = $event AND ($key = '' OR key = $key) AND epoch_ns(arrived_at) >= $since
ORDER BY arrived_at
"""


_LEFT_OVER = """
SELECT event_id, event, key, payload::VARCHAR AS payload, epoch_ns(arrived_at) AS at, source, raw
FROM events e
WHERE event = $event AND key = $key AND epoch_ns(arrived_at) < $before AND NOT EXISTS (
    SELECT 1 FROM spans s WHERE s.kind = 'wait' AND s.name = $event
    AND s.execution_id::VARCHAR <> $execution
    AND json_extract_string(s.attributes, '$.event_id') = e.event_id)
ORDER BY arrived_at
"""


class StoreInbox:
    """Looks events up in the workspace's store, once later ones are heard.

    Args:
        store: Where events are kept.
        listen: Sees to it that no event is missed from its return on.
    """

    def __init__(self, store: Store, listen: Callable[[], Awaitable[None]]) -> None:
        self._store = store
        self._listen = listen

    async def find(self, event: str, key: str, since_ns: int) -> list[EventArrived]:
        """Events of that name and key that arrived at or after *since_ns*, the oldest first.

        The store keeps microseconds, so an event of the same microsecond counts as later.
        """
        await self._listen()
        since = since_ns // 1000 * 1000
        params = {"event": event, "key": key, "since": since}
        table = await asyncio.to_thread(self._store.sql, _QUERY, params)
        return [event_of(row) for row in table.to_pylist()]

    async def left_over(
        self, event: str, key: str, before_ns: int, execution_id: str
    ) -> list[EventArrived]:
        """Events of that name and key from before *before_ns* that no other execution has taken."""
        before = before_ns // 1000 * 1000
        params = {"event": event, "key": key, "before": before, "execution": execution_id}
        table = await asyncio.to_thread(self._store.sql, _LEFT_OVER, params)
        return [event_of(row) for row in table.to_pylist()]


def event_of(row: dict[str, Any]) -> EventArrived:
    """An event from a row of the store."""
    raw = row.get("raw")
    payload = json.loads(row["payload"] or "{}") if raw is None else msgspec.msgpack.decode(raw)
    return EventArrived(
        row["event_id"], row["event"], row["key"] or "", payload, row["at"], row["source"] or ""
    )
