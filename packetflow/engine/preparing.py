"""Executions before their first step: begun with inputs, or put together again from records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetflow.composition.composable import Composable
from packetflow.composition.steps import Pipeline
from packetflow.engine.ending import Live
from packetflow.engine.migration import calls_now
from packetflow.engine.past import Story
from packetflow.engine.reuse import take_over
from packetflow.engine.start import Start, check_inputs, restored_inputs
from packetflow.engine.state import NO_TAGS, Frame, Run
from packetflow.errors import RunError
from packetflow.kernel.records import ExecutionStarted, Status

if TYPE_CHECKING:
    from packetflow.engine.engine import Engine


def prepare(
    engine: Engine, composition: Composable | Pipeline, inputs: Mapping[str, Any], start: Start
) -> Live:
    """Check what a new execution is given, and write down that it begins.

    Raises:
        ContractError: The composition cannot run.
        MissingInput: A needed input is not given.
        WrongType: An input does not fit.
        UnknownName: An input is given that nothing reads.
    """
    plan = engine.plan(composition)
    scope = check_inputs(plan, inputs)
    run = Run(engine, start.execution_id, start.epoch, start.past)
    run.user, run.agent, run.tags = start.user, start.agent, dict(start.tags) or NO_TAGS
    run.last_span, run.leaves_questions = start.last_span, start.leaves_questions
    sha = engine.definitions.seen(composition, plan) if run.durable else ""
    calls = calls_now(plan) if run.durable else {}
    if start.past is not None:
        take_over(run, start.past)
    run.inputs = given = scope.copy()
    if plan.pack_inputs is not None and (run.durable or plan.secrets):
        given = plan.pack_inputs(scope)
    run.write(
        ExecutionStarted(
            run.id,
            run.epoch,
            run.started_at,
            plan.name,
            plan.version,
            sha,
            start.trigger,
            given,
            engine.runner,
            start.parent_id,
            start.retry_of,
            start.user,
            start.agent,
            run.tags,
            calls,
            run.arrival,
        ),
        "inputs",
    )
    run.plan = plan
    return Live(plan, run, Frame(run, scope))


def prepare_again(
    engine: Engine, composition: Composable | Pipeline, story: Story, epoch: int | None
) -> Live:
    """Put an execution together again from what its records tell.

    Raises:
        RunError: There is no such execution, it is over, or an input of it was not kept.
    """
    started = story.started
    if started is None:
        raise RunError("these records hold no start of an execution")
    if story.ended is not None and story.ended.status == Status.OK:
        raise RunError(f"execution {started.execution_id} is already done")
    plan = engine.plan(composition)
    number = story.epoch + 1 if epoch is None else epoch
    run = Run(engine, started.execution_id, number, story.past)
    run.last_span = story.last_span
    run.user, run.agent, run.tags = started.user, started.agent, started.tags
    scope = restored_inputs(plan, started, engine.sink.get)
    run.inputs = dict(scope)
    run.plan = plan
    run.arrival, run.started_at = started.arrival, started.at
    return Live(plan, run, Frame(run, scope))
