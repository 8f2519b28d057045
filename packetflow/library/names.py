"""Give the columns of a table names that differ, also for SQL, which takes A for a."""

from __future__ import annotations

from collections.abc import Sequence


def unique_names(names: Sequence[str]) -> list[str]:
    """Give every column a name of its own; capital letters do not tell names apart.

    >>> unique_names(["a", "", "A"])
    ['a', 'column_2', 'A_2']
    """
    wanted = [name.strip() or f"column_{number}" for number, name in enumerate(names, 1)]
    # A name that stands in the file itself is not given to another column.
    free = {name.casefold() for name in wanted}
    taken: set[str] = set()
    counts: dict[str, int] = {}
    made: list[str] = []
    for name in wanted:
        key, chosen = name.casefold(), name
        while chosen.casefold() in taken or (chosen != name and chosen.casefold() in free):
            counts[key] = counts.get(key, 1) + 1
            chosen = f"{name}_{counts[key]}"
        taken.add(chosen.casefold())
        made.append(chosen)
    return made


def renamed(old: Sequence[str], new: Sequence[str]) -> str:
    """Say in a sentence which columns were given another name; empty when none was.

    >>> renamed(["a", "a", "b "], ["a", "a_2", "b"])
    "Column 2 is called 'a_2' here, since 'a' is the name of another."
    """
    said = []
    for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
        if not before.strip():
            said.append(f"column {number} is called {after!r} here, since it has no name")
        elif before.strip() != after:
            why = f"since {before.strip()!r} is the name of another"
            said.append(f"column {number} is called {after!r} here, {why}")
    text = "; ".join(said[:_MOST_SAID]) + (
        f"; and {len(said) - _MOST_SAID} more" if len(said) > _MOST_SAID else ""
    )
    return f"{text[:1].upper()}{text[1:]}." if said else ""


_MOST_SAID = 5
