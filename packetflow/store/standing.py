"""How an execution stands, worked out from its records: the rules, for whoever keeps the answer.

The owner of the store applies them as records come in (`packetflow.store.lifecycle`), who reads
journals alone to all records of one execution (`packetflow.store.light`). Records of an older epoch
never change how an execution stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from packetflow.kernel.records import (
    FINAL,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    Path,
    SpanEnded,
    Status,
    StepDecision,
    WaitStarted,
)

Change: TypeAlias = (
    ExecutionStarted | ExecutionResumed | WaitStarted | ExecutionEnded | SpanEnded | StepDecision
)
Place: TypeAlias = tuple[str, Path]

ENDS_WAIT: Final = frozenset({"too_late", "ambiguous"})
"""Decisions that end a wait: its time was over, or a person has answered."""


class Step(NamedTuple):
    """What a record has changed.

    Attributes:
        counts: False when the record is of an older epoch, or came after the end.
        at: Since when the execution stands otherwise, in microseconds since 1970; ``None`` when it
            stands as before.
        reason: Why.
        closed: The places that wait no more.
    """

    counts: bool = True
    at: int | None = None
    reason: str = ""
    closed: tuple[Place, ...] = ()


_NOTHING: Final = Step()
_STALE: Final = Step(counts=False)


def puts_aside(record: Change) -> bool:
    """Tell whether a runner lets go of an execution with a record, since it only waits."""
    return isinstance(record, StepDecision) and not record.step and record.what == "parked"


@dataclass(slots=True)
class Standing:
    """How an execution stands.

    Attributes:
        epoch: The newest epoch that counts.
        status: Its status.
        process: Who ran it last.
        runner: That runner's name; empty when not known here.
        waits: Where it waits, and for what when that is known here.
    """

    epoch: int = 0
    status: str = Status.RUNNING
    process: str = ""
    runner: str = ""
    waits: dict[Place, WaitStarted | None] = field(default_factory=dict)

    def take(self, change: Change, process: str) -> Step:
        """Count a record in, and tell what it has changed.

        Args:
            change: The record.
            process: Who wrote it.
        """
        if change.epoch < self.epoch:
            return _STALE
        match change:
            case ExecutionStarted():
                if self.status in FINAL or self.epoch == change.epoch:
                    return _NOTHING
                return self._runs(change, process, change.trigger)
            case ExecutionResumed():
                return self._runs(change, process, change.reason)
            case WaitStarted():
                if self.status in FINAL:
                    return _STALE
                self.epoch, self.status = change.epoch, Status.WAITING
                self.waits[change.step, change.path] = change
                return Step(at=change.at // 1000, reason=change.event)
            case SpanEnded():
                return self._go_on(change, (change.started + change.duration_ns) // 1000)
            case StepDecision():
                if puts_aside(change):
                    return self._put_aside(change)
                return self._decided(change)
            case ExecutionEnded():
                self.epoch, self.status = change.epoch, change.status
                closed = tuple(self.waits)
                self.waits.clear()
                return Step(at=change.at // 1000, reason=change.error, closed=closed)

    def _runs(self, change: ExecutionStarted | ExecutionResumed, process: str, reason: str) -> Step:
        self.epoch, self.status, self.process = change.epoch, Status.RUNNING, process
        self.runner = change.runner or self.runner
        return Step(at=change.at // 1000, reason=reason)

    def _decided(self, change: StepDecision) -> Step:
        return self._go_on(change, change.at // 1000) if change.what in ENDS_WAIT else _NOTHING

    def _go_on(self, change: SpanEnded | StepDecision, at: int) -> Step:
        """A wait is over, if that place waited."""
        place = (change.step, change.path)
        self.waits.pop(place, None)
        if self.waits or self.status != Status.WAITING:
            return Step(closed=(place,))
        self.status = Status.RUNNING
        return Step(at=at, closed=(place,))

    def _put_aside(self, change: StepDecision) -> Step:
        """It only waits: for what an earlier life began to wait for, if not for more."""
        if not self.waits or self.status in {Status.WAITING, *FINAL}:
            return _NOTHING
        self.status = Status.WAITING
        return Step(at=change.at // 1000, reason="put aside")
