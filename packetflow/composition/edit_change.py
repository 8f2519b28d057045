"""What each edit does to the values of a file."""

from __future__ import annotations

import copy
from difflib import get_close_matches
from typing import Any

from packetflow.composition.codec_nodes import Node
from packetflow.composition.codec_read import HEADER, KEYS
from packetflow.composition.edit_contents import LISTED, Contents
from packetflow.composition.edit_draft import Draft, OpenMap, origin, plain
from packetflow.composition.edit_operations import (
    After,
    Excerpt,
    Guard,
    Header,
    Insert,
    Kind,
    Leave,
    Move,
    NotAfter,
    Operation,
    Pack,
    Place,
    Read,
    Remove,
    Rename,
    Replace,
    SetField,
    SetText,
    Unguard,
    Unpack,
    Unwrap,
    Wrap,
)
from packetflow.composition.edit_packing import excerpt, pack, unpack
from packetflow.errors import EditRefused, did_you_mean
from packetflow.kernel.board import CONCEALED


class Change(Contents):
    """One file's values, being changed by one edit."""

    def do(self, one: Operation) -> None:  # noqa: C901, PLR0912 - one line a kind
        """Make the change that an operation asks for.

        Raises:
            EditRefused: It names a step that is not there, or makes no sense there.
        """
        match one:
            case Insert():
                self._insert(copy.deepcopy(one.step), one.place)
            case Remove():
                self.forget(one.step)
                self.take(self.node(one.step))
            case Move():
                self._move(one)
            case SetField():
                self._set_field(one)
            case Rename():
                self._rename(one)
            case Header():
                self._set_header(one)
            case Read():
                self.join(one.step, one.input, one.source)
            case Leave():
                self.join(one.step, one.input, None)
            case After():
                self._order(one)
            case NotAfter():
                self._unorder(one)
            case Wrap():
                self._wrap(one)
            case Unwrap():
                self._unwrap(one)
            case Guard():
                self._guard(one)
            case Unguard():
                self._unguard(one)
            case Kind():
                self._set_kind(one)
            case Pack():
                pack(self, one)
            case Excerpt():
                excerpt(self, one)
            case Unpack():
                unpack(self, one)
            case SetText() | Replace():
                raise EditRefused("this edit is on the text alone")

    # ---- steps --------------------------------------------------------------------------------

    def _insert(self, step: dict[str, Any], place: Place) -> None:
        rows, at = self.rows_at(place)
        self.refuse_taken(step)
        rows.insert(at, step)

    def take(self, node: Node) -> Draft:
        """Take a step out of its list."""
        rows, index = self.row(node)
        return rows.pop(index)

    def _move(self, one: Move) -> None:
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

    def _rename(self, one: Rename) -> None:
        node = self.node(one.step)
        if not one.to:
            raise EditRefused("an id cannot be empty")
        if one.to in self.nodes and one.to != one.step:
            raise EditRefused(f"the id {one.to!r} is taken; choose another")
        self.give_id(node, one.to)
        self.replace_order(one.step, [one.to])

    # ---- fields -------------------------------------------------------------------------------

    def _set_field(self, one: SetField) -> None:
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
                f"{one.step!r} has no field {one.field!r}"
                f"{near or '; it has: ' + ', '.join(allowed)}"
            )
        holder = self.opened.mapping(node)
        if kind == "choose" and one.field == "when":
            holder = self.case(node, one.case)
        if one.value is None and one.field == kind:
            raise EditRefused(f"{one.field!r} tells what {one.step!r} is; set it to something else")
        value = _kept(node, one.value) if one.field == "set" else one.value
        self.put(holder, one.field, value)

    def put(self, holder: OpenMap, key: str, value: Any) -> None:
        """Set an entry, or take it away when the value is ``None``."""
        if value is None:
            holder.pairs.pop(key, None)
        else:
            holder.pairs[key] = value

    def _set_header(self, one: Header) -> None:
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

    def _order(self, one: After) -> None:
        node, other = self.node(one.step), self.node(one.wait_for)
        graph = self.graph_of(node)
        if graph is None or self.graph_of(other) is not graph or node is other:
            raise EditRefused(f"{one.step!r} and {one.wait_for!r} are not two steps of one graph")
        there = node.get("after")
        if there is None:
            self.opened.mapping(node).pairs["after"] = [one.wait_for]
        elif one.wait_for not in plain(there):
            self.opened.list(there).items.append(one.wait_for)

    def _unorder(self, one: NotAfter) -> None:
        there = self.node(one.step).get("after")
        if there is None or one.wait_for not in plain(there):
            raise EditRefused(f"{one.step!r} does not wait for {one.wait_for!r} by an `after`")
        self._drop_order(self.node(one.step), one.wait_for, [])

    def forget(self, name: str) -> None:
        """Let no step of the graph around wait for a step by its id."""
        self.node(name)
        self.replace_order(name, [])

    def replace_order(self, name: str, new: list[str]) -> None:
        """Let what waits for a step in the graph around it wait for others instead."""
        graph = self.graph_of(self.nodes[name])
        inner = None if graph is None else graph.get("graph")
        for node in [] if inner is None else inner.items:
            there = node.get("after") if node.kind == "map" else None
            if there is not None and there.kind == "list" and name in plain(there):
                self._drop_order(node, name, new)

    def _drop_order(self, node: Node, name: str, new: list[str]) -> None:
        there = node.get("after")
        assert there is not None
        rows = self.opened.list(there).items
        position = next(i for i, item in enumerate(rows) if plain(item) == name)
        rows[position : position + 1] = [one for one in new if one not in map(plain, rows)]
        if not rows:
            self.opened.mapping(node).pairs.pop("after")

    # ---- containers and policies --------------------------------------------------------------

    def _wrap(self, one: Wrap) -> None:
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
                    self._drop_order(node, wrapped, [name])
        if waits:
            fields["after"] = waits

    def _unwrap(self, one: Unwrap) -> None:
        node = self.node(one.step)
        kind = self.kind(node)
        if kind in LISTED:
            inner = node.get(kind) if node.kind == "map" else node
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

    def _guard(self, one: Guard) -> None:
        node = self.node(one.step)
        there = node.get("with")
        if there is None:
            self.opened.mapping(node).pairs["with"] = [one.policy]
        else:
            self.opened.list(there).items.append(one.policy)

    def _unguard(self, one: Unguard) -> None:
        there = self.node(one.step).get("with")
        if there is None or not 0 <= one.at < len(there.items):
            raise EditRefused(f"{one.step!r} has no policy {one.at}; policies count from 0")
        if len(there.items) == 1:
            self.opened.mapping(self.node(one.step)).pairs.pop("with")
        else:
            del self.opened.list(there).items[one.at]

    def _set_kind(self, one: Kind) -> None:
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


def _kept(node: Node, value: Any) -> Any:
    """Fixed values with the old ones in the place of what a board shows for a secret."""
    if not isinstance(value, dict) or CONCEALED not in value.values():
        return value
    there = node.get("set")
    old = {} if there is None else there.plain()
    lost = [name for name, one in value.items() if one == CONCEALED and name not in old]
    if lost:
        raise EditRefused(f"there is no fixed value of {lost[0]!r} to keep; give it anew")
    return {name: old[name] if one == CONCEALED else one for name, one in value.items()}
