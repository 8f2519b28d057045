"""A call that modules may look at: before it happens, and after it has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packetflow.engine.ports import (
    CapabilityRequest,
    CapabilityResponse,
    Intercept,
    Reject,
    Transform,
)
from packetflow.engine.state import Frame
from packetflow.errors import RunError

if TYPE_CHECKING:
    from packetflow.engine.use import UseNode


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
        inputs = node.gather(frame.scope)
    except Exception as error:  # noqa: BLE001 - a border: validators
        node.fail(frame, began, error)
    request = CapabilityRequest(node.name, inputs, run.id, node.id, run.user, run.agent)
    outcome = await chain.on_request(request)
    if isinstance(outcome, Reject):
        cause = RunError(f"step {node.id!r} was refused by a module: {outcome.reason}")
        node.fail(frame, began, cause)
    target, values = node, inputs
    if isinstance(outcome, Intercept):
        request = outcome.request
        values = dict(request.inputs)
        if request.capability != node.name:
            target = run.engine.node_for(request.capability, node.id)
    shadow = Frame(run, _scope_for(target, values), frame.path, frame.parent, attempt=frame.attempt)
    result = await target.perform(shadow, began)
    try:
        outputs = _outputs(node, target, result)
    except Exception as error:  # noqa: BLE001 - a border: user code
        node.fail(frame, began, error)
    response = CapabilityResponse(request, outputs, run.now() - began)
    answer = await chain.on_response(response)
    if isinstance(answer, Transform):
        outputs = dict(answer.outputs)
    node.commit(frame, began, outputs)


def _scope_for(node: UseNode, inputs: dict[str, Any]) -> dict[str, Any]:
    return {
        read.scope_name: inputs[read.parameter] for read in node.reads if read.parameter in inputs
    }


def _outputs(node: UseNode, target: UseNode, result: Any) -> dict[str, Any]:
    made = target.spread(result)
    if target is node:
        return made
    missing = [write.field for write in node.writes if write.field not in made]
    if missing:
        raise RunError(
            f"a module put {target.name!r} in the place of {node.name!r}, but it does not provide "
            f"{', '.join(missing)}"
        )
    return {write.scope_name: made[write.field] for write in node.writes}
