"""A file's nodes opened for change: what is not opened keeps its place and its text.

A draft is made of nodes of the text (untouched), of `OpenMap` and `OpenList` (nodes whose entries
are being changed), and of fresh plain values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from packetflow.composition.codec_document import Steps
from packetflow.composition.codec_nodes import Node
from packetflow.composition.standing import above
from packetflow.composition.written import INNER
from packetflow.errors import EditRefused


@dataclass(eq=False)
class OpenMap:
    """A mapping of the text with changes; ``pairs`` may hold anything a draft may hold."""

    origin: Node
    pairs: dict[str, Any]


@dataclass(eq=False)
class OpenList:
    """A list of the text with changes."""

    origin: Node
    items: list[Any]


Draft: TypeAlias = Any
"""A `Node`, `OpenMap`, `OpenList`, or a fresh value: a plain one, or a dict or list of drafts."""

_STEP_KEYS = frozenset({*INNER, "choose"})


def plain(draft: Draft) -> Any:
    """What a draft says, as plain values; lists of steps are marked for writing."""
    match draft:
        case Node():
            return marked(draft.plain())
        case OpenMap(pairs=pairs):
            return {key: _under(key, value) for key, value in pairs.items()}
        case OpenList(items=items):
            return [plain(item) for item in items]
        case dict():
            return {key: _under(key, value) for key, value in draft.items()}
        case list():
            return type(draft)(plain(item) for item in draft)
        case _:
            return draft


def _under(key: str, value: Draft) -> Any:
    inner = plain(value)
    return Steps(inner) if key in _STEP_KEYS and isinstance(inner, list) else inner


def marked(value: Any) -> Any:
    """Plain values with the lists of steps marked, so that each step gets its own lines."""
    if isinstance(value, dict):
        return {
            key: marked(item) if key not in {"set", "from", "to", "over", "into"} else item
            for key, item in value.items()
        } | {
            key: Steps(marked(item) for item in value[key])
            for key in value
            if key in _STEP_KEYS and isinstance(value[key], list)
        }
    if isinstance(value, list):
        return Steps(map(marked, value)) if isinstance(value, Steps) else [*map(marked, value)]
    return value


class Parents(dict[int, "tuple[Node, str | int]"]):
    """For every node of a text but the root, by its `id()`: the node around it, and its key there.

    Of steps that only call something the insides are looked through when they are asked for.
    """

    def __init__(self, root: Node) -> None:
        super().__init__(above(root))
        self._root = root
        self._is_whole = False

    def enter(self, node: Node) -> None:
        """Look through everything inside a node."""
        stack = [node]
        while stack:
            here = stack.pop()
            for key, value in here.pairs:
                self[id(value)] = (here, key.value)
                stack.append(value)
            for index, item in enumerate(here.items):
                self[id(item)] = (here, index)
                stack.append(item)

    def __contains__(self, key: object) -> bool:
        if super().__contains__(key) or key == id(self._root):
            return key != id(self._root)
        self._complete()
        return super().__contains__(key)

    def __missing__(self, key: int) -> tuple[Node, str | int]:
        if key in self:
            return self[key]
        raise KeyError(key)

    def _complete(self) -> None:
        if not self._is_whole:
            self._is_whole = True
            self.enter(self._root)


class Opened:
    """One text's nodes, opened one by one."""

    def __init__(self, root: Node) -> None:
        self.root: Draft = root
        self.parents = Parents(root)
        self._open: dict[int, OpenMap | OpenList] = {}

    def mapping(self, node: Node) -> OpenMap:
        """A mapping of the text, open for change.

        Raises:
            EditRefused: It is a plain list of steps, which has no fields.
        """
        if node.kind != "map":
            raise EditRefused("a plain list of steps has no fields; make it a sequence first")
        if id(node) not in self._open:
            made = OpenMap(node, {key.value: value for key, value in node.pairs})
            self._put(node, made)
        found = self._open[id(node)]
        assert isinstance(found, OpenMap)
        return found

    def list(self, node: Node) -> OpenList:
        """A list of the text, open for change."""
        if id(node) not in self._open:
            self._put(node, OpenList(node, list(node.items)))
        found = self._open[id(node)]
        assert isinstance(found, OpenList)
        return found

    def current(self, node: Node) -> Draft:
        """The node, or what it has become."""
        return self._open.get(id(node), node)

    def _put(self, node: Node, made: OpenMap | OpenList) -> None:
        self._open[id(node)] = made
        if id(node) not in self.parents:
            self.root = made
            return
        above, key = self.parents[id(node)]
        if isinstance(key, str):
            holder = self.mapping(above)
            if holder.pairs.get(key) is node:
                holder.pairs[key] = made
                return
        else:
            rows = self.list(above).items
            if key < len(rows) and rows[key] is node:
                rows[key] = made
                return
        _swap(self.root, node, made)


def _swap(draft: Draft, node: Node, made: Draft) -> None:
    """Put *made* where a node has moved to."""
    stack = [draft]
    while stack:
        here = stack.pop()
        entries: Any = ()
        if isinstance(here, (OpenMap, dict)):
            here = here.pairs if isinstance(here, OpenMap) else here
            entries = here.items()
        elif isinstance(here, (OpenList, list)):
            here = here.items if isinstance(here, OpenList) else here
            entries = enumerate(here)
        for key, value in entries:
            if value is node:
                here[key] = made
                return
            stack.append(value)


def origin(draft: Draft) -> Node | None:
    """The node a draft is or was."""
    if isinstance(draft, Node):
        return draft
    return draft.origin if isinstance(draft, (OpenMap, OpenList)) else None


def at_path(draft: Draft, path: list[str | int]) -> Draft:
    """What stands at a path of keys and positions; `None` when nothing does."""
    for key in path:
        if isinstance(draft, OpenMap):
            draft = draft.pairs[key]  # type: ignore[index]  # a path fits its own document
        elif isinstance(draft, OpenList):
            draft = draft.items[key]  # type: ignore[index]  # as above
        elif isinstance(draft, Node):
            draft = draft.get(key) if isinstance(key, str) else draft.items[key]
        else:
            draft = draft[key]
    return draft


def fresh_maps(draft: Draft) -> Iterator[dict[str, Any]]:
    """The mappings that are new in a draft."""
    if isinstance(draft, dict):
        yield draft
    inner: Any = ()
    if isinstance(draft, OpenMap):
        inner = draft.pairs.values()
    elif isinstance(draft, OpenList):
        inner = draft.items
    elif isinstance(draft, dict):
        inner = draft.values()
    elif isinstance(draft, list):
        inner = draft
    for one in inner:
        yield from fresh_maps(one)


def holds_nodes(draft: Draft) -> bool:
    """Tell whether a draft has text of its own that can be kept, a list of steps say."""
    node = origin(draft)
    if node is not None:
        return node.kind != "scalar"
    if isinstance(draft, dict):
        return any(holds_nodes(value) for value in draft.values())
    return isinstance(draft, list) and any(holds_nodes(item) for item in draft)
