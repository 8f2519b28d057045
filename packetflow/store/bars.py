"""When the steps of a run worked and waited, read from the store, as bars of its timeline."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from packetflow.kernel.records import TOOK
from packetflow.show import Bar
from packetflow.store.queries import Whole

_Place: TypeAlias = tuple[str, tuple[int, ...]]
_Wait: TypeAlias = tuple[int, int | None]
"""Since when, and until when it was answered if it was; in nanoseconds since 1970 UTC."""


def nanoseconds(moment: dt.datetime) -> int:
    """A time of the store, which is UTC, as nanoseconds since 1970."""
    past = moment.replace(tzinfo=dt.UTC) - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return past // dt.timedelta(microseconds=1) * 1000


def took_ns(row: Mapping[str, Any]) -> int:
    """How long a span of the store took when it was done, maybe in an earlier execution.

    >>> took_ns({"kind": "reused", "duration_ns": 0, "attributes": '{"took_ns": 5}'})
    5
    """
    if row["kind"] != "reused":
        return int(row["duration_ns"])
    return int(json.loads(row["attributes"] or "{}").get(TOOK, 0))


def bars(whole: Whole, now: int) -> list[Bar]:
    """The spans of an execution for its timeline, and the waits that go on.

    Args:
        whole: What the store keeps of it.
        now: In nanoseconds since 1970 UTC.
    """
    waits: dict[_Place, list[_Wait]] = defaultdict(list)
    for row in whole.waits.to_pylist():
        answered = row["answered_at"]
        until = None if answered is None else nanoseconds(answered)
        waits[_place(row)].append((nanoseconds(row["waiting_since"]), until))
    spans = whole.spans.to_pylist()
    its: dict[int, list[_Wait]] = {}
    for row in sorted(spans, key=_ended):  # each try takes those that began before its end
        at = waits[_place(row)]
        its[row["span_id"]] = taken = [one for one in at if one[0] <= _ended(row)]
        del at[: len(taken)]
    found = [_bar(row, its[row["span_id"]]) for row in spans]
    if whole.execution["ended_at"] is None:
        found += [
            _open_bar(place, open_ones, now) for place, open_ones in waits.items() if open_ones
        ]
    return found


def _bar(row: Mapping[str, Any], waits: Sequence[_Wait]) -> Bar:
    start, end = nanoseconds(row["started_at"]), _ended(row)
    only_waits = row["kind"] == "wait"
    if only_waits:
        start = min([start, *(since for since, _ in waits)])
    return Bar(
        row["span_id"],
        row["step"] or row["name"],
        start / 1e9,
        (end - start) / 1e9,
        row["status"],
        row["parent_span"] or None,
        row["attempt"],
        _place(row)[1],
        row["error"] or "",
        only_waits,
        () if only_waits else _stretches(waits, end),
        took_ns(row) / 1e9 if row["kind"] == "reused" else None,
    )


def _open_bar(place: _Place, waits: Sequence[_Wait], now: int) -> Bar:
    """A step of which only is known yet that it waited; it goes on."""
    step, path = place
    since = waits[0][0]
    is_open = any(until is None for _, until in waits)
    only_waits = all(until is None for _, until in waits)
    return Bar(
        f"wait {step} {path}",
        step or "the run itself",
        since / 1e9,
        max(0, now - since) / 1e9,
        "waiting" if is_open else "running",
        path=path,
        waits=only_waits,
        waited=() if only_waits else _stretches(waits, now),
    )


def _stretches(waits: Iterable[_Wait], end: int) -> tuple[tuple[float, float], ...]:
    """From when until when a step waited, in seconds; open ones last until *end*."""
    return tuple((since / 1e9, min(until or end, end) / 1e9) for since, until in waits)


def _place(row: Mapping[str, Any]) -> _Place:
    return row["step"], tuple(row["path"] or ())


def _ended(span: Mapping[str, Any]) -> int:
    return nanoseconds(span["started_at"]) + int(span["duration_ns"])
