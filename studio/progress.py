"""How the steps of a run stand, read from the events the runner tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from packetflow.kernel.cards import Happening, StepCard
from packetflow.kernel.records import TOOK
from packetflow.show import Drawing, svg
from packetflow.show.theme import Theme
from packetflow.store.bars import nanoseconds, took_ns
from packetflow.store.queries import Whole

_WORST = ("failed", "timed_out", "lost", "cancelled", "running", "waiting", "ok", "skipped")


@dataclass(slots=True)
class StepState:
    """One step as a person sees it; a step that ran for many items is one of these.

    Attributes:
        id: The step's id.
        depth: How deep it lies inside others, from 0.
        kind: ``use``, ``wait``, ``each``, ...
        seconds: From its first start to its last end so far.
        under_way: How many of its calls run now.
        finished: How many of its calls ended well.
        failed: How many of its calls failed for good, or as far as is known.
        attempts: The most tries one call took.
        fraction: 0 to 1, where the step says how far it is.
        text: What it said last.
        error: Why it failed.
        took_over: How many seconds it took in the run that it was taken over from; None when it was
            not taken over.
        waits_for: ``an answer``, or the event that it waited for last.
    """

    id: str
    depth: int = 0
    kind: str = "use"
    started: int = 0
    ended: int = 0
    under_way: int = 0
    finished: int = 0
    failed: int = 0
    attempts: int = 1
    fraction: float | None = None
    text: str = ""
    error: str = ""
    last: str = ""
    calls: dict[tuple[Any, ...], str] = field(default_factory=dict)
    took_over: float | None = None
    waits_for: str = ""

    @property
    def status(self) -> str:
        """How it stands; empty when it has not begun."""
        found = set(self.calls.values()) or ({self.last} if self.last else set())
        if "waiting" in found:
            return "waiting"
        return next((one for one in _WORST if one in found), "")

    def seconds(self, now: int) -> float | None:
        """How long it took, or takes so far; None before it begins."""
        if self.took_over is not None:
            return self.took_over
        if not self.started:
            return None
        until = now if self.status in {"running", "waiting"} else self.ended
        return max(0, until - self.started) / 1e9


@dataclass(slots=True)
class Progress:
    """A run so far.

    Attributes:
        steps: In reading order.
        logs: ``(step, level, text)``, oldest first.
        partial: By step, what it has given so far.
        questions: What waits for a person: step, path, question, choices.
    """

    steps: dict[str, StepState] = field(default_factory=dict)
    logs: list[tuple[str, str, str]] = field(default_factory=list)
    partial: dict[str, list[Any]] = field(default_factory=dict)
    questions: dict[tuple[str, tuple[int, ...]], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def statuses(self) -> dict[str, str]:
        """By step, how it stands; steps that have not begun are left out."""
        return {one.id: one.status for one in self.steps.values() if one.status}

    @property
    def share(self) -> float:
        """Which share of the steps is over, from 0 to 1; loops and branches do not count."""
        counted = [one for one in self.steps.values() if one.kind in {"use", "call", "wait"}]
        over = sum(one.status in {"ok", "skipped"} for one in counted)
        return over / len(counted) if counted else 0.0


def read_progress(steps: Sequence[StepCard], events: Iterable[Happening]) -> Progress:
    """Read how a run stands.

    Args:
        steps: Of the pipeline, in reading order; steps they do not name are added as they come.
        events: From the first on.
    """
    found = Progress({card.id: StepState(card.id, card.depth, card.kind) for card in steps})
    for event in events:
        _take(found, event)
    return found


def _take(found: Progress, event: Happening) -> None:
    whole = event.step
    owner = whole.split("/")[0]
    state = found.steps.setdefault(owner, StepState(owner))
    call, body = (whole, tuple(event.path)), event.body
    match event.kind:
        case "step_started":
            found.questions.pop(call, None)
            state.started = state.started or event.at
            state.attempts = max(state.attempts, int(body.get("attempt", 1)))
            state.calls[call] = "running"
        case "step_ended":
            _end(found, state, call, event)
        case "progressed":
            state.fraction = body.get("fraction")
            state.text = str(body.get("text") or state.text)
        case "partial":
            found.partial.setdefault(owner, []).append(body.get("value"))
        case "logged":
            found.logs.append((whole, str(body.get("level", "")), str(body.get("text", ""))))
        case "waits":
            state.started = state.started or event.at
            state.calls[call] = "waiting"
            state.waits_for = "an answer" if body.get("question") else str(body.get("event", ""))
            if body.get("question"):
                found.questions[call] = body
        case "answered":
            state.calls[call] = "running"
            found.questions.pop(call, None)
        case _:  # a newer runner may tell more
            return


def _end(found: Progress, state: StepState, call: tuple[Any, ...], event: Happening) -> None:
    status, body = str(event.body.get("status", "ok")), event.body
    state.started = state.started or int(body.get("started", event.at))
    state.ended = max(state.ended, event.at)
    state.last = status
    state.calls[call] = status
    state.attempts = max(state.attempts, int(body.get("attempt", 1)))
    state.error = "" if status in {"ok", "skipped"} else str(body.get("error", ""))
    if body.get("kind") == "reused":
        state.took_over = (state.took_over or 0.0) + int(body.get(TOOK, 0)) / 1e9
    found.questions.pop(call, None)


def happened(whole: Whole) -> list[Happening]:
    """What the store keeps of an execution, as events: ended steps and open questions."""
    identity = str(whole.execution["execution_id"])
    found = []
    for row in whole.spans.to_pylist():
        began = nanoseconds(row["started_at"])
        body = {name: row[name] for name in ("status", "attempt", "error", "kind", "name")}
        body |= {"started": began, TOOK: took_ns(row)}
        at, path = began + int(row["duration_ns"]), list(row["path"] or ())
        found.append(Happening(identity, "step_ended", row["step"], path, at, body))
    over = {(one.step, tuple(one.path)) for one in found}
    for row in whole.waits.to_pylist():
        path = list(row["path"] or ())
        if (row["step"], tuple(path)) in over or whole.execution["ended_at"] is not None:
            continue
        body = {"question": row["question"], "choices": row["choices"], "event": row["event"]}
        at = nanoseconds(row["waiting_since"])
        found.append(Happening(identity, "waits", row["step"], path, at, body))
        if row["answered_at"] is not None:
            at = nanoseconds(row["answered_at"])
            found.append(Happening(identity, "answered", row["step"], path, at))
    return found


def counts(state: StepState) -> str:
    """Say how many calls of a step are done, when there is more than one.

    >>> counts(StepState("read", calls={("read", (0,)): "ok", ("read", (1,)): "running"}))
    '1 of 2'
    """
    if len(state.calls) < 2:
        return ""
    done = sum(one in {"ok", "skipped"} for one in state.calls.values())
    return f"{done} of {len(state.calls)}"


def picture(drawing: str, statuses: Mapping[str, str], theme: Theme) -> str:
    """Draw a pipeline with its steps coloured by how they stand.

    Args:
        drawing: From `packetflow.kernel.cards.Description`; empty gives an empty picture.
        statuses: By step id.
        theme: Of the page.
    """
    if not drawing:
        return ""
    made = msgspec.json.decode(drawing, type=Drawing)
    nodes = tuple(
        replace(node, status=statuses[node.id]) if node.id in statuses else node
        for node in made.nodes
    )
    groups = tuple(
        replace(group, status=statuses[group.id]) if group.id in statuses else group
        for group in made.groups
    )
    return svg(replace(made, nodes=nodes, groups=groups), theme=theme)
