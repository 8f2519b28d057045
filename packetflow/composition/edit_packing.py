"""Edits between a pipeline and those that it calls: steps that become a call, and back."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from packetflow.composition.codec_nodes import Node
from packetflow.composition.edit_draft import Draft, origin, plain
from packetflow.composition.edit_operations import Excerpt, Pack, Unpack, Wrap
from packetflow.composition.written import free_name
from packetflow.errors import EditRefused

if TYPE_CHECKING:
    from packetflow.composition.edit_change import Change

TOGETHER = ("graph", "parallel")
"""Kinds whose steps may be taken out from between others."""

ALONE = ("race", "fallback")
"""Kinds of which every step is a way of its own."""


def pack(change: Change, one: Pack) -> None:
    """Put a call in the place of steps."""
    nodes, rows, first = _side_by_side(change, one.steps)
    if not one.name:
        raise EditRefused("give the new pipeline a name")
    for node in nodes:
        if _calls(node, one.name):
            raise EditRefused(f"the steps call a pipeline {one.name!r} already; choose a new name")
    gone = {
        name for name, node in change.nodes.items() if any(change.is_inside(node, n) for n in nodes)
    }
    call: dict[str, Any] = {
        "call": one.name,
        "id": free_name(_slug(one.name), change.nodes.keys() - gone),
    }
    if change.graph_of(nodes[0]) is not None:
        change.hand_over_order(Wrap(one.steps, "sequence"), nodes, call)
    rows[first] = call
    rows[:] = [item for item in rows if origin(item) not in nodes]


def excerpt(change: Change, one: Excerpt) -> None:
    """Leave only some steps, as a pipeline of another name."""
    nodes, _, _ = _side_by_side(change, one.steps)
    kind = _kind_around(change, nodes[0])
    for node in nodes:
        there = node.get("after") if node.kind == "map" else None
        if there is not None:
            holder = change.opened.mapping(node)
            kept = [name for name in plain(there) if name in one.steps]
            if kept:
                holder.pairs["after"] = kept
            else:
                holder.pairs.pop("after")
    steps: list[Any] = [change.opened.current(node) for node in nodes]
    if kind in TOGETHER and len(steps) > 1:
        above = change.opened.parents[id(change.opened.parents[id(nodes[0])][0])][0]
        bound = above.get("at_once")
        limit = {} if bound is None else {"at_once": bound.plain()}
        steps = [{kind: steps, **limit, "id": free_name(kind, set(change.nodes))}]
    elif isinstance(steps[0], Node) and len(steps) == 1 and nodes[0].kind == "list":
        steps = [{"sequence": list(nodes[0].items)}]
    holder = change.opened.mapping(change.root)
    holder.pairs.clear()
    holder.pairs["pipeline"] = one.name
    if one.requires is not None:
        holder.pairs["requires"] = list(one.requires)
    if one.provides is not None:
        holder.pairs["provides"] = list(one.provides)
    holder.pairs["steps"] = steps


def unpack(change: Change, one: Unpack) -> None:
    """Put steps in the place of a call."""
    node = change.node(one.step)
    if change.kind(node) != "call":
        raise EditRefused(f"{one.step!r} calls no pipeline that could be unpacked")
    if not one.steps:
        raise EditRefused(f"the pipeline that {one.step!r} calls has no steps")
    steps = copy.deepcopy(one.steps)
    graph = change.graph_of(node)
    if graph is not None:
        ids = [step["id"] for step in steps if "id" in step]
        if len(ids) < len(steps):
            raise EditRefused("steps that come into a graph need ids")
        there = node.get("after")
        for step in steps if there is not None else ():
            step["after"] = [*plain(there), *step.get("after", [])]
        change.replace_order(one.step, ids)
    rows, index = change.row(node)
    del change.nodes[one.step]
    change.refuse_taken(steps)
    rows[index : index + 1] = steps


def _side_by_side(change: Change, names: Sequence[str]) -> tuple[list[Node], list[Draft], int]:
    """Steps of one list in their order, the list, and where the first one stands."""
    if not names:
        raise EditRefused("say which steps to make a pipeline of")
    named = [change.node(name) for name in dict.fromkeys(names)]
    rows, _ = change.row(named[0])
    found = [(at, node) for at, row in enumerate(rows) for node in named if origin(row) is node]
    if len(found) != len(named):
        raise EditRefused("only steps of one list can become a pipeline of their own")
    first, last = found[0][0], found[-1][0]
    kind = _kind_around(change, named[0])
    if kind in ALONE and len(named) > 1:
        raise EditRefused(f"each step of a {kind} is a way of its own; choose one of them")
    if kind not in TOGETHER and last - first + 1 != len(found):
        raise EditRefused("only steps that follow each other can become a pipeline of their own")
    return [node for _, node in found], rows, first


def _kind_around(change: Change, node: Node) -> str:
    """What is done with the list in which a step stands: the key over it."""
    above, key = change.opened.parents[id(node)]
    if isinstance(key, int):
        _, key = change.opened.parents.get(id(above), (above, "steps"))
    return key if isinstance(key, str) else "sequence"


def _calls(node: Node, name: str) -> bool:
    stack = [node]
    while stack:
        here = stack.pop()
        for key, value in here.pairs:
            if key.value == "call" and value.value == name:
                return True
            stack.append(value)
        stack.extend(here.items)
    return False


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_") or "part"
