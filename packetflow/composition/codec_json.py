"""Read JSON into nodes that know their places, so that mistakes can be shown where they are."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from packetflow.composition.codec_nodes import DEEPEST, Node, place
from packetflow.errors import SourceError

_TOKEN = re.compile(r'[ \t\r\n]*([{}\[\]:,"]|-?[0-9][0-9.eE+\-]*|[A-Za-z]+|$)')


def parse_json(text: str, file: str = "") -> Node:
    """Read JSON text into nodes.

    Raises:
        SourceError: It is no JSON, repeats a key, or is nested deeper than a file may be.
    """
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        message = f"cannot be read as JSON: {error.msg}"
        raise SourceError(message, file=file, line=error.lineno, column=error.colno) from error
    except ValueError as error:
        raise SourceError(
            f"cannot be read as JSON: {error}", file=file, line=1, column=1
        ) from error
    except RecursionError as error:
        raise SourceError("is nested too deep", file=file, line=1, column=1) from error
    try:
        return _Places(text, file).value(0)[0]
    except RecursionError as error:
        raise SourceError("is nested too deep", file=file, line=1, column=1) from error


_KINDS: dict[type, Literal["map", "list"]] = {dict: "map", list: "list"}


class PlainNode(Node):
    """A value as JSON gives it, without a place, for a quick start.

    Its ``value`` is there for every kind; pairs and items become nodes when they are asked for.
    """

    __slots__ = ()
    start = end = 0
    line = column = 1
    style = "flow"

    def __init__(self, value: Any) -> None:
        self.kind = _KINDS.get(type(value), "scalar")
        self.value = value

    def __getattr__(self, name: str) -> Any:
        made: list[Any] = []
        if name == "pairs" and self.kind == "map":
            made = [(PlainNode(key), PlainNode(one)) for key, one in self.value.items()]
        elif name == "items" and self.kind == "list":
            made = [PlainNode(one) for one in self.value]
        elif name not in {"pairs", "items"}:
            raise AttributeError(name)
        setattr(self, name, made)
        return made

    def plain(self) -> Any:
        """The value as it came."""
        return self.value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number; write {{'$float': 'nan'}} or 'inf'")


class _Places:
    """A second pass over text that is known to be JSON."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.depth = 0
        self.line, self.seen, self.line_start = 1, 0, 0

    def token(self, at: int) -> tuple[str, int]:
        match = _TOKEN.match(self.text, at)
        if match is None:  # cannot be: json.loads read it
            raise SourceError("cannot be read as JSON", file=self.file, line=1, column=1)
        return match[1], match.start(1)

    def node(self, kind: Literal["map", "list", "scalar"], start: int) -> Node:
        self.line += self.text.count("\n", self.seen, start)
        self.line_start = max(self.line_start, self.text.rfind("\n", self.seen, start) + 1)
        self.seen = start
        return Node(kind, start, start, self.line, start - self.line_start + 1, style="flow")

    def value(self, at: int) -> tuple[Node, int]:
        token, start = self.token(at)
        if token == "{" or token == "[":
            self.depth += 1
            if self.depth > DEEPEST:
                line, column = place(self.text, start)
                message = f"is nested more than {DEEPEST} deep"
                raise SourceError(message, file=self.file, line=line, column=column)
            made = self.mapping(start) if token == "{" else self.list(start)
            self.depth -= 1
            return made, made.end
        node = self.node("scalar", start)
        if token == '"':
            node.value, node.end = json.decoder.scanstring(self.text, start + 1)  # type: ignore[attr-defined]  # in the library, not in its types
            node.style = '"'
        else:
            node.value, node.end = json.loads(token), start + len(token)
        return node, node.end

    def mapping(self, start: int) -> Node:
        node = self.node("map", start)
        names: set[str] = set()
        token, at = self.token(start + 1)
        while token != "}":
            name, end = self.value(at)
            if name.value in names:
                message = f"the key {name.value!r} stands twice; keep one"
                raise SourceError(message, file=self.file, line=name.line, column=name.column)
            names.add(name.value)
            _, colon = self.token(end)
            inner, end = self.value(colon + 1)
            node.pairs.append((name, inner))
            token, at = self.token(end)
            if token == ",":
                token, at = self.token(at + 1)
        node.end = at + 1
        return node

    def list(self, start: int) -> Node:
        node = self.node("list", start)
        token, at = self.token(start + 1)
        while token != "]":
            inner, end = self.value(at)
            node.items.append(inner)
            token, at = self.token(end)
            if token == ",":
                token, at = self.token(at + 1)
        node.end = at + 1
        return node
