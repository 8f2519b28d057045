"""What of a board does not depend on the text: places, sizes, notes and pins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from packetflow.composition.board_places import Point, Size, place_all
from packetflow.composition.view import Look
from packetflow.kernel.board import Board, BoardCard, BoardWire


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of the looks.

    Attributes:
        looks: By step id.
        places: Where cards stood that nobody placed.
        sizes: How large cards were measured, in pixels.
        parents: In which card they stood then, empty for the file's own list.
        own: How large cards are by themselves, where that is known.
    """

    looks: Mapping[str, Look]
    places: Mapping[str, Point]
    sizes: Mapping[str, Size]
    parents: Mapping[str, str]
    own: Mapping[str, Size] = field(default_factory=dict)

    def placed(self, cards: Iterable[BoardCard]) -> dict[str, Point]:
        """Where cards stand; what somebody placed goes before what was drawn."""
        there = {card.id: card.parent or "" for card in cards}
        found = {
            name: point
            for name, point in self.places.items()
            if name in there and self.parents.get(name, there[name]) == there[name]
        }
        for name, look in self.looks.items():
            if look.x is not None and look.y is not None:
                found[name] = (look.x, look.y)
        return found


def with_looks(
    cards: Sequence[BoardCard],
    wires: Iterable[BoardWire],
    seen: Seen,
    *,
    root: str,
    marks: Mapping[str, str],
) -> list[BoardCard]:
    """Cards with places, sizes, notes and pins, whatever they had before.

    Args:
        cards: In reading order, a container before what is inside.
        wires: Between them.
        seen: How they look.
        root: The card that is the ground; empty for none.
        marks: The worst that is wrong with each, by id.
    """
    placed = seen.placed(cards)
    boxes = place_all(cards, wires, root=root, placed=placed, sizes=seen.sizes, own=seen.own)
    finished, nothing = [], Look()
    for card in cards:
        look = seen.looks.get(card.id, nothing)
        (x, y), (wide, tall) = boxes.at[card.id], boxes.size[card.id]
        finished.append(
            msgspec.structs.replace(
                card,
                note=look.note,
                pins=list(look.pins),
                status=marks.get(card.id, ""),
                x=float(x),  # always written alike, so that what stays is known by its bytes
                y=float(y),
                width=float(wide),
                height=float(tall),
            )
        )
    return finished


def looked(board: Board, seen: Seen) -> Board:
    """The board of the same text with other looks; nothing is read, and nobody is asked."""
    marks = {card.id: card.status for card in board.cards}
    cards = with_looks(board.cards, board.wires, seen, root=board.root, marks=marks)
    return msgspec.structs.replace(board, cards=cards)
