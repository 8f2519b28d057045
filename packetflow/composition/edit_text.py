"""The text of what is new in a draft, in the indentation of the file it is put into.

What a step says of itself is written by `packetflow.composition.codec_emit`; a step that only moves
keeps its own lines, with the comments above it, and what was changed in it.
"""

from __future__ import annotations

from abc import abstractmethod

from packetflow.composition import codec_emit
from packetflow.composition.codec_nodes import Node
from packetflow.composition.edit_draft import Draft, OpenList, holds_nodes, origin, plain
from packetflow.composition.edit_layout import Layout, Parents, shifted
from packetflow.errors import EditRefused


class NewText(Layout):
    """Writes what is new, or stands elsewhere now."""

    def __init__(self, text: str, parents: Parents) -> None:
        super().__init__(text, parents)
        self.newline = "\r\n" if "\r\n" in text else "\n"

    @abstractmethod
    def with_changes(self, node: Node, item: Draft, start: int, end: int) -> str:
        """A stretch of the text in which a node has become *item*."""

    def is_braced(self, node: Node) -> bool:
        """Tell a mapping from a single ``key: value`` inside of ``[]``, which has no braces."""
        return node.style == "block" or self.text[node.start] == "{"

    def flow_text(self, item: Draft) -> str:
        """An item inside of ``[]``."""
        node = origin(item)
        if node is not None:
            start, end = self.source_span(node)
            if node.style == "flow" and item is node and self.is_braced(node):
                return self.text[node.start : node.end]
            if self.has_comment(start, end):
                raise EditRefused("the step has comments, which cannot stand inside of [...]")
        return codec_emit.one_line(plain(item))

    def entry(self, key: str, value: Draft, column: int) -> list[str]:
        """The lines of one entry of a block mapping."""
        if not holds_nodes(value):
            return codec_emit.entry(key, plain(value), column)
        return [f"{' ' * column}{codec_emit.key(key)}:", *self.value_lines(value, column + 2)]

    def value_lines(self, value: Draft, column: int) -> list[str]:
        """A value that stands on lines of its own."""
        node = origin(value)
        if isinstance(value, OpenList):
            items = value.items
        elif node is not None and node.kind == "list":
            items = list(node.items)
        elif isinstance(value, list):
            items = value
        elif node is not None:
            items = [value]
        elif isinstance(value, dict):
            return [line for key, one in value.items() for line in self.entry(key, one, column)]
        else:
            return codec_emit.lines(plain(value), column)
        if not items:
            return [" " * column + "[]"]
        return [line for item in items for line in self.item_lines(item, column)]

    def item_lines(self, item: Draft, column: int) -> list[str]:
        """The lines of one item of a block list whose dashes stand at *column*."""
        node = origin(item)
        if node is not None:
            return self.moved_lines(item, node, column)
        if isinstance(item, dict) and holds_nodes(item):
            first, *rest = self.value_lines(item, column + 2)
            return [f"{' ' * column}- {first[column + 2 :]}", *rest]
        if isinstance(item, list) and holds_nodes(item):
            return [f"{' ' * column}-", *self.value_lines(item, column + 2)]
        return codec_emit.item_lines(plain(item), column)

    def source_span(self, node: Node) -> tuple[int, int]:
        """From the first comment above a step to the end of its last line."""
        above, key = self.parents[id(node)]
        if above.style == "flow":
            return node.start, node.end
        if isinstance(key, str):
            name = next(name for name, value in above.pairs if value is node)
            start = self.text.find("\n", name.end, node.start) + 1
            return start or node.start, self.last_line_end(node)
        dash = self.dash(above, key)
        if not self.is_first_in_line(dash):
            return dash, self.last_line_end(node)
        start = self.above_item(above, key)
        start = self.text.find("\n", start) + 1
        return start, self.last_line_end(node)

    def moved_lines(self, item: Draft, node: Node, column: int) -> list[str]:
        """A step's own lines, put at another column."""
        if not self.is_braced(node):
            return codec_emit.item_lines(plain(item), column)
        start, end = self.source_span(node)
        text = self.with_changes(node, item, start, end)
        lines = text.replace("\r\n", "\n").split("\n")
        above, key = self.parents[id(node)]
        if above.style == "flow" or isinstance(key, str):
            shift = column + 2 - (node.column - 1)
            lead = self.text.count("\n", start, node.start)
            first = lines[lead] if start == node.start else lines[lead][node.column - 1 :]
            return [
                *(shifted(line, shift) for line in lines[:lead]),
                f"{' ' * column}- {first}",
                *(shifted(line, shift) for line in lines[lead + 1 :]),
            ]
        dash = self.dash(above, key)
        shift = column - (above.column - 1)
        if dash == start and not self.is_first_in_line(dash):
            return [" " * column + lines[0], *(shifted(line, shift) for line in lines[1:])]
        return [shifted(line, shift) for line in lines]
