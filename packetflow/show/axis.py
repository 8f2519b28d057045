"""A time axis that leaves out long stretches in which nothing was done.

An execution that works for milliseconds and waits for days would be two specks on a straight axis.
Here each long idle stretch is folded to a narrow band that says how long it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TypeAlias

Stretch: TypeAlias = tuple[float, float]
"""From when until when, in seconds."""

FOLDED = 58.0
"""How wide a folded stretch is, in pixels."""

LEAST_FOLDED = 0.1
"""A shorter stretch, in seconds, is not folded: nobody waited there."""

_IDLE_SHARE = 0.2
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the axis with its place in pixels."""

    start: float
    end: float
    left: float
    right: float
    is_folded: bool = False

    @property
    def seconds(self) -> float:
        """How long it was."""
        return self.end - self.start

    def x(self, moment: float) -> float:
        """Where a moment within it lies."""
        share = (moment - self.start) / self.seconds if self.seconds else 0.0
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)


@dataclass(frozen=True, slots=True)
class Axis:
    """Moments to pixels, in pieces that follow one another."""

    pieces: tuple[Piece, ...]

    def x(self, moment: float) -> float:
        """Where a moment is drawn."""
        piece = next((one for one in self.pieces if moment <= one.end), self.pieces[-1])
        return piece.x(moment)

    def ticks(self) -> list[tuple[float, float]]:
        """``(x, seconds since the piece began)`` of the round marks of every open piece."""
        open_pieces = [one for one in self.pieces if not one.is_folded]
        pixels = sum(one.right - one.left for one in open_pieces) or 1.0
        step = nice(sum(one.seconds for one in open_pieces) / 6 * 760 / max(pixels, 380))
        marks = []
        for piece in open_pieces:
            for index in range(int(piece.seconds / step + 1e-9) + 1):
                marks.append((piece.x(piece.start + index * step), index * step))
        return marks


def axis(working: Iterable[Stretch], whole: Stretch, left: float, right: float) -> Axis:
    """Lay out an axis.

    Args:
        working: When something was done; they may overlap.
        whole: From the first moment to the last.
        left: Where it begins, in pixels.
        right: Where it ends.

    >>> waited = axis([(0, 1), (100, 101)], (0, 101), 0, 258)
    >>> [waited.x(moment) for moment in (0, 1, 100, 101)]
    [0.0, 100.0, 158.0, 258.0]
    """
    start, end = whole
    end = max(end, start + 1e-6)
    busy = merged(working)
    idle = _between(busy, start, end) if busy else []
    least = max(LEAST_FOLDED, (end - start) * _IDLE_SHARE, 2 * sum(b - a for a, b in busy))
    folds = [one for one in idle if one[1] - one[0] > least]
    open_seconds = (end - start) - sum(b - a for a, b in folds)
    scale = (right - left - FOLDED * len(folds)) / (open_seconds or 1e-6)
    pieces: list[Piece] = []
    at, x = start, left
    for a, b in folds:
        if a > at:
            pieces.append(Piece(at, a, x, x + (a - at) * scale))
            x = pieces[-1].right
        pieces.append(Piece(a, b, x, x + FOLDED, is_folded=True))
        at, x = b, x + FOLDED
    if end > at or not pieces:
        pieces.append(Piece(at, end, x, right))
    return Axis(tuple(pieces))


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch made one.

    >>> merged([(3, 4), (0, 2), (1, 2.5)])
    [(0, 2.5), (3, 4)]
    """
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(stretch: Stretch, others: Iterable[Stretch]) -> list[Stretch]:
    """What is left of a stretch when others are cut out of it.

    >>> without((0, 10), [(8, 12), (2, 3)]), without((5, 5), []), without((2, 3), [(0, 9)])
    ([(0, 2), (3, 8)], [(5, 5)], [])
    """
    start, end = stretch
    cuts = [(a, b) for a, b in merged(others) if a < end and b > start]
    if not cuts:
        return [stretch]
    edges = [start, *(edge for cut in cuts for edge in cut), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _between(busy: Sequence[Stretch], start: float, end: float) -> list[Stretch]:
    edges = [start, *(edge for stretch in busy for edge in stretch), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def nice(seconds: float) -> float:
    """The next round number above: 1, 2 or 5 with zeros; above a minute, of minutes or hours."""
    for unit in (86400.0, 3600.0, 60.0):
        if seconds > unit / 2:
            return unit * _nice_number(seconds / unit)
    return _nice_number(seconds)


def _nice_number(number: float) -> float:
    power = 10.0 ** (floor(log10(number)) if number > 0 else 0)
    return next((power * step for step in _STEPS if power * step >= number * 0.999), power * 10)
