"""Where a composition changes something outside in a way that cannot be meant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from packetflow.capabilities.effects import Effect, Safety
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.problems import Fix, Problem
from packetflow.composition.steps import Call, Graph, Pipeline, Step, Unknown, Use, Wait
from packetflow.composition.walk import label, walk


def effects_twice(part: Step, name: str, where: str) -> Iterator[Problem]:
    """Find guarded effects that might happen twice in *where*."""
    for inner in _throughout(part):
        if isinstance(inner, Use) and _safety(inner) is Safety.GUARDED:
            message = (
                f"{label(inner)!r} changes something outside and might do so twice in {where}; "
                "take it out, or declare its effect idempotent"
            )
            yield Problem("guarded_twice", name, message)
        elif isinstance(inner, Use) and calls_of(inner):
            message = (
                f"{label(inner)!r} calls others while it runs, which might change something "
                f"outside twice in {where}"
            )
            yield Problem("guarded_twice", name, message, severity="warning")


def waits_twice(part: Step, name: str) -> Iterator[Problem]:
    """Find waits that a hedge would begin twice, so that they would take two events."""
    for inner in _throughout(part):
        if isinstance(inner, Wait):
            message = (
                f"{label(inner)!r} waits, and a hedge would wait a second time beside it and take "
                "a second event; take it out of the hedge"
            )
            yield Problem("waits_twice", name, message)


def _throughout(part: Step) -> Iterator[Step]:
    """Every step, also of the pipelines that are called; each of those once."""
    seen: set[int] = set()
    stack = [part]
    while stack:
        for inner in walk(stack.pop()):
            yield inner
            called = inner.pipeline if isinstance(inner, Call) else None
            if isinstance(called, Pipeline) and id(called) not in seen:
                seen.add(id(called))
                stack.append(called.step)


def effects_of(part: Step) -> list[Effect]:
    """What all steps of a part declare, each effect once."""
    found: dict[Effect, None] = {}
    for inner in _throughout(part):
        if isinstance(inner, Use) and not isinstance(inner.capability, Unknown):
            found.update(dict.fromkeys(inner.capability.declaration.effects))
    return list(found)


def changes_once(part: Step) -> bool:
    """Whether something in it must not happen twice."""
    return any(isinstance(one, Use) and _safety(one) is Safety.GUARDED for one in _throughout(part))


def effects_left_out(part: Step, name: str) -> Iterator[Problem]:
    """Warn about effects that do not happen when the answer comes from a cache."""
    for inner in _throughout(part):
        if isinstance(inner, Use) and _safety(inner) is not Safety.PURE:
            message = (
                f"{label(inner)!r} changes something outside, which does not happen when its "
                "answer comes from the cache; take the cache off, or cache what comes before"
            )
            yield Problem("cached_effect", name, message, severity="warning")


def _safety(step: Use) -> Safety:
    called = step.capability
    return Safety.PURE if isinstance(called, Unknown) else called.declaration.safety


def calls_of(step: Use) -> list[str]:
    """What a step says that it calls while it runs: names, patterns, and inputs in braces."""
    return [effect.target for effect in effects_of(step) if effect.kind == "calls"]


def _writes_outside(step: Step) -> bool:
    parts = _throughout(step)
    return any(isinstance(one, Use) and _safety(one) is not Safety.PURE for one in parts)


def unordered(graph: Graph) -> Iterator[Problem]:
    """Warn about steps with outside effects that nothing orders."""
    writers = [i for i, step in enumerate(graph.steps) if _writes_outside(step)]
    if len(writers) < 2:
        return
    wiring = graph_dataflow(graph)
    for first, second in pairwise(writers):
        if _reaches(wiring.after, first, second) or _reaches(wiring.after, second, first):
            continue
        one, other = label(graph.steps[first]), label(graph.steps[second])
        message = f"it and {one!r} both change something outside, and nothing orders them"
        fix = Fix(f"Run {other} after {one}", {"op": "after", "step": other, "wait_for": one})
        yield Problem("unordered_effects", other, message, severity="warning", fix=fix)


def _reaches(after: tuple[tuple[int, ...], ...], start: int, goal: int) -> bool:
    stack, seen = [start], {start}
    while stack:
        here = stack.pop()
        if here == goal:
            return True
        fresh = [one for one in after[here] if one not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    return False
