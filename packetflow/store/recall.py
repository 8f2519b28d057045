"""What runs ask of what is kept, answered by the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from packetflow.kernel.records import EventArrived

if TYPE_CHECKING:
    from packetflow.kernel.order import Moment
    from packetflow.store.port import Store

COLUMNS: Final = """e.event_id, e.event, e.key, e.payload::VARCHAR AS payload,
    epoch_ns(e.arrived_at) AS at, e.source, e.raw, e.arrival"""
"""What `event_of` needs of an event ``e``."""

OLDEST_FIRST: Final = "coalesce(e.arrival, 0), e.arrived_at"

_WAITING: Final = """
SELECT w.execution_id::VARCHAR AS execution_id, x.name, w.step, w.path, w.event, w.key, w.question,
    w.choices, w.deadline, w.waiting_since
FROM wait_open w LEFT JOIN execution_open x USING (execution_id) WHERE $runner IN ('', x.runner)
ORDER BY w.waiting_since
"""
_AWAITED: Final = f"""
WITH came AS (
    SELECT {COLUMNS}, w.execution_id,
        came_since(e.arrival, e.arrived_at, w.since, x.started_at) AS is_for_all
    FROM wait_open w JOIN executions x USING (execution_id) JOIN events e ON e.event = w.event
    WHERE $runner IN ('', x.runner) AND if(coalesce(w.key, '') = '', is_for_all, e.key = w.key)
    UNION ALL
    SELECT {COLUMNS}, w.execution_id, true
    FROM wait_open w JOIN executions x USING (execution_id) JOIN events e
        ON e.event = 'answer:' || w.execution_id::VARCHAR || ':' || w.step
            || array_to_string(list_transform(w.path, lambda x: '.' || x), '')
    WHERE $runner IN ('', x.runner) AND e.event <> w.event)
SELECT e.* REPLACE (e.execution_id::VARCHAR AS execution_id) FROM came e WHERE NOT EXISTS (
    SELECT 1 FROM taken t WHERE t.event_id = e.event_id
    AND (t.execution_id = e.execution_id OR NOT e.is_for_all))
ORDER BY coalesce(e.arrival, 0), e.at
"""
_CAME: Final = "came_since(e.arrival, e.arrived_at, $number, make_timestamp($at))"
_EVENTS: Final = f"""
SELECT {COLUMNS} FROM events e
WHERE e.event = $event AND ($key = '' OR e.key = $key) AND {_CAME}
ORDER BY {OLDEST_FIRST}
"""
_LEFT_OVER: Final = f"""
SELECT {COLUMNS} FROM events e
WHERE e.event = $event AND e.key = $key AND NOT {_CAME} AND NOT EXISTS (
    SELECT 1 FROM taken t
    WHERE t.event_id = e.event_id AND t.execution_id::VARCHAR <> $execution)
ORDER BY {OLDEST_FIRST}
"""
_FACTS: Final = """
SELECT execution_id::VARCHAR AS execution, name, status, trigger, user_id AS user,
    agent_id AS client, started_at, duration_ms, failed_step, error_type, error, tags
FROM executions WHERE execution_id::VARCHAR = $id ORDER BY epoch DESC LIMIT 1
"""
_LIKE: Final = """
SELECT execution_id::VARCHAR AS id FROM executions
WHERE starts_with(execution_id::VARCHAR, $part) OR ends_with(execution_id::VARCHAR, $part)
ORDER BY started_at DESC LIMIT 4
"""
_KEPT: Final = "SELECT segment, body FROM history WHERE execution_id = $id ORDER BY segment"


class SqlRecall:
    """Asks a store with SQL; see `packetflow.store.port.Recall`.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(self, runner: str = "") -> list[dict[str, Any]]:
        """What waits now, the oldest first."""
        return self._rows(_WAITING, runner=runner)

    def awaited(self, runner: str = "") -> list[tuple[str, EventArrived]]:
        """What came for executions that wait, and is not yet taken."""
        rows = self._rows(_AWAITED, runner=runner)
        return [(row["execution_id"], event_of(row)) for row in rows]

    def events(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events that came since a moment, the oldest first."""
        when = {"number": since.number, "at": since.at // 1000}
        return [event_of(row) for row in self._rows(_EVENTS, event=event, key=key, **when)]

    def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events from before a moment that no other execution has taken."""
        when = {"number": before.number, "at": before.at // 1000}
        said = {"event": event, "key": key, "execution": execution_id}
        return [event_of(row) for row in self._rows(_LEFT_OVER, **said, **when)]

    def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; ``None`` when there is none of that id."""
        for row in self._rows(_FACTS, id=execution_id):
            return row | {"tags": json.loads(row["tags"] or "{}")}
        return None

    def ids_like(self, part: str) -> list[str]:
        """Ids of executions that begin or end like that."""
        return [row["id"] for row in self._rows(_LIKE, part=part)]

    def kept(self, execution_id: str) -> dict[str, bytes]:
        """The records of an execution in journals that were removed."""
        return {row["segment"]: row["body"] for row in self._rows(_KEPT, id=execution_id)}

    def _rows(self, query: str, **said: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self._store.sql(query, said).to_pylist()
        return rows


def event_of(row: dict[str, Any]) -> EventArrived:
    """An event from a row of the store with `COLUMNS`."""
    raw = row["raw"]
    payload = json.loads(row["payload"] or "{}") if raw is None else msgspec.msgpack.decode(raw)
    key, source, arrival = row["key"] or "", row["source"] or "", row["arrival"] or 0
    return EventArrived(row["event_id"], row["event"], key, payload, row["at"], source, arrival)
