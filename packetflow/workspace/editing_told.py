"""A document as editors are told of it: whole, or only what changed since they were told last.

A board of 1,000 cards is a megabyte and a half; an edit touches a card or two. So an editor that is
known to have a document gets the difference to the next one, as `changes`. Both carry a *mark*, a
name that no other state of any document has: changes count only upon the document of the mark that
they name, and an editor that has another asks for the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from packetflow.workspace.editing_messages import written


class _Named(msgspec.Struct, frozen=True):
    id: str


class _Parts(msgspec.Struct, frozen=True):
    """A board in pieces, each as it is written."""

    cards: list[msgspec.Raw]
    wires: list[msgspec.Raw]


_LISTS = frozenset({"cards", "wires"})
_BOARD = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PARTS = msgspec.json.Decoder(_Parts)
_NAMED = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, eq=False)
class Told:
    """One state of a document; it stays as it is.

    Args:
        mark: Its name.
        facts: Everything but text and board, by field.
        text: The pipeline's text.
        board: A `packetflow.kernel.board.Board`, as JSON.
    """

    mark: str
    facts: dict[str, Any]
    text: str
    board: bytes
    _since: dict[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def whole(self) -> bytes:
        """The message `document`."""
        board = msgspec.Raw(self.board)
        return written("document", mark=self.mark, **self.facts, text=self.text, board=board)

    def since(self, before: Told) -> bytes:
        """The message `changes`, for who has been told *before*; written once for all of them."""
        found = self._since.get(before.mark)
        if found is None:
            found = written(
                "changes",
                since=before.mark,
                mark=self.mark,
                **self.facts,
                text=_replaced(before.text, self.text),
                board=self._changed(before),
            )
            self._since.clear()
            self._since[before.mark] = found
        return found

    @cached_property
    def _fields(self) -> dict[str, bytes]:
        found = _BOARD.decode(self.board)
        return {name: bytes(raw) for name, raw in found.items() if name not in _LISTS}

    @cached_property
    def _lists(self) -> dict[str, list[bytes]]:
        found = _PARTS.decode(self.board)
        return {"cards": [*map(bytes, found.cards)], "wires": [*map(bytes, found.wires)]}

    def _changed(self, before: Told) -> dict[str, Any]:
        if self.board == before.board:
            return {}
        known = before._fields
        found: dict[str, Any] = {
            name: msgspec.Raw(raw) for name, raw in self._fields.items() if known.get(name) != raw
        }
        for name, items in self._lists.items():
            if items != before._lists[name]:
                found[name] = _difference(before._lists[name], items)
        return found


def _replaced(old: str, new: str) -> list[Any] | None:
    """What to cut out of a text and to put there: an offset, a count, and what comes in.

    Both count UTF-16 units, as browsers do.
    """
    if old == new:
        return None
    from packetflow.composition.edit import inverse

    back = inverse(old, new)
    at = int(back["at"])
    start, gone = _units(old[:at]), _units(str(back["new"]))
    return [start, gone, back["old"]]


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _difference(old: Sequence[bytes], new: Sequence[bytes]) -> dict[str, Any]:
    """What makes one list of things with ids of another.

    ``gone`` are ids; ``set`` what is other in things that stay; ``put`` new things with their
    places in the new list, in that order; ``order`` all ids where those that stay change places;
    ``all`` the whole list, where an id stands twice.
    """
    was = {_NAMED.decode(raw).id: raw for raw in old}
    now = {_NAMED.decode(raw).id: raw for raw in new}
    if len(was) != len(old) or len(now) != len(new):
        return {"all": [msgspec.Raw(raw) for raw in new]}
    found: dict[str, Any] = {}
    if gone := [name for name in was if name not in now]:
        found["gone"] = gone
    if put := [[at, msgspec.Raw(now[one])] for at, one in enumerate(now) if one not in was]:
        found["put"] = put
    stays = [name for name in now if name in was]
    if other := [_other(was[name], now[name]) for name in stays if was[name] != now[name]]:
        found["set"] = other
    if stays != [name for name in was if name in now]:
        found["order"] = list(now)
    return found


def _other(old: bytes, new: bytes) -> dict[str, msgspec.Raw]:
    """The id of a thing, and those of its fields that are other than they were."""
    was, now = _BOARD.decode(old), _BOARD.decode(new)
    return {
        name: raw
        for name, raw in now.items()
        if name == "id" or name not in was or bytes(was[name]) != bytes(raw)
    }
