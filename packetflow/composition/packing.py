"""What a pipeline of some steps must give, and how a called pipeline's steps stand in its place.

Both go by boards, which know what every step takes and gives. Scopes are apart between a pipeline
and what it calls, so unpacking gives names: what the call reads and keeps under other names, its
steps read and make under those; what it hides gets names that nobody around has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.packing_names import Joint
from packetflow.composition.part import with_inner, written_whole
from packetflow.composition.standing import standing
from packetflow.composition.written import free_name, walk_written
from packetflow.errors import EditRefused
from packetflow.kernel.board import Board, BoardCard, BoardPort

LEVEL = frozenset({"graph", "parallel", "race", "fallback"})
"""Containers whose steps do not come one after the other."""


def needed(board: Board, steps: Collection[str], made: Board) -> dict[str, list[str]]:
    """What a pipeline of some steps has to say of itself, so that the rest goes on as before.

    Args:
        board: Of the whole.
        steps: Ids of the steps.
        made: The board of these steps alone, which gives all that they make.

    Returns:
        What it ``provides``, in the order in which it is made, ``name?`` where it may be absent;
        and what it ``requires``, where its steps alone do not say that they must be given it.

    Raises:
        EditRefused: The rest would have to run both before and after these steps.
    """
    inside = with_inner(board, steps)
    _refuse_circle(board, inside)
    wanted = {port.name for port in board.outputs}
    for wire in board.wires:
        leaves, comes = wire.source in inside, wire.target in inside
        if leaves != comes:  # what is read from outside may be changed for a later turn
            wanted.add(wire.name)
    parents = {card.id: card for card in board.cards}
    first = next((card for card in board.cards if card.id in inside), None)
    above = None if first is None else first.parent
    while above is not None:
        if parents[above].kind == "repeat":  # what one turn makes, the next one reads
            wanted.update(port.name for port in made.outputs)
        above = parents[above].parent
    provides = [_said(port) for port in made.outputs if port.name in wanted]
    firm = {one.name for one in made.problems if one.code == "maybe_missing"}
    if not firm:
        return {"provides": provides}
    requires = [port.name if port.name in firm else _said(port) for port in made.inputs]
    return {"requires": requires, "provides": provides}


def _said(port: BoardPort) -> str:
    return f"{port.name}?" if port.optional else port.name


def _refuse_circle(board: Board, inside: Collection[str]) -> None:
    """Refuse steps of a graph between which another one has its turn."""
    following: dict[str, set[str]] = {}
    for wire in board.wires:
        if wire.source is not None:
            following.setdefault(wire.source, set()).add(wire.target)
    parents = {card.id: card.parent for card in board.cards}
    home = next((parents[card.id] for card in board.cards if card.id in inside), None)
    graph = next((card.kind for card in board.cards if card.id == home), board.kind) == "graph"
    for card in board.cards if graph else ():
        for one in card.after:
            following.setdefault(one, set()).add(card.id)
    if not graph:
        return
    level = {card.id: _beside(card.id, home, parents) for card in board.cards}
    edges: dict[str, set[str]] = {}
    for source, targets in following.items():
        here = level.get(source)
        if here is not None:
            edges.setdefault(here, set()).update(
                there for one in targets if (there := level.get(one)) not in (None, here)
            )
    waiting = [there for one in inside for there in edges.get(one, ()) if there not in inside]
    seen: set[str] = set()
    while waiting:
        here = waiting.pop()
        if here in inside:
            raise EditRefused("other steps run between these; choose those too, or fewer of these")
        if here not in seen:
            seen.add(here)
            waiting.extend(edges.get(here, ()))


def _beside(card: str, home: str | None, parents: Mapping[str, str | None]) -> str | None:
    """The step of a list that is a card or holds it; ``None`` for those elsewhere."""
    here: str | None = card
    while here is not None and parents[here] != home:
        here = parents[here]
    return here


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What to do to put a pipeline's steps in the place of a call.

    Attributes:
        operations: The edits, in order.
        ids: For each id inside, the one that it has then.
    """

    operations: list[dict[str, Any]]
    ids: Mapping[str, str]


def unpacked(text: str, board: Board, call: str, called: tuple[str, Board]) -> Unpacked:
    """Put the steps of a pipeline in the place of its call.

    Args:
        text: Of the pipeline that calls.
        board: Of that text.
        call: The id of the step.
        called: The text and the board of what it calls.

    Raises:
        SourceError: A text cannot be read.
        EditRefused: The step is no call, or names inside and outside cannot be brought together.
    """
    card = next((one for one in board.cards if one.id == call), None)
    if card is None or card.kind != "call":
        raise EditRefused(f"{call!r} calls no pipeline that could be unpacked")
    inner_text, inner = called
    wrong = next((one for one in inner.problems if one.severity == "error"), None)
    if wrong is not None:
        raise EditRefused(f"{inner.name!r} has a mistake of its own: {wrong.message}")
    step = _step(text, call)
    steps = _outermost(inner_text)
    if not steps:
        raise EditRefused(f"{inner.name!r} has no steps")
    ids = _own_ids(steps, {one.id for one in board.cards} - {call})
    joint = Joint(board, card, inner, step.get("set") or {})
    joint.defaults = _defaults(inner_text)
    for one in (inside for whole in steps for inside in walk_written(whole)):
        joint.rename(one)
    for one in (inside for whole in steps for inside in walk_written(whole)):
        if "id" in one:
            one["id"] = ids[one["id"]]
        if isinstance(one.get("after"), list):
            one["after"] = [ids.get(name, name) for name in one["after"]]
    placed = _fitted(steps, board, card, step)
    operations: list[dict[str, Any]] = [{"op": "unpack", "step": call, "steps": placed}]
    return Unpacked([*operations, *_promises(text, board, card, joint)], ids)


def _step(text: str, name: str) -> dict[str, Any]:
    root = parse_yaml(text)
    node = next(one.node for one in standing(root, read_places(root)) if one.id == name)
    written: dict[str, Any] = node.plain()
    return written


def _outermost(text: str) -> list[dict[str, Any]]:
    """The outermost steps as a file writes them, with all ids."""
    root = parse_yaml(text)
    there = standing(root, read_places(root))
    ids = {id(one.node): one.id for one in there}
    kept = set(ids.values())
    return [written_whole(one, ids, kept) for one in there if one.parent is None]


def _own_ids(steps: list[dict[str, Any]], taken: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for whole in steps:
        for one in walk_written(whole):
            if isinstance(name := one.get("id"), str):
                found[name] = free_name(name, taken)
    return found


def _defaults(text: str) -> dict[str, dict[str, Any]]:
    """What the file says of its inputs."""
    declared = parse_yaml(text).get("inputs")
    said = {} if declared is None else declared.plain()
    return {name: one if isinstance(one, dict) else {"type": one} for name, one in said.items()}


def _fitted(
    steps: list[dict[str, Any]], board: Board, card: BoardCard, step: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The steps as the list takes them in which the call stands."""
    kinds = {one.id: one.kind for one in board.cards}
    kind = board.kind if card.parent is None else kinds[card.parent]
    policies = step.get("with")
    if policies:
        return [{"sequence": steps, "id": card.id, "with": policies}]
    if kind not in LEVEL:
        return steps
    if len(steps) > 1:
        return [{"sequence": steps, "id": card.id}]
    (only,) = steps
    if kind in ("graph", "parallel") and kind in only and only.keys() <= {kind, "id"}:
        return list(only[kind])
    return steps


def _promises(text: str, board: Board, card: BoardCard, joint: Joint) -> list[dict[str, Any]]:
    """What the whole has to say of itself to take and give what it did."""
    root = parse_yaml(text)
    found: list[dict[str, Any]] = []
    parents = {one.id: one for one in board.cards}
    hidden, above = False, card.parent
    while above is not None:
        hidden = hidden or parents[above].kind == "each"
        above = parents[above].parent
    if joint.leaks and not hidden and root.get("provides") is None:
        kept = [_said(port) for port in board.outputs]
        found.append({"op": "header", "field": "provides", "value": kept})
    if joint.declared:
        declared = root.get("inputs")
        there = {} if declared is None else declared.plain()
        said = {**joint.declared, **there}
        if said != there:
            found.append({"op": "header", "field": "inputs", "value": said})
    return found
