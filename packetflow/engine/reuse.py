"""What of an earlier execution a new one may reuse: all that does not follow from a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from packetflow.composition.steps import Call, Pipeline, Step
from packetflow.composition.walk import find, identified, step_id, walk
from packetflow.composition.wiring import wires
from packetflow.engine.past import Past
from packetflow.engine.recall import made_by
from packetflow.engine.reporter import key_of
from packetflow.engine.state import Run
from packetflow.errors import UnknownName
from packetflow.kernel.records import TOOK, StepIntent

LASTING: Final = frozenset(
    {"failed_alternative", "attempt", "collected", "too_late", "call", "call_failed"}
)
"""The decisions of containers, and of steps that call others, that hold for a fork too."""


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
    """What a new execution may take over of an earlier one.

    Beside the completed steps these are the guarded effects that are open (they may have happened,
    so they are asked about), and what containers decided unless a step inside is done again.

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

    def stays(name: str) -> bool:
        again = name in entered or name in stale
        return not again and not any(name.startswith(f"{one}/") for one in stale)

    fresh = Past()
    order = {name: number for number, name in enumerate(reading_order(step))}
    places = sorted(past.done, key=lambda place: (order.get(place[0], len(order)), place[1]))
    fresh.done = {place: past.done[place] for place in places if stays(place[0])}
    fresh.intents = {place for place in past.intents if stays(place[0])}
    fresh.decisions = {
        key: made for key, made in past.decisions.items() if key[2] in LASTING and stays(key[0])
    }
    fresh.made_by = past.made_by
    return fresh


def reading_order(step: Step, before: str = "") -> Iterator[str]:
    """The ids of all steps as one reads them, those of called pipelines behind their call's."""
    for part in walk(step):
        own = step_id(part)
        if own is None:
            continue
        yield f"{before}{own}"
        if isinstance(part, Call) and isinstance(part.pipeline, Pipeline):
            yield from reading_order(identified(part.pipeline.step), f"{before}{own}/")


def _around(step: Step, stale: set[str]) -> set[str]:
    """The stale steps and the containers around them."""
    around = set(stale)
    for part in walk(step):
        name = step_id(part)
        if name is not None and any(step_id(inner) in stale for inner in walk(part)):
            around.add(name)
    return around


def take_over(run: Run, past: Past) -> None:
    """Keep what a new execution takes over among its own records, so that it can be resumed.

    Args:
        run: The new execution, of which nothing is kept yet.
        past: What it takes over; the spans in it are replaced by its own.
    """
    at = run.engine.clock.wall_ns()
    for place, span in past.done.items():
        facts: dict[str, Any] = {"reused_from": span.execution_id, TOOK: span.took_ns}
        version = made_by(past, span, span.name)
        if version is not None:
            facts["made_by"] = version
        own = msgspec.structs.replace(
            span,
            execution_id=run.id,
            epoch=run.epoch,
            span_id=run.new_span(),
            parent_span=0,
            kind="reused",
            started=at,
            duration_ns=0,
            inputs=None,
            attributes=facts,
        )
        run.append(own)
        past.done[place] = own
    past.made_by = {}
    for step, path in past.intents:
        key = key_of(run.id, step, path)
        run.append(StepIntent(run.id, run.epoch, step, path, key, at))
    for (step, path, what), decision in past.decisions.items():
        run.decide((step, path), what, decision.value)


def _stale(step: Step, from_step: str | None, changed: Iterable[str]) -> tuple[set[str], set[str]]:
    """The steps to do again with all inside them, and the calls to enter again only."""
    outer, _, inner = (from_step or "").partition("/")
    call = find(step, outer) if inner and from_step and find(step, from_step) is None else None
    if not isinstance(call, Call) or not isinstance(call.pipeline, Pipeline):
        return _around(step, following(step, from_step, changed)), set()
    try:
        stale, entered = _stale(identified(call.pipeline.step), inner, ())
    except UnknownName as unknown:
        near = [f"{outer}/{name}" for name in unknown.__dict__["nearest"]]
        raise UnknownName("step", str(from_step), near) from unknown
    after = _around(step, following(step, outer, changed)) - {outer}
    return (
        after | {f"{outer}/{name}" for name in stale},
        {outer} | {f"{outer}/{name}" for name in entered},
    )
