"""The names of a called pipeline's steps when they stand in the place of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from packetflow.composition import condition
from packetflow.composition.codec_read import CALLED
from packetflow.composition.written import free_name
from packetflow.errors import EditRefused
from packetflow.kernel.board import Board, BoardCard, BoardPort

LEFT = object()
"""Stands for an input that is left to its default."""


class Joint:
    """Brings the names inside a called pipeline together with those around its call.

    Args:
        board: Of the pipeline that calls.
        card: The call.
        inner: The board of what it calls.
        fixed: The values that the call fixes, as written.

    Attributes:
        defaults: What the called pipeline says of its inputs, as written.
        declared: What the whole must say of its own inputs now.
        leaks: True when a name that the call hid can be seen outside.
    """

    def __init__(
        self, board: Board, card: BoardCard, inner: Board, fixed: Mapping[str, Any]
    ) -> None:
        self.defaults: Mapping[str, dict[str, Any]] = {}
        self.declared: dict[str, dict[str, Any]] = {}
        self.leaks = False
        self._fixed = fixed
        self._call = card
        self._board = board
        self._cards = {one.id: one for one in inner.cards}
        self._sources: dict[tuple[str, str], set[str | None]] = {}
        self._readers: set[tuple[str, str]] = set()
        for wire in inner.wires:
            self._sources.setdefault((wire.target, wire.input), set()).add(wire.source)
            if wire.source is not None:
                self._readers.add((wire.source, wire.output))
        self._taken = {port.name: port.scope for port in card.inputs}
        self._kept = {port.name: port.scope for port in card.outputs if port.scope}
        self._local = self._in_each()
        self._made = self._names(board, card, inner)

    def _in_each(self) -> dict[str, set[str]]:
        """By id, the walks over lists around a step; names made there are not seen outside."""
        found: dict[str, set[str]] = {}
        for name, card in self._cards.items():
            above = card.parent
            around = set() if above is None else set(found[above])
            if above is not None and self._cards[above].kind == "each":
                around.add(above)
            found[name] = around
        return found

    def _names(self, board: Board, card: BoardCard, inner: Board) -> dict[str, str]:
        """What each name that is made inside is called outside."""
        around = {port.name for port in (*board.inputs, *board.outputs)}
        for one in board.cards:
            if one.id != card.id:
                around.update(port.scope for port in (*one.inputs, *one.outputs) if port.scope)
        around.update(scope for scope in self._taken.values() if scope)
        around.update(self._kept.values())
        made = dict(self._kept)
        for one in inner.cards:
            for port in one.outputs if not self._local[one.id] else ():
                if port.scope and port.scope not in made and not port.inside:
                    made[port.scope] = free_name(port.scope, around)
        return made

    def rename(self, step: dict[str, Any]) -> None:
        """Give a step, as written and under its id inside, the names outside.

        Raises:
            EditRefused: A name cannot be brought over.
        """
        card = self._cards.get(step.get("id", ""))
        if card is None:
            return
        match card.kind:
            case "use" | "call":
                self._rename_called(step, card)
            case "branch":
                for case in step.get("choose", [step]):
                    case["when"] = self._condition(card, case["when"])
            case "repeat":
                if step.get("until"):
                    step["until"] = self._condition(card, step["until"])
            case "each":
                self._rename_each(step, card)
            case "wait":
                self._rename_wait(step, card)
            case _:
                pass

    def _rename_called(self, step: dict[str, Any], card: BoardCard) -> None:
        reads: dict[str, str | None] = {}
        values = dict(step.get("set") or {})
        for port in card.inputs:
            if port.name in values:
                continue
            name, value = self._read(card, port) if port.scope else (None, LEFT)
            if name is not None:
                if name != port.name:
                    reads[port.name] = name
            elif value is LEFT:
                if not port.optional:
                    raise self._refusal(f"{port.scope or port.name!r} is left to its default")
                reads[port.name] = None
            else:
                values[port.name] = value
        kept = {}
        for port in card.outputs:
            if not port.scope:
                continue
            if self._local[card.id]:
                kept[port.name] = port.scope
            elif port.scope in self._kept or (card.id, port.name) in self._readers:
                kept[port.name] = self._made[port.scope]
                self.leaks = self.leaks or port.scope not in self._kept
        plain = len(kept) == len(card.outputs) and all(one == name for one, name in kept.items())
        for key, said in (("from", reads or None), ("to", None if plain else kept)):
            step.pop(key, None)
            if said is not None:
                step[key] = said
        if values:
            step["set"] = values
        ordered = [key for key in (card.kind, *CALLED) if key in step]
        written = {key: step[key] for key in (*ordered, *(step.keys() - ordered))}
        step.clear()
        step.update(written)

    def _rename_each(self, step: dict[str, Any], card: BoardCard) -> None:
        ports = {port.name: port for port in card.inputs if not port.inside}
        step["over"] = {item: self._wired(card, ports[item]) for item in step["over"]}
        collected = step.get("into") or {}
        for one in collected:
            if one in self._taken and self._taken[one] != one:
                raise self._refusal(f"{card.id!r} collects {one!r}, which is also an input")
        if collected and not self._local[card.id]:
            step["into"] = {one: self._made[outer] for one, outer in collected.items()}
            self.leaks = self.leaks or any(one not in self._kept for one in collected.values())

    def _rename_wait(self, step: dict[str, Any], card: BoardCard) -> None:
        for port in card.inputs:
            step["key"] = self._wired(card, port)
        for port in card.outputs if not self._local[card.id] else ():
            new = self._made[port.scope]
            if new != port.scope:
                raise self._refusal(
                    f"{card.id!r} waits for an event that gives {port.scope!r}, not {new!r}"
                )
            self.leaks = self.leaks or port.scope not in self._kept

    def _condition(self, card: BoardCard, source: str) -> str:
        ports = {port.name: port for port in card.inputs}
        names = condition.variables(source)
        new = {name: self._wired(card, ports[name]) for name in names if name in ports}
        return condition.renamed(source, new)

    def _wired(self, card: BoardCard, port: BoardPort) -> str:
        """The name outside of what an input reads, which must be read by a name."""
        name, _ = self._read(card, port)
        if name is None:
            raise self._refusal(f"{card.id!r} reads {port.scope!r}, which the call gives no name")
        return name

    def _read(self, card: BoardCard, port: BoardPort) -> tuple[str | None, Any]:
        """The name that an input reads outside, or else the value that it is fixed to."""
        name = port.scope
        names: set[str | None] = set()
        value = None
        for source in self._sources.get((card.id, port.name), {None}):
            if source is None:
                outer, value = self._given(name)
                names.add(outer)
            else:
                inside = source in self._local[card.id] or self._local[source]
                names.add(name if inside else self._made.get(name, name))
        if len(names) > 1:
            raise self._refusal(f"{card.id!r} reads {name!r} from outside or from a step before")
        (only,) = names
        return only, value

    def _given(self, name: str) -> tuple[str | None, Any]:
        """What the call gives for an input of the pipeline."""
        if name not in self._taken:
            return name, None
        if name in self._fixed:
            return None, self._fixed[name]
        outer, said = self._taken[name], self.defaults.get(name)
        if not outer:
            return None, LEFT if said is None or "default" not in said else said["default"]
        if said is not None:
            wires = [
                wire
                for wire in self._board.wires
                if (wire.target, wire.input) == (self._call.id, name)
            ]
            if any(wire.source is None for wire in wires) or not wires:
                self.declared.setdefault(outer, said)
            elif "default" in said and not any(wire.certain for wire in wires):
                raise self._refusal(f"{name!r} may be missing, and has a default only inside")
        return outer, None

    def _refusal(self, why: str) -> EditRefused:
        called = self._call.title
        return EditRefused(f"{called!r} cannot be unpacked here: {why}; change its names first")
