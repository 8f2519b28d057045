"""Edit a saved composition by operations on its text.

Only lines of touched steps change; comments, blank lines, key order and indentation stay. Each
edit is done on the values first, then on the text, and the new text must say exactly the intended
values, or the edit is refused and the text stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec

from packetflow.composition.codec_nodes import Node, Placed, parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.edit_change import Change
from packetflow.composition.edit_draft import Draft, OpenList, OpenMap, at_path, origin, plain
from packetflow.composition.edit_operations import (
    Operation,
    Rename,
    Replace,
    SetText,
    read_operation,
)
from packetflow.composition.edit_patch import patched
from packetflow.composition.standing import Above, above
from packetflow.composition.steps import Step
from packetflow.errors import CompositionError, EditRefused, SourceError
from packetflow.kernel.collecting import collector_rests

__all__ = ["Edited", "apply", "inverse"]

LONGEST_KEPT = 1 << 20
"""What was read of texts with fewer characters is kept for the next edit."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit gives.

    Attributes:
        text: The new text.
        inverse: The operation that gives the old text back, byte for byte.
        renamed: Old id to new id, where the edit changed ids; for the looks kept beside the file.
    """

    text: str
    inverse: dict[str, Any]
    renamed: Mapping[str, str]


def apply(text: str, operation: Mapping[str, Any] | Operation) -> Edited:
    r"""Apply one edit to a file's text.

    Args:
        text: The text of a pipeline's YAML file.
        operation: One of `edit_operations`, as a mapping or as its class.

    Returns:
        The new text, and the operation that undoes the edit.

    Raises:
        EditRefused: The operation is none, names a step that is not there, makes no sense there,
            or the file is laid out in a way that cannot be edited in place.
        SourceError: The text itself cannot be read.

    >>> source = "pipeline: greet\nsteps:\n  # first\n  - {use: hello}\n"
    >>> edited = apply(source, {"op": "read", "step": "hello", "input": "name", "from": "user"})
    >>> print(edited.text.splitlines()[-1])
      - {use: hello, from: {name: user}}
    >>> apply(edited.text, edited.inverse).text == source
    True
    """
    one = read_operation(operation) if isinstance(operation, Mapping) else operation
    with collector_rests():
        return _applied(text, one)


def _applied(text: str, one: Operation) -> Edited:
    renamed: dict[str, str] = {}
    if isinstance(one, SetText):
        new = one.text
        read_places(parse_yaml(new))
    elif isinstance(one, Replace):
        new = _replaced(text, one)
    else:
        try:
            new = _changed(text, one)
        except RecursionError as error:
            raise EditRefused("steps are nested too deep; save inner parts apart") from error
        if isinstance(one, Rename):
            renamed = {one.step: one.to}
    return Edited(new, inverse(text, new), renamed)


def _replaced(text: str, one: Replace) -> str:
    if one.at < 0 or text[one.at : one.at + len(one.old)] != one.old:
        raise EditRefused("the text has changed since; what this edit would replace is not there")
    return text[: one.at] + one.new + text[one.at + len(one.old) :]


def inverse(old: str, new: str) -> dict[str, Any]:
    """The operation that makes *old* of *new*: everything between what both begin and end with."""
    most = min(len(old), len(new))
    start = _shared(old, new, most)
    end = _shared(old[::-1], new[::-1], most - start)
    back = Replace(start, new[start : len(new) - end], old[start : len(old) - end])
    return dict(msgspec.to_builtins(back))


def _shared(one: str, other: str, most: int) -> int:
    """How many characters two texts begin with in common, at most *most*; by halving."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


Read: TypeAlias = "tuple[Node, list[tuple[Step, Node]]]"
"""A text's nodes, and its steps with theirs."""


def _read(text: str) -> Read:
    return _read_once(text) if len(text) < LONGEST_KEPT else _read_once.__wrapped__(text)


@lru_cache(maxsize=4)
def _read_once(text: str) -> Read:
    """What one edit has read the next one need not read again; nobody changes nodes."""
    root = parse_yaml(text)
    return root, read_places(root)


def _changed(text: str, one: Operation) -> str:
    root, places = _read(text)
    change = Change(root, places)
    change.do(one)
    before = {id(node): name for step, node in places if (name := getattr(step, "id", None))}
    if isinstance(one, Rename):
        before = {key: one.to if name == one.step else name for key, name in before.items()}
    for _ in range(4):
        new = patched(text, change.opened)
        found = _verified(new, change)
        if not _named(change, found, before):
            return new
    raise EditRefused("the steps' ids cannot be kept with this edit; give the steps ids first")


def _verified(new: str, change: Change) -> list[tuple[Any, Node, list[str | int]]]:
    """Read the new text and compare it with what is intended; its steps, nodes and their paths."""
    try:
        root, places = _read(new)
        if not _says(root, change.opened.root):
            raise EditRefused(
                "the file is laid out in a way that cannot be edited in place; edit its text"
            )
    except SourceError as error:
        if isinstance(_reread(plain(change.opened.root)), SourceError):
            raise EditRefused(f"the edit would make the file unreadable: {error}") from error
        raise EditRefused(
            "the file is laid out in a way that cannot be edited in place; edit its text"
        ) from error
    around = above(root)
    return [(step, node, _path(node, root, around)) for step, node in places]


def _path(node: Node, root: Node, around: Above) -> list[str | int]:
    """The keys and positions that lead to a step's node."""
    path: list[str | int] = []
    while node is not root:
        node, key = around[id(node)]
        path.append(key)
    return path[::-1]


def _says(new: Node, draft: Draft) -> bool:
    """Tell whether a node says exactly what a draft says; what was read once is not compared."""
    if isinstance(draft, OpenMap):
        there = {key.value: value for key, value in new.pairs}
        return new.kind == "map" and there.keys() == draft.pairs.keys() and all(
            _says(there[key], value) for key, value in draft.pairs.items()
        )  # fmt: skip
    if isinstance(draft, OpenList):
        return (
            new.kind == "list"
            and len(new.items) == len(draft.items)
            and all(map(_says, new.items, draft.items))
        )
    if isinstance(draft, Node):
        if isinstance(draft, Placed) and isinstance(new, Placed) and draft.of is new.of:
            return True
        if draft.kind == new.kind == "list":
            return len(new.items) == len(draft.items) and all(map(_says, new.items, draft.items))
    return _same(new.plain(), plain(draft))


def _same(one: Any, other: Any) -> bool:
    """Tell whether two values are equal and of the same types: 1 is not 1.0, nor true."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and all(key in other and _same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one is other or repr(one) == repr(other))


def _reread(wanted: Any) -> SourceError | None:
    """The mistake in the intended values themselves, if there is one."""
    from packetflow.composition.codec_emit import emit

    try:
        read_places(parse_yaml(emit(wanted)))
    except SourceError as error:
        return error
    except CompositionError:
        return None
    return None


def _named(
    change: Change,
    found: list[tuple[Any, Node, list[str | int]]],
    before: Mapping[int, str],
) -> bool:
    """Write ids that would be lost, else those of new steps; tells if any was written."""
    fresh: list[tuple[dict[str, Any], str]] = []
    wrote = False
    for step, node, path in found:
        name = getattr(step, "id", None)
        here = at_path(change.opened.root, path)
        old = origin(here)
        if old is not None and before.get(id(old), name) != name:
            change.give_id(old, before[id(old)])
            wrote = True
        elif old is None and isinstance(here, dict) and name and node.get("id") is None:
            fresh.append((here, name))
    if wrote:
        return True
    for here, name in fresh:
        change.name_fresh(here, name)
    return bool(fresh)
