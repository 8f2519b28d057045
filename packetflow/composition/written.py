"""Steps as plain values, the way a file writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

INNER: Final = (
    "sequence",
    "parallel",
    "graph",
    "each",
    "race",
    "fallback",
    "repeat",
    "then",
    "otherwise",
)
"""Keys under which a step holds others."""


def walk_written(step: Any) -> Iterator[dict[str, Any]]:
    """A step, or a list of them, and every step inside.

    >>> [one["use"] for one in walk_written({"use": "a"})]
    ['a']
    """
    if isinstance(step, list):
        for one in step:
            yield from walk_written(one)
    elif isinstance(step, dict):
        yield step
        for key in INNER:
            yield from walk_written(step.get(key))
        for case in step.get("choose", ()) if isinstance(step.get("choose"), list) else ():
            if isinstance(case, dict):
                yield from walk_written(case.get("then"))


def free_name(name: str, taken: set[str]) -> str:
    """A name like the wanted one that is not taken yet, and is from now on.

    >>> free_name("fetch", {"fetch"})
    'fetch_2'
    """
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free
