"""Whether a flow still carries the same values after a call was unpacked, read off its wires."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from packetflow.errors import EditRefused
from packetflow.kernel.board import Board

Way = tuple[str | None, str, str, str]
"""Who gives, by which output, to whom, at which input."""


def refuse_mixed(
    before: Board, call: str, inner: Board, after: Board, *, ids: Mapping[str, str]
) -> None:
    """Refuse what was unpacked if any value would come from elsewhere.

    Args:
        before: The pipeline that called.
        call: The id of the call.
        inner: The pipeline that was called.
        after: The pipeline with the steps in the call's place.
        ids: For each id inside, the one that it has there.

    Raises:
        EditRefused: A wire is not where it was, or the pipeline takes or gives other names.
    """
    old, within = _ways(before), _ways(inner)
    there = {*ids.values()}
    now = _ways(after)
    moved = {(ids.get(s, s) if s else s, o, ids.get(t, t), i) for s, o, t, i in within if s}
    apart = {way for way in old if call not in (way[0], way[2])}
    heads = {(o, ids.get(t, t), i) for s, o, t, i in within if s is None}
    into = {
        (s, o, t, i)
        for (s, o, one, n), (name, t, i) in product(old, heads)
        if one == call and s != call and n == name
    }
    out = {(t, i) for s, _, t, i in old if s == call and t != call}
    # what the call gives itself in another turn goes from its makers to its readers
    again = {
        (t, i)
        for (s, _, one, n), (name, t, i) in product(old, heads)
        if s == one == call and n == name
    }
    inside = {way for way in now if way[0] in there and way[2] in there}
    same = (
        {way for way in now if way[0] not in there and way[2] not in there} == apart
        and {way for way in now if way[0] not in there and way[2] in there} == into
        and {(t, i) for s, _, t, i in now if s in there and t not in there} == out
        and inside >= moved
        and all((t, i) in again for _, _, t, i in inside - moved)
    )
    if not same:
        raise EditRefused(
            f"names inside and outside of {call!r} would be mixed up; give them other names first"
        )
    if _border(before) != _border(after):
        raise EditRefused(f"the pipeline would take or give other names without {call!r}")
    known = {one.message for one in before.problems}
    for problem in after.problems:
        if problem.severity == "error" and problem.message not in known and not _errors(before):
            raise EditRefused(f"unpacked, {problem.step!r} {problem.message}")


def _errors(board: Board) -> bool:
    return any(one.severity == "error" for one in board.problems)


def _ways(board: Board) -> set[Way]:
    """The wires; of a container, not at which name, for its names may change."""
    called = {card.id for card in board.cards if card.kind in ("use", "call", "unknown")}
    return {
        (
            wire.source,
            wire.output if wire.source is None or wire.source in called else "",
            wire.target,
            wire.input if wire.target in called else "",
        )
        for wire in board.wires
    }


def _border(board: Board) -> tuple[set[tuple[str, bool]], set[tuple[str, bool]]]:
    return (
        {(port.name, port.optional) for port in board.inputs},
        {(port.name, port.optional) for port in board.outputs},
    )
