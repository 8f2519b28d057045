"""What a draft holds, and what edits make of it: pure values, no files.

Every change is an `Entry` that says what was there and what is there now, so that it can be taken
back byte for byte, and done again, whatever has become of the code that made it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from packetflow.composition.edit import apply
from packetflow.composition.view import Look, dump_view, parse_view
from packetflow.errors import EditRefused, PacketFlowError
from packetflow.workspace.draft_pack import Made, packed, parents_of, read_pack
from packetflow.workspace.draft_paste import pasted
from packetflow.workspace.draft_typing import Typed, typed_into
from packetflow.workspace.draft_words import words_of

MOST_OPERATIONS = 1000
"""So many operations are one edit at most."""

LONGEST_TEXT = 4 << 20
"""A text of more characters is no pipeline."""

LONGEST_NOTE = 20_000
LENGTH_OF_ID = 36

Written: TypeAlias = dict[str, Any]
Sizes: TypeAlias = dict[str, tuple[float, float]]


class State(msgspec.Struct, frozen=True):
    """A draft at one moment.

    Attributes:
        text: Of the pipeline's file.
        looks: Of each step, as the view file says it.
        sizes: How large cards were measured when they were last arranged, in pixels.
        turn: Grows with every arrangement; what was drawn in an earlier one does not stay.
    """

    text: str
    looks: dict[str, Written] = {}
    sizes: Sizes = {}
    turn: int = 0

    def view(self) -> str:
        """The looks as the text of a view file; empty when there are none."""
        return dump_view(read_looks(self.looks)) if self.looks else ""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change that can be taken back.

    Attributes:
        words: What was done, for a person: ``Add fetch``.
        text: An offset, what stood there, and what stands there now.
        looks: By step id, the look before and after; null for none.
        sizes: Before and after.
        turn: Before and after.
        made: By name, the pipelines that were made of steps; their files come and go with it.
    """

    words: str
    text: tuple[int, str, str] | None = None
    looks: dict[str, tuple[Written | None, Written | None]] = {}
    sizes: tuple[Sizes, Sizes] | None = None
    turn: tuple[int, int] | None = None
    made: dict[str, Made] = {}

    def inverse(self) -> Entry:
        """What takes it back."""
        text = None if self.text is None else (self.text[0], self.text[2], self.text[1])
        looks = {name: (after, before) for name, (before, after) in self.looks.items()}
        sizes = None if self.sizes is None else self.sizes[::-1]
        turn = None if self.turn is None else self.turn[::-1]
        return Entry(self.words, text, looks, sizes, turn, self.made)


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="place"):
    """Put cards somewhere, in pixels relative to the card around them."""

    at: dict[str, tuple[float, float]]


class Arrange(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="arrange"
):
    """Forget all places; ``sizes`` are how large cards were measured."""

    sizes: dict[str, tuple[float, float]] = {}


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="note"):
    """Write beside a step."""

    step: str
    text: str


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="pin"):
    """Use these outputs of a run, by its execution's id, instead of running the step."""

    step: str
    ports: list[str]
    run: str = ""


class Paste(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op", tag="paste"):
    """Put in steps as written in a file; ``at`` says where they stand, by the ids given here."""

    steps: list[dict[str, Any]]
    place: dict[str, Any] = {}
    at: dict[str, tuple[float, float]] = {}


OwnOperation: TypeAlias = Place | Arrange | Note | Pin | Paste | Typed
OWN = frozenset({"place", "arrange", "note", "pin", "paste", "text"})
"""Operations of a draft; all others are those of a file's text."""


def read_looks(looks: Mapping[str, Written]) -> dict[str, Look]:
    """Looks as values."""
    return parse_view(msgspec.json.encode({"format": 1, "steps": looks}).decode())


def written_looks(text: str, *, file: str = "") -> dict[str, Written]:
    """The looks of a view file as they are kept in a draft.

    Raises:
        SourceError: It cannot be read.
    """
    if not text.strip():
        return {}
    parse_view(text, file=file)
    found: dict[str, Written] = msgspec.json.decode(text)["steps"]
    return found


def edited(state: State, operations: Sequence[Mapping[str, Any]]) -> Entry:
    """What operations change, all of them or none.

    Raises:
        EditRefused: One of them cannot be done; its ``index`` says which.
        SourceError: The text cannot be read, so that no step of it can be edited.
    """
    if not operations or len(operations) > MOST_OPERATIONS:
        raise EditRefused(f"an edit has 1 to {MOST_OPERATIONS} operations", index=0)
    now, made = state, {}
    for index, operation in enumerate(operations):
        try:
            if isinstance(operation, Mapping) and operation.get("op") == "pack":
                one = read_pack(operation)
                text, looks, made[one.name] = packed(now.text, now.looks, one)
                now = _drawn_anew(msgspec.structs.replace(now, text=text, looks=looks))
            else:
                now = _done(now, operation)
            if len(now.text) > LONGEST_TEXT:
                raise EditRefused(f"the text would have more than {LONGEST_TEXT:,} characters")
        except PacketFlowError as error:
            error.__dict__["index"] = index
            raise
    entry = difference(state, now, words_of(operations))
    return msgspec.structs.replace(entry, made=made) if made else entry


def difference(before: State, after: State, words: str) -> Entry:
    """The change from one state to another, as small as it is."""
    names = {*before.looks, *after.looks}
    looks = {
        name: (before.looks.get(name), after.looks.get(name))
        for name in sorted(names)
        if before.looks.get(name) != after.looks.get(name)
    }
    return Entry(
        words,
        _replaced(before.text, after.text),
        looks,
        None if before.sizes == after.sizes else (before.sizes, after.sizes),
        None if before.turn == after.turn else (before.turn, after.turn),
    )


def changed(state: State, entry: Entry) -> State:
    """The state after a change.

    Raises:
        EditRefused: It is not a change of this state.
    """
    text, looks = state.text, dict(state.looks)
    if entry.text is not None:
        at, old, new = entry.text
        if text[at : at + len(old)] != old:
            raise EditRefused("the text has changed since; this change does not belong to it")
        text = text[:at] + new + text[at + len(old) :]
    for name, (before, after) in entry.looks.items():
        if looks.get(name) != before:
            raise EditRefused("the looks have changed since; this change does not belong to them")
        if after is None:
            looks.pop(name, None)
        else:
            looks[name] = after
    sizes = state.sizes if entry.sizes is None else entry.sizes[1]
    return State(text, looks, sizes, state.turn if entry.turn is None else entry.turn[1])


def _replaced(old: str, new: str) -> tuple[int, str, str] | None:
    """Everything between what two texts begin and end with."""
    if old == new:
        return None
    from packetflow.composition.edit import inverse

    back = inverse(old, new)
    return int(back["at"]), str(back["new"]), str(back["old"])


def _done(state: State, operation: Mapping[str, Any]) -> State:
    if not isinstance(operation, Mapping):
        raise EditRefused("an operation is a mapping: {op: ...}")
    kind = operation.get("op")
    if not isinstance(kind, str) or kind not in OWN:
        made = apply(state.text, operation)
        looks = state.looks
        if made.renamed:
            looks = {made.renamed.get(name, name): look for name, look in looks.items()}
        if kind in ("move", "wrap", "unwrap") and any("x" in look for look in looks.values()):
            looks = _still_placed(looks, parents_of(state.text), parents_of(made.text))
        now = msgspec.structs.replace(state, text=made.text, looks=looks)
        return _drawn_anew(now) if kind == "unpack" else now
    try:
        one: OwnOperation = msgspec.convert(dict(operation), OwnOperation)
    except (msgspec.ValidationError, TypeError) as error:
        raise EditRefused(f"this is no edit: {error}") from error
    match one:
        case Place(at=at):
            return _placed(state, at)
        case Arrange(sizes=sizes):
            return _arranged(state, sizes)
        case Note(step=step, text=text):
            if len(text) > LONGEST_NOTE:
                raise EditRefused(f"a note has at most {LONGEST_NOTE:,} characters")
            return _looking(state, step, note=text or None)
        case Pin(step=step, ports=ports, run=run):
            if ports and len(run) != LENGTH_OF_ID:
                raise EditRefused("a pin keeps values of a run; run the step first")
            return _looking(state, step, pins=ports or None, pinned=run if ports else None)
        case Paste(steps=steps, place=place, at=at):
            text, called = pasted(state.text, steps, place)
            there = {called[name]: point for name, point in at.items() if name in called}
            return _placed(msgspec.structs.replace(state, text=text), there)
        case Typed():
            return msgspec.structs.replace(state, text=typed_into(state.text, one))


def _drawn_anew(state: State) -> State:
    """The state laid out as if it were new, where nobody has placed anything."""
    if any("x" in look for look in state.looks.values()):
        return state
    return msgspec.structs.replace(state, turn=state.turn + 1)


def _still_placed(
    looks: Mapping[str, Written], before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> dict[str, Written]:
    """The looks without the places of cards that stand in another card now."""
    found = {}
    for name, look in looks.items():
        if name in before and name in after and before[name] != after[name]:
            look = {key: value for key, value in look.items() if key not in ("x", "y")}
        if look:
            found[name] = look
    return found


def _placed(state: State, at: Mapping[str, tuple[float, float]]) -> State:
    for name, (x, y) in at.items():
        if not (math.isfinite(x) and math.isfinite(y) and max(abs(x), abs(y)) < 1e9):
            raise EditRefused(f"the place of {name!r} must be two finite numbers")
        state = _looking(state, name, x=round(x, 1), y=round(y, 1))
    return state


def _arranged(state: State, sizes: Mapping[str, tuple[float, float]]) -> State:
    for name, pair in sizes.items():
        if not all(0 < one < 1e6 for one in pair):
            raise EditRefused(f"the size of {name!r} must be two numbers above 0")
    looks = {}
    for name, look in state.looks.items():
        rest = {key: value for key, value in look.items() if key not in ("x", "y")}
        if rest:
            looks[name] = rest
    return State(state.text, looks, dict(sizes), state.turn + 1)


def _looking(state: State, name: str, **facts: Any) -> State:
    """Set facts of one look; ``None`` takes one away."""
    look = {**state.looks.get(name, {})}
    for key, value in facts.items():
        if value is None:
            look.pop(key, None)
        else:
            look[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    looks = {**state.looks, name: look}
    if not look:
        del looks[name]
    return msgspec.structs.replace(state, looks=looks)


def together(theirs: Mapping[str, Written], mine: Mapping[str, Written]) -> dict[str, Written]:
    """The looks of both; where both say something of a step, mine counts."""
    names = dict.fromkeys([*theirs, *mine])
    return {name: {**theirs.get(name, {}), **mine.get(name, {})} for name in names}
