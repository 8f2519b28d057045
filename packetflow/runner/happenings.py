"""The engine's events and results as plain values that can travel to another process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec.msgpack import Ext

from packetflow.capabilities.contract import Port
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
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.values import pack, pack_all
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import FailureCard, Happening, Outcome, WaitCard
from packetflow.kernel.records import TOOK, Payload, SpanEnded, Status, ValueTag, WaitStarted
from packetflow.runner.refusals import facts_of

EVENT_VALUE_LIMIT: Final = 16 << 10
"""Values above this many bytes are left out of step events; the journal has them."""

OUTPUTS_LIMIT: Final = 48 << 20
"""Outputs above this many bytes together are left out of an outcome, the largest first."""


def happening_of(event: Event, secrets: frozenset[str] = frozenset()) -> Happening | Outcome:
    """The event as a plain value; `Ended` becomes an `Outcome`.

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
        case Ended(execution):
            return outcome_of(execution)


def outcome_of(execution: Execution, ports: Mapping[str, Port] | None = None) -> Outcome:
    """How an execution ended, with its outputs packed.

    Args:
        execution: What the engine answered.
        ports: The outputs' ports, so that secret ones are left out; by default those of the
            execution's own composition.
    """
    if ports is None:
        step = execution.step
        ports = {} if step is None else step.flow.makes
    outputs = _fitting(pack_all(execution.outputs, ports))
    failure = None if execution.failure is None else failure_card(execution.failure)
    waits = [wait_card(wait) for wait in execution.waits]
    return Outcome(execution.id, execution.status.value, outputs, failure, execution.seconds, waits)


def wait_card(wait: WaitStarted) -> WaitCard:
    """What a step waits for."""
    path, choices = list(wait.path), list(wait.choices)
    return WaitCard(wait.step, path, wait.event, wait.question, choices, wait.form, wait.deadline)


def failed_outcome(execution_id: str, error: PacketFlowError) -> Outcome:
    """The outcome of an execution whose end itself failed, such as on a full disk."""
    failure = failure_card(Failure("", (), {}, type(error).__name__, error.message, error))
    return Outcome(execution_id, Status.FAILED.value, failure=failure)


def failure_card(failure: Failure) -> FailureCard:
    """Why an execution failed, without anything of the user's own classes."""
    cause = failure.cause
    code, facts = "", {}
    if isinstance(cause, PacketFlowError):
        code, facts = cause.code, facts_of(cause, failure.scrub)
    return FailureCard(
        failure.step,
        failure.error_type,
        failure.message,
        list(failure.path),
        code,
        facts,
        failure.trail,
    )


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


def _size(packed: Any) -> int:
    if isinstance(packed, Ext):
        return memoryview(packed.data).nbytes
    return len(msgspec.msgpack.encode(packed))


def _left_out(packed: Any, size: int) -> Ext:
    what = "a table" if isinstance(packed, Ext) and packed.code == ValueTag.ARROW else "a value"
    return Ext(int(ValueTag.OPAQUE), f"{what} of {size:,} bytes; ask the store for it".encode())


def _small(packed: Any) -> Any:
    if isinstance(packed, bool | int | float | None):
        return packed
    size = _size(packed)
    return packed if size <= EVENT_VALUE_LIMIT else _left_out(packed, size)


def _fitting(payload: Payload) -> Payload:
    """The payload with its largest values left out until the rest fits one message."""
    sizes = {name: _size(value) for name, value in payload.items()}
    total = sum(sizes.values())
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if total <= OUTPUTS_LIMIT:
            break
        payload[name] = _left_out(payload[name], sizes[name])
        total -= sizes[name]
    return payload
