"""One level of a layered drawing: columns, their order, and places without overlap.

The method of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
structures", 1981): break rings, put each item into a column by its longest path, give wires that
pass columns a place in each, cut crossings by sweeps of barycentres, then straighten. Items know
only their sizes; `packetflow.show.layout` nests levels. The same input gives the same places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

ENTRY, EXIT = -1, -2
"""Ends of links that come from, or go to, the world around the level."""

ITEM_GAP = 22.0
TRACK_GAP = 7.0
CURVE = 46.0
"""The least room for curves between two columns, in pixels."""

MOST_TRACKS = 3000
"""Wires that would need more places in columns than this are drawn straight through."""


@dataclass(slots=True)
class Link:
    """All wires between two items of a level.

    Attributes:
        wires: How many run side by side.
        source_at: Where they leave, in pixels below the middle of the source.
        target_at: Where they arrive, in pixels below the middle of the target.
        label: Width of the widest name written at their start, in pixels.
    """

    wires: int = 1
    source_at: float = 0.0
    target_at: float = 0.0
    label: float = 0.0


@dataclass(slots=True)
class Column:
    """Where a column starts, where it ends, and where the curves after it may start."""

    start: float
    end: float
    curves: float


@dataclass
class Level:
    """Places for the items of one level; the corner is at 0, 0.

    Attributes:
        columns: From left to right.
        column_of: For each item, its column.
        middle: For each item, the height of its middle.
        tracks: For each link that passes columns, the column and height of each passage.
        loops: Links that go backwards or to themselves.
        lead: Room before the first column, for names written there.
        width: Of the whole, room for names included.
        height: Of the whole, without loops.
    """

    columns: list[Column] = field(default_factory=list)
    column_of: list[int] = field(default_factory=list)
    middle: list[float] = field(default_factory=list)
    tracks: dict[tuple[int, int], list[tuple[int, float]]] = field(default_factory=dict)
    loops: list[tuple[int, int]] = field(default_factory=list)
    lead: float = 0.0
    width: float = 0.0
    height: float = 0.0


def arrange(sizes: Sequence[tuple[float, float]], links: Mapping[tuple[int, int], Link]) -> Level:
    """Place items of the given widths and heights so that links run to the right.

    Args:
        sizes: Width and height of each item, in reading order.
        links: By source and target position, `ENTRY` or `EXIT`.
    """
    level = Level()
    if not sizes:
        return level
    inner = [pair for pair in links if pair[0] >= 0 and pair[1] >= 0]
    level.loops = _loops(len(sizes), inner)
    backwards = set(level.loops)
    forward = [pair for pair in inner if pair not in backwards]
    level.column_of = _columns(len(sizes), forward)
    vertices = _Vertices(sizes, level.column_of)
    vertices.thread(links, forward)
    vertices.untangle()
    vertices.settle()
    _measure(level, sizes, links, forward)
    level.middle = vertices.middle[: len(sizes)]
    level.height = vertices.height
    for pair, passages in vertices.passages.items():
        level.tracks[pair] = [(vertices.column[v], vertices.middle[v]) for v in passages]
    return level


def _loops(count: int, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pairs that close a ring when walking in reading order."""
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target in pairs:
        after[source].append(target)
    state = [0] * count
    closing: set[tuple[int, int]] = set()
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(after[root]))]
        while stack:
            here, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[here] = 2
                stack.pop()
            elif state[following] == 1:
                closing.add((here, following))
            elif state[following] == 0:
                state[following] = 1
                stack.append((following, iter(after[following])))
    return [pair for pair in pairs if pair in closing]


def _columns(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Longest path from the left; an item that nothing leads to stands before its first reader."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for source, target in pairs:
        after[source].append(target)
        waiting[target] += 1
    column = [0] * count
    first = [i for i in range(count) if not waiting[i]]
    ready = list(first)
    for here in ready:
        for target in after[here]:
            column[target] = max(column[target], column[here] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for i in first:
        if after[i]:
            column[i] = min(column[target] for target in after[i]) - 1
    return column


class _Vertices:
    """Items and passages of wires, column by column."""

    def __init__(self, sizes: Sequence[tuple[float, float]], columns: Sequence[int]) -> None:
        self.items = len(sizes)
        self.tall = [height for _, height in sizes]
        self.column = list(columns)
        self.columns: list[list[int]] = [[] for _ in range(max(columns) + 1)]
        for vertex, column in enumerate(columns):
            self.columns[column].append(vertex)
        self.left: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.right: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.passages: dict[tuple[int, int], list[int]] = {}
        self.middle: list[float] = []
        self.height = 0.0

    def thread(
        self, links: Mapping[tuple[int, int], Link], forward: Sequence[tuple[int, int]]
    ) -> None:
        """Give each link a vertex in every column it passes."""
        outer = [pair for pair in links if pair[0] < 0 <= pair[1] or pair[1] < 0 <= pair[0]]
        spans = []
        for source, target in (*forward, *outer):
            first = self.column[source] if source >= 0 else -1
            last = self.column[target] if target >= 0 else len(self.columns)
            spans.append((last - first, source, target, first, last))
        room = MOST_TRACKS
        for span, source, target, first, last in sorted(spans):
            room -= span - 1
            link = links[source, target]
            chain = []
            if room >= 0:
                chain = [self._passage(column, link.wires) for column in range(first + 1, last)]
                if chain:
                    self.passages[source, target] = chain
            elif last - first > 1:
                continue
            ends = [v for v in (source, *chain, target) if v >= 0]
            for one, other in pairwise(ends):
                start = link.source_at if one == source else 0.0
                end = link.target_at if other == target else 0.0
                self.right[one].append((other, end - start))
                self.left[other].append((one, start - end))

    def _passage(self, column: int, wires: int) -> int:
        vertex = len(self.tall)
        self.tall.append(min(72.0, 10.0 * wires + 4))
        self.column.append(column)
        self.columns[column].append(vertex)
        self.left.append([])
        self.right.append([])
        return vertex

    def untangle(self) -> None:
        """Cut crossings: order each column by the mean place of its neighbours, four times."""
        place = [0.0] * len(self.tall)
        for column in self.columns:
            for index, vertex in enumerate(column):
                place[vertex] = float(index)
        best = [list(column) for column in self.columns]
        fewest = self._crossings()
        for sweep in range(4):
            rightwards = sweep % 2 == 0
            near = self.left if rightwards else self.right
            for column in self.columns if rightwards else reversed(self.columns):
                means = {}
                for vertex in column:
                    others = near[vertex]
                    mean = sum(place[v] for v, _ in others) / len(others) if others else None
                    means[vertex] = place[vertex] if mean is None else mean
                column.sort(key=means.__getitem__)
                for index, vertex in enumerate(column):
                    place[vertex] = float(index)
            now = self._crossings()
            if now < fewest:
                fewest, best = now, [list(column) for column in self.columns]
            if not fewest:
                break
        self.columns = best

    def _crossings(self) -> int:
        """How many pairs of links cross (Barth, Juenger and Mutzel, 2002: inversions by a tree)."""
        total = 0
        for left, right in pairwise(self.columns):
            place = {vertex: index for index, vertex in enumerate(right)}
            tree = [0] * (len(right) + 1)
            seen = 0
            for vertex in left:
                ends = [place[v] for v, _ in self.right[vertex] if v in place]
                for end in ends:
                    index, below = end + 1, 0
                    while index:
                        below += tree[index]
                        index &= index - 1
                    total += seen - below
                for end in ends:
                    index = end + 1
                    while index < len(tree):
                        tree[index] += 1
                        index += index & -index
                seen += len(ends)
        return total

    def settle(self) -> None:
        """Straighten: move each column towards its neighbours' heights, keeping order and gaps."""
        self.middle = [0.0] * len(self.tall)
        offsets = [self._offsets(column) for column in self.columns]
        for column, steps in zip(self.columns, offsets, strict=True):
            shift = (steps[-1] if steps else 0.0) / 2
            for vertex, step in zip(column, steps, strict=True):
                self.middle[vertex] = step - shift
        order = list(range(len(self.columns)))
        for sweep in range(4):
            near = self.left if sweep % 2 == 0 else self.right
            for index in order if sweep % 2 == 0 else reversed(order):
                self._pull(self.columns[index], offsets[index], near)
        if self.middle:
            top = min(m - t / 2 for m, t in zip(self.middle, self.tall, strict=True))
            self.middle = [m - top for m in self.middle]
            self.height = max(m + t / 2 for m, t in zip(self.middle, self.tall, strict=True))

    def _offsets(self, column: Sequence[int]) -> list[float]:
        steps: list[float] = []
        here = 0.0
        for before, vertex in zip([None, *column], column, strict=False):
            if before is not None:
                tracks = (before >= self.items) + (vertex >= self.items)
                gap = (ITEM_GAP, (ITEM_GAP + TRACK_GAP) / 2, TRACK_GAP)[tracks]
                here += (self.tall[before] + self.tall[vertex]) / 2 + gap
            steps.append(here)
        return steps

    def _pull(
        self,
        column: Sequence[int],
        steps: Sequence[float],
        near: Sequence[Sequence[tuple[int, float]]],
    ) -> None:
        """The nearest allowed places to those wanted, by pooling neighbours that would collide."""
        middle = self.middle
        blocks: list[list[float]] = []
        for vertex, step in zip(column, steps, strict=True):
            others = near[vertex]
            if others:
                want = sum(middle[v] + shift for v, shift in others) / len(others)
                weight = 3.0 if vertex >= self.items else 1.0
            else:
                want, weight = middle[vertex], 0.25
            blocks.append([want - step, weight, 1])
            while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
                high, heavy, many = blocks.pop()
                low, light, few = blocks[-1]
                total = heavy + light
                blocks[-1] = [(high * heavy + low * light) / total, total, many + few]
        index = 0
        for mean, _, many in blocks:
            for _ in range(int(many)):
                middle[column[index]] = mean + steps[index]
                index += 1


def _measure(
    level: Level,
    sizes: Sequence[tuple[float, float]],
    links: Mapping[tuple[int, int], Link],
    forward: Sequence[tuple[int, int]],
) -> None:
    """Lay the columns side by side, with room for names and curves between them."""
    count = max(level.column_of) + 1
    wide = [0.0] * count
    for (width, _), column in zip(sizes, level.column_of, strict=True):
        wide[column] = max(wide[column], width)
    names = [0.0] * count
    busy = [0] * count
    for (source, target), link in links.items():
        if source >= 0:
            column = level.column_of[source]
            names[column] = max(names[column], link.label)
        elif source == ENTRY and target >= 0:
            level.lead = max(level.lead, link.label)
    for source, _ in forward:
        busy[level.column_of[source]] += 1
    here = level.lead + (CURVE / 2 if level.lead else 0.0)
    for column in range(count):
        end = here + wide[column]
        level.columns.append(Column(here, end, end + names[column]))
        here = end + names[column] + CURVE + min(50.0, 2.0 * busy[column])
    level.width = level.columns[-1].curves
