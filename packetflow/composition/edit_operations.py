"""The closed list of edits on a saved composition, as plain mappings ``{"op": ..., ...}``.

A place says where a step goes: ``before`` or ``after`` another step's id, or ``into`` a
container's id (``None`` for the file's own list) with ``slot`` (``steps``, ``then`` or
``otherwise``), ``case`` (which case of a ``choose``, from 0) and ``at`` (a position from 0;
``None`` for the end).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from packetflow.errors import EditRefused

Slot: TypeAlias = Literal["steps", "then", "otherwise"]


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a step goes."""

    before: str | None = None
    after: str | None = None
    into: str | None = None
    slot: Slot = "steps"
    case: int = 0
    at: int | None = None


class _Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="op"):
    pass


class Insert(_Operation, frozen=True, tag="insert"):
    """Put in a new step, written as in the file."""

    step: dict[str, Any]
    place: Place = Place()


class Remove(_Operation, frozen=True, tag="remove"):
    """Take a step out, with the comments above it and what orders others after it."""

    step: str


class Move(_Operation, frozen=True, tag="move"):
    """Put a step elsewhere, with its text and the comments above it."""

    step: str
    place: Place


class SetField(_Operation, frozen=True, tag="set"):
    """Give a step's field a value as it stands in the file; null takes the field away.

    ``case`` says whose ``when`` it is in a ``choose``.
    """

    step: str
    field: str
    value: Any = None
    case: int = 0


class Rename(_Operation, frozen=True, tag="rename"):
    """Give a step another id, also where an order names it."""

    step: str
    to: str


class Header(_Operation, frozen=True, tag="header"):
    """Give one of the file's own fields a value; null takes the field away."""

    field: Literal[
        "pipeline", "version", "intent", "requires", "provides", "inputs", "triggers", "exposed"
    ]
    value: Any = None


class Read(_Operation, frozen=True, tag="read", rename={"source": "from"}):
    """Draw a wire: an input reads a name of the scope."""

    step: str
    input: str
    source: str


class Leave(_Operation, frozen=True, tag="leave"):
    """Take a wire away: an input stays at its default."""

    step: str
    input: str


class After(_Operation, frozen=True, tag="after"):
    """In a graph, start a step only when another one has ended."""

    step: str
    wait_for: str


class NotAfter(_Operation, frozen=True, tag="not_after"):
    """Undo `After`."""

    step: str
    wait_for: str


class Wrap(_Operation, frozen=True, tag="wrap"):
    """Put neighbours into a new step of a kind, with its other fields."""

    steps: list[str]
    kind: Literal["sequence", "parallel", "graph", "race", "fallback", "each", "repeat", "when"]
    fields: dict[str, Any] = {}


class Unwrap(_Operation, frozen=True, tag="unwrap"):
    """Put the steps inside a step in its place."""

    step: str


class Guard(_Operation, frozen=True, tag="guard"):
    """Put a policy around a step and the policies it has."""

    step: str
    policy: dict[str, Any]


class Unguard(_Operation, frozen=True, tag="unguard"):
    """Take a policy away; policies count from 0, innermost first."""

    step: str
    at: int


class Kind(_Operation, frozen=True, tag="kind"):
    """Make a step one of another kind, keeping what is inside; *fields* are set or taken away."""

    step: str
    kind: str
    fields: dict[str, Any] = {}


class Pack(_Operation, frozen=True, tag="pack"):
    """Put a call of another pipeline in the place of steps of one list; see `Excerpt`."""

    steps: list[str]
    name: str


class Excerpt(_Operation, frozen=True, tag="excerpt"):
    """Leave only some steps of one list, as a pipeline of another name.

    ``requires`` and ``provides`` say what it takes and gives; null leaves that to its steps.
    """

    steps: list[str]
    name: str
    requires: list[str] | None = None
    provides: list[str] | None = None


class Unpack(_Operation, frozen=True, tag="unpack"):
    """Put steps, written as in the file, in the place of a call."""

    step: str
    steps: list[dict[str, Any]]


class SetText(_Operation, frozen=True, tag="text"):
    """Put another text in place of the whole file."""

    text: str


class Replace(_Operation, frozen=True, tag="replace"):
    """Put text in place of *old*, which stands at the offset *at*; what undoes other edits."""

    at: int
    old: str
    new: str


Operation: TypeAlias = (
    Insert
    | Remove
    | Move
    | SetField
    | Rename
    | Header
    | Read
    | Leave
    | After
    | NotAfter
    | Wrap
    | Unwrap
    | Guard
    | Unguard
    | Kind
    | Pack
    | Excerpt
    | Unpack
    | SetText
    | Replace
)


def read_operation(written: Mapping[str, Any]) -> Operation:
    """Read an edit from its plain mapping.

    Raises:
        EditRefused: It is none of the list, or lacks or has a field too many.

    >>> read_operation({"op": "rename", "step": "a", "to": "b"})
    Rename(step='a', to='b')
    """
    try:
        read: Operation = msgspec.convert(dict(written), Operation)
    except (msgspec.ValidationError, TypeError) as error:
        raise EditRefused(f"this is no edit: {error}", operation=dict(written)) from error
    return read
