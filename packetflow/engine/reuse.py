"""What of an earlier execution a new one may reuse: all that does not follow from a change."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from packetflow.composition.steps import Call, Pipeline, Step
from packetflow.composition.walk import find, identified, step_id, walk
from packetflow.composition.wiring import wires
from packetflow.engine.state import Past
from packetflow.errors import UnknownName


def following(step: Step, from_step: str | None, changed: Iterable[str]) -> set[str]:
    """The ids of the steps that follow from a step or from inputs, by the names that flow.

    Raises:
        UnknownName: There is no such step.
    """
    if from_step is not None and find(step, from_step) is None:
        known = [own for part in walk(step) if (own := step_id(part))]
        raise UnknownName("step", from_step, get_close_matches(from_step, known, 1))
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

    Args:
        step: What ran.
        past: What of it was completed.
        from_step: This step and all that follows from it are done again; a step of a called
            pipeline is named behind the call: ``call/step``.
        changed: The inputs that are given anew.

    Raises:
        UnknownName: There is no step *from_step*.
    """
    stale, entered = _stale(step, from_step, changed)
    fresh = Past()
    fresh.done = {
        place: span
        for place, span in past.done.items()
        if place[0] not in entered
        and place[0] not in stale
        and not any(place[0].startswith(f"{one}/") for one in stale)
    }
    return fresh


def _stale(step: Step, from_step: str | None, changed: Iterable[str]) -> tuple[set[str], set[str]]:
    """The steps to do again with all inside them, and the calls to enter again only."""
    outer, _, inner = (from_step or "").partition("/")
    call = find(step, outer) if inner and from_step and find(step, from_step) is None else None
    if not isinstance(call, Call) or not isinstance(call.pipeline, Pipeline):
        return following(step, from_step, changed), set()
    try:
        stale, entered = _stale(identified(call.pipeline.step), inner, ())
    except UnknownName as unknown:
        near = [f"{outer}/{name}" for name in unknown.__dict__["nearest"]]
        raise UnknownName("step", str(from_step), near) from unknown
    after = following(step, outer, changed) - {outer}
    return (
        after | {f"{outer}/{name}" for name in stale},
        {outer} | {f"{outer}/{name}" for name in entered},
    )
