"""Types as ids: which there are on a board, and which fit which."""

from __future__ import annotations

import types
import typing
from typing import Any

from packetflow.capabilities.contract import type_name
from packetflow.capabilities.fits import fits
from packetflow.kernel.board import BoardType

BUILT_IN = frozenset({"builtins", "typing", "types", "datetime", "collections.abc", "decimal"})


class Types:
    """The types met so far, each under an id that is the same in every process.

    The id is how people write the type, with the module of a class where that tells it from
    another: ``list[str]``, ``shop.Order``.
    """

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}
        self._given: set[str] = set()
        self._taken: set[str] = set()
        self._ids: dict[Any, str] = {}

    def id(self, kind: Any) -> str:
        """The id of a type."""
        try:
            found = self._ids.get(kind)
        except TypeError:  # a type with something in it that has no hash
            found = None
        if found is None:
            found = type_id(kind)
            self.known.setdefault(found, kind)
            try:
                self._ids[kind] = found
            except TypeError:
                return found
        return found

    def given(self, kind: Any) -> str:
        """The id of an output's type."""
        name = self.id(kind)
        self._given.add(name)
        return name

    def taken(self, kind: Any) -> str:
        """The id of an input's type."""
        name = self.id(kind)
        self._taken.add(name)
        return name

    def listed(self) -> dict[str, BoardType]:
        """Every type, with the ids of the outputs' types that may flow into it."""
        made = [(name, self.known[name]) for name in self.known if name in self._given]
        return {
            name: BoardType(
                type_name(kind),
                [one for one, source in made if one == name or fits(source, kind)]
                if name in self._taken
                else [],
            )
            for name, kind in self.known.items()
        }


def type_id(kind: Any) -> str:
    """Write a type so that no other is written alike, except by classes of one qualified name.

    >>> type_id(list[int]), type_id(int | None), type_id(dict[str, "Order"])
    ('list[int]', 'int | None', "dict[str, 'Order']")
    """
    if kind is None or kind is type(None):
        return "None"
    if kind is Ellipsis:
        return "..."
    if isinstance(kind, str):
        return repr(kind)
    if getattr(kind, "__metadata__", None) is not None:
        return type_id(kind.__origin__)
    arguments = typing.get_args(kind)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(map(type_id, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is not None and arguments:
        return f"{_named(origin)}[{', '.join(map(_argument, arguments))}]"
    return _named(kind)


def _argument(kind: Any) -> str:
    return f"[{', '.join(map(type_id, kind))}]" if isinstance(kind, list) else type_id(kind)


def _named(kind: Any) -> str:
    name = getattr(kind, "__qualname__", None) or getattr(kind, "__name__", None)
    if name is None:
        return str(kind).replace("typing.", "")
    module = getattr(kind, "__module__", "builtins")
    return str(name) if module in BUILT_IN else f"{module}.{name}"
