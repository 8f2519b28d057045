"""Which inputs stand idle: at their defaults, so that a drawing need not show them.

A capability's optional inputs are read from outside where nothing else gives them, so each one
would become an input of the whole, with a wire across the board. Such an input is idle; it wakes
when a step gives it a value, a value is fixed, a joint names it, several steps share its name, or
the pipeline's own words tell of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from packetflow.composition.steps import Pipeline
from packetflow.kernel.board import BoardCard, BoardPort, BoardWire


def wakened(
    cards: Sequence[BoardCard], wires: Sequence[BoardWire], kept: Iterable[str]
) -> list[BoardCard]:
    """The cards with only those inputs idle that stand at their defaults.

    Args:
        cards: With every input idle that may be.
        wires: All of them.
        kept: Inputs of the whole that the pipeline's own words tell of, or that must be given.
    """
    readers = Counter(wire.name for wire in wires if wire.source is None)
    awake = set(kept) | {name for name, count in readers.items() if count > 1}
    woken: defaultdict[str, set[str]] = defaultdict(set)
    for wire in wires:
        if wire.source is not None or wire.name in awake:
            woken[wire.target].add(wire.input)
    return [
        _woken(card, woken[card.id])
        if card.id in woken
        and any(port.idle and port.name in woken[card.id] for port in card.inputs)
        else card
        for card in cards
    ]


def _woken(card: BoardCard, names: set[str]) -> BoardCard:
    ports = [
        msgspec.structs.replace(port, idle=False) if port.idle and port.name in names else port
        for port in card.inputs
    ]
    return msgspec.structs.replace(card, inputs=ports)


def kept_inputs(pipeline: Pipeline, inputs: Iterable[BoardPort]) -> set[str]:
    """Inputs of the whole that are more than a default on its way to one step."""
    listed = {text.rstrip("?") for text in pipeline.requires or ()}
    return listed | set(pipeline.inputs) | {port.name for port in inputs if not port.optional}


def idle_inputs(
    inputs: Sequence[BoardPort], cards: Iterable[BoardCard], wires: Iterable[BoardWire]
) -> list[BoardPort]:
    """The inputs of the whole, those idle that give only idle inputs of steps."""
    ports: Mapping[tuple[str, str], bool] = {
        (card.id, port.name): port.idle for card in cards for port in card.inputs if port.idle
    }
    if not ports:
        return list(inputs)
    read: dict[str, bool] = {}
    for wire in wires:
        if wire.source is None:
            read[wire.name] = read.get(wire.name, True) and (wire.target, wire.input) in ports
    return [
        msgspec.structs.replace(port, idle=True) if read.get(port.name) else port for port in inputs
    ]
