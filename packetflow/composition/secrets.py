"""Which names of a composition carry secrets, and where one would be kept all the same.

A value is secret under a name as soon as one step there declares it so, whatever the others say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packetflow.composition.joining import joined
from packetflow.composition.problems import Problem
from packetflow.composition.steps import Call, Each, Pipeline, Step, Wait
from packetflow.composition.walk import label, walk


def hidden_names(step: Step, given: Iterable[str] = ()) -> frozenset[str]:
    """The secret names in the scopes of a composition.

    Args:
        step: The composition; the pipelines it calls have scopes of their own.
        given: Names known to be secret.
    """
    hidden = set(given)
    pairs: list[tuple[str, str]] = []
    for part in walk(step):
        flow = part.flow
        for port in (*flow.needs.values(), *flow.makes.values()):
            if port.secret:
                hidden.add(port.name)
        if isinstance(part, Each):
            pairs += [*part.over.items(), *part.into.items()]
    grown = True
    while grown and hidden:
        grown = False
        for one, other in pairs:
            if (one in hidden) != (other in hidden):
                hidden |= {one, other}
                grown = True
    return frozenset(hidden)


def hidden_by_caller(call: Call, hidden: frozenset[str]) -> set[str]:
    """The names inside a called pipeline whose values are secret under the caller's names."""
    reads, writes = joined(call)
    return {name for name, port in (*reads, *writes) if port.secret or port.name in hidden}


def told_in_events(step: Step, given: Iterable[str] = ()) -> Iterator[Problem]:
    """Secrets that an event or a person's answer would give: those are kept as they come."""
    parts = [part for part in walk(step) if isinstance(part, (Wait, Call))]
    if not parts:
        return
    hidden = hidden_names(step, given)
    for part in parts:
        if isinstance(part, Wait):
            for port in part.gives:
                if port.name in hidden:
                    message = (
                        f"gives {port.name!r}, which is secret, but events and answers are kept "
                        "as they come; take it as an input, or have a capability fetch it"
                    )
                    yield Problem("secret_event", label(part), message, port.name)
        elif isinstance(part.pipeline, Pipeline):
            yield from _told_inside(part, part.pipeline, hidden)


def _told_inside(call: Call, called: Pipeline, hidden: frozenset[str]) -> Iterator[Problem]:
    """What is secret only because the caller says so; the rest its own check tells."""
    given = hidden_by_caller(call, hidden)
    if not given:
        return
    own = {(one.step, one.name) for one in told_in_events(called.step)}
    for problem in told_in_events(called.step, given):
        if (problem.step, problem.name) not in own:
            place = f"{label(call)}/{problem.step}"
            yield Problem(problem.code, place, problem.message, problem.name)


def told_by_triggers(pipeline: Pipeline) -> Iterator[Problem]:
    """Secret inputs that only the event could give that starts a pipeline."""
    for trigger in pipeline.triggers:
        if trigger.kind != "event":
            continue
        for port in pipeline.contract.requires:
            if port.secret and not port.optional and port.name not in trigger.inputs:
                message = (
                    f"the event {trigger.what!r} would have to give {port.name!r}, which is "
                    "secret, but events are kept as they come; have a capability fetch it"
                )
                yield Problem("secret_event", pipeline.name, message, port.name)
