"""How long executions were at work, as opposed to lying around.

Of the time from its begin to its end, an execution lay around while nothing of it was under way
but waiting for events or people, and between its lives: from the last record of a runner that
died or put it aside, to its resumption.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import duckdb

Stretch: TypeAlias = tuple[int, int]
_Place: TypeAlias = tuple[str, tuple[int, ...]]

_QUERIES = {
    "states": "SELECT execution_id::VARCHAR, epoch, epoch_us(changed_at) FROM execution_state "
    "WHERE status <> 'lost' AND execution_id IN (SELECT unnest(?)::UUID)",
    "spans": "SELECT execution_id::VARCHAR, epoch, kind, step, path, epoch_us(started_at), "
    "epoch_us(started_at) + duration_ns // 1000 FROM span "
    "WHERE execution_id IN (SELECT unnest(?)::UUID)",
    "decisions": "SELECT execution_id::VARCHAR, epoch, what, step, path, epoch_us(decided_at) "
    "FROM decision WHERE execution_id IN (SELECT unnest(?)::UUID)",
    "waits": "SELECT execution_id::VARCHAR, epoch, step, path, epoch_us(waiting_since), "
    "(SELECT epoch_us(max(arrived_at)) FROM event WHERE event.event = wait.event "
    "AND starts_with(wait.event, 'answer:')) FROM wait "
    "WHERE execution_id IN (SELECT unnest(?)::UUID)",
}


@dataclass(slots=True)
class _Trace:
    """What is known of one execution; times in microseconds since 1970."""

    lives: dict[int, list[int]] = field(default_factory=dict)
    spans: list[tuple[str, _Place, Stretch]] = field(default_factory=list)
    decided: dict[_Place, list[int]] = field(default_factory=lambda: defaultdict(list))
    waits: list[tuple[_Place, int, int | None]] = field(default_factory=list)

    def seen(self, epoch: int, at: int) -> None:
        """Note a sign of life."""
        life = self.lives.setdefault(epoch, [at, at])
        life[0], life[1] = min(life[0], at), max(life[1], at)


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches that touch; the answer is in order.

    >>> merged([(5, 7), (1, 3), (2, 4), (9, 9)])
    [(1, 4), (5, 7)]
    """
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if begin >= end:
            continue
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def without(stretches: Iterable[Stretch], others: Iterable[Stretch]) -> list[Stretch]:
    """Cut other stretches out.

    >>> without([(0, 10)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left: list[Stretch] = []
    cuts, place = merged(others), 0
    for begin, end in merged(stretches):
        while place < len(cuts) and cuts[place][1] <= begin:
            place += 1
        at, start = place, begin
        while at < len(cuts) and cuts[at][0] < end:
            if start < cuts[at][0]:
                left.append((start, cuts[at][0]))
            start = max(start, cuts[at][1])
            at += 1
        if start < end:
            left.append((start, end))
    return left


def worked(
    connection: duckdb.DuckDBPyConnection, bounds: dict[str, tuple[int | None, int | None]]
) -> dict[str, int]:
    """Work out for how many microseconds executions were at work.

    Args:
        connection: To the tables with all their records.
        bounds: When each began and ended (microseconds since 1970); one that has not ended counts
            up to its last record.
    """
    traces = _traces(connection, bounds.keys())
    return {identity: _active(traces[identity], *bounds[identity]) for identity in bounds}


def _traces(
    connection: duckdb.DuckDBPyConnection, identities: Collection[str]
) -> dict[str, _Trace]:
    traces: dict[str, _Trace] = defaultdict(_Trace)

    def rows(name: str) -> list[tuple]:  # type: ignore[type-arg]  # rows of any shape
        found: list[tuple] = connection.execute(_QUERIES[name], [list(identities)]).fetchall()  # type: ignore[type-arg]  # rows of any shape
        return found

    for identity, epoch, at in rows("states"):
        traces[identity].seen(epoch, at)
    for identity, epoch, kind, step, path, begin, end in rows("spans"):
        traces[identity].seen(epoch, end)
        traces[identity].spans.append((kind, (step, tuple(path)), (begin, end)))
    for identity, epoch, what, step, path, at in rows("decisions"):
        traces[identity].seen(epoch, at)
        if what in {"too_late", "ambiguous"}:
            traces[identity].decided[step, tuple(path)].append(at)
    for identity, epoch, step, path, since, answered in rows("waits"):
        traces[identity].seen(epoch, since)
        traces[identity].waits.append(((step, tuple(path)), since, answered))
    return traces


def _active(trace: _Trace, begin: int | None, end: int | None) -> int:
    last = max((life[1] for life in trace.lives.values()), default=0)
    first = min((life[0] for life in trace.lives.values()), default=0)
    begin, end = first if begin is None else begin, last if end is None else end
    waits = _waits(trace, end)
    working = [
        piece
        for kind, place, stretch in trace.spans
        if kind == "capability"
        for piece in without([stretch], waits.get(place, ()))
    ]
    idle = without([*_gaps(trace), *(one for some in waits.values() for one in some)], working)
    lying = sum(
        min(to, end) - max(since, begin) for since, to in idle if since < end and to > begin
    )
    return max(0, end - begin - lying)


def _gaps(trace: _Trace) -> list[Stretch]:
    lives = [life for _, life in sorted(trace.lives.items())]
    return [(one[1], after[0]) for one, after in pairwise(lives)]


def _waits(trace: _Trace, end: int) -> dict[_Place, list[Stretch]]:
    """From when to when each place waited."""
    ends: dict[_Place, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    wanted = {place for place, _, _ in trace.waits}
    for kind, place, (_, to) in trace.spans:
        if place in wanted:
            ends[place]["wait" if kind == "wait" else "other"].append(to)
    found: dict[_Place, list[Stretch]] = defaultdict(list)
    for place, since, answered in trace.waits:
        answers = [] if answered is None else [answered]
        ways = (ends[place]["wait"], trace.decided[place], answers, ends[place]["other"])
        later = ([at for at in way if at >= since] for way in ways)
        found[place].append((since, next((min(way) for way in later if way), end)))
    return found
