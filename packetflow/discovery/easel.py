"""Draws boards and palettes for editors, from what the catalog knows."""

from __future__ import annotations

import threading
from difflib import get_close_matches
from typing import Any, Final, Literal

import msgspec

from packetflow.capabilities.contract import Contract, Port
from packetflow.capabilities.fits import fits
from packetflow.composition.board import draw_board
from packetflow.composition.board_cards import Cards, KeptCards
from packetflow.composition.board_types import type_id
from packetflow.composition.calls import Form, calls_of
from packetflow.composition.codec_short import Kept
from packetflow.composition.steps import Call, Pipeline
from packetflow.composition.view import Look, parse_view
from packetflow.composition.words import intent
from packetflow.discovery.catalog import AnyCapability, Catalog
from packetflow.kernel.board import (
    Board,
    BoardFix,
    BoardProblem,
    Drawn,
    Palette,
    PaletteItem,
    drawn_of,
)
from packetflow.kernel.collecting import collector_rests
from packetflow.kernel.messages import DrawBoard, SearchPalette

TYPES_KEPT: Final = 4096
STEPS_KEPT: Final = 10_000
MOST_ITEMS: Final = 500


class Easel:
    """Makes the answers to `DrawBoard` and `SearchPalette`; safe to share between threads.

    It remembers the types of the boards that it drew, so that a palette can be searched by the id
    of one.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._types: dict[str, Any] = {}
        self._kept: Kept = {}
        self._cards: KeptCards = {}
        self._looks: tuple[str, dict[str, Look]] = ("", {})

    def draw(self, request: DrawBoard) -> Drawn:
        """The board of a pipeline's text.

        Raises:
            SourceError: The looks cannot be read.
        """
        kinds: dict[str, Any] = {}
        if len(self._kept) > STEPS_KEPT:
            self._kept, self._cards = {}, {}
        with collector_rests():
            board = draw_board(
                request.source,
                self._catalog.resolve,
                looks=self._seen(request.looks),
                places=request.places,
                sizes=request.sizes,
                parents=request.parents,
                kinds=kinds,
                kept=self._kept,
                cards=self._cards,
            )
        with self._lock:
            self._types.update(kinds)
            for name in list(self._types)[: max(0, len(self._types) - TYPES_KEPT)]:
                del self._types[name]
        board = self._with_names(board)
        calls, inside = self._called(board)
        return msgspec.structs.replace(drawn_of(board), calls=calls, inside=inside)

    def _seen(self, text: str) -> dict[str, Look]:
        """Looks as values; those of the last board are not read again."""
        known, looks = self._looks
        if text != known:
            looks = parse_view(text, file="the looks")
            self._looks = text, looks
        return looks

    def _called(self, board: Board) -> tuple[dict[str, Form], dict[str, list[str]]]:
        """The form of everything that a board calls, and what is called inside of pipelines."""
        calls: dict[str, Form] = {}
        inside: dict[str, list[str]] = {}
        wanted = {(card.kind, card.title) for card in board.cards if card.kind in ("use", "call")}
        for kind, name in wanted:
            found = self._catalog.resolve("capability" if kind == "use" else "pipeline", name)
            if isinstance(found, Pipeline):
                forms = calls_of(Call(found))
                inside[f"call {name}"] = sorted(forms.keys() - {f"call {name}"})
                calls |= forms
            elif found is not None:
                calls[f"use {name}"] = found.declaration.form
        return calls, inside

    def _with_names(self, board: Board) -> Board:
        """The board, with a mend where a card calls what is not there and a name comes near."""
        unknown = {card.id for card in board.cards if card.kind == "unknown"}
        if not unknown:
            return board
        problems = [
            self._with_name(one) if one.step in unknown and one.fix is None else one
            for one in board.problems
        ]
        return msgspec.structs.replace(board, problems=problems)

    def _with_name(self, problem: BoardProblem) -> BoardProblem:
        if problem.code == "unknown_capability":
            field, names = "use", [one.name for one in self._catalog.capabilities()]
        elif problem.code == "unknown_pipeline":
            field, names = "call", self._catalog.pipeline_names()
        else:
            return problem
        near = get_close_matches(problem.name, names, 1)
        if not near or near[0] == problem.name:  # a pipeline that is there and cannot be read
            return problem
        change = {"op": "set", "step": problem.step, "field": field, "value": near[0]}
        return msgspec.structs.replace(problem, fix=BoardFix(f"Use {near[0]}", change))

    def palette(self, request: SearchPalette) -> bytes:
        """What can be put in, best first, as JSON."""
        limit = min(max(request.limit, 1), MOST_ITEMS)
        every: list[AnyCapability | Pipeline]
        if request.text.strip():
            every = self._catalog.search(request.text, MOST_ITEMS)
        else:
            every = [*self._catalog.capabilities(), *self._catalog.pipelines()]
        every = [one for one in every if isinstance(one, Pipeline) or one.declaration.enabled]
        if request.kind:
            every = self._fitting(every, request)
        maker = Cards()
        items = [_item(one, maker) for one in every[:limit]]
        return msgspec.json.encode(Palette(items, maker.types.listed()))

    def _fitting(
        self, every: list[AnyCapability | Pipeline], request: SearchPalette
    ) -> list[AnyCapability | Pipeline]:
        """What fits a type, the very type first and what takes anything last."""
        with self._lock:
            known = self._types.get(request.kind, Any)
        found = []
        for place, one in enumerate(every):
            ports = _side(one.contract, "input" if request.side == "input" else "output")
            ranks = [rank for port in ports if (rank := _rank(port, known, request)) is not None]
            if ranks:
                found.append((min(ranks), place, one))
        return [one for _, _, one in sorted(found, key=lambda row: row[:2])]


def _side(contract: Contract, side: Literal["input", "output"]) -> tuple[Port, ...]:
    return contract.requires if side == "input" else contract.provides


def _rank(port: Port, kind: Any, request: SearchPalette) -> int | None:
    """How well a port fits: 0 is the very type, 2 is one that takes or gives anything."""
    if request.side == "input":
        if not fits(kind, port.type):
            return None
    elif not fits(port.type, kind):
        return None
    if port.type is Any:
        return 2
    return 0 if type_id(port.type) == request.kind else 1


def _item(one: AnyCapability | Pipeline, maker: Cards) -> PaletteItem:
    inputs, outputs = maker.sides(one.contract)
    if isinstance(one, Pipeline):
        return PaletteItem(one.name, "call", one.intent, inputs, outputs)
    tags = list(one.declaration.tags)
    return PaletteItem(one.name, "use", intent(one), inputs, outputs, tags)
