"""Spans of containers (loops, races, waits), of refused calls, and of calls that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_core import ValidationError

from packetflow.capabilities.contract import Port
from packetflow.engine.events import StepEnded
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.values import Opaque, unpack
from packetflow.kernel.records import SpanEnded, Status


def keep_span(  # noqa: PLR0913 - the fields of a span
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
    inputs: dict[str, Any] | None = None,
    span_id: int = 0,
) -> None:
    """Keep a span: of a container, or of a call that did not end well.

    What a call made is kept by `packetflow.engine.use.UseNode.commit`, without the detours here.

    Args:
        frame: Where it ran.
        step_id: Its id.
        kind: ``each``, ``race``, ...
        began: When, on the run's clock.
        name: What it is about, if not its kind.
        status: How it ended.
        outputs: Values that a resumed run takes from here, packed.
        attributes: Facts to show, instead of those that the step recorded.
        error: What went wrong; of a `StepFailed`, its cause.
        inputs: What a failed call was given, packed.
        span_id: A number taken before, when steps inside refer to it.
    """
    run = frame.run
    cause = error.cause if isinstance(error, StepFailed) else error
    text = "" if error is None else run.told(error)
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
        inputs,
        attributes,
    )
    if attributes is None and run.attributes:
        span = run.with_attributes(span)
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
    if run.listeners:
        run.tell(StepEnded(span))
    return outputs
