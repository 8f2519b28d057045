"""Turn a changed draft into the smallest changes of its text.

Nothing is written again that was not changed: a changed entry is cut out and its new text put in,
in the indentation and with the line ends of the file. A step that moves takes its own lines and
the comments above it along.
"""

from __future__ import annotations

from packetflow.composition import codec_emit
from packetflow.composition.codec_nodes import Node
from packetflow.composition.edit_draft import (
    Draft,
    Opened,
    OpenList,
    OpenMap,
    holds_nodes,
    origin,
    plain,
)
from packetflow.composition.edit_layout import Parents, Splice, longest_rise, spliced
from packetflow.composition.edit_text import NewText
from packetflow.errors import EditRefused


class Patch(NewText):
    """Works out the splices that make a text say what a draft says."""

    def __init__(self, text: str, parents: Parents) -> None:
        super().__init__(text, parents)
        self.splices: list[Splice] = []

    def change(self, start: int, end: int, new: str) -> None:
        """Note a splice."""
        self.splices.append(Splice(start, end, new))

    def diff(self, node: Node, new: Draft) -> None:
        """Note the splices that turn a node into *new*."""
        if new is node:
            return
        if isinstance(new, OpenMap) and new.origin is node and self.is_braced(node):
            self._diff_map(node, new)
        elif isinstance(new, OpenList) and new.origin is node:
            self._diff_list(node, new)
        else:
            self.replace(node, new)

    def replace(self, node: Node, new: Draft) -> None:
        """Put a value in another one's place."""
        if plain(new) == node.plain() and type(plain(new)) is type(node.plain()):
            return
        if id(node) not in self.parents:
            raise EditRefused("the whole file cannot be replaced this way; set its text")
        above, key = self.parents[id(node)]
        if isinstance(key, int) or above.style == "flow":
            self.change(node.start, self.content_end(node), codec_emit.one_line(plain(new)))
            return
        name = next(name for name, value in above.pairs if value is node)
        self.put_value(name, node, new)

    def put_value(self, name: Node, old: Node, new: Draft) -> None:
        """Write the value of a key of a block mapping."""
        colon = self.colon(name, old)
        end = self.content_end(old) if old.end > old.start else colon
        inner = None if holds_nodes(new) else codec_emit.inline(plain(new), colon - name.start)
        if inner is not None:
            start = old.start if old.end > old.start and self.same_line(colon, old.start) else colon
            space = "" if start == old.start and start != colon else " "
            self.change(start, max(end, start), space + inner)
            return
        lines = self.value_lines(new, name.column - 1 + 2)
        if old.style in ("|", ">") or not self.same_line(colon, end):
            self.change(colon, end, "".join(self.newline + line for line in lines))
            return
        self.change(colon, end, "")
        below = self.line_end(end)
        self.change(below, below, "".join(self.newline + line for line in lines))

    def same_line(self, one: int, other: int) -> bool:
        """Tell whether no line ends between two offsets."""
        return "\n" not in self.text[one:other]

    def colon(self, name: Node, value: Node) -> int:
        """The offset after a key's colon."""
        at = self.text.find(":", name.end, max(value.start, name.end + 1))
        if at < 0:
            raise EditRefused("a key of the file is laid out in a way that cannot be edited")
        return at + 1

    def _diff_map(self, node: Node, new: OpenMap) -> None:
        old = [name.value for name, _ in node.pairs]
        values = {name.value: (name, value) for name, value in node.pairs}
        wanted = list(new.pairs)
        kept = [key for key in old if key in new.pairs]
        if not kept and wanted and len(old) == len(wanted) == 1:
            self.rename_key(values[old[0]], wanted[0], new.pairs[wanted[0]])
            return
        gone = [key for key in old if key not in new.pairs]
        come = [key for key in wanted if key not in values]
        for key in list(come):
            index = wanted.index(key)
            if index < len(old) and old[index] in gone:
                self.rename_key(values[old[index]], key, new.pairs[key])
                gone.remove(old[index])
                come.remove(key)
                kept.append(key)
                values[key] = values[old[index]]
        if not kept:
            self.change(node.start, self.content_end(node), codec_emit.one_line(plain(new)))
            return
        self._remove_pairs(node, gone)
        for key in kept:
            if key in old:
                self.diff(values[key][1], new.pairs[key])
        self.add_pairs(node, new, come, {key: values[key] for key in kept})

    def rename_key(self, pair: tuple[Node, Node], key: str, value: Draft) -> None:
        """Give an entry another key, and perhaps another value."""
        name, old = pair
        self.change(name.start, name.end, codec_emit.key(key, flow=True))
        self.diff(old, value)

    def _remove_pairs(self, node: Node, gone: list[str]) -> None:
        for index, (name, value) in enumerate(node.pairs):
            if name.value not in gone:
                continue
            end = self.content_end(value)
            if index == 0:
                following = node.pairs[1][0].start
                if self.has_comment(max(end, name.end), following):
                    raise EditRefused("a comment stands in the way; move it first")
                self.change(name.start, following, "")
            elif node.style == "flow":
                before = max(node.pairs[index - 1][0].end, node.pairs[index - 1][1].end)
                self.change(before, max(end, name.end), "")
            else:
                before = max(
                    node.pairs[index - 1][0].end, self.content_end(node.pairs[index - 1][1])
                )
                self.change(self.line_end(before), self.line_end(max(end, name.end)), "")

    def add_pairs(
        self, node: Node, new: OpenMap, come: list[str], kept: dict[str, tuple[Node, Node]]
    ) -> None:
        """Write new entries, each after the one that stands before it in the draft."""
        wanted = list(new.pairs)
        waiting: dict[int, list[str]] = {}
        for key in come:
            before = [other for other in wanted[: wanted.index(key)] if other in kept]
            if not before:
                at = -1
            else:
                name, value = kept[before[-1]]
                at = max(name.end, self.content_end(value))
            waiting.setdefault(at, []).append(key)
        column = node.column - 1
        for at, keys in waiting.items():
            if node.style == "flow":
                written = ", ".join(
                    codec_emit.one_line({key: plain(new.pairs[key])})[1:-1] for key in keys
                )
                start = node.start + 1 if at < 0 else at
                self.change(start, start, f"{written}, " if at < 0 else f", {written}")
                continue
            lines = [line for key in keys for line in self.entry(key, new.pairs[key], column)]
            if at < 0:
                text = self.newline.join([*lines, " " * column])[column:]
                self.change(node.start, node.start, text)
            else:
                below = self.line_end(at)
                self.change(below, below, "".join(self.newline + line for line in lines))

    def _diff_list(self, node: Node, new: OpenList) -> None:
        old = {id(item): index for index, item in enumerate(node.items)}
        places = [old.get(id(origin(item)), -1) for item in new.items]
        stays = longest_rise(places)
        for position in stays:
            self.diff(node.items[places[position]], new.items[position])
        kept = {places[position] for position in stays}
        gone = [index for index in range(len(node.items)) if index not in kept]
        come: dict[int, list[Draft]] = {}
        last = -1
        for position, item in enumerate(new.items):
            if position in stays:
                last = places[position]
            else:
                come.setdefault(last, []).append(item)
        if not gone and not come:
            return
        if node.style == "flow":
            self._change_flow_list(node, new, gone, come)
        elif not new.items:
            self._empty_list(node)
        else:
            self._change_block_list(node, gone, come)

    def _empty_list(self, node: Node) -> None:
        above, key = self.parents[id(node)]
        end = self.content_end(node)
        if isinstance(key, int):
            self.change(node.start, end, "[]")
            return
        name = next(name for name, value in above.pairs if value is node)
        colon = self.colon(name, node)
        self.change(colon, colon, " []")
        self.change(self.above_item(node, 0), self.line_end(end), "")

    def _change_block_list(self, node: Node, gone: list[int], come: dict[int, list[Draft]]) -> None:
        column = node.column - 1
        compact = not self.is_first_in_line(node.start)
        if compact and 0 in gone:
            raise EditRefused(
                "the first item of a list that begins behind another dash cannot be taken out in "
                "place; put the inner list on lines of its own"
            )
        for index in gone:
            start = self.above_item(node, index)
            self.change(start, self.last_line_end(node.items[index]), "")
        for last, items in come.items():
            lines = [line for item in items for line in self.item_lines(item, column)]
            if last >= 0:
                at = self.last_line_end(node.items[last])
            elif compact:
                text = self.newline.join([*lines, " " * column])[column:]
                self.change(node.start, node.start, text)
                continue
            else:
                at = self.above_item(node, 0)
            self.change(at, at, "".join(self.newline + line for line in lines))

    def _change_flow_list(
        self, node: Node, new: OpenList, gone: list[int], come: dict[int, list[Draft]]
    ) -> None:
        items = [item for some in come.values() for item in some]
        blocks = not self.in_flow(node) and (
            not node.items or any(self._wants_lines(item) for item in items)
        )
        if blocks and new.items:
            self.unfold_list(node, new)
            return
        if len(gone) == len(node.items):
            self.change(node.start, node.end, codec_emit.one_line(plain(new)))
            return
        for index in gone:
            if index == 0:
                self.change(node.items[0].start, node.items[1].start, "")
            else:
                self.change(node.items[index - 1].end, node.items[index].end, "")
        for last, some in come.items():
            written = ", ".join(self.flow_text(item) for item in some)
            if last < 0:
                at = node.start + 1
                self.change(at, at, f"{written}, ")
            else:
                at = node.items[last].end
                self.change(at, at, f", {written}")

    def _wants_lines(self, item: Draft) -> bool:
        node = origin(item)
        is_flow = node is not None and node.style == "flow"
        return not is_flow and isinstance(plain(item), dict)

    def unfold_list(self, node: Node, new: OpenList) -> None:
        """Write a list in ``[]`` with a line for each item instead."""
        self.splices = [s for s in self.splices if not node.start <= s.start < node.end]
        if any(
            self.has_comment(before.end, after.start)
            for before, after in zip(node.items, node.items[1:], strict=False)
        ):
            raise EditRefused("comments inside of [...] stand in the way; write it as lines first")
        above, key = self.parents[id(node)]
        if isinstance(key, int):
            column = node.column - 1
            lines = [line for item in new.items for line in self.item_lines(item, column)]
            self.change(node.start, node.end, self.newline.join(lines)[column:])
            return
        name = next(name for name, value in above.pairs if value is node)
        column = name.column - 1 + 2
        lines = [line for item in new.items for line in self.item_lines(item, column)]
        colon, below = self.colon(name, node), self.line_end(node.end)
        self.change(colon, node.end, "")
        self.change(below, below, "".join(self.newline + line for line in lines))

    def with_changes(self, node: Node, item: Draft, start: int, end: int) -> str:
        """A stretch of the text in which a node has become *item*."""
        inner = Patch(self.text, self.parents)
        inner.diff(node, item)
        return spliced(self.text, inner.splices, start, end)


def patched(text: str, opened: Opened) -> str:
    """The text that says what a draft of it says, with only the touched lines changed.

    Raises:
        EditRefused: The file is laid out in a way that cannot be changed in place.
    """
    root = origin(opened.root)
    if root is None:
        raise EditRefused("the whole file cannot be replaced this way; set its text")
    patch = Patch(text, opened.parents)
    patch.diff(root, opened.root)
    return spliced(text, patch.splices)
