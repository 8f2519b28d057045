"""Where every step of a file stands, in the words of the edit operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packetflow.composition.codec_nodes import Node, Placed
from packetflow.composition.codec_read import KEYS
from packetflow.composition.steps import Guarded, Sequence, Step
from packetflow.composition.walk import step_id


@dataclass(frozen=True, slots=True)
class Standing:
    """One step of a file and its place.

    Attributes:
        id: The step's own id, or a made-up one; see `names`.
        step: The step, without the policies around it.
        node: Where it is written.
        parent: The id of the step around it; ``None`` in the file's own list.
        slot: ``steps``, ``then`` or ``otherwise``.
        case: Which case of a branch, from 0.
        at: Its position in the list, from 0.
    """

    id: str
    step: Step
    node: Node
    parent: str | None
    slot: str
    case: int
    at: int


Above = Mapping[int, tuple[Node, "str | int"]]
"""For a node, by its `id()`: the node around it, and its key or position there."""


def above(root: Node) -> Above:
    """For every mapping and list of a file that can be or hold a step, what is around it."""
    found: dict[int, tuple[Node, str | int]] = {}
    stack = [root]
    while stack:
        node = stack.pop()
        for key, value in node.pairs:
            if value.kind != "scalar":
                found[id(value)] = (node, key.value)
                stack.append(value)
        for index, item in enumerate(node.items):
            if item.kind != "scalar":
                found[id(item)] = (node, index)
                if not _calls(item):
                    stack.append(item)
    return found


def _calls(node: Node) -> bool:
    """Tell whether a step only calls something, and so holds no other steps."""
    pairs = node.of.pairs if isinstance(node, Placed) else node.pairs
    return any(key.value in ("use", "call") for key, _ in pairs)


def names(places: Iterable[tuple[Step, Node]], around: Above) -> dict[int, str]:
    """The id of every step that stands for itself, by the `id()` of its node.

    A list that only fills a field (``steps:``, ``then:``, ...) is none. A sequence inside another
    list may have no id of its own; it goes by its first step: ``around_fetch``.
    """
    known = [(step, node) for step, node in places if not isinstance(step, Guarded)]
    taken = {name for step, _ in known if (name := step_id(step)) is not None}
    found: dict[int, str] = {}
    for step, node in known:
        name = step_id(step)
        if name is not None:
            found[id(node)] = name
        elif isinstance(step, Sequence) and not _fills(node, around):
            base = f"around_{_first(step)}" if step.steps else "empty_list"
            name, count = base, 1
            while name in taken:
                count += 1
                name = f"{base}_{count}"
            taken.add(name)
            found[id(node)] = name
    return found


def _fills(node: Node, around: Above) -> bool:
    """Tell whether a list is the whole value of a field."""
    return node.kind == "list" and isinstance(around[id(node)][1], str)


def _first(step: Step) -> str:
    while isinstance(step, Sequence) and step_id(step) is None and step.steps:
        step = step.steps[0]
        while isinstance(step, Guarded):
            step = step.step
    return step_id(step) or "list"


def standing(root: Node, places: Iterable[tuple[Step, Node]]) -> list[Standing]:
    """Every step of a file with its place, in reading order.

    Of steps that share an id, the later ones get a number: ``fetch (2)``.

    Args:
        root: The file.
        places: Its steps with their nodes, from `codec_read`.
    """
    there = [(step, node) for step, node in places if not isinstance(step, Guarded)]
    around = above(root)
    called = names(there, around)
    seen: set[str] = set()
    for _, node in there:
        name = called.get(id(node))
        if name is not None:
            count, own = 1, name
            while own in seen:
                count += 1
                own = f"{name} ({count})"
            seen.add(own)
            called[id(node)] = own
    found = []
    for step, node in there:
        name = called.get(id(node))
        if name is not None:
            found.append(Standing(name, step, node, *_place(node, root, around, called)))
    return found


def _place(
    node: Node, root: Node, around: Above, called: Mapping[int, str]
) -> tuple[str | None, str, int, int]:
    holder, key = around[id(node)]
    at = 0
    if isinstance(key, int):
        at = key
        rows = holder
        if id(rows) in called:  # a list inside a list
            return called[id(rows)], "steps", 0, at
        holder, key = around[id(rows)]
    if holder is root:
        return None, "steps", 0, at
    slot = str(key) if key in ("then", "otherwise") else "steps"
    if id(holder) in called:
        return called[id(holder)], slot, 0, at
    cases, case = around[id(holder)]
    branch, _ = around[id(cases)]
    return called[id(branch)], slot, int(case), at


def kind_of(node: Node) -> str:
    """The key that tells a written step's kind; ``sequence`` for a plain list."""
    pairs = node.of.pairs if isinstance(node, Placed) else node.pairs
    return next((key.value for key, _ in pairs if key.value in KEYS), "sequence")
