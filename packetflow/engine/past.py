"""Read an earlier life off its records: what is done, what was chosen, what is left open."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from packetflow.composition.calls import Calls
from packetflow.kernel.records import (
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    Path,
    Record,
    SpanEnded,
    Status,
    StepDecision,
    StepIntent,
    WaitStarted,
)

Place: TypeAlias = tuple[str, Path]
"""A step's id with its item and pass indexes."""


_DONE = frozenset({Status.OK.value, Status.SKIPPED.value})
_NO_OUTCOME = frozenset({Status.TIMED_OUT.value, Status.CANCELLED.value})
_FAILED_TRY = frozenset({Status.FAILED.value, Status.TIMED_OUT.value})
_LOST = frozenset({"RunnerLost", "TimedOut"})
_STEP_KINDS = frozenset({"capability", "call", "wait", "race", "cache", "reused"})


def firm(path: Path) -> Path:
    """A path without the marks of later tries: the same for every try of one item and pass."""
    return path if not path or min(path) >= 0 else tuple(one for one in path if one >= 0)


class Past:
    """What an earlier runner, or an earlier execution, already did.

    Attributes:
        done: Spans of completed steps.
        decisions: What containers chose, by place and kind of decision.
        intents: Guarded effects that began and have no result.
        attempts: How many tries of a step have failed.
        waits: Waits that began, by place and event.
        taken: Ids of the events that waits have taken.
        made_by: By epoch, the capabilities that were another version then, or other code of the
            same version: their version then.
    """

    __slots__ = ("attempts", "decisions", "done", "intents", "made_by", "taken", "waits")

    def __init__(self) -> None:
        self.done: dict[Place, SpanEnded] = {}
        self.decisions: dict[tuple[str, Path, str], StepDecision] = {}
        self.intents: set[Place] = set()
        self.attempts: dict[Place, int] = {}
        self.waits: dict[Place, dict[str, WaitStarted]] = {}
        self.taken: set[str] = set()
        self.made_by: dict[int, dict[str, str]] = {}


@dataclass
class Story:
    """An execution as its records tell it.

    Attributes:
        started: Its first record; ``None`` when that is missing.
        epoch: The highest lease epoch seen.
        runner: The runner that held it last.
        parked: That runner has put it aside: it only waits, and anybody may take it up.
        past: What a new runner may build on.
        ended: Its last record, once it is over.
        calls_by_epoch: The form of everything called that ran in each epoch; see
            `packetflow.composition.calls`. Empty for those that older versions kept.
        read: How many of its records count, by epoch.
        last_span: The highest span number seen.
        spans: All spans that count, in the order they were kept.
    """

    started: ExecutionStarted | None = None
    epoch: int = 0
    runner: str = ""
    parked: bool = False
    past: Past = field(default_factory=Past)
    ended: ExecutionEnded | None = None
    calls_by_epoch: dict[int, Calls] = field(default_factory=dict)
    read: dict[int, int] = field(default_factory=dict)
    last_span: int = 0
    spans: list[SpanEnded] = field(default_factory=list)

    @property
    def open_waits(self) -> tuple[WaitStarted, ...]:
        """What it waits for, the oldest first; of each step the latest question."""
        return tuple(list(of_step.values())[-1] for of_step in self.past.waits.values())

    @property
    def calls(self) -> Calls:
        """The form in which it last went on."""
        return self.calls_by_epoch.get(self.epoch, {})


def read_story(records: Iterable[Record]) -> Story:
    """Read the records of one execution, given by epoch and then as they were written.

    What an older runner wrote after a newer one had read its records does not count. Of several
    completed spans of one place, the one of the newest epoch counts.
    """
    lives = counted(records)
    story = Story()
    for epoch in sorted(lives):
        story.read[epoch] = len(lives[epoch])
        if lives[epoch]:
            story.calls_by_epoch[epoch] = story.calls
            story.epoch = epoch
        for record in lives[epoch]:
            _take(story, record)
    return story


def counted(records: Iterable[Record]) -> dict[int, list[Record]]:
    """The records of one execution that count, by epoch; given as `read_story` takes them."""
    lives: dict[int, list[Record]] = {}
    for record in records:
        epoch = getattr(record, "epoch", None)
        if epoch is not None:
            lives.setdefault(epoch, []).append(record)
    _cut_off(lives)
    return lives


def _cut_off(lives: dict[int, list[Record]]) -> None:
    """Leave out of each epoch's records what came after a newer runner had read them."""
    for epoch in sorted(lives, reverse=True):
        taken = next((r for r in lives[epoch] if isinstance(r, ExecutionResumed)), None)
        if taken is None:
            continue
        for older, kept in lives.items():
            if older >= epoch:
                continue
            if taken.read is None:
                kept[:] = [r for r in kept if _written_at(r) <= taken.at]
            else:
                del kept[taken.read.get(older, 0) :]


def _written_at(record: Record) -> int:
    if isinstance(record, SpanEnded):
        return record.started + record.duration_ns
    at: int = getattr(record, "at", 0)
    return at


def _take(story: Story, record: Record) -> None:
    past = story.past
    match record:
        case ExecutionStarted():
            story.started = record
            story.calls_by_epoch[record.epoch] = record.calls
            story.runner = story.runner or record.runner
        case ExecutionResumed():
            story.runner = record.runner
            story.parked = False
            story.ended = None
        case ExecutionEnded():
            story.ended = record
        case SpanEnded():
            _take_span(story, record)
        case StepIntent():
            past.intents.add((record.step, firm(record.path)))
            past.decisions.pop((record.step, record.path, "ambiguous"), None)
        case StepDecision():
            key = (record.step, record.path, record.what)
            past.decisions[key] = record
            if record.what in {"ambiguous", "too_late"}:
                past.waits.pop(key[:2], None)
            elif record.what == "code":
                past.waits.pop(key[:2], None)
                if record.value:
                    calls = json.loads(str(record.value))
                    story.calls_by_epoch[record.epoch] = {k: tuple(v) for k, v in calls.items()}
            elif record.what == "span":
                story.last_span = max(story.last_span, int(record.value))
            elif record.what == "parked":
                story.parked = True
            elif record.what == "withdrawn":
                past.intents.discard((record.step, firm(record.path)))
        case WaitStarted():
            waits = past.waits.setdefault((record.step, record.path), {})
            waits.setdefault(record.event, record)
        case _:
            pass


def _take_span(story: Story, span: SpanEnded) -> None:
    story.spans.append(span)
    story.last_span = max(story.last_span, span.span_id)
    if span.kind not in _STEP_KINDS:
        return
    place = (span.step, span.path)
    past = story.past
    said = past.decisions.get((*place, "span"))
    if said is not None and said.value == span.span_id:
        del past.decisions[*place, "span"]  # that span has ended; another try has its own
    if span.kind == "wait" and span.attributes:
        past.taken.add(str(span.attributes.get("event_id", "")))
    if past.waits and (span.kind == "wait" or span.status != Status.CANCELLED):
        past.waits.pop(place, None)
    if span.status in _DONE:
        known = past.done.get(place)
        if known is None or span.epoch > known.epoch:
            past.done[place] = span
    elif span.status in _FAILED_TRY:
        past.attempts[place] = max(past.attempts.get(place, 0), span.attempt)
    if span.status not in _NO_OUTCOME and span.error_type not in _LOST:
        past.intents.discard((span.step, firm(span.path)))


def in_midst_of_effects(records: Iterable[Record], epoch: int) -> bool:
    """Tell whether the runner of that epoch may be in the midst of a guarded effect."""
    begun: set[Place] = set()
    for record in records:
        match record:
            case StepIntent() if record.epoch == epoch:
                begun.add((record.step, firm(record.path)))
            case SpanEnded() | StepDecision(what="withdrawn"):
                begun.discard((record.step, firm(record.path)))
            case _:
                pass
    return bool(begun)
