"""What modules may look at: a composition, and a call before it happens and after its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from packetflow.capabilities.validate import reason
from packetflow.engine.guarded import GuardedUse
from packetflow.engine.ports import (
    CapabilityRequest,
    CapabilityResponse,
    Intercept,
    Optimize,
    Reject,
    Transform,
)
from packetflow.engine.state import Frame
from packetflow.errors import PacketFlowError, RunError, WrongType

if TYPE_CHECKING:
    from packetflow.engine.engine import Engine
    from packetflow.engine.plan import Plan
    from packetflow.engine.use import UseNode


async def optimized(engine: Engine, plan: Plan) -> Plan:
    """The plan that modules put in another's place; the same where they do not.

    Raises:
        RunError: A module refused it.
    """
    if engine.chain is None:
        return plan
    outcome = await engine.chain.on_composition(plan.step, {"contract": plan.contract})
    match outcome:
        case Optimize(step=better):
            return engine.plan(better)
        case Reject(reason=reason):
            raise RunError(f"a module refused this composition: {reason}")
        case _:
            return plan


async def chained(node: UseNode, frame: Frame) -> None:
    """Run one call through the module chain.

    Modules see the inputs by parameter and the outputs by the names they get in the scope.
    """
    run = frame.run
    chain = run.engine.chain
    if chain is None:
        raise AssertionError("only called with a chain")
    began = run.now()
    try:
        inputs = node.joint.gather(frame.scope)
    except Exception as error:  # noqa: BLE001 - a border: validators
        node.fail(frame, began, error)
    request = CapabilityRequest(node.name, inputs, run.id, node.id, run.user, run.agent)
    try:
        outcome = await chain.on_request(request)
    except Exception as error:  # noqa: BLE001 - a border: modules
        node.fail(frame, began, error)
    if isinstance(outcome, Reject):
        cause = RunError(f"step {node.id!r} was refused by a module: {outcome.reason}")
        node.fail(frame, began, cause)
    target, values = node, inputs
    if isinstance(outcome, Intercept):
        request = outcome.request
        values = dict(request.inputs)
        if request.capability != node.name:
            target = _replacement(node, frame, request.capability, began)
        run.hide(target.declaration.contract.inputs, values)
    shadow = Frame(run, _scope_for(target, values), frame.path, frame.parent, attempt=frame.attempt)
    target.prepare()
    node.prepare()
    result = await target.perform(shadow, began)
    try:
        outputs = _outputs(node, target, result)
    except Exception as error:  # noqa: BLE001 - a border: user code
        node.fail(frame, began, error)
    response = CapabilityResponse(request, outputs, run.now() - began)
    try:
        answer = await chain.on_response(response)
        if isinstance(answer, Transform):
            outputs = _checked(node, dict(answer.outputs))
    except Exception as error:  # noqa: BLE001 - a border: modules, validators
        node.fail(frame, began, error)
    node.commit(frame, began, outputs)


def _replacement(node: UseNode, frame: Frame, capability: str, began: int) -> UseNode:
    """What a module puts in a step's place."""
    try:
        found = frame.run.engine.node_for(capability, node.id)
    except PacketFlowError as error:
        node.fail(frame, began, error)
    if isinstance(found, GuardedUse):
        cause = RunError(
            f"a module put {capability!r}, which changes something outside, in the place of "
            f"{node.name!r}; such a step must stand in the composition itself"
        )
        node.fail(frame, began, cause)
    return found


def _scope_for(node: UseNode, inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        read.scope_name: inputs[read.parameter] for read in node.reads if read.parameter in inputs
    }


def _outputs(node: UseNode, target: UseNode, result: Any) -> dict[str, Any]:
    made: dict[str, Any] = target.joint.spread(result)
    if target is node:
        return made
    missing = [w.field for w in node.writes if w.field not in made and not w.port.optional]
    if missing:
        raise RunError(
            f"a module put {target.name!r} in the place of {node.name!r}, but it does not provide "
            f"{', '.join(missing)}"
        )
    return _checked(node, {w.scope_name: made[w.field] for w in node.writes if w.field in made})


def _checked(node: UseNode, outputs: dict[str, Any]) -> dict[str, Any]:
    """What a module gives as a step's outputs, checked as the step's own would be."""
    checked: dict[str, Any] = {}
    for write in node.writes:
        if write.scope_name not in outputs:
            if write.port.optional:
                continue
            raise RunError(f"a module left out the output {write.scope_name!r} of {node.name!r}")
        value = outputs[write.scope_name]
        try:
            checked[write.scope_name] = value if write.check is None else write.check(value)
        except ValidationError as error:
            where = f"a module's output for step {node.id!r}"
            raise WrongType(write.scope_name, where, reason(error)) from error
    return checked
