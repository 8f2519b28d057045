"""Where things stand in a file's text: lines, dashes, the comments above a step."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packetflow.composition.codec_nodes import Node
from packetflow.errors import EditRefused

Parents: TypeAlias = Mapping[int, tuple[Node, str | int]]
"""For a node, by its `id()`: the node around it, and its key or position there."""

_HASH = re.compile(r"(^|\s)#")


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace what stands between two offsets."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: list[Splice], start: int = 0, end: int | None = None) -> str:
    """A part of a text with splices applied.

    Raises:
        EditRefused: Two of them overlap.
    """
    parts: list[str] = []
    at = start
    for splice in sorted(splices, key=lambda one: (one.start, one.end)):
        if splice.start < at:
            raise EditRefused("the changes overlap in the text; make them one by one")
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:end]])


class Layout:
    """One text and its nodes."""

    def __init__(self, text: str, parents: Parents) -> None:
        self.text = text
        self.parents = parents

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line break."""
        end = self.text.find("\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def content_end(self, node: Node) -> int:
        """Where a node's last character stands, without the comments and blank lines below it."""
        while node.style == "block" and (node.items or node.pairs):
            node = node.items[-1] if node.items else node.pairs[-1][1]
        if node.style in "|>" and self.text[node.end - 1 : node.end] == "\n":
            end = node.end - 1
            return end - 1 if self.text[end - 1] == "\r" else end
        return node.end

    def last_line_end(self, node: Node) -> int:
        """Where the last line of a node ends."""
        return self.line_end(self.content_end(node))

    def dash(self, rows: Node, index: int) -> int:
        """The offset of the dash of a block list's item."""
        column = rows.column - 1
        at = rows.start
        if index == 0:
            return at
        at = self.last_line_end(rows.items[index - 1])
        while at < len(self.text):
            start = self.text.find("\n", at) + 1
            if self.text[start : start + column + 1] == " " * column + "-":
                return start + column
            at = start
        raise EditRefused("a list of the file is laid out in a way that cannot be edited in place")

    def is_first_in_line(self, offset: int) -> bool:
        """Tell whether only blanks stand before an offset in its line."""
        return not self.text[self.line_start(offset) : offset].strip()

    def above_item(self, rows: Node, index: int) -> int:
        """The end of the last line that does not belong to a block list's item."""
        if index:
            return self.last_line_end(rows.items[index - 1])
        above, key = self.parents[id(rows)]
        if isinstance(key, int):
            return self.line_end(self.dash(above, key))
        name = next(name for name, value in above.pairs if value is rows)
        return self.line_end(name.end)

    def in_flow(self, node: Node) -> bool:
        """Tell whether a node stands inside ``{}`` or ``[]``."""
        while id(node) in self.parents:
            node = self.parents[id(node)][0]
            if node.style == "flow":
                return True
        return False

    def has_comment(self, start: int, end: int) -> bool:
        """Tell whether text between scalars holds a comment."""
        return any(_HASH.search(line) for line in self.text[start:end].splitlines())


def shifted(line: str, by: int) -> str:
    """A line, so many columns further to the right."""
    if not line.strip():
        return line
    if by >= 0:
        return " " * by + line
    blanks = len(line) - len(line.lstrip(" "))
    return line[min(-by, blanks) :]


def longest_rise(places: list[int]) -> set[int]:
    """The positions of a longest rising run of places that are not -1, by patience sorting."""
    tops: list[int] = []
    ends: list[int] = []
    before: dict[int, int] = {}
    for position, place in enumerate(places):
        if place < 0:
            continue
        pile = bisect_left(tops, place)
        before[position] = ends[pile - 1] if pile else -1
        tops[pile : pile + 1] = [place]
        ends[pile : pile + 1] = [position]
    run: set[int] = set()
    at = ends[-1] if ends else -1
    while at >= 0:
        run.add(at)
        at = before[at]
    return run
