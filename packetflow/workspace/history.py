"""Executions as the store and the journals remember them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from packetflow.capabilities.contract import Port
from packetflow.composition.capability import Capability
from packetflow.composition.steps import Pipeline, Use
from packetflow.composition.walk import find
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.past import Story
from packetflow.engine.trail import STACK
from packetflow.engine.values import Fetch, Opaque, unpack
from packetflow.kernel.records import SpanEnded, Spans, Status


def told(story: Story, pipeline: Pipeline | None, fetch: Fetch) -> Execution:
    """An execution as its records tell it.

    Args:
        story: What its records say.
        pipeline: What it ran, if that can still be read; it rebuilds typed values.
        fetch: Reads large values.
    """
    started = story.started
    if started is None:
        raise AssertionError("the caller looked for it")
    inputs_of = pipeline.contract.inputs if pipeline is not None else {}
    outputs_of = pipeline.contract.outputs if pipeline is not None else {}
    inputs = _values(started.inputs, inputs_of, fetch)
    ended = story.ended
    outputs: dict[str, Any] = {}
    if ended is not None:
        outputs = _values(ended.outputs, outputs_of, fetch)
    else:
        for span in story.spans:
            outputs.update(_values(span.outputs, outputs_of, fetch))
    status = _status(story)
    return Execution(
        started.execution_id,
        started.name,
        status,
        inputs,
        outputs,
        Spans(story.spans),
        _failure(story, pipeline, fetch),
        started.at,
        None if ended is None else ended.at,
        None if pipeline is None else pipeline.step,
        story.open_waits if status is Status.WAITING else (),
    )


def _status(story: Story) -> Status:
    if story.ended is not None:
        return Status(story.ended.status)
    return Status.WAITING if story.past.waits else Status.RUNNING


def _values(payload: dict[str, Any], ports: Any, fetch: Fetch) -> dict[str, Any]:
    values = {}
    for name, slot in payload.items():
        port: Port | None = ports.get(name)
        try:
            values[name] = unpack(slot, port, fetch)
        except (Opaque, ValueError):
            continue  # a secret, or a value that could not be kept
    return values


def _failure(story: Story, pipeline: Pipeline | None, fetch: Fetch) -> Failure | None:
    ended = story.ended
    if ended is None or not ended.error_type:
        return None
    span = _last_failed(story.spans, ended.failed_step)
    step = find(pipeline.step, ended.failed_step) if pipeline is not None else None
    used = step.capability if isinstance(step, Use) else None
    capability = used if isinstance(used, Capability) else None
    ports = capability.contract.inputs if capability is not None else {}
    inputs = {} if span is None else _values(span.inputs or {}, ports, fetch)
    return Failure(
        ended.failed_step,
        () if span is None else span.path,
        inputs,
        ended.error_type,
        ended.error,
        None,
        capability,
        "" if span is None else str((span.attributes or {}).get(STACK, "")),
    )


def _last_failed(spans: Iterable[SpanEnded], step: str) -> SpanEnded | None:
    found = [span for span in spans if span.step == step and span.inputs is not None]
    return found[-1] if found else None
