"""A composition as an indented tree of lines."""

from __future__ import annotations

from typing import assert_never

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
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import step_id

Branches = list[tuple[str, Step]]


def tree(step: Step) -> list[str]:
    """A line for every step, with what surrounds it at its left.

    >>> from packetflow import capability
    >>> @capability(provides="text")
    ... def read(path: str) -> str:
    ...     "Read a file."
    ...     return path
    >>> print(*tree(read.retry(3, on=OSError) >> read.called("again")), sep="; ")
    one after the other; ├─ read [retry 3x on OSError]: Read a file.; └─ again = read: Read a file.
    """
    lines = [_line(step)]
    _below(step, "", lines)
    return lines


def _below(step: Step, indent: str, lines: list[str]) -> None:
    inside = _inside(step)
    for number, (why, part) in enumerate(inside, 1):
        last = number == len(inside)
        lines.append(f"{indent}{'└─ ' if last else '├─ '}{why}{_line(part)}")
        _below(part, f"{indent}{'   ' if last else '│  '}", lines)


def _inside(step: Step) -> Branches:
    match step:
        case Use() | Call():
            return []
        case Sequence() | Parallel() | Graph() | Race() | Fallback():
            return [("", part) for part in step.steps]
        case Branch():
            ways: Branches = [(f"when {case.when}: ", case.then) for case in step.cases]
            return ways if step.otherwise is None else [*ways, ("otherwise: ", step.otherwise)]
        case Each() | Repeat():
            return [("", step.step)]
        case Guarded():
            return _inside(_bare(step)[0])
        case Wait():
            return [] if step.otherwise is None else [("too late: ", step.otherwise)]
        case _:
            assert_never(step)


def _bare(step: Step) -> tuple[Step, list[str]]:
    """What the policies stand around, and they in words, the innermost first."""
    policies: list[str] = []
    while isinstance(step, Guarded):
        policies.insert(0, words.policy(step.policy))
        step = step.step
    return step, policies


def _line(guarded: Step) -> str:
    step, policies = _bare(guarded)
    badges = [*policies, *words.bounds(step)]
    around = f" [{', '.join(badges)}]" if badges else ""
    match step:
        case Use(capability=called):
            return _called(step, called.name, around, words.intent(called))
        case Call(pipeline=called):
            gone = " (unknown)" if isinstance(called, Unknown) else ""
            name = f"pipeline {called.name}{gone}"
            return _called(step, name, around, words.intent(called))
        case Wait():
            return f"{step_id(step) or 'wait'}{around}: waits {words.waiting(step)}"
        case _:
            return f"{words.title(step)}{around}"


def _called(step: Step, name: str, around: str, intent: str) -> str:
    own = step_id(step)
    head = name if own in {None, name, name.removeprefix("pipeline ")} else f"{own} = {name}"
    return f"{head}{around}{f': {intent}' if intent else ''}"
