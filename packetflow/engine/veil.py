"""Secret values: kept by no step that touches them, and blacked out in every text.

Which names are secret is told by `packetflow.composition.secrets`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from packetflow.capabilities.contract import Port
from packetflow.composition.concealing import fixed_secrets
from packetflow.composition.steps import Call, Pipeline, Step, Unknown, Use
from packetflow.composition.walk import walk

_SHORT: Final = 2
"""Words of so few characters are parts of others by chance."""


def veil(port: Port, hidden: frozenset[str]) -> Port:
    """The port, secret if its name is."""
    return replace(port, secret=True) if port.name in hidden and not port.secret else port


def veiled(ports: Iterable[Port], hidden: frozenset[str]) -> tuple[Port, ...]:
    """The ports, secret where their names are."""
    return tuple(veil(port, hidden) for port in ports)


def words_of(hidden: Any) -> list[str]:
    """A secret value as text, and the texts inside it."""
    plain = getattr(hidden, "get_secret_value", None)
    if callable(plain):
        hidden = plain()
    parts: list[Any] | None = None
    if isinstance(hidden, Mapping):
        parts = list(hidden.values())
    elif isinstance(hidden, (list, tuple, set, frozenset)):
        parts = list(hidden)
    elif hasattr(hidden, "__dict__"):
        parts = list(vars(hidden).values())
    if parts is not None:
        return [word for part in parts for word in words_of(part)]
    word = hidden.decode(errors="replace") if isinstance(hidden, bytes) else str(hidden)
    return [word] if word.strip() else []


def without(text: str, words: Iterable[str]) -> str:
    """A text with these words blacked out; those of one or two characters where they stand alone.

    >>> without("key 7f of 17f, hunter2!", ["7f", "hunter2"])
    'key *** of 17f, ***!'
    """
    for word in words:
        if len(word) > _SHORT:
            text = text.replace(word, "***")
        elif word in text:
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "***", text)
    return text


def fixed_words(step: Step) -> frozenset[str]:
    """The words of the values fixed on secret inputs; remembered with the step."""
    known: frozenset[str] | None = step.__dict__.get("_fixed_words")
    if known is None:
        words = (word for value in fixed_secrets(step) for word in words_of(value))
        known = step.__dict__["_fixed_words"] = frozenset(words)
    return known


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
