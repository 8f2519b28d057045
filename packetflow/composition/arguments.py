"""What the functions of `packetflow.composition.build` are given: refused if it cannot be meant."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from packetflow.composition.condition import complaint, variables
from packetflow.composition.policies import Duration, refuse_unusable_wait, seconds
from packetflow.composition.steps import Pipeline, Trigger
from packetflow.errors import CompositionError, did_you_mean


def no_step(part: object) -> str:
    """Say why something is no part of a composition, and what would be."""
    if isinstance(part, (list, tuple)):
        return f"a {type(part).__name__} is no step; unpack it: then(*steps)"
    if callable(part):
        name = getattr(part, "__name__", repr(part))
        return f"{name} is no capability; put @capability above it"
    return (
        f"{reprlib.repr(part)} is no step; write a capability, a composition of some, or a pipeline"
    )


def readable(source: object, where: str) -> str:
    """A condition, if it can be read at all; whether its names fit is told by the check.

    Raises:
        CompositionError: It is no text, or no condition.
    """
    if not isinstance(source, str):
        raise CompositionError(
            f"{where}: a condition is a text over names in the scope, such as 'size(rows) > 0'; "
            "what Python has to decide, a capability decides and provides as a bool"
        )
    wrong = complaint(source, dict.fromkeys(variables(source), Any))
    if wrong is not None:
        raise CompositionError(f"{where}: condition {source!r} {wrong}")
    return source


def need_mapping(given: object, what: str, example: str) -> None:
    """Refuse what is no mapping.

    Raises:
        CompositionError: It is none.
    """
    if not isinstance(given, Mapping):
        raise CompositionError(f"{what} is {given!r}; write {example}")


def need_text(given: object, what: str, example: str) -> None:
    """Refuse what is no text, or an empty one.

    Raises:
        CompositionError: It is.
    """
    if not isinstance(given, str) or not given:
        raise CompositionError(f"{what} is {given!r}; write a text, such as {example!r}")


def waiting_time(within: Duration | None, what: str) -> float | None:
    """How many seconds to wait; ``None`` for ever.

    Raises:
        CompositionError: It is no time, or none that can be waited.
    """
    if within is None:
        return None
    limit = seconds(within, what)
    refuse_unusable_wait(limit, what)
    return limit


def need_one_of(word: str, words: tuple[str, ...], what: str) -> None:
    """Refuse a word that is none of those known.

    Raises:
        CompositionError: It is none.
    """
    if word not in words:
        raise CompositionError(f"{what} is {word!r}; it must be {' or '.join(map(repr, words))}")


def refuse_attributes(name: object, said: Mapping[str, Any]) -> None:
    """Refuse what a pipeline cannot be told.

    Args:
        name: Its name.
        said: Its other attributes.

    Raises:
        CompositionError: It has no such attribute, or a value of it makes no sense.
    """
    if not isinstance(name, str):
        raise CompositionError("pipeline: the name comes first: pipeline('digest', flow)")
    known = [one.name for one in fields(Pipeline)][2:]
    for word in said:
        if word not in known:
            near = did_you_mean(get_close_matches(word, known, 1))
            raise CompositionError(
                f"pipeline knows no {word!r}{near or '; it takes ' + ', '.join(known)}"
            )
    for side in ("requires", "provides"):
        if isinstance(said.get(side), str):
            raise CompositionError(f"pipeline: {side} lists names: {side}=[{said[side]!r}]")
    for one in said.get("triggers", ()):
        if not isinstance(one, Trigger):
            raise CompositionError(
                f"pipeline: {one!r} is no trigger; write Trigger('event', 'order_paid')"
            )
