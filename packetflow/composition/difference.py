"""What tells two pipelines apart: steps added, removed, changed, moved and renamed.

A step is known again by its id, as records and journals know it; a step whose id is gone, by what
it says. Containers without a match of their own are known again by what is in them. Steps that
merely follow each other (a sequence without an id) stand for nothing here, nor does the order of
steps that run side by side.

```python
print(old.diff(new))  # + added rate (use rate_text) after clean
```
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from packetflow.composition.codec_document import document
from packetflow.composition.concealing import concealed
from packetflow.composition.difference_entries import Entry, entries
from packetflow.composition.difference_words import about, fields_changed, place
from packetflow.composition.edit_layout import longest_rise
from packetflow.composition.steps import Pipeline

Kind: TypeAlias = Literal["added", "removed", "changed", "moved", "renamed", "header"]

SIGNS: Final[Mapping[Kind, str]] = {
    "added": "+",
    "removed": "\N{MINUS SIGN}",
    "changed": "~",
    "moved": "\N{UP DOWN ARROW}",
    "renamed": "\N{RIGHTWARDS ARROW}",
    "header": "*",
}
"""One sign for each kind of change, so that no colour is needed to tell them."""

_ORDERED = frozenset({"fallback", "branch"})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs.

    Attributes:
        kind: What happened; ``header`` is about the pipeline's own fields.
        step: The step's id in the new pipeline, in the old one if it was removed; empty for
            ``header``.
        was: Its id in the old pipeline; empty if it was added.
        text: What exactly, in words.
    """

    kind: Kind
    step: str
    was: str
    text: str

    def __str__(self) -> str:
        """In one line, with its sign."""
        sign = SIGNS[self.kind]
        match self.kind:
            case "header":
                return f"{sign} {self.text}"
            case "renamed":
                return f"{sign} renamed {self.was} to {self.step}"
            case "changed":
                return f"{sign} changed {self.step}: {self.text}"
            case "added" | "removed" | "moved":
                return f"{sign} {self.kind} {self.step} {self.text}".rstrip()


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs, in the order in which one reads the new pipeline; false if nothing does."""

    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self.changes)

    def __str__(self) -> str:
        """A line for each change."""
        return "\n".join(map(str, self.changes)) or "nothing differs"

    def marks(self, side: Literal["old", "new"]) -> dict[str, tuple[Kind, ...]]:
        """What happened to each step, by the id that it has on one side."""
        found: dict[str, tuple[Kind, ...]] = {}
        for change in self.changes:
            name = change.was if side == "old" else change.step
            if name and not (side == "new" and change.kind == "removed"):
                found[name] = (*found.get(name, ()), change.kind)
        return found

    def summary(self) -> str:
        """How many of what, in a line.

        >>> Difference((Change("added", "a", "", ""), Change("added", "b", "", ""))).summary()
        '2 added'
        """
        counted = {kind: sum(one.kind == kind for one in self.changes) for kind in SIGNS}
        said = {"header": "of the pipeline's own fields"}
        parts = [f"{many} {said.get(kind, kind)}" for kind, many in counted.items() if many]
        return ", ".join(parts) or "nothing differs"


def difference(old: Pipeline, new: Pipeline) -> Difference:
    """Tell what differs between two pipelines; values of secrets are not looked at.

    Raises:
        CompositionError: A value in one of them is of a class that no file can hold, or its steps
            are nested too deep.
    """
    before, after = concealed(old), concealed(new)
    found = _Match(entries(before.step), entries(after.step))
    headers = (document(one) for one in (before, after))
    own, others = ({k: v for k, v in one.items() if k != "steps"} for one in headers)
    changes = [Change("header", "", "", text) for text in fields_changed(own, others)]
    changes += [
        Change("removed", one.id, one.id, about(one))
        for one in found.old
        if one not in found.new_of
    ]
    moved = found.moved()
    for one in found.new:
        was = found.old_of.get(one)
        if was is None:
            changes.append(Change("added", one.id, "", f"{about(one)} {place(one)}".strip()))
            continue
        if was.id != one.id:
            changes.append(Change("renamed", one.id, was.id, ""))
        texts = fields_changed(found.facts_now(was), one.facts)
        if texts:
            changes.append(Change("changed", one.id, was.id, "; ".join(texts)))
        if one in moved:
            changes.append(Change("moved", one.id, was.id, place(one)))
    return Difference(tuple(changes))


class _Match:
    """Which entries are the same step, old and new."""

    def __init__(self, before: Entry, after: Entry) -> None:
        self.old, self.new = list(before.inside()), list(after.inside())
        self.new_of: dict[Entry, Entry] = {before: after}
        self.old_of: dict[Entry, Entry] = {after: before}
        leaves = [[one for one in side if not one.is_container] for side in (self.old, self.new)]
        self._by(lambda one: (one.id, one.calls), *leaves)
        self._by(lambda one: (one.calls, one.written), *leaves)
        self._by(lambda one: one.id, *leaves)
        self._containers()
        self._by(lambda one: (one.id, one.calls), self.old, self.new)
        self._by(lambda one: one.id, self.old, self.new)
        self._by(lambda one: (one.calls, self._around_now(one)), *leaves)

    def _by(
        self, key: Callable[[Entry], Hashable], old: Sequence[Entry], new: Sequence[Entry]
    ) -> None:
        """Match what is still alone and has the same key, in reading order."""
        waiting: dict[Hashable, list[Entry]] = {}
        for one in new:
            if one not in self.old_of:
                waiting.setdefault(key(one), []).append(one)
        for one in old:
            if one not in self.new_of and waiting.get(key(one)):
                self._same(one, waiting[key(one)].pop(0))

    def _same(self, old: Entry, new: Entry) -> None:
        self.new_of[old], self.old_of[new] = new, old

    def _around_now(self, one: Entry) -> Entry | None:
        """The new entry around a new one, or around where an old one would stand."""
        around = one.parent
        return around if around in self.old_of else self.new_of.get(around or one)

    def _containers(self) -> None:
        """Match containers by what is in them, the inmost first; the same id decides a tie."""
        for one in reversed(self.new):
            shared: dict[Entry, int] = {}
            for child in one.children:
                around = self.old_of[child].parent if child in self.old_of else None
                if around is not None and around not in self.new_of:
                    shared[around] = shared.get(around, 0) + 1
            fitting = [was for was in shared if was.calls == one.calls]
            if fitting:
                self._same(max(fitting, key=lambda was: (shared[was], was.id == one.id)), one)

    def facts_now(self, was: Entry) -> dict[str, object]:
        """What an old step says, with the ids that steps have now."""
        if not was.order:
            return was.facts
        now = {one.id: other.id for one, other in self.new_of.items()}
        return {**was.facts, "after": sorted(now.get(name, name) for name in was.order)}

    def moved(self) -> set[Entry]:
        """The new entries that stand elsewhere than their old ones did."""
        found = {
            one
            for one, was in self.old_of.items()
            if was.parent is not None and self.new_of.get(was.parent) is not one.parent
        }
        for one, was in self.old_of.items():
            stayed = [child for child in one.children if child in self.old_of]
            found |= self._moved_inside(was, one, [one for one in stayed if one not in found])
        return found

    def _moved_inside(self, was: Entry, one: Entry, stayed: list[Entry]) -> set[Entry]:
        ways = _ways_now(was, one, [(self.old_of[child], child) for child in stayed])
        found = {child for child in stayed if ways.get(self.old_of[child].lane) != child.lane}
        if one.kind in _ORDERED:
            order = [ways[lane] for lane in sorted(ways)]
            kept = {order[place] for place in longest_rise(order)}
            found |= {child for child in stayed if child.lane not in kept}
        for lane in set(ways.values()):
            here = [child for child in stayed if child.lane == lane and child not in found]
            rising = longest_rise([self.old_of[child].at for child in here])
            found |= {child for place, child in enumerate(here) if place not in rising}
        return found


def _ways_now(was: Entry, one: Entry, pairs: list[tuple[Entry, Entry]]) -> dict[int, int]:
    """For each way of an old container, the way of the new one that holds most of its steps."""
    shared: dict[tuple[int, int], int] = {}
    for old, new in pairs:
        shared[old.lane, new.lane] = shared.get((old.lane, new.lane), 0) + 1

    def rank(row: tuple[tuple[int, int], int]) -> tuple[int, bool, int]:
        (before, after), count = row
        return count, was.way(before) == one.way(after), -abs(before - after)

    found: dict[int, int] = {}
    for (before, after), _ in sorted(shared.items(), key=rank, reverse=True):
        if before not in found and after not in found.values():
            found[before] = after
    return found
