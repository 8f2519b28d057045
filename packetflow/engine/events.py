"""What can be followed while an execution runs: ``async for event in ws.start(flow, ...)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from packetflow.kernel.records import Path, SpanEnded, WaitStarted

if TYPE_CHECKING:
    from packetflow.engine.execution import Execution


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins; ``at`` is nanoseconds since 1970 UTC."""

    execution_id: str
    step: str
    path: Path
    attempt: int
    at: int


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step has ended, well or not."""

    span: SpanEnded


@dataclass(frozen=True, slots=True)
class Progressed:
    """A step says how far it is, from 0 to 1."""

    execution_id: str
    step: str
    path: Path
    fraction: float
    text: str


@dataclass(frozen=True, slots=True)
class PartialOutput:
    """A piece of a step's output, before the whole is there."""

    execution_id: str
    step: str
    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Logged:
    """A step logged a line."""

    execution_id: str
    step: str
    path: Path
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A step waits for an event or for a person."""

    wait: WaitStarted


@dataclass(frozen=True, slots=True)
class Answered:
    """A step that asked in the midst of its work was answered and goes on."""

    execution_id: str
    step: str
    path: Path
    at: int


@dataclass(frozen=True, slots=True)
class Ended:
    """The execution is over (or put aside, waiting)."""

    execution: Execution


Event: TypeAlias = (
    StepStarted | StepEnded | Progressed | PartialOutput | Logged | Waits | Answered | Ended
)
