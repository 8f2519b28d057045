"""What the canvas reads of a step's end and of a wait, live and from the records alike."""

from __future__ import annotations

from packetflow.kernel.cards import Happening
from packetflow.kernel.records import TOOK, SpanEnded, WaitStarted


def step_ended(span: SpanEnded) -> Happening:
    """A step that has ended."""
    body = {
        "status": str(span.status),
        "attempt": span.attempt,
        "started": span.started,
        "error": span.error,
        "kind": span.kind,
        TOOK: span.took_ns,
    }
    at = span.started + span.duration_ns
    return Happening(span.execution_id, "step_ended", span.step, list(span.path), at, body)


def waits(wait: WaitStarted) -> Happening:
    """A step that waits, for an event or a person."""
    body = {"question": wait.question, "choices": list(wait.choices)}
    return Happening(wait.execution_id, "waits", wait.step, list(wait.path), wait.at, body)
