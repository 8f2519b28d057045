"""A part of a pipeline as a pipeline of its own: up to a step, from a step on, or some steps.

What the part reads from the rest becomes its input. Only whole steps of the outermost list are
parts; what is inside a container goes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from packetflow.composition.codec_emit import emit
from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.edit_draft import marked
from packetflow.composition.standing import Standing, kind_of, standing
from packetflow.errors import EditRefused, SourceError
from packetflow.kernel.board import Board, BoardWire

PART_OF: Final = "A part of"
"""How the intent of a part begins, so that nobody takes it for a version of the whole."""


def is_part(text: str) -> bool:
    r"""Tell whether a text was made by `part`.

    >>> is_part("pipeline: a\nintent: A part of a\nsteps: []\n")
    True
    """
    try:
        root = parse_yaml(text)
    except SourceError:
        return False
    name, intent = root.get("pipeline"), root.get("intent")
    return name is not None and intent is not None and intent.value == f"{PART_OF} {name.value}"


def before(board: Board, *steps: str) -> set[str]:
    """The outermost steps that some steps need to have run, their own included."""
    return _reached(board, steps, backwards=True)


def behind(board: Board, *steps: str) -> set[str]:
    """The outermost steps that follow from some steps, their own included."""
    return _reached(board, steps, backwards=False)


def border(board: Board, kept: Collection[str]) -> list[BoardWire]:
    """The wires that bring values into some steps from elsewhere."""
    inside = with_inner(board, kept)
    return [
        wire
        for wire in board.wires
        if wire.target in inside and (wire.source is None or wire.source not in inside)
    ]


def part(text: str, kept: Collection[str]) -> str:
    """The text of a pipeline that has only some steps, under the ids that they have.

    Args:
        text: Of the whole.
        kept: Ids of steps, none inside another.

    Raises:
        SourceError: The text cannot be read.
        EditRefused: None of these steps is there.
    """
    root = parse_yaml(text)
    there = standing(root, read_places(root))
    known = {one.id: one for one in there}
    wanted = [known[one.id] for one in there if one.id in kept]
    if not wanted:
        raise EditRefused("there is no such step in the pipeline")
    ids = {id(one.node): one.id for one in there}
    rows = [written_whole(one, ids, kept) for one in wanted]
    steps: list[Any] = rows
    parents = {one.parent for one in wanted}
    above = known.get(parents.pop() or "") if len(parents) == 1 else None
    if above is not None and kind_of(above.node) in ("graph", "parallel"):
        steps = [{kind_of(above.node): rows, "id": above.id}]
    else:
        for row in rows:
            row.pop("after", None)
    name = root.plain()["pipeline"]
    document: dict[str, Any] = {"pipeline": name, "intent": f"{PART_OF} {name}"}
    declared = root.get("inputs")
    if declared is not None:
        document["inputs"] = declared.plain()
    return emit(marked({**document, "steps": steps}))


def written_whole(one: Standing, ids: Mapping[int, str], kept: Collection[str]) -> dict[str, Any]:
    """A step as in the file, with all ids in it."""
    node = one.node
    if node.kind != "map":
        return {"sequence": [item.plain() for item in node.items]}
    written: dict[str, Any] = node.plain()
    stack: list[tuple[Any, Any]] = [(node, written)]
    while stack:
        here, value = stack.pop()
        if here.kind == "map":
            for key, inner in here.pairs:
                stack.append((inner, value[key.value]))
            name = ids.get(id(here))
            if name is not None and "id" not in value and not name.startswith("around_"):
                value["id"] = name
        else:
            stack.extend(zip(here.items, value, strict=True) if here.kind == "list" else ())
    order = written.get("after")
    if isinstance(order, list):
        written["after"] = [name for name in order if name in kept]
        if not written["after"]:
            del written["after"]
    return written


def holders(board: Board) -> dict[str, str]:
    """For each step, the one on the ground that holds it."""
    parents = {card.id: card.parent for card in board.cards}
    ground = {None, board.root or None}
    found: dict[str, str] = {}
    for card in board.cards:
        above = parents[card.id]
        found[card.id] = card.id if above in ground else found[above or ""]
    return found


def with_inner(board: Board, kept: Collection[str]) -> set[str]:
    """Some steps with all that is inside them."""
    inside = set(kept)
    for card in board.cards:
        if card.parent in inside:
            inside.add(card.id)
    return inside


def _reached(board: Board, steps: Collection[str], *, backwards: bool) -> set[str]:
    holder = holders(board)
    for step in steps:
        if step not in holder:
            raise EditRefused(f"no step has the id {step!r}")
    pairs: Iterable[tuple[str, str]] = [
        (holder[wire.source], holder[wire.target])
        for wire in board.wires
        if wire.source is not None
    ]
    orders = [(holder[one], holder[c.id]) for c in board.cards for one in c.after if one in holder]
    following: dict[str, set[str]] = {}
    for source, target in (*pairs, *orders):
        one, other = (target, source) if backwards else (source, target)
        following.setdefault(one, set()).add(other)
    found, waiting = set(), [holder[step] for step in steps]
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting.extend(following.get(here, ()))
    return found
