"""Two texts of a pipeline beside each other: what differs, in words, as pictures, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

import msgspec

from packetflow.composition.codec import load
from packetflow.composition.difference import SIGNS, Change, Difference, Kind, difference
from packetflow.errors import CompositionError
from packetflow.show.drawing import Drawing, Group, Node
from packetflow.show.svg import svg
from studio.theme import Mode

COLOURS: Final[Mapping[Kind, Literal["green", "red", "orange", "violet", "blue", "gray"]]] = {
    "added": "green",
    "removed": "red",
    "changed": "orange",
    "moved": "violet",
    "renamed": "blue",
    "header": "gray",
}
"""The colour of each kind of change, in Streamlit's words; each has a sign and a word, too."""


def compare(old: str, new: str) -> Difference | None:
    r"""What differs between two texts; ``None`` when one of them cannot be read.

    >>> compare("pipeline: a\\nsteps: []\\n", "steps: {") is None
    True
    """
    try:
        return difference(*(load(text, lambda _kind, _name: None) for text in (old, new)))
    except CompositionError:
        return None


def told(change: Change) -> tuple[str, str]:
    """A change as the words of its badge, and what exactly.

    >>> told(Change("renamed", "get", "fetch", ""))[1]
    'fetch is now get'
    """
    badge = f"{SIGNS[change.kind]} {'pipeline' if change.kind == 'header' else change.kind}"
    match change.kind:
        case "header":
            return badge, change.text
        case "renamed":
            return badge, f"{change.was} is now {change.step}"
        case "changed":
            return badge, f"{change.step}: {change.text}"
        case "added" | "removed" | "moved":
            return badge, f"{change.step} {change.text}".rstrip()


def marked(drawing: str, marks: Mapping[str, Sequence[Kind]], theme: Mode) -> str:
    """Draw a pipeline with what happened to its steps, in colour and with sign and word.

    Args:
        drawing: From `packetflow.kernel.cards.Description`.
        marks: By step id, from `Difference.marks`.
        theme: Of the page.
    """
    made = msgspec.json.decode(drawing, type=Drawing)
    nodes = tuple(_node(one, marks.get(one.id, ())) for one in made.nodes)
    groups = tuple(_group(one, marks.get(one.id, ())) for one in made.groups)
    return svg(replace(made, nodes=nodes, groups=groups), theme=theme)


def _node(node: Node, kinds: Sequence[Kind]) -> Node:
    if not kinds:
        return node
    return replace(node, status=kinds[0], badges=(*_badges(kinds), *node.badges))


def _group(group: Group, kinds: Sequence[Kind]) -> Group:
    if not kinds:
        return group
    return replace(group, status=kinds[0], badges=(*_badges(kinds), *group.badges))


def _badges(kinds: Sequence[Kind]) -> tuple[str, ...]:
    return tuple(f"{SIGNS[kind]} {kind}" for kind in kinds)


def text_difference(old: str, new: str) -> str:
    """What differs line by line, as a unified diff; empty when nothing does."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "before", "after", lineterm="", n=4
    )
    return "\n".join(lines)
