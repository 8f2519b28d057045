"""Graphs of networkx: a drawing as one, and the map of capabilities that fit by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packetflow.show.drawing import Drawing, Edge, Node
from packetflow.show.layout import layout

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(drawing: Drawing) -> nx.DiGraph[str]:
    """Make a graph of a drawing.

    Returns:
        Nodes by id with ``label``, ``kind``, ``badges``, ``status``, ``detail``, ``inputs``,
        ``outputs``, ``notes`` and ``group``. Ends of wires that are groups are nodes too, with
        ``kind`` and ``label``. Edges have ``names``, the names carried, and ``faint``, true when
        none of them is certain. ``graph["groups"]`` holds label, kind, parent and members of each
        group, ``graph["title"]`` the title.
    """
    import networkx as nx

    made: nx.DiGraph[str] = nx.DiGraph(title=drawing.title)
    made.graph["groups"] = {
        group.id: {
            "label": group.label,
            "kind": group.kind,
            "parent": group.parent,
            "badges": group.badges,
            "members": group.members,
        }
        for group in drawing.groups
    }
    for node in drawing.nodes:
        facts = {name: getattr(node, name) for name in Node.__slots__ if name != "id"}
        made.add_node(node.id, **facts, group=drawing.holder[node.id])
    boxes = {group.id: group for group in drawing.groups}
    for edge in drawing.edges:
        for end in (edge.source, edge.target):
            if end in boxes and end not in made:
                box = boxes[end]
                made.add_node(
                    end, label=box.label, kind=box.kind, badges=box.badges, group=box.parent
                )
        names = (edge.label,) if edge.label else ()
        if made.has_edge(edge.source, edge.target):
            known = made.edges[edge.source, edge.target]
            known["names"] = tuple(dict.fromkeys((*known["names"], *names)))
            known["faint"] = known["faint"] and edge.faint
        else:
            made.add_edge(edge.source, edge.target, names=names, faint=edge.faint)
    return made


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A capability as the map needs it: the names it requires and provides, and its intent."""

    name: str
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    intent: str = ""


def contract_graph(
    rows: Iterable[ContractRow],
) -> tuple[nx.DiGraph[str], dict[str, tuple[float, float]]]:
    """The map of what can follow what: capability to name to capability.

    Args:
        rows: The capabilities; a later one of the same name replaces an earlier one.

    Returns:
        The graph and a position in pixels for each node (x to the right, y downwards). Nodes are
        ``cap NAME`` and ``name NAME``, with ``kind`` (``capability`` or ``name``), ``label`` and
        ``detail``. Edges go from a capability to the names it provides and from a name to the
        capabilities that require it.

    >>> graph, places = contract_graph([ContractRow("fetch", ("url",), ("text",))])
    >>> sorted(graph.edges)
    [('cap fetch', 'name text'), ('name url', 'cap fetch')]
    >>> places["name url"][0] < places["cap fetch"][0] < places["name text"][0]
    True
    """
    made = contract_drawing(rows)
    boxes = layout(made).boxes
    places = {
        name: (round(box.x + box.width / 2, 1), round(box.middle, 1)) for name, box in boxes.items()
    }
    return to_networkx(made), places


def contract_drawing(rows: Iterable[ContractRow], *, title: str = "capabilities") -> Drawing:
    """The same map as a drawing."""
    known: Mapping[str, ContractRow] = {row.name: row for row in rows}
    nodes: dict[str, Node] = {}
    edges: dict[tuple[str, str], Edge] = {}

    def name_of(name: str) -> str:
        return nodes.setdefault(f"name {name}", Node(f"name {name}", name, "name")).id

    for row in known.values():
        cap = f"cap {row.name}"
        facts: dict[str, Any] = {"inputs": row.requires, "outputs": row.provides}
        nodes[cap] = Node(cap, row.name, "capability", detail=row.intent, **facts)
        for name in row.requires:
            end = name_of(name)
            edges[end, cap] = Edge(end, cap, name)
        for name in row.provides:
            end = name_of(name)
            edges[cap, end] = Edge(cap, end, name)
    return Drawing(tuple(nodes.values()), tuple(edges.values()), (), title)
