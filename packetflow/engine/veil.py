"""Which names of a composition carry secrets: their values are kept by no step that touches them.

A value is secret under a name as soon as one step there declares it so, whatever the others say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from packetflow.capabilities.contract import Port
from packetflow.composition.steps import Call, Each, Pipeline, Step, Unknown, Use
from packetflow.composition.walk import walk


def hidden_names(step: Step, given: Iterable[str]) -> frozenset[str]:
    """The secret names in the scopes of a composition.

    Args:
        step: The composition; the pipelines it calls have scopes of their own.
        given: Names known to be secret.
    """
    hidden = set(given)
    pairs: list[tuple[str, str]] = []
    for part in walk(step):
        flow = part.flow
        for port in (*flow.needs.values(), *flow.makes.values()):
            if port.secret:
                hidden.add(port.name)
        if isinstance(part, Each):
            pairs += [*part.over.items(), *part.into.items()]
    grown = True
    while grown and hidden:
        grown = False
        for one, other in pairs:
            if (one in hidden) != (other in hidden):
                hidden |= {one, other}
                grown = True
    return frozenset(hidden)


def veil(port: Port, hidden: frozenset[str]) -> Port:
    """The port, secret if its name is."""
    return replace(port, secret=True) if port.name in hidden and not port.secret else port


def veiled(ports: Iterable[Port], hidden: frozenset[str]) -> tuple[Port, ...]:
    """The ports, secret where their names are."""
    return tuple(veil(port, hidden) for port in ports)


def without(text: str, hidden: Any) -> str:
    """A text with a secret value, and the texts inside it, blacked out."""
    plain = getattr(hidden, "get_secret_value", None)
    if callable(plain):
        hidden = plain()
    parts: list[Any] = [hidden]
    if isinstance(hidden, Mapping):
        parts = list(hidden.values())
    elif isinstance(hidden, (list, tuple, set, frozenset)):
        parts = list(hidden)
    elif hasattr(hidden, "__dict__"):
        parts = list(vars(hidden).values())
    if parts != [hidden]:
        for part in parts:
            text = without(text, part)
        return text
    word = hidden.decode(errors="replace") if isinstance(hidden, bytes) else str(hidden)
    return text.replace(word, "***") if len(word) > 2 else text


def holds_secrets(step: Step) -> bool:
    """Tell whether anything in a composition, or in what it calls, takes or makes a secret.

    The answer is remembered with the step.
    """
    known: bool | None = step.__dict__.get("_holds_secrets")
    if known is None:
        known = step.__dict__["_holds_secrets"] = any(map(_touches_a_secret, walk(step)))
    return known


def _touches_a_secret(part: Step) -> bool:
    if any(port.secret for port in (*part.flow.needs.values(), *part.flow.makes.values())):
        return True
    if not isinstance(part, (Use, Call)):
        return False
    called = part.capability if isinstance(part, Use) else part.pipeline
    if isinstance(called, Unknown):
        return False
    ports = (*called.contract.requires, *called.contract.provides)
    if any(port.secret for port in ports):
        return True
    return isinstance(called, Pipeline) and holds_secrets(called.step)
