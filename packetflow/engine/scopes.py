"""Scopes inside scopes: what goes in, and what was made there and comes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packetflow.engine.state import Scope


class Noting(dict[str, Any]):
    """A scope that knows which names were set in it since it was made.

    It is needed where a name may come from outside or be made inside, and must not be taken for
    made when it was not. Scopes for parts of it are of the same kind.
    """

    __slots__ = ("made",)

    def __init__(self, values: Scope) -> None:
        super().__init__(values)
        self.made: set[str] = set()

    def __setitem__(self, name: str, value: Any) -> None:
        self.made.add(name)
        super().__setitem__(name, value)

    def update(self, values: Mapping[str, Any]) -> None:  # type: ignore[override]  # all we use
        """Set several."""
        self.made.update(values)
        super().update(values)


def within(outer: Scope, values: Scope) -> Scope:
    """A scope that holds values, for a part of what *outer* is for."""
    return Noting(values) if type(outer) is Noting else values


def picked(scope: Scope, names: Iterable[str]) -> Scope:
    """A scope for a part, with those of the names that are there."""
    return within(scope, {name: scope[name] for name in names if name in scope})


def made_in(scope: Scope, names: Iterable[str]) -> Scope:
    """Those of the names that a part has made; where that is not noted, those that are there."""
    there = scope.made if type(scope) is Noting else scope
    return {name: scope[name] for name in names if name in there}
