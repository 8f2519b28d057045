"""The courses of wires, once every box has its place.

Wires leave a card in the order of their ends, one place for each name; a wire passes each column
at the height kept for it, and one that runs backwards goes round below its level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from packetflow.show import measure
from packetflow.show.drawing import Drawing
from packetflow.show.layers import Column, Level

Wanted: TypeAlias = tuple[float, str, list[int]]
"""A place wanted at a side: its height, the name there, the edges that share it."""

LOOP = 11.0
"""Height between two wires that run backwards below a level."""

_GROUP_PORTS = 12.0


Point: TypeAlias = tuple[float, float]


@dataclass(slots=True)
class Box:
    """A rectangle: its upper left corner and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Route:
    """The course of one edge.

    Attributes:
        points: Where it passes. Between two points of one height or one x it is straight,
            otherwise a curve that leaves and arrives level.
        named: Write the edge's name at its start: the first of the edges that share it.
    """

    points: tuple[Point, ...]
    named: bool


@dataclass(slots=True)
class Leg:
    """One edge's part on one level; an empty end is the border of the group."""

    group: str
    source: str
    target: str


class Router:
    """Collects what layout found for each level, then draws the course of each edge."""

    def __init__(
        self, drawing: Drawing, boxes: Mapping[str, Box], legs: Sequence[Sequence[Leg]]
    ) -> None:
        self.drawing = drawing
        self.boxes = boxes
        self.legs = legs
        self.columns: dict[str, list[Column]] = {}
        self.column_of: dict[str, list[int]] = {}
        self.leads: dict[str, float] = {}
        self.floors: dict[str, float] = {}
        self.corners: dict[str, Point] = {}
        self.tracks: dict[tuple[str, int], list[tuple[int, float]]] = {}
        self.shared: list[tuple[str, Sequence[tuple[int, float]], list[int]]] = []
        self.loops: dict[tuple[str, int], int] = {}
        self.start: dict[int, float] = {}
        self.end: dict[int, float] = {}
        self.given: dict[tuple[str, str], float] = {}
        self.collected: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.shown: list[str] = [edge.label for edge in drawing.edges]

    def add_level(self, group: str, level: Level, corner: Point) -> None:
        """Note where a group's level stands."""
        x, y = corner
        self.corners[group] = corner
        self.columns[group] = [Column(x + c.start, x + c.end, x + c.curves) for c in level.columns]
        self.column_of[group] = level.column_of
        self.leads[group] = x + level.lead
        self.floors[group] = y + level.height

    def add_tracks(
        self, group: str, tracks: Sequence[tuple[int, float]], numbers: list[int]
    ) -> None:
        """Note the passages of the edges *numbers* through a group's columns."""
        if tracks:
            top = self.corners[group][1]
            placed = [(column, top + y) for column, y in tracks]
            self.shared.append((group, placed, numbers))
            for number in numbers:
                self.tracks[group, number] = placed

    def add_loop(self, group: str, row: int, numbers: list[int]) -> None:
        """Note that the edges *numbers* run backwards, in that row below the level."""
        for number in numbers:
            self.loops[group, number] = row

    def routes(self, index: Mapping[str, Mapping[str, int]]) -> Iterator[Route]:
        """The course of each edge, in their order."""
        self._place_starts()
        self._place_ends()
        self._spread_tracks()
        named: set[tuple[str, str, float]] = set()
        for number, edge in enumerate(self.drawing.edges):
            key = (edge.source, edge.label, round(self.start[number], 1))
            first = bool(self.shown[number]) and key not in named
            named.add(key)
            yield Route(tuple(self._course(number, index)), first)

    def _place_starts(self) -> None:
        ports: dict[str, dict[tuple[bool, str], list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, edge in enumerate(self.drawing.edges):
            inner = self.legs[number][0].group == edge.source
            ports[edge.source][inner, edge.label].append(number)
        collected = False
        for name in sorted(ports, key=self.columns.__contains__):
            if name in self.columns and not collected:
                self._collect()
                collected = True
            for inner in (False, True):
                wanted = []
                for (side, label), numbers in ports[name].items():
                    if side == inner:
                        height = self._wanted_start(name, label, numbers, inner=inner)
                        wanted.append((height, label, numbers))
                self._give(name, wanted, self.start, inner=inner)

    def _wanted_start(self, name: str, label: str, numbers: list[int], *, inner: bool) -> float:
        if name in self.columns and not inner:
            if not label:
                return self.boxes[name].middle
            if heights := self.collected.get((name, label)):
                return sum(heights) / len(heights)
        return sum(self._ahead(n) for n in numbers) / len(numbers)

    def _collect(self) -> None:
        """Note how high the wires come that end at the inner side of a group, by their port."""
        for number, edge in enumerate(self.drawing.edges):
            if self.legs[number][-1].group == edge.target and number in self.start:
                tracks = self.tracks.get((edge.target, number))
                height = tracks[-1][1] if tracks else self.start[number]
                self.collected[edge.target, edge.target_port].append(height)

    def _place_ends(self) -> None:
        for number, edge in enumerate(self.drawing.edges):
            if edge.source_port and self.legs[number][0].group == edge.source:
                self.given.setdefault((edge.source, edge.source_port), self.start[number])
        ports: dict[tuple[str, bool], list[Wanted]] = defaultdict(list)
        for number, edge in enumerate(self.drawing.edges):
            inner = self.legs[number][-1].group == edge.target
            given = self.given.get((edge.target, edge.target_port))
            height = self._behind(number) if given is None or inner else given
            ports[edge.target, inner].append((height, edge.label, [number]))
        for (name, inner), wanted in ports.items():
            self._give(name, wanted, self.end, inner=inner)

    def _give(
        self,
        name: str,
        wanted: list[Wanted],
        places: dict[int, float],
        *,
        inner: bool,
    ) -> None:
        """Spread the ends at one side of a box, in the order of the heights wanted."""
        box = self.boxes[name]
        wanted.sort(key=lambda one: (one[0], one[1]))
        if name in self.columns:
            self._give_group(name, wanted, places, inner=inner)
            return
        room = box.height - (8.0 if len(wanted) > 1 else 0.0)
        step = min(measure.PORT if places is self.start else 13.0, room / max(1, len(wanted)))
        first = box.middle - step * (len(wanted) - 1) / 2
        for place, (_, _, numbers) in enumerate(wanted):
            for number in numbers:
                places[number] = first + step * place

    def _give_group(
        self, name: str, wanted: list[Wanted], places: dict[int, float], *, inner: bool
    ) -> None:
        """The same for a group: wires keep their height where they can, below the head."""
        box = self.boxes[name]
        floor = box.y + box.height - 8.0
        level = inner or places is self.start
        low = box.y + (measure.HEADER if level else _GROUP_PORTS)
        step = measure.PORT if level else min(_GROUP_PORTS, (box.height - 16.0) / len(wanted))
        for height, _, numbers in wanted:
            known = not level and (name, self.drawing.edges[numbers[0]].target_port) in self.given
            if level:
                low = max(low, min(height, floor))
            for number in numbers:
                places[number] = min(height if known else low, floor)
            low += 0.0 if known else step

    def _ahead(self, number: int) -> float:
        """About how high the edge is after its start."""
        for leg in self.legs[number]:
            tracks = self.tracks.get((leg.group, number))
            if tracks:
                return tracks[0][1]
        return self.boxes[self.drawing.edges[number].target].middle

    def _behind(self, number: int) -> float:
        for leg in reversed(self.legs[number]):
            tracks = self.tracks.get((leg.group, number))
            if tracks:
                return tracks[-1][1]
        return self.start[number]

    def _spread_tracks(self) -> None:
        for group, placed, numbers in self.shared:
            if len(numbers) == 1:
                continue
            ordered = sorted(numbers, key=lambda n: (self.start[n], self.end[n], n))
            step = min(10.0, 68.0 / len(numbers))
            for place, number in enumerate(ordered):
                shift = step * (place - (len(numbers) - 1) / 2)
                self.tracks[group, number] = [(column, y + shift) for column, y in placed]

    def _course(self, number: int, index: Mapping[str, Mapping[str, int]]) -> list[Point]:
        edge = self.drawing.edges[number]
        legs = self.legs[number]
        source = self.boxes[edge.source]
        y = self.start[number]
        inner = legs[0].group == edge.source
        points = [(source.x if inner else source.right, y)]
        entering = self._entering(number)
        for place, leg in enumerate(legs):
            columns, column_of = self.columns[leg.group], self.column_of[leg.group]
            if leg.source:
                points.append((columns[column_of[index[leg.group][leg.source]]].curves, y))
            elif leg.target:
                points.append((self.leads[leg.group], y))
            goal = entering[place + 1]
            if (leg.group, number) in self.loops:
                y = self._loop(number, leg, points, goal)
                continue
            for column, height in self.tracks.get((leg.group, number), ()):
                y = height
                points += [(columns[column].start, y), (columns[column].curves, y)]
            if leg.target:
                y = goal
                points.append((columns[column_of[index[leg.group][leg.target]]].start, y))
                points.append((self.boxes[leg.target].x, y))
            else:
                points.append((self.boxes[leg.group].right, y))
        return points

    def _entering(self, number: int) -> list[float]:
        """For each leg, how high the edge comes in; last, how high it arrives."""
        heights = [self.end[number]]
        for leg in reversed(self.legs[number]):
            tracks = self.tracks.get((leg.group, number))
            heights.append(tracks[0][1] if tracks else heights[-1])
        return heights[::-1]

    def _loop(self, number: int, leg: Leg, points: list[Point], goal: float) -> float:
        row = self.loops[leg.group, number]
        floor = self.floors[leg.group] + 10.0 + LOOP * row
        x, y = points[-1]
        box = self.boxes[leg.target]
        out, back = x + 10.0 + 4.0 * row, box.x - 12.0 - 4.0 * row
        points += [(out, y), (out, floor), (back, floor), (back, goal), (box.x, goal)]
        return goal
