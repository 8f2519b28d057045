"""Places for everything in a drawing: boxes that never overlap, and the course of every wire.

Groups are kept together by laying out the innermost first; each then counts as one item of the
level around it. A wire that crosses levels is cut into legs, one for each level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packetflow.show import measure
from packetflow.show.drawing import Drawing, Edge
from packetflow.show.layers import ENTRY, EXIT, Level, Link, arrange
from packetflow.show.measure import PAD, TERMINALS
from packetflow.show.routing import LOOP, Box, Leg, Point, Route, Router

MARGIN = 14.0


@dataclass(frozen=True)
class Placement:
    """Where everything is: boxes by the id of node or group, routes as the edges are ordered."""

    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]
    width: float
    height: float


def layout(drawing: Drawing) -> Placement:
    """Place a drawing; the same drawing gets the same places.

    >>> from packetflow.show.drawing import Edge, Node
    >>> chain = Drawing((Node("a", "a"), Node("b", "b")), (Edge("a", "b", "text"),))
    >>> boxes = layout(chain).boxes
    >>> boxes["a"].right < boxes["b"].x and boxes["a"].middle == boxes["b"].middle
    True
    """
    plan = _Plan(drawing)
    plan.build("")
    plan.place("", MARGIN, MARGIN)
    routes = tuple(plan.routes())
    boxes = {name: box for name, box in plan.boxes.items() if name}
    root = plan.boxes[""]
    return Placement(boxes, routes, root.width + 2 * MARGIN, root.height + 2 * MARGIN)


class _Plan:
    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.nodes = {node.id: node for node in drawing.nodes}
        self.groups = {group.id: group for group in drawing.groups}
        self.boxes: dict[str, Box] = {}
        self.levels: dict[str, Level] = {}
        self.inside = _children(drawing)
        self.index = {g: {name: i for i, name in enumerate(m)} for g, m in self.inside.items()}
        self.legs = [self._legs(edge) for edge in drawing.edges]
        self.crossing: dict[str, dict[tuple[int, int], list[int]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for number, legs in enumerate(self.legs):
            for leg in legs:
                self.crossing[leg.group][self._pair(leg)].append(number)
        self.leaving: dict[tuple[str, int], float] = {}
        self.arriving: dict[tuple[str, int], float] = {}
        self.ports: dict[str, int] = {}
        self._size_cards()

    def _pair(self, leg: Leg) -> tuple[int, int]:
        index = self.index[leg.group]
        source = index[leg.source] if leg.source else ENTRY
        return source, index[leg.target] if leg.target else EXIT

    def _legs(self, edge: Edge) -> list[Leg]:
        """Cut an edge at the borders it crosses, from its source on."""
        out, into = self._above(edge.source), self._above(edge.target)
        if edge.source in into[1:]:
            down = into[: into.index(edge.source)]
            return _inwards(edge.source, down)
        if edge.target in out[1:]:
            up = out[: out.index(edge.target)]
            return _outwards(edge.target, up)
        shared = next(name for name in out[1:] if name in into[1:])
        up, down = out[: out.index(shared)], into[: into.index(shared)]
        middle = Leg(shared, up[-1], down[-1])
        return [*_outwards(up[-1], up[:-1]), middle, *_inwards(down[-1], down[:-1])]

    def _above(self, name: str) -> list[str]:
        names = [name]
        while names[-1]:
            names.append(self.drawing.holder[names[-1]])
        return names

    def _size_cards(self) -> None:
        out: dict[str, set[str]] = defaultdict(set)
        into: dict[str, int] = defaultdict(int)
        for edge in self.drawing.edges:
            out[edge.source].add(edge.label)
            into[edge.target] += 1
        for node in self.drawing.nodes:
            wide = measure.card_width(node)
            ports = max(len(out[node.id]), min(into[node.id], 8) * 0.75)
            tall = measure.card_height(node, wide, round(ports))
            self.boxes[node.id] = Box(0, 0, wide, tall)
        for group in self.groups:
            self.ports[group] = len(out[group])

    def build(self, group: str) -> Box:
        """Lay out a group and all inside it, innermost first, relative to its own corner."""
        members = self.inside[group]
        for member in members:
            if member in self.groups:
                self.build(member)
        links = {}
        for pair, numbers in self.crossing[group].items():
            links[pair] = self._link(members, pair, numbers)
        sizes = [(self.boxes[name].width, self.boxes[name].height) for name in members]
        level = self.levels[group] = arrange(sizes, links)
        loops = LOOP * len(level.loops) + (4.0 if level.loops else 0.0)
        if group:
            wide, head = measure.header_size(self.groups[group])
            pads = 2 * PAD + (8.0 if members else 0.0)
            inside = max(level.height + loops, measure.PORT * self.ports[group])
            box = Box(0, 0, max(level.width + pads, wide), head + inside + PAD)
        else:
            box = Box(0, 0, level.width, level.height + loops)
        self.boxes[group] = box
        self._note_borders(group, level)
        return box

    def _link(self, members: list[str], pair: tuple[int, int], numbers: list[int]) -> Link:
        link = Link(wires=len(numbers))
        edges = self.drawing.edges
        if pair[0] >= 0:
            name = members[pair[0]]
            tall = self.boxes[name].height
            heights = [self.leaving[name, n] for n in numbers if (name, n) in self.leaving]
            link.source_at = sum(heights) / len(heights) - tall / 2 if heights else 0.0
            own = [self._shown(edges[n]) for n in numbers if edges[n].source == name]
        else:
            holders = {self.legs[n][0].group for n in numbers}
            own = [self._shown(edges[n]) for n in numbers if edges[n].source in holders]
        link.label = max((measure.name_width(label) for label in own), default=0.0)
        if pair[1] >= 0:
            name = members[pair[1]]
            tall = self.boxes[name].height
            heights = [self.arriving[name, n] for n in numbers if (name, n) in self.arriving]
            link.target_at = sum(heights) / len(heights) - tall / 2 if heights else 0.0
        return link

    def _shown(self, edge: Edge) -> str:
        """The name to write at an edge's start; a terminal says it already."""
        source, target = self.nodes.get(edge.source), self.nodes.get(edge.target)
        said = source is not None and source.kind in TERMINALS
        said = said or (target is not None and target.kind == "name")
        return "" if said else edge.label

    def _note_borders(self, group: str, level: Level) -> None:
        """Remember how high each edge crosses the group's border."""
        if not group:
            return
        top = self._origin(group)[1]
        members = self.inside[group]
        for pair, numbers in self.crossing[group].items():
            tracks = level.tracks.get(pair)
            for n in numbers:
                if pair[0] == ENTRY and pair[1] >= 0:
                    child = members[pair[1]]
                    at = self.arriving.get((child, n), self.boxes[child].height / 2)
                    inner = level.middle[pair[1]] - self.boxes[child].height / 2 + at
                    self.arriving[group, n] = top + (tracks[0][1] if tracks else inner)
                elif pair[1] == EXIT and pair[0] >= 0:
                    child = members[pair[0]]
                    at = self.leaving.get((child, n), self.boxes[child].height / 2)
                    inner = level.middle[pair[0]] - self.boxes[child].height / 2 + at
                    self.leaving[group, n] = top + (tracks[-1][1] if tracks else inner)

    def _origin(self, group: str) -> Point:
        """Where a group's level begins, relative to the group's corner."""
        if not group:
            return 0.0, 0.0
        return PAD, measure.header_size(self.groups[group])[1]

    def place(self, group: str, x: float, y: float) -> None:
        """Move a group and all inside it to where they belong."""
        box = self.boxes[group]
        box.x, box.y = x, y
        level = self.levels[group]
        across, down = self._origin(group)
        for name, column, middle in zip(
            self.inside[group], level.column_of, level.middle, strict=True
        ):
            inner = self.boxes[name]
            here = level.columns[column]
            left, room = x + across + here.start, here.end - here.start
            node = self.nodes.get(name)
            if node is not None and node.kind not in TERMINALS:
                inner.width = max(inner.width, min(room, measure.WIDEST))
            elif node is not None and node.kind == "input":
                left += room - inner.width
            inner.x, inner.y = left, y + down + middle - inner.height / 2
            if node is None:
                self.place(name, inner.x, inner.y)

    def routes(self) -> Iterator[Route]:
        """The courses of all edges; every box has its place by now."""
        router = Router(self.drawing, self.boxes, self.legs)
        router.shown = [self._shown(edge) for edge in self.drawing.edges]
        for group, level in self.levels.items():
            box = self.boxes[group]
            across, down = self._origin(group)
            router.add_level(group, level, (box.x + across, box.y + down))
            for pair, numbers in self.crossing[group].items():
                router.add_tracks(group, level.tracks.get(pair, ()), numbers)
                if pair in level.loops:
                    router.add_loop(group, level.loops.index(pair), numbers)
        return router.routes(self.index)


def _children(drawing: Drawing) -> dict[str, list[str]]:
    """The nodes and groups directly inside each group, in reading order."""
    rank: dict[str, float] = {node.id: i for i, node in enumerate(drawing.nodes)}
    held: dict[str, list[str]] = {"": [], **{group.id: [] for group in drawing.groups}}
    for node in drawing.nodes:
        above = drawing.holder[node.id]
        held[above].append(node.id)
        while above and above not in rank:
            rank[above] = rank[node.id]
            above = drawing.holder[above]
    for group in drawing.groups:
        held[group.parent].append(group.id)
    last = len(rank)
    return {name: sorted(inside, key=lambda n: rank.get(n, last)) for name, inside in held.items()}


def _inwards(group: str, names: list[str]) -> list[Leg]:
    legs = []
    for name in reversed(names):
        legs.append(Leg(group, "", name))
        group = name
    return legs


def _outwards(group: str, names: list[str]) -> list[Leg]:
    above = [*names, group][1:]
    return [Leg(holder, name, "") for name, holder in zip(names, above, strict=True)]
