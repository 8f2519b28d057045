"""Find steps, lists and graphs in a file that is being edited."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from packetflow.composition.codec_document import with_id
from packetflow.composition.codec_nodes import Node
from packetflow.composition.codec_read import KEYS
from packetflow.composition.edit_draft import Draft, Opened, OpenList, OpenMap, origin, plain
from packetflow.composition.edit_operations import Place
from packetflow.composition.standing import kind_of, names
from packetflow.composition.steps import Guarded, Sequence, Step
from packetflow.errors import EditRefused, did_you_mean

LISTED = ("sequence", "parallel", "graph", "race", "fallback", "each", "repeat")
"""Kinds whose main key holds a list of steps; one may become another."""


class Contents:
    """One file's values, by the ids of its steps."""

    def __init__(self, root: Node, places: Iterable[tuple[Step, Node]]) -> None:
        self.opened = Opened(root)
        self.root = root
        self.nodes: dict[str, Node] = {}
        self.doubled: set[str] = set()
        there = list(places)
        for step, node in there:
            name = None if isinstance(step, Guarded) else step.id
            if name is not None:
                if name in self.nodes:
                    self.doubled.add(name)
                self.nodes[name] = node
        called = names(there, self.opened.parents)
        for step, node in there:
            name = called.get(id(node))
            if isinstance(step, Sequence) and step.id is None and name is not None:
                self.nodes[name] = node

    def node(self, name: str) -> Node:
        """The node of the step with an id."""
        if name not in self.nodes:
            near = did_you_mean(get_close_matches(name, self.nodes, 1))
            raise EditRefused(f"no step has the id {name!r}{near}")
        if name in self.doubled:
            raise EditRefused(f"two steps have the id {name!r}; give one another id in the text")
        self.opened.parents.enter(self.nodes[name])
        return self.nodes[name]

    def kind(self, node: Node) -> str:
        """The key that tells a step's kind; a plain list is a sequence."""
        return kind_of(node)

    def row(self, node: Node) -> tuple[list[Draft], int]:
        """The list a step stands in, open for change, and its position."""
        above, key = self.opened.parents[id(node)]
        if isinstance(key, int):
            rows = self.opened.list(above).items
        else:
            holder = self.opened.mapping(above)
            if not isinstance(holder.pairs[key], list):
                holder.pairs[key] = [self.opened.current(node)]
            rows = holder.pairs[key]
        return rows, next(i for i, one in enumerate(rows) if origin(one) is node)

    def rows_at(self, place: Place) -> tuple[list[Draft], int]:
        """The list and position that a place means."""
        if place.before is not None or place.after is not None:
            if place.before is not None and place.after is not None:
                raise EditRefused("a place is before a step or after one, not both")
            rows, index = self.row(self.node(place.before or place.after or ""))
            return rows, index if place.before is not None else index + 1
        rows = self.slot(place)
        at = len(rows) if place.at is None else place.at
        if not 0 <= at <= len(rows):
            raise EditRefused(f"there is no position {at}; the list has {len(rows)} steps")
        return rows, at

    def slot(self, place: Place) -> list[Draft]:
        """The list of steps that a container's slot holds, open for change."""
        if place.into is None:
            return self.rows_under(self.opened.mapping(self.root), "steps")
        node = self.node(place.into)
        if node.kind == "list" and place.slot == "steps":
            return self.opened.list(node).items
        kind = self.kind(node)
        holder = self.opened.mapping(node)
        if place.slot == "otherwise":
            if "otherwise" not in (kind, *KEYS[kind]):
                raise EditRefused(f"{place.into!r} has no otherwise")
            return self.rows_under(holder, "otherwise")
        if place.slot == "then":
            if kind == "when":
                return self.rows_under(holder, "then")
            return self.rows_under(self.case(node, place.case), "then")
        if kind not in LISTED:
            raise EditRefused(f"{place.into!r} is no container of steps; it is a {kind}")
        return self.rows_under(holder, kind)

    def rows_under(self, holder: OpenMap, key: str) -> list[Draft]:
        """The list of steps under a key, open for change; it is made where there is none."""
        value = holder.pairs.get(key)
        if value is None:
            value = holder.pairs[key] = []
        if isinstance(value, Node) and value.kind == "list":
            value = self.opened.list(value)
        if isinstance(value, OpenList):
            return value.items
        if not isinstance(value, list):
            value = holder.pairs[key] = [value]
        return value

    def case(self, node: Node, index: int) -> OpenMap:
        """One case of a `choose`, open for change."""
        kind = self.kind(node)
        if kind == "when" and index == 0:
            return self.opened.mapping(node)
        cases = node.get("choose")
        if cases is None or not 0 <= index < len(cases.items):
            raise EditRefused(f"there is no case {index}; cases count from 0")
        return self.opened.mapping(cases.items[index])

    def refuse_taken(self, step: Any) -> None:
        """New steps bring ids of their own or none."""
        if isinstance(step, dict):
            name = step.get("id")
            if isinstance(name, str) and name in self.nodes:
                raise EditRefused(f"the id {name!r} is taken; choose another or leave it out")
            for key, value in step.items():
                if key not in {"set", "from", "to"}:
                    self.refuse_taken(value)
        elif isinstance(step, list):
            for one in step:
                self.refuse_taken(one)

    def is_inside(self, node: Node, other: Node) -> bool:
        """Tell whether a node is another one or inside of it."""
        while node is not other:
            if id(node) not in self.opened.parents:
                return False
            node = self.opened.parents[id(node)][0]
        return True

    def graph_of(self, node: Node) -> Node | None:
        """The graph directly around a step."""
        above, key = self.opened.parents[id(node)]
        if isinstance(key, int) and id(above) in self.opened.parents:
            holder, name = self.opened.parents[id(above)]
            return holder if name == "graph" else None
        return None

    def graph_holding(self, rows: list[Draft]) -> Node | None:
        """The graph whose list of steps this is."""
        for node in self.nodes.values():
            inner = node.get("graph") if node.kind == "map" else None
            if inner is not None:
                current = self.opened.current(inner)
                if isinstance(current, OpenList) and current.items is rows:
                    return node
        return None

    def give_id(self, node: Node, name: str) -> None:
        """Write a step's id."""
        if node.kind != "map":
            raise EditRefused("a plain list of steps has no id; make it a sequence first")
        holder = self.opened.mapping(node)
        if "id" in holder.pairs:
            holder.pairs["id"] = name
            return
        self._with_id(holder.pairs, name)

    def name_fresh(self, step: dict[str, Any], name: str) -> None:
        """Write the id of a new step."""
        self._with_id(step, name)

    def _with_id(self, pairs: dict[str, Any], name: str) -> None:
        first = next(iter(pairs))
        value = pairs[first]
        flat = dict(pairs)
        listed = isinstance(plain(value), list)
        ordered = with_id({**flat, first: [] if listed else ""}, name)
        pairs.clear()
        pairs.update({key: flat.get(key, name) for key in ordered})

    def free(self, base: str) -> str:
        """An id that no step has."""
        count = 1
        name = base
        while name in self.nodes:
            count += 1
            name = f"{base}_{count}"
        return name
