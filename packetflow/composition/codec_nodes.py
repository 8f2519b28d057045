"""A text's values together with their places: what YAML and JSON are read into first.

The YAML read here is 1.2 with its core schema, without anchors, aliases, tags and directives, so
that a file means what it shows and can hold nothing but plain values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from packetflow.errors import SourceError

DEEPEST = 500
"""How deep lists and mappings may be nested in a file."""

_HINTS = {
    "expected <block end>": "this line is not indented like those it belongs to",
    "'\\t'": "a tab stands here; indent with spaces",
    "mapping values are not allowed": "a second `: ` is in this line; put text with one in quotes",
}
"""What the parser's words mean, by a part of them."""


@dataclass(slots=True, eq=False)
class Node:
    """One value of a text and where it stands.

    Attributes:
        kind: ``map``, ``list`` or ``scalar``.
        start: Offset of its first character.
        end: Offset after its last character; a block's may lie behind blank lines and comments.
        line: Of its first character, counted from 1.
        column: Of its first character, counted from 1.
        value: A scalar's value.
        pairs: A mapping's keys and values, in order.
        items: A list's values, in order.
        style: ``flow`` for ``{}`` and ``[]``, ``block`` for indented ones; of a scalar ``plain``,
            ``'``, ``"``, ``|`` or ``>``.
    """

    kind: Literal["map", "list", "scalar"]
    start: int
    end: int
    line: int
    column: int
    value: Any = None
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    style: str = "block"

    def get(self, key: str) -> Node | None:
        """The value under a key of a mapping."""
        return next((value for name, value in self.pairs if name.value == key), None)

    def children(self) -> Iterator[Node]:
        """Keys, values and items, in order."""
        for key, value in self.pairs:
            yield key
            yield value
        yield from self.items

    def plain(self) -> Any:
        """The value without places."""
        if self.kind == "map":
            return {key.value: value.plain() for key, value in self.pairs}
        if self.kind == "list":
            return [item.plain() for item in self.items]
        return self.value


class Placed(Node):
    """A value that was read before, at the place where it stands now.

    What is inside gets its place when it is asked for, which is seldom: an edit touches one step
    of a thousand.

    Attributes:
        of: The value as it was read, which stays as it is; its ``value`` may hold it without
            places whatever its kind.
        shift: How many characters this one stands behind it.
        down: How many lines this one stands below it.
    """

    __slots__ = ("down", "of", "shift")

    def __init__(self, of: Node, shift: int, down: int) -> None:
        self.of, self.shift, self.down = of, shift, down
        self.kind, self.value, self.style, self.column = of.kind, of.value, of.style, of.column
        self.start, self.end, self.line = of.start + shift, of.end + shift, of.line + down

    def __getattr__(self, name: str) -> Any:
        made: list[Any] = []
        if name == "pairs":
            made = [(self._moved(key), self._moved(value)) for key, value in self.of.pairs]
        elif name == "items":
            made = [self._moved(item) for item in self.of.items]
        else:
            raise AttributeError(name)
        setattr(self, name, made)
        return made

    def _moved(self, node: Node) -> Node:
        return Placed(node, self.shift, self.down)

    def get(self, key: str) -> Node | None:
        """The value under a key of a mapping."""
        return None if self.of.get(key) is None else super().get(key)

    def plain(self) -> Any:
        """The value without places."""
        return self.of.plain()


_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: dict[str, Any] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{sign + word: float("inf") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_START = frozenset("+-.0123456789")


def plain_scalar(text: str) -> Any:
    """What a scalar without quotes means in YAML 1.2's core schema.

    Raises:
        ValueError: A whole number has more digits than Python reads.

    >>> [plain_scalar(text) for text in ("12", "1.5", "true", "no", "0x10", "~", "2026-01-02")]
    [12, 1.5, True, 'no', 16, None, '2026-01-02']
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_START:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return int(text[2:], 8 if text[1] == "o" else 16)
    return float(text) if _FLOAT.fullmatch(text) else text


def parse_yaml(text: str, file: str = "") -> Node:
    """Read YAML text into nodes.

    Raises:
        SourceError: It is no YAML, is empty, has several documents, repeats a key, or uses
            anchors, aliases, tags, directives or keys that are no text.
    """
    from packetflow.composition.codec_quick import read_quickly

    return read_quickly(text) or parse_long(text, file)


def parse_long(text: str, file: str = "") -> Node:
    """`parse_yaml` by a parser of all of YAML."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    build = _Build(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            build.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        reason = error.problem or error.context or "no YAML"
        said = next((hint for sign, hint in _HINTS.items() if sign in reason), reason)
        raise build.error(f"cannot be read as YAML: {said}", line, column) from error
    except YAMLError as error:
        position = getattr(error, "position", None)
        line, column = (1, 1) if position is None else place(text, position)
        reason = "a character that may not stand in YAML" if position is not None else str(error)
        raise build.error(f"cannot be read as YAML: {reason}", line, column) from error
    except ValueError as error:
        raise build.error(f"cannot be read as YAML: {error}", 1, 1) from error
    if build.root is None:
        raise build.error("is empty; write `pipeline: NAME` and `steps:`", 1, 1)
    return build.root


def place(text: str, offset: int) -> tuple[int, int]:
    r"""The line and column of an offset, both counted from 1.

    >>> place("a\nbc", 3)
    (2, 2)
    """
    before = text.count("\n", 0, offset)
    return before + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


class _Build:
    """Puts a parser's events together, without recursion."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Node | None = None
        self.open: list[tuple[Node, list[Node], set[str]]] = []
        self.documents = 0

    def error(self, message: str, line: int, column: int) -> SourceError:
        return SourceError(message, file=self.file, line=line, column=column)

    def take(self, event: Any) -> None:
        name = type(event).__name__
        if name == "ScalarEvent":
            self.add(self.scalar(event))
        elif name in {"MappingStartEvent", "SequenceStartEvent"}:
            kind: Literal["map", "list"] = "map" if name == "MappingStartEvent" else "list"
            self.open.append((self.node(kind, event), [], set()))
            if len(self.open) > DEEPEST:
                raise self.at(event, f"is nested more than {DEEPEST} deep")
        elif name in {"MappingEndEvent", "SequenceEndEvent"}:
            node, parts, _ = self.open.pop()
            node.end = event.end_mark.index
            if node.kind == "map":
                node.pairs = list(zip(parts[::2], parts[1::2], strict=True))
            else:
                node.items = parts
            self.add(node)
        elif name == "AliasEvent":
            raise self.at(event, f"repeats by alias *{event.anchor}; write it out")
        elif name == "DocumentStartEvent":
            self.start_document(event)

    def start_document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self.at(event, "holds several documents; a file is one pipeline")
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            raise self.at(event, "has a directive; a pipeline is plain YAML 1.2, so take it out")

    def at(self, event: Any, message: str) -> SourceError:
        mark = event.start_mark
        return self.error(message, mark.line + 1, mark.column + 1)

    def node(self, kind: Literal["map", "list", "scalar"], event: Any) -> Node:
        if event.anchor is not None:
            raise self.at(event, f"has the anchor &{event.anchor}; write out what repeats it")
        if event.tag is not None:
            raise self.at(event, f"has the tag {event.tag}; only plain values can be saved")
        mark = event.start_mark
        made = Node(kind, mark.index, event.end_mark.index, mark.line + 1, mark.column + 1)
        if kind != "scalar":
            made.style = "flow" if event.flow_style else "block"
        return made

    def scalar(self, event: Any) -> Node:
        made = self.node("scalar", event)
        made.style = event.style or "plain"
        made.value = event.value
        if made.style == "plain":
            try:
                made.value = plain_scalar(event.value)
            except ValueError as error:
                raise self.at(event, "is a number with too many digits") from error
        return made

    def add(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        parent, parts, seen = self.open[-1]
        if parent.kind == "map" and len(parts) % 2 == 0:
            if not isinstance(node.value, str):
                raise self.error(
                    "a key is no text; put it in quotes, or write it out", node.line, node.column
                )
            if node.value in seen:
                raise self.error(
                    f"the key {node.value!r} stands twice; keep one", node.line, node.column
                )
            seen.add(node.value)
        parts.append(node)
