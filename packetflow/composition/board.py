"""Make the board that an editor shows, of a pipeline's text and looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from packetflow.composition import board_idle
from packetflow.composition.board_cards import Cards, KeptCards, policies_around
from packetflow.composition.board_looks import Seen, with_looks
from packetflow.composition.board_places import Point, Size
from packetflow.composition.check import check_pipeline
from packetflow.composition.codec_nodes import Node, parse_yaml
from packetflow.composition.codec_read import Resolve, read_whole
from packetflow.composition.codec_short import Kept
from packetflow.composition.problems import Problem
from packetflow.composition.standing import Standing, standing
from packetflow.composition.steps import Graph, Guarded, Parallel, Pipeline, Sequence
from packetflow.composition.view import Look
from packetflow.composition.wiring import wires
from packetflow.errors import CompositionError, SourceError
from packetflow.kernel.board import Board, BoardFix, BoardProblem, BoardWire

__all__ = ["draw_board", "unreadable"]

GROUNDS = (Sequence, Graph, Parallel)


def draw_board(
    text: str,
    resolve: Resolve,
    *,
    looks: Mapping[str, Look] | None = None,
    places: Mapping[str, Point] | None = None,
    sizes: Mapping[str, Size] | None = None,
    parents: Mapping[str, str] | None = None,
    last: Board | None = None,
    kinds: dict[str, Any] | None = None,
    kept: Kept | None = None,
    cards: KeptCards | None = None,
) -> Board:
    r"""Draw a pipeline's text.

    Args:
        text: The YAML, in whatever state it is.
        resolve: Finds capabilities and pipelines by name; what it does not find becomes a card
            of the kind ``unknown``.
        looks: By step id.
        places: Where cards stood that nobody placed, so that they stay there.
        sizes: How large cards were measured, in pixels.
        parents: In which card they stood then, empty for the file's own list; a place counts only
            there.
        last: What to show when the text cannot be read.
        kinds: Told the Python types of the board, by their ids.
        kept: Steps of earlier boards, which are not read again; the board is the same with them
            and without.
        cards: Their cards, which are not made again; as much the same.

    Returns:
        The board. A text that cannot be read gives *last*, else one without cards, with its
        mistakes as problems of the code ``source``.

    >>> board = draw_board("pipeline: greet\nsteps: [{use: hello}]\n", lambda kind, name: None)
    >>> board.cards[0].id, board.cards[0].kind, board.problems[0].code
    ('hello', 'unknown', 'unknown_capability')
    >>> draw_board("pipeline: a\nsteps: [\n", lambda kind, name: None).problems[0].code
    'source'
    """
    broken: dict[str, str] = {}

    def found(kind: Literal["capability", "pipeline"], name: str) -> Any:
        try:
            return resolve(kind, name)
        except CompositionError as error:
            broken[name] = str(error)
            return None

    try:
        root = parse_yaml(text)
        pipeline, there = read_whole(root, found, kept=kept)
        maker = Cards(cards)
        board = _drawn(
            maker,
            pipeline,
            _File(root, standing(root, there), broken),
            Seen(looks or {}, places or {}, sizes or {}, parents or {}, maker.own),
        )
    except SourceError as error:
        return unreadable(last or Board(), error)
    except CompositionError as error:
        return unreadable(last or Board(), SourceError(str(error)))
    if kinds is not None:
        kinds.update(maker.types.known)
    return board


def unreadable(last: Board, error: SourceError) -> Board:
    """The last board that could be read, with the mistakes of a text as its only problems."""
    problems = [
        BoardProblem("source", "", "", _bare(one), line=int(getattr(one, "line", 0)))
        for one in (error, *error.others)
    ]
    return msgspec.structs.replace(last, problems=problems)


def _bare(error: SourceError) -> str:
    """What is wrong, without the place, which stands beside it."""
    text = error.message
    return text.partition(": ")[2] if text.startswith("line ") else text


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was read, and what is wrong with the pipelines that it calls."""

    root: Node
    there: list[Standing]
    broken: Mapping[str, str]


def _drawn(maker: Cards, pipeline: Pipeline, file: _File, seen: Seen) -> Board:
    around = policies_around(pipeline.step)
    after = _orders(file.there)
    problems = _problems(pipeline, file)
    ground, kind = _ground(pipeline, file.there)
    cards = [
        maker.card(one, around.get(id(one.step), []), after.get(one.id, ())) for one in file.there
    ]
    found = _wires(pipeline)
    contract = pipeline.contract
    inputs = [maker.port(port, "given") for port in contract.requires]
    outputs = [maker.port(port, "taken") for port in contract.provides]
    kept = board_idle.kept_inputs(pipeline, inputs)
    shown = board_idle.wakened(cards, found, kept)
    for card, now in zip(cards, shown, strict=True):
        if card is not now:
            maker.own.pop(card.id, None)  # it has more rows than by itself
    placed = with_looks(shown, found, seen, root=ground, marks=_marks(problems))
    return Board(
        pipeline.name,
        pipeline.intent,
        str(pipeline.version),
        kind,
        ground,
        placed,
        found,
        problems,
        board_idle.idle_inputs(inputs, shown, found),
        outputs,
        maker.types.listed(),
    )


def _ground(pipeline: Pipeline, there: list[Standing]) -> tuple[str, str]:
    """The id of the outermost list if it is a step of its own, and its kind."""
    whole = pipeline.step
    if isinstance(whole, GROUNDS) and not isinstance(whole, Guarded):
        outermost = [one for one in there if one.parent is None]
        kind = type(whole).__name__.lower()
        if len(outermost) == 1 and outermost[0].step is whole:
            return outermost[0].id, kind
        return "", kind
    return "", "sequence"


def _orders(there: Iterable[Standing]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in there:
        if isinstance(one.step, Graph):
            found.update(one.step.after)
    return found


def _wires(pipeline: Pipeline) -> list[BoardWire]:
    """The wires that carry something: what ``requires`` leaves out is never given from outside."""
    said = pipeline.requires
    listed = None if said is None else {text.rstrip("?") for text in said}
    found: dict[str, BoardWire] = {}
    for wire in wires(pipeline.step):
        if wire.source is None and listed is not None and wire.name not in listed:
            continue
        base = f"{wire.source or ''}.{wire.output}>{wire.target}.{wire.input}"
        name, count = base, 1
        while name in found:
            count += 1
            name = f"{base} ({count})"
        found[name] = BoardWire(
            name, wire.source, wire.output, wire.name, wire.target, wire.input, wire.certain
        )
    return list(found.values())


def _problems(pipeline: Pipeline, file: _File) -> list[BoardProblem]:
    lines = {one.id: one.node.line for one in file.there}
    header = {key.value: key.line for key, _ in file.root.pairs}
    broken = file.broken
    found: dict[tuple[str, str, str, str], BoardProblem] = {}
    for problem in check_pipeline(pipeline):
        step = _card_of(problem, lines)
        line = lines.get(step, 0)
        if problem.code == "promise" and not line:
            line = header.get("requires" if "requires" in problem.message else "provides", 0)
        message = problem.message
        if problem.code == "unknown_pipeline" and problem.name in broken:
            message = f"the pipeline {problem.name!r} cannot be read: {broken[problem.name]}"
        elif step != problem.step and "/" in problem.step:
            message = f"inside, {problem.step.partition('/')[2]}: {message}"
        fix = (
            None if problem.fix is None else BoardFix(problem.fix.text, dict(problem.fix.operation))
        )
        made = BoardProblem(problem.code, step, problem.name, message, problem.severity, fix, line)
        found.setdefault((made.code, step, problem.name, message), made)
    return list(found.values())


def _card_of(problem: Problem, known: Mapping[str, int]) -> str:
    if problem.step in known:
        return problem.step
    whole = problem.step.partition("/")[0]
    return whole if whole in known else ""


def _marks(problems: Iterable[BoardProblem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for problem in problems:
        if problem.severity == "error" or problem.step not in found:
            found[problem.step] = problem.severity
    return found
