"""Spans of steps that are not capabilities: loops, races, waits, refused calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import ValidationError

from packetflow.capabilities.contract import Port
from packetflow.engine.events import StepEnded
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.values import Opaque, unpack
from packetflow.kernel.records import SpanEnded, Status


def keep_span(
    frame: Frame,
    step_id: str,
    kind: str,
    *,
    began: int,
    name: str = "",
    status: Status = Status.OK,
    outputs: Mapping[str, Any] | None = None,
    attributes: dict[str, Any] | None = None,
    error: BaseException | None = None,
    span_id: int = 0,
) -> None:
    """Keep the span of a container.

    Args:
        frame: Where it ran.
        step_id: Its id.
        kind: ``each``, ``race``, ...
        began: When, on the run's clock.
        name: What it is about, if not its kind.
        status: How it ended.
        outputs: Values that a resumed run takes from here, packed.
        attributes: Facts to show.
        error: What went wrong; of a `StepFailed`, its cause.
        span_id: A number taken before, when steps inside refer to it.
    """
    run = frame.run
    cause, text = error, "" if error is None else str(error)
    if isinstance(error, StepFailed):
        cause, text = error.cause, error.text or str(error.cause)
    span = SpanEnded(
        run.id,
        run.epoch,
        span_id or run.new_span(),
        frame.parent,
        step_id,
        frame.path,
        kind,
        name or kind,
        status.value,
        frame.attempt,
        began + run.wall_offset,
        run.now() - began,
        dict(outputs or {}),
        "" if cause is None else type(cause).__name__,
        text,
        attributes=attributes,
    )
    run.keep(span)
    if run.listeners:
        run.tell(StepEnded(span))


def recalled(frame: Frame, step_id: str, ports: Mapping[str, Port]) -> Scope | None:
    """The outputs that a container kept in an earlier life, or ``None``."""
    run = frame.run
    if run.past is None:
        return None
    span = run.past.done.get((step_id, frame.path))
    if span is None:
        return None
    try:
        outputs = {
            name: unpack(slot, ports.get(name), run.engine.sink.get)
            for name, slot in span.outputs.items()
        }
    except (Opaque, ValidationError):
        return None
    run.spans.append(span)
    return outputs


def picked(scope: Scope, names: Sequence[str]) -> Scope:
    """A new scope with those of the names that are there."""
    return {name: scope[name] for name in names if name in scope}
