"""How executions end, as plain values that can travel to another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from packetflow.capabilities.contract import Port
from packetflow.engine.execution import Execution, Failure
from packetflow.engine.happenings import left_out, size_of
from packetflow.engine.values import pack_all
from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import FailureCard, Outcome, WaitCard
from packetflow.kernel.records import Payload, Status, WaitStarted
from packetflow.runner.refusals import facts_of

OUTPUTS_LIMIT: Final = 48 << 20
"""Outputs above this many bytes together are left out of an outcome, the largest first."""


_SMALL: Final = frozenset({int, float, bool, type(None)})


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


def _fitting(payload: Payload) -> Payload:
    """The payload with its largest values left out until the rest fits one message."""
    if all(type(value) in _SMALL for value in payload.values()):
        return payload
    sizes = {name: size_of(value) for name, value in payload.items()}
    total = sum(sizes.values())
    for name in sorted(sizes, key=sizes.__getitem__, reverse=True):
        if total <= OUTPUTS_LIMIT:
            break
        payload[name] = left_out(payload[name], sizes[name])
        total -= sizes[name]
    return payload


def lost(execution_id: str, error: PacketFlowError) -> Outcome:
    """The outcome of an execution of which nothing more is heard."""
    failure = FailureCard("", type(error).__name__, error.message, code=error.code)
    return Outcome(execution_id, "lost", failure=failure)
