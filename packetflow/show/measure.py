"""How large the parts of a drawing are, in pixels, before anything has a place."""

from __future__ import annotations

from packetflow.show.drawing import Group, Node
from packetflow.show.text import cut, width, wrapped

LABEL, SMALL, TINY = 13.0, 11.0, 10.5
"""Font sizes of labels, of details and notes, and of badges and names on wires."""

NARROWEST, WIDEST = 128.0, 236.0
ICON = 30.0
"""Room that the icon takes at a card's left side."""

HEADER = 28.0
PAD = 16.0
PORT = 19.0
"""Height between two names that leave a card."""

LONGEST_NAME = 132.0
HEADER_ROOM = 420.0

TERMINALS = frozenset({"input", "output", "name"})
"""Kinds of node that are drawn as a pill with a name."""


def card_width(node: Node) -> float:
    """The width that shows all of a card, within limits."""
    if node.kind in TERMINALS:
        return min(160.0, max(44.0, width(node.label, SMALL) + 24.0))
    asked = [
        ICON + width(node.label, LABEL, bold=True) + 14.0 + (16.0 if node.status else 0.0),
        ICON + width(node.detail, SMALL) + 14.0,
        ICON + badges_width(node.badges) + 8.0,
        *(ICON + min(width(note, SMALL), 190.0) + 14.0 for note in node.notes),
    ]
    return min(WIDEST, max(NARROWEST, *asked))


def card_height(node: Node, wide: float, ports: int) -> float:
    """The height of a card, given its width and the most names that leave or reach it."""
    if node.kind in TERMINALS:
        return max(26.0, ports * PORT)
    rows = 40.0 + (15.0 if node.detail else 0.0)
    rows += 19.0 * len(badge_rows(node.badges, wide - ICON - 6.0))
    rows += 14.0 * len(note_rows(node.notes, wide)) + (4.0 if node.notes else 0.0)
    return max(rows, ports * PORT + 6.0)


def note_rows(notes: tuple[str, ...], wide: float) -> list[str]:
    """The lines that show messages on a card: two each, at most two messages."""
    shown = [row for note in notes[:2] for row in wrapped(note, wide - ICON - 12.0, SMALL)]
    return shown if len(notes) <= 2 else [*shown, f"and {len(notes) - 2} more"]


def badge_width(badge: str) -> float:
    """The width of one badge."""
    return width(cut(badge, 170.0, TINY), TINY) + 12.0


def badges_width(badges: tuple[str, ...]) -> float:
    """The width of badges in one row."""
    return sum(badge_width(badge) + 5.0 for badge in badges)


def badge_rows(badges: tuple[str, ...], room: float) -> list[list[str]]:
    """Badges in as many rows as they need."""
    rows: list[list[str]] = []
    left = 0.0
    for badge in badges:
        need = badge_width(badge) + 5.0
        if not rows or need > left:
            rows.append([])
            left = room
        rows[-1].append(badge)
        left -= need
    return rows


def name_width(label: str) -> float:
    """Room for a name at the start of its wire; none for a nameless wire."""
    return width(cut(label, LONGEST_NAME, TINY), TINY) + 12.0 if label else 0.0


def header_size(group: Group) -> tuple[float, float]:
    """Width and height of a group's head: icon, label and badges, with messages below."""
    label = min(HEADER_ROOM, width(group.label, SMALL, bold=True))
    notes = header_notes(group)
    asked = [width(row, SMALL) for row in notes]
    wide = 2 * PAD + max([18.0 + label + 8.0 + badges_width(group.badges), *asked])
    return wide, HEADER + 14.0 * len(notes)


def header_notes(group: Group) -> list[str]:
    """The lines that show messages under a group's label."""
    return [cut(note, HEADER_ROOM, SMALL) for note in group.notes[:3]]
