"""Copied steps whose names would clash where they are put: the copies get names of their own.

A copy makes the same names as what it was copied from. In a graph or beside each other in parallel,
also from inside a container, only one step may make a name. So the copies' names are changed, and
with them whatever in the copies reads them: joints, lists that are walked over, conditions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.packing_names import Joint
from packetflow.composition.part import written_whole
from packetflow.composition.standing import standing
from packetflow.composition.written import free_name, walk_written
from packetflow.kernel.board import Board, BoardCard

LEVEL = frozenset({"graph", "parallel"})


def clashes(before: Board, after: Board) -> set[str]:
    """The names that are made twice on one board, and were not on another."""
    return _made_twice(after) - _made_twice(before)


def _made_twice(board: Board) -> set[str]:
    return {one.name for one in board.problems if one.code == "clashing_outputs"}


def alone(kind: str) -> tuple[str, Mapping[str, Any]]:
    """The text of a pipeline for copied steps alone, and where in it they go.

    Args:
        kind: Of the list that they are meant for.

    >>> alone("graph")[1]
    {'into': 'copied steps'}
    """
    if kind not in LEVEL:
        return "pipeline: copied\nsteps: []\n", {}
    return f"pipeline: copied\nsteps: [{{{kind}: [], id: copied steps}}]\n", {
        "into": "copied steps"
    }


def apart(text: str, inner: Board, board: Board, names: Collection[str]) -> list[dict[str, Any]]:
    """The steps of a text of `alone`, as they are written with other names for some that they make.

    Args:
        text: With the copied steps.
        inner: Its board.
        board: Of the pipeline that they are meant for.
        names: Those that must be others.

    Raises:
        EditRefused: A name cannot be changed, since an event brings it, or since a step reads the
            same name both from a copy and from elsewhere.
    """
    taken = {port.name for port in (*board.inputs, *board.outputs, *inner.inputs)}
    for card in (*board.cards, *inner.cards):
        taken.update(port.scope for port in (*card.inputs, *card.outputs) if port.scope)
    given = [
        msgspec.structs.replace(port, scope=free_name(port.name, taken))
        if port.name in names
        else port
        for port in inner.outputs
    ]
    call = BoardCard("copied steps", "call", "copied", inputs=inner.inputs, outputs=given)
    joint = Joint(board, call, inner, {})
    steps = _written(text)
    for one in [inside for step in steps for inside in walk_written(step)]:
        joint.rename(one)
    return steps


def _written(text: str) -> list[dict[str, Any]]:
    root = parse_yaml(text)
    there = standing(root, read_places(root))
    ids = {id(one.node): one.id for one in there}
    ground: str | None = "copied steps" if there[0].id == "copied steps" else None
    return [written_whole(one, ids, set(ids.values())) for one in there if one.parent == ground]


def kind_of_place(board: Board, place: Mapping[str, Any]) -> str:
    """The kind of the list that a place is in."""
    cards = {card.id: card for card in board.cards}
    beside = cards.get(str(place.get("before") or place.get("after") or ""))
    holder = cards.get(str((beside.parent if beside else place.get("into")) or ""))
    return board.kind if holder is None else holder.kind
