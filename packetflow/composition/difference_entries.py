"""Steps as `packetflow.composition.difference` compares them: what each says, and where it stands.

An entry has ways: a branch one for each case, what runs side by side one for each step, everything
else one. A sequence without an id is no entry; its steps stand one after the other in a way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from packetflow.composition.codec_document import policy_document, step_document
from packetflow.composition.policies import Policy
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Race,
    Repeat,
    Sequence,
    Step,
    Use,
    Wait,
)
from packetflow.composition.walk import identified, label, walk

_NOTHING = Sequence(())
_INSIDE = frozenset({"sequence", "parallel", "graph", "race", "fallback", "each", "repeat"})


@dataclass(eq=False, slots=True)
class Entry:
    """One step, without the steps inside it.

    Attributes:
        id: Its id; empty for the pipeline itself, which is the entry around all others.
        kind: The word that begins it in a file, or ``branch``; empty for the pipeline itself.
        facts: What a file says of it, without its id and what is inside.
        order: The ids that a graph makes it wait for.
        parent: The entry around it.
        lane: Which way of that one it stands in, from 0.
        at: Its position in that way.
        children: The entries directly inside, in reading order.
        ways: What tells its ways apart: conditions of cases.
    """

    id: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    parent: Entry | None = None
    lane: int = 0
    at: int = 0
    children: list[Entry] = field(default_factory=list)
    ways: tuple[str, ...] = ()

    @property
    def is_container(self) -> bool:
        """Whether steps stand inside, or might."""
        return self.kind in _INSIDE or self.kind == "branch" or bool(self.children)

    @property
    def calls(self) -> str:
        """What it calls or waits for, with its kind."""
        return f"{self.kind} {self.facts.get(self.kind, '')}".rstrip()

    @property
    def written(self) -> str:
        """All it says, as one text."""
        return json.dumps(self.facts, sort_keys=True, ensure_ascii=False)

    def way(self, lane: int) -> str:
        """What tells one of its ways from the others."""
        return self.ways[lane] if lane < len(self.ways) else ""

    def inside(self) -> Iterator[Entry]:
        """Every entry inside it, parents before children, in reading order."""
        waiting = list(reversed(self.children))
        while waiting:
            one = waiting.pop()
            yield one
            waiting.extend(reversed(one.children))


def entries(step: Step) -> Entry:
    """Read a composition; answers the entry around all its steps.

    Raises:
        CompositionError: A value is of a class that no file can hold, or steps are nested too deep.
    """
    for _ in walk(step):
        pass  # refuses what is nested too deep
    root = Entry("", "")
    _fill(root, [identified(step)], {})
    return root


def _fill(parent: Entry, lanes: list[Step], after: dict[str, tuple[str, ...]]) -> None:
    for lane, step in enumerate(lanes):
        for at, one in enumerate(_in_order(step)):
            _add(parent, one, (lane, at), after)


def _in_order(step: Step) -> Iterator[Step]:
    if isinstance(step, Sequence) and step.id is None:
        for one in step.steps:
            yield from _in_order(one)
    else:
        yield step


def _add(parent: Entry, step: Step, where: tuple[int, int], after: dict[str, Any]) -> None:
    policies: list[Policy] = []
    name = label(step)
    while isinstance(step, Guarded):
        policies.insert(0, step.policy)
        step = step.step
    facts = {key: value for key, value in step_document(_alone(step)).items() if key != "id"}
    kind = next(iter(facts))
    if isinstance(step, Branch):
        kind, facts = "branch", {"when": [case.when for case in step.cases]}
    facts = {key: value for key, value in facts.items() if key not in _INSIDE}
    if isinstance(step, (Branch, Wait)) and step.otherwise is not None:
        facts["otherwise"] = True
    if policies:
        facts["with"] = [policy_document(one) for one in policies]
    order = tuple(after.get(name, ()))
    if order:
        facts["after"] = sorted(order)
    entry = Entry(name, kind, facts, order, parent, *where)
    parent.children.append(entry)
    inner = dict(step.after) if isinstance(step, Graph) else {}
    if isinstance(step, Branch):
        entry.ways = tuple(case.when for case in step.cases)
    _fill(entry, _ways(step), inner)


def _alone(step: Step) -> Step:
    """The same step with nothing inside."""
    match step:
        case Sequence() | Parallel() | Race() | Fallback():
            return replace(step, steps=())
        case Graph():
            return replace(step, steps=(), after={})
        case Branch():
            cases = tuple(Case(case.when, _NOTHING) for case in step.cases)
            return replace(step, cases=cases, otherwise=None)
        case Each() | Repeat():
            return replace(step, step=_NOTHING)
        case Wait():
            return replace(step, otherwise=None)
        case Use() | Call() | Guarded():
            return step


def _ways(step: Step) -> list[Step]:
    match step:
        case Use() | Call() | Guarded():
            return []
        case Sequence():
            return [Sequence(step.steps)]
        case Parallel() | Graph() | Race() | Fallback():
            return list(step.steps)
        case Branch():
            last = [] if step.otherwise is None else [step.otherwise]
            return [*(case.then for case in step.cases), *last]
        case Each() | Repeat():
            return [step.step]
        case Wait():
            return [] if step.otherwise is None else [step.otherwise]
