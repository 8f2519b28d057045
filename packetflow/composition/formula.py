"""A composition as a line of the operators it was written with: what ``repr`` shows."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from typing import Final

from packetflow.composition import words
from packetflow.composition.steps import (
    Branch,
    Call,
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
from packetflow.composition.walk import natural_name, step_id

MOST_PARTS: Final = 6
"""So many parts of one container are written out, the others counted."""
DEEPEST: Final = 4
"""Steps nested deeper stand as three dots."""

_LOOSE: Final = {Sequence: 3, Parallel: 2, Fallback: 1}
"""How tightly the operators bind, as Python's do."""


def formula(step: Step, depth: int = 0) -> str:
    """Write a step in one line, long and deep ones cut.

    >>> from packetflow import capability, when
    >>> @capability(provides="page")
    ... def fetch(url: str) -> str:
    ...     return url
    >>> @capability(provides="card")
    ... def card(page: str) -> str:
    ...     return page
    >>> fetch.retry(3, on=OSError) >> when("size(page) > 0", card)
    <flow fetch[retry 3x on OSError] >> when(size(page) > 0: card)>
    """
    if depth >= DEEPEST:
        return "..."
    match step:
        case Use() | Call():
            own, name = step_id(step), natural_name(step)
            return name if own in {None, name} else f"{own}={name}"
        case Wait(event=event):
            return f"wait_for({event})"
        case Guarded(step=inner, policy=policy):
            return f"{_inside(inner, 4, depth)}[{words.policy(policy)}]"
        case Sequence(steps=steps):
            return _joined(" >> ", steps, (3, depth))
        case Parallel(steps=steps):
            return _joined(" & ", steps, (2, depth))
        case Fallback(steps=steps):
            return _joined(" | ", steps, (1, depth))
        case Graph(steps=steps):
            return f"graph({_joined(', ', steps, (0, depth))})"
        case Race(steps=steps):
            return f"race({_joined(', ', steps, (0, depth))})"
        case Each(step=inner, over=over):
            return f"each({formula(inner, depth + 1)} over {', '.join(over.values())})"
        case Repeat(step=inner, until=until, at_most=most):
            bound = f"until {until}" if until else f"{most}x"
            return f"repeat({formula(inner, depth + 1)} {bound})"
        case Branch():
            return _branch(step, depth)


def _branch(step: Branch, depth: int) -> str:
    ways = [f"{case.when}: {formula(case.then, depth + 1)}" for case in step.cases[:MOST_PARTS]]
    if len(step.cases) > MOST_PARTS:
        ways.append(f"... {len(step.cases) - MOST_PARTS} more")
    if step.otherwise is not None:
        ways.append(f"otherwise: {formula(step.otherwise, depth + 1)}")
    return f"{'when' if len(step.cases) == 1 else 'choose'}({', '.join(ways)})"


def _joined(sign: str, steps: SequenceOf[Step], place: tuple[int, int]) -> str:
    strength, depth = place
    if not steps:
        return "nothing"
    parts = [_inside(step, strength + 1, depth) for step in steps[:MOST_PARTS]]
    more = len(steps) - MOST_PARTS
    return sign.join([*parts, f"... {more} more"] if more > 0 else parts)


def _inside(step: Step, strength: int, depth: int) -> str:
    text = formula(step, depth + 1)
    return f"({text})" if _LOOSE.get(type(step), strength) < strength else text
