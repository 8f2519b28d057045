"""Events that arrived before anybody waited for them, from the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from packetflow.kernel.records import EventArrived
from packetflow.store.port import Params, Store

_QUERY = """
SELECT event_id, event, key, payload::VARCHAR AS payload, epoch_ns(arrived_at) AS at, source
FROM events
WHERE event = $event AND ($key = '' OR key = $key) AND epoch_ns(arrived_at) >= $since
ORDER BY arrived_at
"""


Originals: TypeAlias = Callable[[str, Collection[str]], dict[str, EventArrived]]
"""Finds events of a name by their ids where they were first kept."""


class StoreInbox:
    """Looks events up in the workspace's store.

    Args:
        store: Knows which events there are. Its payloads are JSON, which has no bytes, tables or
            large values.
        originals: Finds the events themselves, with the payloads as they were sent.
    """

    def __init__(self, store: Store, originals: Originals) -> None:
        self._store = store
        self._originals = originals

    async def find(self, event: str, key: str, since_ns: int) -> list[EventArrived]:
        """Events of that name and key that arrived at or after *since_ns*, the oldest first.

        The store keeps microseconds, so an event of the same microsecond counts as later.
        """
        since = since_ns // 1000 * 1000
        params = {"event": event, "key": key, "since": since}
        return await asyncio.to_thread(self.asked, _QUERY, params)

    def asked(self, query: str, params: Params = None) -> list[EventArrived]:
        """The events that a query gives, as they were sent; for plain code."""
        return self.as_sent(self._store.sql(query, params).to_pylist())

    def as_sent(self, rows: list[dict[str, Any]]) -> list[EventArrived]:
        """The events of rows of the store, with their payloads as they were sent."""
        ids: dict[str, set[str]] = {}
        for row in rows:
            ids.setdefault(row["event"], set()).add(row["event_id"])
        kept: dict[str, EventArrived] = {}
        for event, wanted in ids.items():
            kept |= self._originals(event, wanted)
        return [kept.get(row["event_id"]) or _event(row) for row in rows]


def _event(row: dict[str, Any]) -> EventArrived:
    payload = json.loads(row["payload"] or "{}")
    return EventArrived(
        row["event_id"], row["event"], row["key"] or "", payload, row["at"], row["source"] or ""
    )
