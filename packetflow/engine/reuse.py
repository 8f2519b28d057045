"""What of an earlier execution a new one may reuse: all that does not follow from a change."""

from __future__ import annotations

from collections.abc import Iterable

from packetflow.composition.steps import Step
from packetflow.composition.walk import find, step_id, walk
from packetflow.composition.wiring import wires
from packetflow.engine.state import Past
from packetflow.errors import UnknownName


def following(step: Step, from_step: str | None, changed: Iterable[str]) -> set[str]:
    """The ids of the steps that follow from a step or from inputs, by the names that flow.

    Raises:
        UnknownName: There is no such step.
    """
    if from_step is not None and find(step, from_step) is None:
        raise UnknownName("step", from_step)
    readers: dict[str | None, set[str]] = {}
    names = set(changed)
    todo: list[str] = [] if from_step is None else [from_step]
    for wire in wires(step):
        if wire.source is None:
            if wire.name in names or wire.output in names:
                todo.append(wire.target)
        else:
            readers.setdefault(wire.source, set()).add(wire.target)
    stale: set[str] = set()
    while todo:
        here = todo.pop()
        if here in stale:
            continue
        stale.add(here)
        todo.extend(readers.get(here, ()))
        # a container that goes another way gives what other steps inside it make
        container = find(step, here)
        for inner in () if container is None else walk(container):
            if inner is not container:
                todo.extend(readers.get(step_id(inner), ()))
    return stale


def reusable_past(step: Step, past: Past, from_step: str | None, changed: Iterable[str]) -> Past:
    """The completed steps that a new execution may take over.

    Raises:
        UnknownName: There is no step *from_step*.
    """
    stale = following(step, from_step, changed)
    fresh = Past()
    fresh.done = {
        place: span
        for place, span in past.done.items()
        if place[0] not in stale and not any(place[0].startswith(f"{one}/") for one in stale)
    }
    return fresh
