"""Going on with changed code: whether a person is asked first, and what becomes of old outputs.

An execution keeps the form of everything it calls (`packetflow.composition.calls`). When it is
taken up and something has changed, whatever declares ``migrate`` says itself what becomes of the
outputs that older code made; for the rest a person has to agree, before the execution is taken up
or, where nobody is there to be told, by answering a question of the execution.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from packetflow.composition.calls import Calls, Change, calls_of, changes
from packetflow.composition.capability import Capability
from packetflow.composition.steps import Call, Pipeline, Step, Use
from packetflow.composition.walk import walk
from packetflow.engine.ending import find_inside
from packetflow.engine.past import Story
from packetflow.engine.plan import Plan
from packetflow.engine.state import Frame, StepFailed
from packetflow.engine.waits import Asked, ask_person
from packetflow.errors import Unanswered
from packetflow.kernel.records import Status

GO_ON, STOP = "go on with the new code", "stop"
WHOLE = ("", ())
"""The place of decisions about an execution as a whole."""


def calls_now(plan: Plan) -> dict[str, tuple[str, ...]]:
    """What a plan calls, in its present form; worked out once."""
    known: dict[str, tuple[str, ...]] | None = plan.__dict__.get("_calls")
    if known is None:
        known = plan.__dict__["_calls"] = calls_of(plan.step)
    return known


def changed_since(story: Story, plan: Plan) -> list[Change]:
    """What a person has to agree to: what has changed since the execution last went on.

    What migrates by itself is left out. So is the capability whose failure ended the execution, if
    it still has its contract and nothing that it made is kept: it was mended to be resumed.
    """
    found = changes(story.calls, calls_now(plan))
    if not found:
        return []
    free = {one.name for one in _capabilities(plan.step) if one.declaration.migrate}
    mended = _failed_alone(story, plan)
    return [
        one
        for one in found
        if one.kind == "call"
        or not (one.name in free or (one.name == mended and one.then[1] == one.now[1]))
    ]


def _failed_alone(story: Story, plan: Plan) -> str:
    """The capability whose failure ended the execution, if nothing of it is kept; else empty."""
    if story.ended is None or story.ended.status != Status.FAILED:
        return ""
    step = find_inside(plan.step, story.ended.failed_step)
    if not isinstance(step, Use) or any(place[0] == step.id for place in story.past.intents):
        return ""
    name = step.capability.name
    return "" if any(span.name == name for span in story.past.done.values()) else name


def in_words(changed: Iterable[Change]) -> str:
    """The changes as one clause: ``the code of capability 'f' has changed``."""
    said = [str(one) for one in changed]
    whole = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"{whole} {'has' if len(said) == 1 else 'have'} changed"


def _capabilities(step: Step) -> Iterable[Capability[..., Any]]:
    for part in walk(step):
        if isinstance(part, Use) and isinstance(part.capability, Capability):
            yield part.capability
        elif isinstance(part, Call) and isinstance(part.pipeline, Pipeline):
            yield from _capabilities(part.pipeline.step)


def note_makers(story: Story, now: Calls) -> None:
    """Tell the past which outputs were made by an older form of their capability."""
    for epoch, then in story.calls_by_epoch.items():
        changed = {one.name: one.then[0] for one in changes(then, now) if one.kind == "use"}
        if changed:
            story.past.made_by[epoch] = changed


async def agreed(frame: Frame, question: str) -> None:
    """Ask a person whether the execution may go on with changed code.

    Raises:
        StepFailed: It may not.
    """
    run = frame.run
    run.busy += 1
    try:
        answer = await ask_person(frame, "", Asked(question, (GO_ON, STOP)))
    finally:
        run.busy -= 1
    if answer != GO_ON:
        run.decide(WHOLE, "code", "")
        cause = Unanswered("a person stopped it because its code has changed")
        raise StepFailed("", (), cause, {}) from cause


def keep_calls(frame: Frame, calls: Calls) -> None:
    """Keep that these forms run from here on."""
    frame.run.decide(WHOLE, "code", json.dumps(calls, separators=(",", ":")))
