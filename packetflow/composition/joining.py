"""How a step's own names are joined to those of the scope around it."""

from __future__ import annotations

from typing import TypeAlias

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.steps import Call, Unknown, Use


def called_contract(step: Use | Call) -> Contract | None:
    """The contract of what a step calls; ``None`` when it is not known."""
    called = step.capability if isinstance(step, Use) else step.pipeline
    return None if isinstance(called, Unknown) else called.contract


_Joined: TypeAlias = "tuple[list[tuple[str, Port]], list[tuple[str, Port]]]"


def joined(step: Use | Call) -> _Joined:
    """A step's own names against its scope names; worked out once for each step.

    Returns:
        Reads as ``(input, port named as in the scope)`` and writes as
        ``(output, port named as in the scope)``; inputs that are fixed or left out are missing.
    """
    kept: _Joined | None = step.__dict__.get("_joined")
    if kept is None:
        kept = step.__dict__["_joined"] = _joined(step)
    return kept


def _joined(step: Use | Call) -> _Joined:
    contract = called_contract(step)
    if contract is None:
        reads = [(name, Port(scope)) for name, scope in step.reads.items() if scope is not None]
        writes = [(name, Port(scope)) for name, scope in (step.writes or {}).items()]
        return reads, writes
    reads = [
        (port.name, _renamed(port, scope))
        for port in contract.requires
        if port.name not in step.values
        and (scope := step.reads.get(port.name, port.name)) is not None
    ]
    kept = step.writes
    writes = [
        (port.name, _renamed(port, port.name if kept is None else kept[port.name]))
        for port in contract.provides
        if kept is None or port.name in kept
    ]
    return reads, writes


def _renamed(port: Port, name: str) -> Port:
    if port.name == name:
        return port
    return Port(name, port.type, port.optional, port.default, port.secret, port.help)
