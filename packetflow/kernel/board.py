"""The board: a pipeline as an editor shows it, as plain values; see ``docs/canvas.md``.

A runner makes it of a pipeline's text, for only a runner knows what capabilities take and give;
the canvas draws it. It travels as JSON.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

CONCEALED: Final[dict[str, Any]] = {"$secret": True}
"""Stands for a fixed value that is not shown; written back, it keeps the value."""


class BoardPort(msgspec.Struct, frozen=True):
    """Where a wire may begin or end.

    Attributes:
        name: What the step calls it.
        scope: What the scope calls it; empty when no name of the scope is read.
        type: The id of its type, a key of `Board.types`.
        optional: An input that may be left alone; an output that may be absent.
        secret: Its value is never shown.
        help: One sentence.
        default: The declared default, as written in Python; empty when there is none.
        schema: JSON Schema of the value.
        inside: It is at the inner side of a container's border.
        idle: It stands at its default and need not be shown (`packetflow.composition.board_idle`).
        set: The value fixed here, as written; left out when none is.
    """

    name: str
    scope: str
    type: str
    optional: bool = False
    secret: bool = False
    help: str = ""
    default: str = ""
    schema: dict[str, Any] = {}
    inside: bool = False
    idle: bool = False
    set: Any = msgspec.UNSET


class BoardPolicy(msgspec.Struct, frozen=True):
    """A policy around a step: in a few words, and as the file says it."""

    text: str
    written: Any = None


class BoardField(msgspec.Struct, frozen=True):
    """What an inspector edits with the operation ``set``; ``case`` is the one of a ``choose``."""

    name: str
    value: Any = None
    schema: dict[str, Any] = {}
    help: str = ""
    case: int = 0


class BoardCard(msgspec.Struct, frozen=True):
    """One step.

    ``parent``, ``slot``, ``case`` and ``at`` are its place in the words of the edit operations;
    ``parent`` is null in the file's own list. ``x`` and ``y`` are pixels from the corner of the
    card around it, ``line`` is the file's line where it begins, from 1.
    """

    id: str
    kind: str
    title: str
    about: str = ""
    note: str = ""
    parent: str | None = None
    slot: str = "steps"
    case: int = 0
    at: int = 0
    inputs: list[BoardPort] = []
    outputs: list[BoardPort] = []
    policies: list[BoardPolicy] = []
    fields: list[BoardField] = []
    after: list[str] = []
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    pins: list[str] = []
    status: str = ""
    container: bool = False
    line: int = 0


class BoardWire(msgspec.Struct, frozen=True):
    """A name on its way; ``source`` is null for the pipeline's own inputs.

    ``certain`` is false when another wire may give the value instead, or none may.
    """

    id: str
    source: str | None
    output: str
    name: str
    target: str
    input: str
    certain: bool = True


class BoardFix(msgspec.Struct, frozen=True):
    """A mend: what to say on its button, and the edit operation that does it."""

    text: str
    operation: dict[str, Any]


class BoardProblem(msgspec.Struct, frozen=True):
    """What does not fit.

    ``step`` is the id of a card, or empty for the whole; ``line`` is the file's line, 0 where none
    is known. The code ``source`` means that the text cannot be read at all.
    """

    code: str
    step: str
    name: str
    message: str
    severity: str = "error"
    fix: BoardFix | None = None
    line: int = 0


class BoardType(msgspec.Struct, frozen=True):
    """A type: how people write it, and the types whose values may flow into it."""

    name: str
    fits: list[str] = []


class Board(msgspec.Struct, frozen=True):
    """All that an editor shows of a pipeline.

    Attributes:
        name: The pipeline's name.
        intent: What it gives, in one sentence.
        version: As the file says.
        kind: Of the outermost list: ``sequence``, ``graph`` or ``parallel``.
        root: The id of the only outermost step if that is such a list; it is the ground on which
            the others stand. Empty where the file has only a list.
        cards: In reading order, a container before what is inside.
        wires: By their readers, in reading order.
        problems: Everything that does not fit.
        inputs: What the pipeline takes.
        outputs: What it gives.
        types: By id.
    """

    name: str = ""
    intent: str = ""
    version: str = ""
    kind: str = "sequence"
    root: str = ""
    cards: list[BoardCard] = []
    wires: list[BoardWire] = []
    problems: list[BoardProblem] = []
    inputs: list[BoardPort] = []
    outputs: list[BoardPort] = []
    types: dict[str, BoardType] = {}


class PaletteItem(msgspec.Struct, frozen=True):
    """A capability or a pipeline that can be put in; ``kind`` is ``use`` or ``call``."""

    name: str
    kind: str
    about: str = ""
    inputs: list[BoardPort] = []
    outputs: list[BoardPort] = []
    tags: list[str] = []


class Palette(msgspec.Struct, frozen=True):
    """What a search for capabilities and pipelines found, best first."""

    items: list[PaletteItem] = []
    types: dict[str, BoardType] = {}


class Drawn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A board on its way.

    Attributes:
        board: The `Board` as JSON; it goes on to a page as it is.
        places: Where its cards stand, so that they stay there when it is drawn again.
        parents: What they stand in; a card that has moved elsewhere gets a new place.
        is_readable: False when the text could not be read, and the board holds only its mistakes.
        calls: The form of everything called (`packetflow.composition.calls`), by ``use NAME`` and
            ``call NAME``.
        inside: By ``call NAME``, what is called in there.
    """

    board: bytes
    places: dict[str, tuple[float, float]] = {}
    parents: dict[str, str] = {}
    is_readable: bool = True
    calls: dict[str, tuple[str, ...]] = {}
    inside: dict[str, list[str]] = {}


def drawn_of(board: Board) -> Drawn:
    """A board ready for its way."""
    return Drawn(
        msgspec.json.encode(board),
        {card.id: (card.x, card.y) for card in board.cards},
        {card.id: card.parent or "" for card in board.cards},
        not any(one.code == "source" for one in board.problems),
    )
