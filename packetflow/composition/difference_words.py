"""Words for what `packetflow.composition.difference` finds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from packetflow.composition.difference_entries import Entry

LONGEST = 60
NOTHING = "nothing"
SIDE_BY_SIDE = frozenset({"parallel", "graph", "race"})
"""Containers whose steps have no first one."""
_MAPPINGS = frozenset({"from", "set", "over", "into"})
"""Fields of which each name is told by itself."""


def about(entry: Entry) -> str:
    """What a step is.

    >>> about(Entry("a", "use", {"use": "fetch"})), about(Entry("fetch", "use", {"use": "fetch"}))
    ('(use fetch)', '')
    """
    kind, _, called = entry.calls.partition(" ")
    return "" if entry.id in (kind, called) else f"({entry.calls})"


def place(entry: Entry) -> str:
    """Where a step stands: after its neighbour, and in what.

    >>> around = Entry("both", "parallel")
    >>> place(Entry("a", "use", parent=around))
    'in both'
    """
    around = entry.parent
    if around is None:
        return ""
    before = [one for one in around.children if (one.lane, one.at) == (entry.lane, entry.at - 1)]
    inside = f" in {around.id}" if around.id else ""
    if before:
        return f"after {before[0].id}{inside}"
    way = around.way(entry.lane)
    if way:
        return f"to where {short(way)} in {around.id}"
    if around.kind in SIDE_BY_SIDE:
        return f"in {around.id}"
    return f"to the start of {around.id}" if around.id else "to the start"


def fields_changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Say which fields differ, each with what it was.

    >>> fields_changed({"use": "a", "set": {"n": 1}}, {"use": "a", "set": {"n": 2}, "to": ["x"]})
    ['set n 2, was 1', 'to ["x"], was nothing']
    """
    said = []
    for name in dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if _text(before) == _text(after):
            continue
        inner = (before or {}, after or {})
        if name in _MAPPINGS and all(isinstance(one, Mapping) for one in inner):
            for key in dict.fromkeys([*inner[0], *inner[1]]):
                was, now = (_value(one[key]) if key in one else NOTHING for one in inner)
                if key not in inner[0] or key not in inner[1] or _differ(key, *inner):
                    said.append(f"{name} {key} {now}, was {was}")
        else:
            tell = _policies if name == "with" else _value
            said.append(f"{name} {tell(after)}, was {tell(before)}")
    return said


def _differ(key: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return _text(one[key]) != _text(other[key])


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _value(value: Any) -> str:
    if value is None:
        return NOTHING
    return short(value if isinstance(value, str) and value else _text(value))


def _policies(written: Any) -> str:
    """Policies as a file says them, in short words.

    >>> _policies([{"retry": {"attempts": 3, "on": ["OSError"]}}, {"timeout": 10}])
    'retry attempts 3 on OSError, timeout 10'
    """
    said = []
    for policy in written or ():
        for kind, settings in policy.items():
            facts = settings if isinstance(settings, Mapping) else {"": settings}
            words = [kind]
            for name, value in facts.items():
                told = " ".join(map(str, value)) if isinstance(value, list) else str(value)
                words += [name, told] if name else [told]
            said.append(" ".join(words))
    return short(", ".join(said)) or NOTHING


def short(text: str) -> str:
    """A text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
