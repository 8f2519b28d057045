"""Ways through a composition's tree: children, all steps, ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

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
from packetflow.errors import CompositionError

DEEPEST = 100
"""How deep steps may be nested; long is fine, deep is a mistake."""

Change: TypeAlias = Callable[[Step], Step]


def children(step: Step) -> tuple[Step, ...]:
    """The steps directly inside *step*, in reading order."""
    match step:
        case Use() | Call():
            return ()
        case Sequence() | Parallel() | Graph() | Race() | Fallback():
            return step.steps
        case Branch():
            last = () if step.otherwise is None else (step.otherwise,)
            return (*(case.then for case in step.cases), *last)
        case Each() | Repeat() | Guarded():
            return (step.step,)
        case Wait():
            return () if step.otherwise is None else (step.otherwise,)


def changed_children(step: Step, change: Change) -> Step:
    """The same step with *change* applied to each direct child, in reading order."""
    match step:
        case Use() | Call():
            return step
        case Sequence() | Parallel() | Graph() | Race() | Fallback():
            return replace(step, steps=tuple(change(child) for child in step.steps))
        case Branch():
            cases = tuple(Case(case.when, change(case.then)) for case in step.cases)
            last = None if step.otherwise is None else change(step.otherwise)
            return replace(step, cases=cases, otherwise=last)
        case Each() | Repeat() | Guarded():
            return replace(step, step=change(step.step))
        case Wait():
            last = None if step.otherwise is None else change(step.otherwise)
            return replace(step, otherwise=last)


def walk(step: Step) -> Iterator[Step]:
    """Every step of the tree, parents before children, in reading order.

    Raises:
        CompositionError: The tree is nested deeper than `DEEPEST`.
    """
    levels = [iter((step,))]
    while levels:
        for here in levels[-1]:
            yield here
            if isinstance(here, (Use, Call)):  # most steps; they go without a look inside
                continue
            inner = children(here)
            if inner:
                if len(levels) == DEEPEST:
                    raise CompositionError(
                        f"steps are nested more than {DEEPEST} deep; put inner parts into "
                        "pipelines of their own and call them"
                    )
                levels.append(iter(inner))
                break
        else:
            levels.pop()


def step_id(step: Step) -> str | None:
    """The id of a step; a guarded step goes by the one inside."""
    while isinstance(step, Guarded):
        step = step.step
    return step.id


def with_id(step: Step, name: str) -> Step:
    """The same step under another id."""
    if isinstance(step, Guarded):
        return replace(step, step=with_id(step.step, name))
    return replace(step, id=name)


def natural_name(step: Step) -> str:
    """What a step is called before anybody gives it an id: its capability, or its kind."""
    match step:
        case Use(capability=used):
            return used.name
        case Call(pipeline=called):
            return called.name
        case Guarded(step=inner):
            return natural_name(inner)
        case Wait(event=event):
            return f"wait_{event}"
        case _:
            return type(step).__name__.lower()


def with_names_of(steps: Iterable[Step], order: Mapping[str, Iterable[str]]) -> tuple[Step, ...]:
    """Steps of a graph, with ids for those that its order calls by what they are called anyway."""
    steps = tuple(steps)
    wanted = {*order, *(one for ids in order.values() for one in ids)}
    wanted -= {step_id(step) for step in steps}
    named = []
    for step in steps:
        name = natural_name(step)
        if step_id(step) is None and name in wanted:
            wanted.discard(name)
            named.append(with_id(step, name))
        else:
            named.append(step)
    return tuple(named)


def label(step: Step) -> str:
    """The id, or what it would be called."""
    return step_id(step) or natural_name(step)


def identified(step: Step) -> Step:
    """Give every step without an id one of its own; ids already there stay.

    A sequence needs none, unless a policy stands around it. Names count up in reading order:
    ``fetch``, ``fetch_2``.
    """
    if step.has_ids:
        return step
    taken = {found.id for found in walk(step) if not isinstance(found, Guarded) and found.id}
    counts: Counter[str] = Counter()

    def name(here: Step, *, guarded: bool = False) -> Step:
        if isinstance(here, Guarded):
            return changed_children(here, lambda child: name(child, guarded=True))
        if here.id is None and (guarded or not isinstance(here, Sequence)):
            here = replace(here, id=_free(natural_name(here), taken, counts))
        return changed_children(here, name)

    return name(step)


def has_ids(step: Step) -> bool:
    """Tell whether every step that needs an id has one."""
    return not any(_lacks_id(found) for found in walk(step))


def _lacks_id(step: Step) -> bool:
    if isinstance(step, Guarded):
        return isinstance(step.step, Sequence) and step.step.id is None
    return step.id is None and not isinstance(step, Sequence)


def _free(base: str, taken: set[str], counts: Counter[str]) -> str:
    while True:
        counts[base] += 1
        candidate = base if counts[base] == 1 else f"{base}_{counts[base]}"
        if candidate not in taken:
            taken.add(candidate)
            return candidate


def find(step: Step, wanted: str) -> Step | None:
    """The step with that id, or ``None``."""
    return next(
        (found for found in walk(step) if not isinstance(found, Guarded) and found.id == wanted),
        None,
    )
