"""What each edit does to the values of a file."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from packetflow.composition.codec_document import with_id
from packetflow.composition.codec_nodes import Node
from packetflow.composition.codec_read import HEADER, KEYS
from packetflow.composition.edit_draft import Draft, Opened, OpenList, OpenMap, origin, plain
from packetflow.composition.edit_operations import (
    After,
    Guard,
    Header,
    Insert,
    Kind,
    Leave,
    Move,
    NotAfter,
    Operation,
    Place,
    Read,
    Remove,
    Rename,
    Replace,
    SetField,
    SetText,
    Unguard,
    Unwrap,
    Wrap,
)
from packetflow.composition.steps import Guarded, Step
from packetflow.errors import EditRefused, did_you_mean

LISTED = ("sequence", "parallel", "graph", "race", "fallback", "each", "repeat")
"""Kinds whose main key holds a list of steps; one may become another."""


class Change:
    """One file's values, being changed by one edit."""

    def __init__(self, root: Node, places: Iterable[tuple[Step, Node]]) -> None:
        self.opened = Opened(root)
        self.root = root
        self.nodes: dict[str, Node] = {}
        self.doubled: set[str] = set()
        for step, node in places:
            name = None if isinstance(step, Guarded) else step.id
            if name is not None:
                if name in self.nodes:
                    self.doubled.add(name)
                self.nodes[name] = node

    def do(self, one: Operation) -> None:
        """Make the change that an operation asks for.

        Raises:
            EditRefused: It names a step that is not there, or makes no sense there.
        """
        match one:
            case Insert():
                self.insert(copy.deepcopy(one.step), one.place)
            case Remove():
                self.forget(one.step)
                self.take(self.node(one.step))
            case Move():
                self.move(one)
            case SetField():
                self.set_field(one)
            case Rename():
                self.rename(one)
            case Header():
                self.set_header(one)
            case Read():
                self.join(one.step, one.input, one.source)
            case Leave():
                self.join(one.step, one.input, None)
            case After():
                self.order(one)
            case NotAfter():
                self.unorder(one)
            case Wrap():
                self.wrap(one)
            case Unwrap():
                self.unwrap(one)
            case Guard():
                self.guard(one)
            case Unguard():
                self.unguard(one)
            case Kind():
                self.set_kind(one)
            case SetText() | Replace():
                raise EditRefused("this edit is on the text alone")

    # ---- finding ------------------------------------------------------------------------------

    def node(self, name: str) -> Node:
        """The node of the step with an id."""
        if name not in self.nodes:
            near = did_you_mean(get_close_matches(name, self.nodes, 1))
            raise EditRefused(f"no step has the id {name!r}{near}")
        if name in self.doubled:
            raise EditRefused(f"two steps have the id {name!r}; give one another id in the text")
        return self.nodes[name]

    def kind(self, node: Node) -> str:
        """The key that tells a step's kind."""
        return next(key.value for key, _ in node.pairs if key.value in KEYS)

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

    # ---- steps --------------------------------------------------------------------------------

    def insert(self, step: dict[str, Any], place: Place) -> None:
        rows, at = self.rows_at(place)
        self.refuse_taken(step)
        rows.insert(at, step)

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

    def take(self, node: Node) -> Draft:
        """Take a step out of its list."""
        rows, index = self.row(node)
        return rows.pop(index)

    def move(self, one: Move) -> None:
        node = self.node(one.step)
        place = one.place
        for name in (place.before, place.after, place.into):
            if name is not None and self.is_inside(self.node(name), node):
                raise EditRefused(f"{one.step!r} cannot move into or beside itself")
        graph_before = self.graph_of(node)
        rows, index = self.row(node)
        stand_in: dict[str, Any] = {}
        moved = rows[index]
        rows[index] = stand_in
        rows_from = rows
        if place.before is None and place.after is None and self.slot(place) is rows_from:
            rows_from.remove(stand_in)
            rows, at = self.rows_at(place)
            rows.insert(at, moved)
        else:
            rows, at = self.rows_at(place)
            rows.insert(at, moved)
            position = next(i for i, item in enumerate(rows_from) if item is stand_in)
            del rows_from[position]
        graph_after = self.graph_holding(rows)
        if graph_before is not None and graph_before is not graph_after:
            self.forget(one.step)
            if node.get("after") is not None:
                self.opened.mapping(node).pairs.pop("after", None)

    def is_inside(self, node: Node, other: Node) -> bool:
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
        for node in self.nodes.values():
            inner = node.get("graph") if node.kind == "map" else None
            if inner is not None:
                current = self.opened.current(inner)
                if isinstance(current, OpenList) and current.items is rows:
                    return node
        return None

    def rename(self, one: Rename) -> None:
        node = self.node(one.step)
        if not one.to:
            raise EditRefused("an id cannot be empty")
        if one.to in self.nodes and one.to != one.step:
            raise EditRefused(f"the id {one.to!r} is taken; choose another")
        self.give_id(node, one.to)
        self.replace_order(one.step, [one.to])

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
        flat = {key: one for key, one in pairs.items()}
        listed = isinstance(plain(value), list)
        ordered = with_id({**flat, first: [] if listed else ""}, name)
        pairs.clear()
        pairs.update({key: flat.get(key, name) for key in ordered})

    # ---- fields -------------------------------------------------------------------------------

    def set_field(self, one: SetField) -> None:
        node = self.node(one.step)
        kind = self.kind(node)
        allowed = [
            key
            for key in (kind, *KEYS[kind])
            if key not in {"id", "then", "otherwise", "choose", *LISTED}
        ]
        if kind == "choose":
            allowed.append("when")
        if one.field == "after" or one.field not in allowed:
            near = did_you_mean(get_close_matches(one.field, allowed, 1))
            raise EditRefused(
                f"{one.step!r} has no field {one.field!r}{near or '; it has: ' + ', '.join(allowed)}"
            )
        holder = self.opened.mapping(node)
        if kind == "choose" and one.field == "when":
            holder = self.case(node, one.case)
        if one.value is None and one.field == kind:
            raise EditRefused(f"{one.field!r} tells what {one.step!r} is; set it to something else")
        self.put(holder, one.field, one.value)

    def put(self, holder: OpenMap, key: str, value: Any) -> None:
        """Set an entry, or take it away when the value is ``None``."""
        if value is None:
            holder.pairs.pop(key, None)
        else:
            holder.pairs[key] = value

    def set_header(self, one: Header) -> None:
        if one.value is None and one.field == "pipeline":
            raise EditRefused("a pipeline needs its name")
        holder = self.opened.mapping(self.root)
        self.put(holder, one.field, one.value)
        if one.value is not None:
            known = {key: holder.pairs[key] for key in HEADER if key in holder.pairs}
            ordered = list(holder.pairs)
            ordered.remove(one.field)
            before = [key for key in known if HEADER.index(key) < HEADER.index(one.field)]
            at = ordered.index(before[-1]) + 1 if before else 0
            if self.root.get(one.field) is None:
                ordered.insert(at, one.field)
                pairs = {key: holder.pairs[key] for key in ordered}
                holder.pairs.clear()
                holder.pairs.update(pairs)

    def join(self, name: str, wanted: str, source: str | None) -> None:
        """Write where an input comes from."""
        node = self.node(name)
        if self.kind(node) not in {"use", "call"}:
            raise EditRefused(f"{name!r} has no inputs of its own; wire the steps inside")
        holder = self.opened.mapping(node)
        reads = node.get("from")
        if reads is None:
            holder.pairs["from"] = {wanted: source}
        elif reads.kind == "map":
            self.opened.mapping(reads).pairs[wanted] = source
        else:
            listed = [str(item) for item in plain(reads)]
            if wanted in listed and source == wanted:
                return
            if source == wanted:
                self.opened.list(reads).items.append(wanted)
            elif source is None:
                rows = self.opened.list(reads).items
                rows[:] = [item for item in rows if plain(item) != wanted]
            else:
                raise EditRefused(
                    f"{name!r} reads by a list, which cannot rename; set its field `from` to a "
                    f"map, {{{wanted}: {source}}} and the others"
                )

    # ---- order --------------------------------------------------------------------------------

    def order(self, one: After) -> None:
        node, other = self.node(one.step), self.node(one.wait_for)
        graph = self.graph_of(node)
        if graph is None or self.graph_of(other) is not graph or node is other:
            raise EditRefused(f"{one.step!r} and {one.wait_for!r} are not two steps of one graph")
        there = node.get("after")
        if there is None:
            self.opened.mapping(node).pairs["after"] = [one.wait_for]
        elif one.wait_for not in plain(there):
            self.opened.list(there).items.append(one.wait_for)

    def unorder(self, one: NotAfter) -> None:
        there = self.node(one.step).get("after")
        if there is None or one.wait_for not in plain(there):
            raise EditRefused(f"{one.step!r} does not wait for {one.wait_for!r} by an `after`")
        self.drop_order(self.node(one.step), one.wait_for, [])

    def forget(self, name: str) -> None:
        """Let no step of the graph around wait for a step by its id."""
        self.node(name)
        self.replace_order(name, [])

    def replace_order(self, name: str, new: list[str]) -> None:
        graph = self.graph_of(self.nodes[name])
        inner = None if graph is None else graph.get("graph")
        for node in [] if inner is None else inner.items:
            there = node.get("after") if node.kind == "map" else None
            if there is not None and there.kind == "list" and name in plain(there):
                self.drop_order(node, name, new)

    def drop_order(self, node: Node, name: str, new: list[str]) -> None:
        there = node.get("after")
        assert there is not None
        rows = self.opened.list(there).items
        position = next(i for i, item in enumerate(rows) if plain(item) == name)
        rows[position : position + 1] = [one for one in new if one not in map(plain, rows)]
        if not rows:
            self.opened.mapping(node).pairs.pop("after")

    # ---- containers and policies --------------------------------------------------------------

    def wrap(self, one: Wrap) -> None:
        if not one.steps:
            raise EditRefused("say which steps to wrap")
        nodes = [self.node(name) for name in one.steps]
        rows, _ = self.row(nodes[0])
        positions = [
            next((i for i, item in enumerate(rows) if origin(item) is node), -1) for node in nodes
        ]
        first = min(positions)
        if first < 0 or sorted(positions) != list(range(first, first + len(nodes))):
            raise EditRefused("only steps side by side in one list can be wrapped")
        fields = copy.deepcopy(one.fields)
        self.refuse_taken(fields)
        if one.kind != "graph" and self.graph_of(nodes[0]) is not None:
            self.hand_over_order(one, nodes, fields)
        inner = rows[first : first + len(nodes)]
        if one.kind == "when":
            if "when" not in fields:
                raise EditRefused("wrapping in `when` needs its condition: fields: {when: ...}")
            wrapper: dict[str, Any] = {"when": fields.pop("when"), "then": inner, **fields}
        elif "id" in fields:
            wrapper = {"id": fields.pop("id"), one.kind: inner, **fields}
        else:
            wrapper = {one.kind: inner, **fields}
        rows[first : first + len(nodes)] = [wrapper]

    def hand_over_order(self, one: Wrap, nodes: list[Node], fields: dict[str, Any]) -> None:
        """In a graph, the wrapper waits for what the wrapped waited for, and is waited for."""
        name = fields.setdefault("id", self.free(one.kind))
        waits: list[str] = []
        for node in nodes:
            there = node.get("after")
            if there is not None:
                waits += [w for w in plain(there) if w not in one.steps and w not in waits]
                self.opened.mapping(node).pairs.pop("after")
        graph = self.graph_of(nodes[0])
        inner = None if graph is None else graph.get("graph")
        for node in [] if inner is None else inner.items:
            there = node.get("after") if node.kind == "map" else None
            for wrapped in one.steps:
                if there is not None and node not in nodes and wrapped in plain(there):
                    self.drop_order(node, wrapped, [name])
        if waits:
            fields["after"] = waits

    def free(self, base: str) -> str:
        count = 1
        name = base
        while name in self.nodes:
            count += 1
            name = f"{base}_{count}"
        return name

    def unwrap(self, one: Unwrap) -> None:
        node = self.node(one.step)
        kind = self.kind(node)
        if kind in LISTED:
            inner = node.get(kind)
        elif kind == "when" and node.get("otherwise") is None:
            inner = node.get("then")
        else:
            raise EditRefused(f"{one.step!r} has no single list of steps to put in its place")
        assert inner is not None
        steps = [inner] if inner.kind == "map" else list(inner.items)
        if kind == "graph" and self.graph_of(node) is None:
            for step in steps:
                if step.kind == "map" and step.get("after") is not None:
                    raise EditRefused(
                        f"the steps of {one.step!r} have an order; take the `after` away first"
                    )
        self.replace_order(one.step, [])
        rows, index = self.row(node)
        rows[index : index + 1] = steps

    def guard(self, one: Guard) -> None:
        node = self.node(one.step)
        there = node.get("with")
        if there is None:
            self.opened.mapping(node).pairs["with"] = [one.policy]
        else:
            self.opened.list(there).items.append(one.policy)

    def unguard(self, one: Unguard) -> None:
        there = self.node(one.step).get("with")
        if there is None or not 0 <= one.at < len(there.items):
            raise EditRefused(f"{one.step!r} has no policy {one.at}; policies count from 0")
        if len(there.items) == 1:
            self.opened.mapping(self.node(one.step)).pairs.pop("with")
        else:
            del self.opened.list(there).items[one.at]

    def set_kind(self, one: Kind) -> None:
        node = self.node(one.step)
        old = self.kind(node)
        families: tuple[tuple[str, ...], ...] = (LISTED, ("use", "call"))
        family = next((kinds for kinds in families if old in kinds), ())
        if one.kind not in family:
            raise EditRefused(f"a {old} cannot become a {one.kind}; put in a new step")
        holder = self.opened.mapping(node)
        allowed = {one.kind, *KEYS[one.kind], "after"}
        pairs = {one.kind if key == old else key: value for key, value in holder.pairs.items()}
        holder.pairs.clear()
        holder.pairs.update({key: value for key, value in pairs.items() if key in allowed})
        for key, value in one.fields.items():
            self.put(holder, key, value)
