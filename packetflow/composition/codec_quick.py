"""The quick way to read YAML as people and we write it; whatever is unusual takes the long way.

Reading is most of what an edit costs, and a whole parser of YAML takes a third of a millisecond a
step. Pipelines are written in few of YAML's ways: indented mappings and lists, values on one line.
These are read here, line by line, into the very same nodes. Anything else, mistakes included,
makes this reader give up; it never guesses.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

from packetflow.composition.codec_nodes import Node, Placed, plain_scalar

DEEPEST = 150
LONGEST_PART = 30
"""So many lines are remembered as one part at most; longer ones are read part by part."""

_CONTENT = re.compile(r"^( *)([^ #\n][^\n]*)$", re.MULTILINE)
_PLAIN = re.compile(
    r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[^\s,\[\]{}]))(?:[^#:\n]|:(?=[^\s])|(?<=[^\s])#)*"
)
_FLOW_PLAIN = re.compile(r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=[^\s,\[\]{}:]))[^:,\[\]{}#\n]*")
_QUOTED = re.compile(r"'((?:[^'\n]|'')*)'|\"([^\"\\\n]*)\"")
_KEY = re.compile(
    r"(?:([A-Za-z0-9_$][^\s:#,\[\]{}'\"]*(?: [^\s:#,\[\]{}'\"]+)*)"
    r"|'([^'\n]*)'|\"([^\"\\\n]*)\"):(?: +|$)"
)
_REST = re.compile(r" *(?: #.*)?$")


class GiveUp(Exception):
    """This text takes the long way."""


def read_quickly(text: str) -> Node | None:
    """Read a text into nodes, or ``None`` when it takes the long way."""
    if not text.replace("\n", "").isprintable():
        return None
    try:
        return _Quick(text).whole()
    except (GiveUp, ValueError, RecursionError):
        return None


@lru_cache(maxsize=1 << 14)
def _part(text: str, column: int) -> Node | None:
    """A mapping that begins at a column, with its lines up to the next line's first character.

    What it says depends on nothing else, so that it is read again only when it has changed.
    """
    try:
        quick = _Quick(" " * column + text)
        if _KEY.match(quick.lines[0], column) is None:
            return None
        node = quick.mapping(column)
    except (GiveUp, ValueError, RecursionError):
        return None
    if quick.at != len(quick.lines) - 1:
        return None
    node.value = node.plain()
    return node


class _Quick:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: list[int] = []
        self.columns: list[int] = []
        self.lines: list[str] = []
        self.numbers: list[int] = []
        number, last = 1, 0
        for match in _CONTENT.finditer(text):
            start = match.start()
            number += text.count("\n", last, start)
            last = start
            self.starts.append(start)
            self.columns.append(len(match[1]))
            self.lines.append(match[0])
            self.numbers.append(number)
        self.starts.append(len(text))
        self.columns.append(-1)
        self.lines.append("")
        self.numbers.append(0)
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        """The root, which is a mapping that begins at the margin."""
        first = self.lines[0]
        if not first or self.columns[0] != 0 or _KEY.match(first) is None:
            raise GiveUp
        root = self.mapping(0)
        if self.at != len(self.lines) - 1:
            raise GiveUp
        return root

    def block(self, column: int) -> Node:
        """What begins at a column of this line; afterwards the next line is this one."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise GiveUp
        line = self.lines[self.at]
        if line.startswith("- ", column):
            node = self.sequence(column)
        elif _KEY.match(line, column) is not None:
            node = self.mapping(column)
        else:
            node = self.inline(column)
            self.at += 1
        self.depth -= 1
        return node

    def end(self) -> int:
        """Where the next line's content begins."""
        column = self.columns[self.at]
        return self.starts[self.at] + max(column, 0)

    def made(self, kind: str, column: int) -> Node:
        start = self.starts[self.at] + column
        return Node(kind, start, start, self.numbers[self.at], column + 1)  # type: ignore[arg-type]  # one of the three

    def sequence(self, column: int) -> Node:
        node = self.made("list", column)
        items = node.items
        first = True
        while (first or self.columns[self.at] == column) and self.lines[self.at].startswith(
            "- ", column
        ):
            first = False
            line = self.lines[self.at]
            inner = column + 2
            while line.startswith(" ", inner):
                inner += 1
            if line.startswith("#", inner) or inner >= len(line):
                raise GiveUp
            items.append(self.known(column, inner) or self.block(inner))
            if self.columns[self.at] > column:
                raise GiveUp
        node.end = self.end()
        return node

    def known(self, column: int, inner: int) -> Node | None:
        """A short item of a list whose dashes stand at *column*, read once for all its places.

        Afterwards the next line is this one; it stays where it is when this gives nothing.
        """
        last = self.at + 1
        while self.columns[last] > column:
            last += 1
        if last - self.at > LONGEST_PART or self.depth + LONGEST_PART > DEEPEST:
            return None
        start = self.starts[self.at] + inner
        end = self.starts[last] + max(self.columns[last], 0)
        of = _part(self.text[start:end], inner)
        if of is None:
            return None
        made = Placed(of, start - inner, self.numbers[self.at] - 1)
        self.at = last
        return made

    def mapping(self, column: int) -> Node:
        node = self.made("map", column)
        pairs, seen = node.pairs, set()
        match = _KEY.match(self.lines[self.at], column)
        while match is not None:
            name = self.key(match, column)
            if name.value in seen:
                raise GiveUp
            seen.add(name.value)
            line, after = self.lines[self.at], match.end()
            if after < len(line) and line[after] != "#":
                value = self.inline(after)
                self.at += 1
            elif after < len(line) and line[after - 1] != " ":
                raise GiveUp
            else:
                value = self.below(column)
            pairs.append((name, value))
            here = self.columns[self.at]
            if here > column:
                raise GiveUp
            if here < column:
                break
            match = _KEY.match(self.lines[self.at], column)
            if match is None and not self.lines[self.at].startswith("- ", column):
                raise GiveUp
        node.end = self.end()
        return node

    def below(self, column: int) -> Node:
        """The value of a key that stands on the lines below it."""
        self.at += 1
        here = self.columns[self.at]
        if here > column:
            return self.block(here)
        if here == column and self.lines[self.at].startswith("- ", column):
            return self.sequence(column)
        raise GiveUp  # nothing stands there

    def key(self, match: re.Match[str], column: int) -> Node:
        start = self.starts[self.at] + column
        plain, single, double = match.groups()
        node = Node("scalar", start, 0, self.numbers[self.at], column + 1)
        if plain is not None:
            node.end = start + len(plain)
            node.value, node.style = plain_scalar(plain), "plain"
            if type(node.value) is not str:
                raise GiveUp
        else:
            quoted = single if double is None else double
            node.end = start + len(quoted) + 2
            node.value, node.style = quoted, "'" if double is None else '"'
        return node

    def inline(self, column: int) -> Node:
        """A value that is all on this line, with nothing but a comment after it."""
        line = self.lines[self.at]
        if line[column] in "[{":
            node, end = self.flow(column, 0)
        else:
            node, end = self.scalar(column, _PLAIN)
        if _REST.match(line, end) is None:
            raise GiveUp
        return node

    def scalar(self, column: int, plain: re.Pattern[str]) -> tuple[Node, int]:
        line = self.lines[self.at]
        start = self.starts[self.at] - 0
        node = Node("scalar", start + column, 0, self.numbers[self.at], column + 1)
        match = _QUOTED.match(line, column)
        if match is not None:
            single, double = match.groups()
            node.value = single.replace("''", "'") if double is None else double
            node.style = "'" if double is None else '"'
            end = match.end()
        else:
            match = plain.match(line, column)
            if match is None:
                raise GiveUp
            written = match[0].rstrip(" ")
            end = column + len(written)
            node.value, node.style = plain_scalar(written), "plain"
        node.end = start + end
        return node, end

    def flow(self, column: int, depth: int) -> tuple[Node, int]:
        """A list or mapping in brackets, and the column after it."""
        if depth > DEEPEST:
            raise GiveUp
        line = self.lines[self.at]
        is_map = line[column] == "{"
        node = self.made("map" if is_map else "list", column)
        node.style = "flow"
        close = "}" if is_map else "]"
        at = self.blank(column + 1)
        seen: set[str] = set()
        if line.startswith(close, at):
            node.end = self.starts[self.at] + at + 1
            return node, at + 1
        while True:
            if is_map:
                name, at = self.scalar(at, _FLOW_PLAIN)
                if type(name.value) is not str or name.value in seen:
                    raise GiveUp
                seen.add(name.value)
                if not line.startswith(": ", at):
                    raise GiveUp
                value, at = self.inner(self.blank(at + 2), depth)
                node.pairs.append((name, value))
            else:
                value, at = self.inner(at, depth)
                node.items.append(value)
            at = self.blank(at)
            if line.startswith(close, at):
                node.end = self.starts[self.at] + at + 1
                return node, at + 1
            if not line.startswith(", ", at):
                raise GiveUp
            at = self.blank(at + 2)

    def inner(self, column: int, depth: int) -> tuple[Node, int]:
        line = self.lines[self.at]
        if column >= len(line):
            self.unusual()
        if line[column] in "[{":
            return self.flow(column, depth + 1)
        return self.scalar(column, _FLOW_PLAIN)

    def blank(self, column: int) -> int:
        line = self.lines[self.at]
        while line.startswith(" ", column):
            column += 1
        return column

    def unusual(self) -> NoReturn:
        raise GiveUp
