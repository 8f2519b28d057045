"""The engine's events as plain values, for whoever has none of the user's classes.

All who look at a run from outside read these: clients in other processes, over the wire; canvases,
live and, as spans and waits are records too, from what was kept.
"""

from __future__ import annotations

import time
from typing import Any, Final

import msgspec
from msgspec.msgpack import Ext

from packetflow.engine.events import (
    Answered,
    Ended,
    Event,
    Logged,
    PartialOutput,
    Progressed,
    StepEnded,
    StepStarted,
    Waits,
)
from packetflow.engine.values import pack
from packetflow.kernel.cards import Happening
from packetflow.kernel.records import TOOK, Payload, SpanEnded, ValueTag

EVENT_VALUE_LIMIT: Final = 16 << 10
"""Values above this many bytes are left out of step events; the journal has them."""


def happening_of(event: Event, secrets: frozenset[str] = frozenset()) -> Happening | None:
    """The event as a plain value; ``None`` for `Ended`, which is told as an outcome.

    Args:
        event: What the engine told.
        secrets: Names of outputs of which nothing may be shown.
    """
    match event:
        case StepStarted(execution_id, step, path, attempt, at):
            return Happening(
                execution_id, "step_started", step, list(path), at, {"attempt": attempt}
            )
        case StepEnded(span):
            body = _span_body(span, secrets)
            at = span.started + span.duration_ns
            return Happening(span.execution_id, "step_ended", span.step, list(span.path), at, body)
        case Progressed(execution_id, step, path, fraction, text):
            body = {"fraction": fraction, "text": text}
            return Happening(execution_id, "progressed", step, list(path), time.time_ns(), body)
        case PartialOutput(execution_id, step, path, value):
            body = {"value": _small(pack(value))}
            return Happening(execution_id, "partial", step, list(path), time.time_ns(), body)
        case Logged(execution_id, step, path, level, text):
            body = {"level": level, "text": text}
            return Happening(execution_id, "logged", step, list(path), time.time_ns(), body)
        case Waits(wait):
            body = {
                "event": wait.event,
                "key": wait.key,
                "deadline": wait.deadline,
                "question": wait.question,
                "choices": list(wait.choices),
                "form": wait.form,
            }
            return Happening(wait.execution_id, "waits", wait.step, list(wait.path), wait.at, body)
        case Answered(execution_id, step, path, at):
            return Happening(execution_id, "answered", step, list(path), at)
        case Ended():
            return None


def size_of(packed: Any) -> int:
    """The bytes of a packed value."""
    if isinstance(packed, Ext):
        return memoryview(packed.data).nbytes
    return len(msgspec.msgpack.encode(packed))


def left_out(packed: Any, size: int) -> Ext:
    """What stands for a packed value that is too large to be told."""
    what = "a table" if isinstance(packed, Ext) and packed.code == ValueTag.ARROW else "a value"
    return Ext(int(ValueTag.OPAQUE), f"{what} of {size:,} bytes; ask the store for it".encode())


def _span_body(span: SpanEnded, secrets: frozenset[str]) -> Payload:
    outputs = {
        name: Ext(int(ValueTag.SECRET), b"") if name in secrets else _small(_packed(value))
        for name, value in span.outputs.items()
    }
    taken_over = {TOOK: span.took_ns} if span.kind == "reused" else {}
    return taken_over | {
        "span_id": span.span_id,
        "parent_span": span.parent_span,
        "kind": span.kind,
        "name": span.name,
        "status": str(span.status),
        "attempt": span.attempt,
        "started": span.started,
        "duration_ns": span.duration_ns,
        "error_type": span.error_type,
        "error": span.error,
        "outputs": outputs,
    }


def _packed(value: Any) -> Any:
    """A value of a span, which is packed already where records are kept."""
    return value if isinstance(value, Ext) else pack(value)


def _small(packed: Any) -> Any:
    if isinstance(packed, bool | int | float | None):
        return packed
    size = size_of(packed)
    return packed if size <= EVENT_VALUE_LIMIT else left_out(packed, size)
