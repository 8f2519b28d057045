"""Places on a board: what somebody placed stays, the rest is laid out, containers grow around.

Everything is in pixels. A card's place is relative to the corner of the card around it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import TypeAlias

import msgspec

from packetflow.kernel.board import BoardCard, BoardPort, BoardWire
from packetflow.show.layers import Link, arrange
from packetflow.show.text import width

WIDTH, WIDEST = 240.0, 340.0
HEAD, ROW, FOOT = 56.0, 24.0, 10.0
"""Heights of a card's title, of one port beside another, and of its end."""

POLICIES = 26.0
PAD, GAP = 20.0, 28.0
WIRED = 56.0
"""Room at the sides of a container for wires from and to the inner side of its border."""

WAY = 30.0
"""Room above each way of a branch, for its condition."""

NARROWEST = 280.0
EMPTY = 64.0
"""The height of the hollow of a container with nothing inside."""

TILE = 512.0
LEVEL_KINDS = frozenset({"graph", "parallel", "race", "fallback"})
"""Containers whose steps do not come one after the other."""

text_width = lru_cache(maxsize=8192)(width)

Point: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
Way: TypeAlias = tuple[str, int]


@dataclass(slots=True)
class Boxes:
    """Where everything is, by the ids of cards."""

    at: dict[str, Point] = field(default_factory=dict)
    size: dict[str, Size] = field(default_factory=dict)


def place_all(
    cards: Sequence[BoardCard],
    wires: Iterable[BoardWire],
    *,
    root: str,
    placed: Mapping[str, Point],
    sizes: Mapping[str, Size],
    own: Mapping[str, Size],
) -> Boxes:
    """Find a place for every card.

    Args:
        cards: In reading order, a container before what is inside.
        wires: Between them; who reads comes after who makes.
        root: The card that is the ground; empty for none.
        placed: Where some stand already.
        sizes: How large some were measured; containers may become larger.
        own: What `own_size` gives, where that is known.
    """
    plan = _Plan(cards, root, placed, sizes)
    plan.own = own
    plan.join(wires)
    for card in reversed(cards):
        plan.settle(card)
    plan.settle_ground()
    return plan.boxes


def own_size(card: BoardCard) -> Size:
    """How large a card without anything inside is drawn."""
    return _width(card), _head(card) + FOOT


TITLE, NAME, BADGE = 14.2, 12.6, 11.6
"""Font sizes of a card's title, ports and policies, and a little more, for broad faces."""

BESIDE_TITLE, BESIDE_NAMES, BETWEEN_NAMES, BESIDE_BADGE = 66.0, 26.0, 14.0, 23.0


def _width(card: BoardCard) -> float:
    """The width that shows the title and the names of all ports, within limits."""
    inputs = [_name(port) for port in card.inputs if not (port.inside or port.idle)]
    idle = [port.name for port in card.inputs if port.idle]
    if idle:
        inputs.append(_told(idle))
    outputs = [port for port in card.outputs if not port.inside]
    badges = sum(text_width(policy.text, BADGE) + BESIDE_BADGE for policy in card.policies)
    title = text_width(card.title, TITLE, bold=True)
    asked = [WIDTH, title + BESIDE_TITLE, badges + BESIDE_NAMES]
    for input_, output in zip_longest(inputs, outputs):
        names = [input_] if input_ is not None else []
        names += [output.scope or output.name] if output is not None else []
        wide = sum(text_width(name, NAME) for name in names)
        asked.append(wide + BESIDE_NAMES + BETWEEN_NAMES * (len(names) - 1))
    return float(min(WIDEST, 10 * math.ceil(max(asked) / 10)))


def _name(port: BoardPort) -> str:
    """What stands beside an input: its name, and what it reads or is fixed to."""
    if port.set is not msgspec.UNSET:
        return f"{port.name}  {port.set}"[:40]
    renamed = port.scope and port.scope != port.name
    return f"{port.name}  \u2190 {port.scope}" if renamed else port.name


def _told(idle: Sequence[str]) -> str:
    """The one line for inputs at their defaults, as the canvas says it."""
    many = len(idle) > 1
    return f"{len(idle)} more, at their defaults" if many else f"{idle[0]}, at its default"


def _head(card: BoardCard) -> float:
    rows = max(
        sum(port.inside is inside and not port.idle for port in ports)
        + (not inside and any(port.idle for port in ports))
        for ports in (card.inputs, card.outputs)
        for inside in (True, False)
    )
    return HEAD + ROW * rows + (POLICIES if card.policies else 0.0)


class _Plan:
    def __init__(
        self,
        cards: Sequence[BoardCard],
        root: str,
        placed: Mapping[str, Point],
        sizes: Mapping[str, Size],
    ) -> None:
        self.cards = {card.id: card for card in cards}
        self.root, self.placed, self.sizes = root, placed, sizes
        self.own: Mapping[str, Size] = {}
        self.boxes = Boxes()
        self.inside: dict[str | None, list[str]] = defaultdict(list)
        self.depth: dict[str | None, int] = {None: 0}
        for card in cards:
            self.inside[card.parent].append(card.id)
            self.depth[card.id] = self.depth[card.parent] + 1
        self.links: dict[str | None, dict[tuple[str, str], int]] = defaultdict(dict)

    def join(self, wires: Iterable[BoardWire]) -> None:
        """Note who comes before whom, at the level where both are beside each other."""
        for wire in wires:
            if wire.source is not None:
                self._link(wire.source, wire.target)
        for card in self.cards.values():
            for earlier in card.after:
                if earlier in self.cards:
                    self._link(earlier, card.id)
        for parent, names in self.inside.items():
            if parent is not None and self.cards[parent].kind in LEVEL_KINDS:
                continue
            for one, other in pairwise(names):
                if self._way(one) == self._way(other):
                    self.links[parent].setdefault((one, other), 0)

    def _way(self, name: str) -> Way:
        card = self.cards[name]
        return card.slot, card.case

    def _link(self, source: str, target: str) -> None:
        one: str | None = source
        other: str | None = target
        while self.depth[one] > self.depth[other] and one is not None:
            one = self.cards[one].parent
        while self.depth[other] > self.depth[one] and other is not None:
            other = self.cards[other].parent
        while one is not None and other is not None:
            above, beside = self.cards[one].parent, self.cards[other].parent
            if above == beside:
                break
            one, other = above, beside
        if one is None or other is None or one == other:
            return
        found = self.links[self.cards[one].parent]
        found[one, other] = found.get((one, other), 0) + 1

    def settle(self, card: BoardCard) -> None:
        """Give a card its size; what is inside has its own by now, and gets its places."""
        measured = self.sizes.get(card.id)
        if not card.container:
            wide, tall = self.own.get(card.id) or own_size(card)
            # its rows tell how high it is, also when an input came or went since it was measured
            self.boxes.size[card.id] = (wide if measured is None else max(wide, measured[0]), tall)
            return
        names = self.inside.get(card.id, [])
        if card.id == self.root:
            return
        top = _head(card) + FOOT
        ways = 1 + len({self._way(name) for name in names}) if card.kind == "branch" else 0
        left = WIRED if any(port.inside for port in card.outputs) else PAD
        self._spread(card.id, names, (left, top), WAY if ways else 0.0)
        at, size = self.boxes.at, self.boxes.size
        right = max((at[name][0] + size[name][0] for name in names), default=0.0)
        bottom = max((at[name][1] + size[name][1] for name in names), default=top + EMPTY - PAD)
        beside = WIRED if any(port.inside for port in card.inputs) else PAD
        self.boxes.size[card.id] = max(NARROWEST, right + beside), bottom + PAD

    def settle_ground(self) -> None:
        """Place what stands on the ground itself."""
        names = self.inside.get(self.root or None, [])
        self._spread(self.root or None, names, None, 0.0)
        if self.root:
            at, size = self.boxes.at, self.boxes.size
            self.boxes.at[self.root] = (0.0, 0.0)
            self.boxes.size[self.root] = (
                max((at[name][0] + size[name][0] for name in names), default=0.0),
                max((at[name][1] + size[name][1] for name in names), default=0.0),
            )

    def _spread(
        self, parent: str | None, names: Sequence[str], corner: Point | None, lead: float
    ) -> None:
        """Place the cards of one level; *corner* is where the hollow begins, none for the ground.

        *lead* is the room above each way.
        """
        standing = [name for name in names if name in self.placed]
        left, top = corner or (0.0, 0.0)
        if not standing:
            self._lay_out(parent, names, (left, top), lead)
            return
        tiles = _Tiles()
        for name in standing:
            x, y = self.placed[name]
            if corner is not None:
                x, y = max(x, left), max(y, top)
            self.boxes.at[name] = (x, y)
            tiles.add((x, y), self.boxes.size[name])
        waiting = [name for name in names if name not in self.placed]
        if waiting:
            self._fit_in(parent, names, waiting, (tiles, (left, top + lead)))

    def _lay_out(
        self, parent: str | None, names: Sequence[str], corner: Point, lead: float
    ) -> None:
        ways: dict[Way, list[str]] = {}
        for name in names:
            ways.setdefault(self._way(name), []).append(name)
        links = self.links.get(parent, {})
        left, top = corner
        for several in ways.values():
            index = {name: place for place, name in enumerate(several)}
            pairs = {
                (index[one], index[other]): Link(wires=max(1, wires))
                for (one, other), wires in links.items()
                if one in index and other in index
            }
            sizes = [self.boxes.size[name] for name in several]
            level = arrange(sizes, pairs)
            for name, column, middle in zip(several, level.column_of, level.middle, strict=True):
                x = level.columns[column].start
                y = middle - self.boxes.size[name][1] / 2
                self.boxes.at[name] = (round(left + x), round(top + lead + y))
            top += lead + level.height + GAP

    def _fit_in(
        self,
        parent: str | None,
        names: Sequence[str],
        waiting: Sequence[str],
        where: tuple[_Tiles, Point],
    ) -> None:
        """Put new cards beside what they belong to, where there is room."""
        tiles, corner = where
        before: dict[str, list[str]] = defaultdict(list)
        after: dict[str, list[str]] = defaultdict(list)
        for one, other in self.links.get(parent, {}):
            before[other].append(one)
            after[one].append(other)
        at, size = self.boxes.at, self.boxes.size
        order = {name: place for place, name in enumerate(names)}
        for name in waiting:
            makers = [one for one in before[name] if one in at]
            readers = [one for one in after[name] if one in at]
            wide, tall = size[name]
            if makers:
                nearest = max(makers, key=lambda one: at[one][0] + size[one][0])
                x = at[nearest][0] + size[nearest][0] + 2 * GAP
                y = at[nearest][1]
            elif readers:
                nearest = min(readers, key=lambda one: at[one][0])
                x = at[nearest][0] - wide - 2 * GAP
                y = at[nearest][1]
            else:
                near = names[order[name] - 1] if order[name] else ""
                x, y = corner
                if near in at:
                    x, y = at[near][0], at[near][1] + size[near][1] + GAP
            if parent is not None and parent != self.root:
                x, y = max(x, corner[0]), max(y, corner[1])
            at[name] = tiles.free((round(x), round(y)), (wide, tall))
            tiles.add(at[name], (wide, tall))


class _Tiles:
    """What is taken, found quickly: boxes by the tiles that they touch."""

    def __init__(self) -> None:
        self._boxes: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}

    def _touched(self, at: Point, size: Size) -> Iterable[tuple[int, int]]:
        for column in range(int(at[0] // TILE), int((at[0] + size[0]) // TILE) + 1):
            for row in range(int(at[1] // TILE), int((at[1] + size[1]) // TILE) + 1):
                yield column, row

    def add(self, at: Point, size: Size) -> None:
        """Take a box."""
        box = (at[0], at[1], at[0] + size[0], at[1] + size[1])
        for tile in self._touched(at, size):
            self._boxes.setdefault(tile, []).append(box)

    def free(self, at: Point, size: Size) -> Point:
        """The first place at or below a point with room for a box."""
        x, y = at
        while True:
            bottom = None
            for tile in self._touched((x, y), size):
                for left, top, right, under in self._boxes.get(tile, ()):
                    if left < x + size[0] and x < right and top < y + size[1] and y < under:
                        bottom = under if bottom is None else max(bottom, under)
            if bottom is None:
                return x, y
            y = bottom + GAP
