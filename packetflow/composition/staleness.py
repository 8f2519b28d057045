"""Which steps are not what they were when they ran, and what follows from those.

A step is known by its fingerprint: everything written on it, where its inputs come from, and the
version, contract and code of what it calls. Ids and looks are no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from packetflow.composition.calls import Calls, Form, changes
from packetflow.composition.codec_values import duration
from packetflow.kernel.board import Board, BoardCard, BoardField


def fingerprints(
    board: Board, calls: Calls, inside: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """The fingerprint of each card of a board.

    A fixed secret counts as set, whatever its value is: nobody keeps that.

    Args:
        board: As it was drawn.
        calls: The form of everything called.
        inside: By ``call NAME``, the keys of *calls* that are called in there.

    Returns:
        By card id, 32 hex digits.
    """
    into: dict[str, list[list[str | None]]] = {}
    for wire in board.wires:
        source = [wire.source, wire.output, wire.name, wire.input]
        into.setdefault(wire.target, []).append(source)
    return {
        card.id: _digest(
            [
                _written(card, board.root),
                sorted(into.get(card.id, []), key=str),
                [[key, *calls.get(key, ())] for key in called(card, inside or {})],
            ]
        )
        for card in board.cards
    }


def settled(then: Calls, now: Calls) -> dict[str, Form]:
    """The forms of an earlier time, where they are certainly others than now; else those of now."""
    changed = {f"{one.kind} {one.name}" for one in changes(then, now)}
    return {**now, **{key: then[key] for key in changed}}


def called(card: BoardCard, inside: Mapping[str, Sequence[str]]) -> list[str]:
    """The keys of `Calls` that a card stands for.

    >>> called(BoardCard("a", "call", "b"), {"call b": ["use c"]})
    ['call b', 'use c']
    """
    if card.kind not in ("use", "call"):
        return []
    key = f"{card.kind} {card.title}"
    return [key, *inside.get(key, ())]


def stale(board: Board, changed: Iterable[str], *, firm: Collection[str] = ()) -> set[str]:
    """The cards that follow from some cards, those included; a container follows its contents.

    Args:
        board: With the cards.
        changed: Where it begins.
        firm: Cards that keep their values whatever comes before them.
    """
    parents = {card.id: card.parent for card in board.cards}
    following: dict[str, list[str]] = {}
    for wire in board.wires:
        if wire.source is not None:
            following.setdefault(wire.source, []).append(wire.target)
    for card in board.cards:
        for before in card.after:
            following.setdefault(before, []).append(card.id)
        above = card.parent
        if above is not None and above != board.root:
            following.setdefault(card.id, []).append(above)
    found: set[str] = set()
    waiting = list(changed)
    while waiting:
        here = waiting.pop()
        if here in found or here not in parents or here in firm:
            continue
        found.add(here)
        waiting.extend(following.get(here, ()))
    return found


def _written(card: BoardCard, root: str) -> list[Any]:
    """What the file says of a card, however it is spelt."""
    inputs = [
        [port.name, port.scope, None if port.set is msgspec.UNSET else port.set]
        for port in card.inputs
    ]
    outputs = [[port.name, port.scope] for port in card.outputs]
    is_call = card.kind in ("use", "call", "unknown")  # ports say all that their fields do
    fields = [] if is_call else [[one.name, one.case, _meant(one)] for one in card.fields]
    around = "" if card.parent in (None, root) else card.parent
    policies = [one.text for one in card.policies]
    return [around, card.slot, card.case, card.kind, card.title, inputs, outputs, policies, fields]


def _meant(field: BoardField) -> Any:
    """What a field says, however it is spelt: a default is nothing, "2 min" is 120 seconds."""
    if field.schema.get("format") == "duration":
        try:
            return duration(field.value) if isinstance(field.value, str) else float(field.value)
        except (TypeError, ValueError):  # nothing, or no length of time
            return field.value
    return None if field.value == field.schema.get("default") else field.value


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
