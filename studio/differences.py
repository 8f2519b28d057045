"""What differs between two runs: their values and how their steps went. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from packetflow.show.looks import plain
from packetflow.store.bars import took_ns

WORST: Final = ("failed", "timed_out", "lost", "cancelled", "running", "waiting", "skipped", "ok")
LONGEST: Final = 160
MOST_INPUTS: Final = 4
LONGEST_INPUT: Final = 40


@dataclass(frozen=True, slots=True)
class ValuePair:
    """A named value of two runs, in short; ``None`` where one has none."""

    name: str
    one: str | None
    other: str | None
    is_same: bool


@dataclass(frozen=True, slots=True)
class StepFacts:
    """How a step went: its status, how long all its calls took, how often it was called."""

    status: str
    seconds: float
    calls: int
    tries: int
    was_reused: bool


@dataclass(frozen=True, slots=True)
class StepPair:
    """A step of two runs; ``None`` where it did not run."""

    step: str
    one: StepFacts | None
    other: StepFacts | None


def in_short(value: Any, longest: int = LONGEST) -> str:
    r"""A value in one line.

    >>> in_short({"a": [1, 2]}), in_short("two\nlines"), in_short({"$secret": True})
    ('{"a": [1, 2]}', 'two lines', '•••')
    >>> in_short("/srv/tables/orders.csv", 15)
    '…les/orders.csv'
    """
    if isinstance(value, Mapping) and "$secret" in value:
        return "\u2022\u2022\u2022"
    if isinstance(value, Mapping) and "$opaque" in value:
        return "not kept"
    if isinstance(value, Mapping) and "$blob" in value:
        return f"{value.get('size', 0):,} bytes"
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = plain(value)
    text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
    if len(text) > longest and text.startswith("/") and "\n" not in text:
        return f"\u2026{text[1 - longest :]}"  # a path says most at its end
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest else f"{line[: longest - 1]}\u2026"


def inputs_in_short(text: str | None) -> str:
    """The inputs of an execution, as the store keeps them, in one line.

    >>> inputs_in_short('{"path": "a.csv", "rows": 5}')
    'path: a.csv, rows: 5'
    """
    try:
        given = json.loads(text) if text else {}
    except ValueError:
        return ""
    said = [f"{name}: {in_short(value, LONGEST_INPUT)}" for name, value in given.items()]
    more = len(said) - MOST_INPUTS
    return ", ".join([*said[:MOST_INPUTS], *([f"{more} more"] if more > 0 else [])])


def are_same(one: Any, other: Any) -> bool:
    """Whether two values are equal; those that cannot be compared are not."""
    if isinstance(one, pa.Table) or isinstance(other, pa.Table):
        both = isinstance(one, pa.Table) and isinstance(other, pa.Table)
        return both and bool(one.equals(other))
    try:
        return bool(one == other)
    except (TypeError, ValueError):
        return False


def value_pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[ValuePair]:
    """The values of two runs by name, those that differ first."""
    found = []
    for name in dict.fromkeys([*one, *other]):
        both = name in one and name in other
        found.append(
            ValuePair(
                name,
                in_short(one[name]) if name in one else None,
                in_short(other[name]) if name in other else None,
                both and are_same(one[name], other[name]),
            )
        )
    return sorted(found, key=lambda pair: pair.is_same)


def step_pairs(
    one: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]
) -> list[StepPair]:
    """The steps of two runs, in the order in which the first of the two began them."""
    first, second = _facts(one), _facts(other)
    return [
        StepPair(step, first.get(step), second.get(step))
        for step in dict.fromkeys([*first, *second])
    ]


def _facts(spans: Iterable[Mapping[str, Any]]) -> dict[str, StepFacts]:
    by_step: dict[str, list[Mapping[str, Any]]] = {}
    for span in spans:
        if span["step"]:
            by_step.setdefault(span["step"], []).append(span)
    found = {}
    for step, calls in by_step.items():
        last = {tuple(span["path"] or ()): span["status"] for span in calls}
        status = next((word for word in WORST if word in last.values()), "")
        took = sum(took_ns(span) for span in calls) / 1e9
        tries = max(int(span["attempt"] or 1) for span in calls)
        reused = all(span["kind"] == "reused" for span in calls)
        found[step] = StepFacts(status, took, len(last), tries, reused)
    return found
