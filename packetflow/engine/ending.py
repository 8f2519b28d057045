"""How an execution ends: its last record, and the value people get."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packetflow.composition.capability import Capability
from packetflow.composition.composable import Composable
from packetflow.composition.steps import Pipeline, Use
from packetflow.composition.walk import find, label
from packetflow.engine.events import Ended
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.plan import Plan
from packetflow.engine.state import Frame, Run, StepFailed
from packetflow.engine.use import describe
from packetflow.engine.values import pack_all
from packetflow.errors import PacketFlowError
from packetflow.kernel.records import ExecutionEnded, Status


@dataclass(frozen=True, slots=True)
class Live:
    """What the engine holds of an execution under way."""

    plan: Plan
    run: Run
    frame: Frame
    name: str
    began_ns: int


def name_of(composition: Composable | Pipeline) -> tuple[str, str]:
    """The name and version that records carry."""
    if isinstance(composition, Pipeline):
        return composition.name, str(composition.version)
    return label(composition.as_step()), ""


def failure_of(failed: StepFailed, plan: Plan) -> Failure:
    """The failure as people see it."""
    step = find(plan.step, failed.step)
    used = step.capability if isinstance(step, Use) else None
    cause = failed.cause
    return Failure(
        failed.step,
        failed.path,
        failed.inputs,
        type(cause).__name__,
        describe(cause),
        cause,
        used if isinstance(used, Capability) else None,
    )


def finish(live: Live, status: Status, failure: Failure | None) -> Execution:
    """Keep how an execution ended, and tell whoever listens.

    One that is put aside keeps nothing: its journal already says that it waits.

    Raises:
        JournalFull: It went well, but that could not be kept.
    """
    run = live.run
    outputs = _outputs(live)
    ended = None
    if status is not Status.WAITING:
        ended = _moment(run.now() + run.wall_offset)
        _keep_end(live, status, failure, outputs)
    execution = Execution(
        run.id,
        live.name,
        status,
        run.inputs,
        outputs,
        run.spans,
        failure,
        _moment(live.began_ns),
        ended,
        live.plan.step,
    )
    if run.listeners:
        run.tell(Ended(execution))
    return execution


def _outputs(live: Live) -> dict[str, Any]:
    names, given = live.plan.outputs, live.run.inputs
    scope = live.frame.scope
    if names is not None:
        return {name: scope[name] for name in names if name in scope}
    return {name: value for name, value in scope.items() if _is_made(name, value, given)}


def _is_made(name: str, value: Any, given: Mapping[str, Any]) -> bool:
    return name not in given or value is not given[name]


def _keep_end(
    live: Live, status: Status, failure: Failure | None, outputs: Mapping[str, Any]
) -> None:
    run = live.run
    kept = pack_all(outputs, live.plan.contract.outputs) if run.durable else dict(outputs)
    record = ExecutionEnded(
        run.id,
        run.epoch,
        run.engine.clock.wall_ns(),
        status.value,
        kept,
        failure.step if failure else "",
        failure.error_type if failure else "",
        failure.message if failure else "",
    )
    try:
        run.append(record)
    except PacketFlowError:
        if failure is None:
            raise


def _moment(ns: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC)
