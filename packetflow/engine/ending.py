"""How an execution ends: its last record, and the value people get."""

from __future__ import annotations

from typing import Any, NamedTuple

from packetflow.composition.capability import Capability
from packetflow.composition.steps import Call, Pipeline, Step, Use
from packetflow.composition.walk import find, identified, label, walk
from packetflow.engine.events import Ended
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.plan import Plan
from packetflow.engine.state import Frame, Run, StepFailed
from packetflow.engine.unkept import keep_later
from packetflow.errors import Cancelled, JournalFull, PacketFlowError, Superseded
from packetflow.kernel.records import ExecutionEnded, Status


class Live(NamedTuple):
    """What the engine holds of an execution under way."""

    plan: Plan
    run: Run
    frame: Frame


def failure_of(failed: StepFailed, live: Live) -> Failure:
    """The failure as people see it."""
    step = find_inside(live.plan.step, failed.step)
    used = step.capability if isinstance(step, Use) else None
    cause = failed.cause
    return Failure(
        failed.step,
        failed.path,
        failed.inputs,
        type(cause).__name__,
        live.run.told(failed),
        cause,
        used if isinstance(used, Capability) else None,
        failed.trail,
        live.run.scrubbed,
    )


def find_inside(step: Step, wanted: str) -> Step | None:
    """The step with that id, in the pipelines that are called too (``call/inner``)."""
    found = find(step, wanted)
    if found is not None:
        return found
    for part in walk(step):
        if isinstance(part, Call) and isinstance(part.pipeline, Pipeline):
            prefix = f"{label(part)}/"
            if wanted.startswith(prefix):
                inner = identified(part.pipeline.step)
                return find_inside(inner, wanted.removeprefix(prefix))
    return None


def finish(live: Live, status: Status, failure: Failure | None) -> Execution:
    """Keep how an execution ended, and tell whoever listens.

    One that is put aside keeps nothing: its journal already says that it waits. Neither does one
    that another runner has taken over.

    Raises:
        JournalFull: It went well, but that could not be kept yet.
    """
    run = live.run
    if run.engine.printed is not None:
        run.engine.printed.end()
    outputs = _outputs(live, status)
    ended = None
    if status is not Status.WAITING:
        ended = run.now() + run.wall_offset
        _keep_end(live, status, failure, outputs)
    execution = Execution(
        run.id,
        live.plan.name,
        status,
        run.inputs,
        outputs,
        run.spans,
        failure,
        run.started_at,
        ended,
        live.plan.step,
        run.put_off if status is Status.WAITING else (),
    )
    if run.listeners:
        run.tell(Ended(execution))
    return execution


def cancelled(live: Live) -> Execution:
    """Keep that an execution was stopped."""
    run = live.run
    reason = run.stop_reason or "cancelled"
    stopped = Cancelled(reason) if run.is_ours else Superseded(reason, execution_id=run.id)
    failure = Failure("", (), {}, type(stopped).__name__, reason, stopped)
    return finish(live, Status.CANCELLED, failure)


def given_up(live: Live) -> Execution:
    """Keep that an execution was stopped of which a step does not stop."""
    execution = cancelled(live)
    live.run.let_go()
    return execution


def _outputs(live: Live, status: Status) -> dict[str, Any]:
    """What was made: every output promised, and after a failure what there is of them."""
    scope, given = live.frame.scope, live.run.inputs
    whole = status is Status.OK
    return {
        name: scope[name]
        for port in live.plan.contract.provides
        if (name := port.name) in scope
        and (name not in given or (whole and not port.optional) or scope[name] is not given[name])
    }


def _keep_end(live: Live, status: Status, failure: Failure | None, outputs: dict[str, Any]) -> None:
    run, plan = live.run, live.plan
    if not run.is_ours:
        return
    kept = outputs
    if plan.pack_outputs is not None and (run.durable or plan.secrets):
        kept = plan.pack_outputs(outputs)
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
        run.write(record, "outputs")
    except PacketFlowError as error:
        if isinstance(error, JournalFull):
            keep_later(run, record)
        if failure is None:
            raise
