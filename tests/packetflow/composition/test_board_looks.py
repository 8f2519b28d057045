"""Boards that are made of earlier ones are those that drawing anew gives."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition import dump
from packetflow.composition.board import draw_board
from packetflow.composition.board_cards import KeptCards
from packetflow.composition.board_looks import Seen, looked
from packetflow.composition.codec_short import Kept
from packetflow.composition.edit import apply
from packetflow.composition.steps import Pipeline
from packetflow.composition.view import Look
from packetflow.errors import CompositionError, EditRefused
from packetflow.kernel.board import Board
from tests.strategies import pipelines, resolve


def draw(text: str, **more: Any) -> Board:
    return draw_board(text, resolve, **more)


def nothing_kept() -> tuple[Kept, KeptCards]:
    return {}, {}


def saved(pipeline: Pipeline) -> str | None:
    """A generated pipeline's text; some cannot be saved."""
    try:
        return dump(pipeline)
    except CompositionError:
        return None


@given(pipelines, st.data())
def test_other_looks_of_the_same_text_give_the_board_that_drawing_it_anew_gives(pipeline, data):
    text = saved(pipeline)
    if text is None:
        return
    first = draw(text)
    names = [one.id for one in first.cards]
    chosen = st.sampled_from(names) if names else st.nothing()
    points = st.tuples(st.integers(-50, 900), st.integers(-50, 900))
    places = {one.id: (one.x, one.y) for one in first.cards}
    for gone in data.draw(st.lists(chosen, unique=True)):
        del places[gone]
    sizes = data.draw(st.dictionaries(chosen, st.tuples(st.just(260.0), st.integers(40, 400))))
    parents = {one.id: one.parent or "" for one in first.cards}
    looks = {
        name: Look(x, y, "slow", ("it",))
        for name, (x, y) in data.draw(st.dictionaries(chosen, points)).items()
    }

    board = looked(first, Seen(looks, places, sizes, parents))

    assert board == draw(text, looks=looks, places=places, sizes=sizes, parents=parents)


@given(pipelines, st.data())
def test_a_board_is_the_same_with_the_steps_of_earlier_ones(pipeline, data):
    text = saved(pipeline)
    if text is None:
        return
    kept, cards = nothing_kept()
    for _ in range(data.draw(st.integers(1, 4))):
        board = draw(text, kept=kept, cards=cards)

        assert board == draw(text)

        here = data.draw(st.sampled_from(board.cards)) if board.cards else None
        operation = data.draw(st.sampled_from(edits(here.id if here else "")))
        try:
            text = apply(text, operation).text
        except (EditRefused, CompositionError):
            continue


def edits(step: str) -> list[dict[str, Any]]:
    return [
        {"op": "insert", "step": {"use": "feel", "id": "newcomer"}, "place": {"at": 0}},
        {"op": "rename", "step": step, "to": "renamed"},
        {"op": "remove", "step": step},
        {"op": "set", "step": step, "field": "set", "value": {"language": "de"}},
        {"op": "read", "step": step, "input": "text", "from": "other"},
        {"op": "header", "field": "intent", "value": "Shift every line"},
    ]


def test_a_step_is_read_again_when_its_name_stands_for_another_capability():
    text = "pipeline: a\nsteps:\n  - {use: feel, id: one}\n"
    kept, cards = nothing_kept()
    before = draw(text, kept=kept, cards=cards)

    after = draw_board(text, lambda kind, name: None, kept=kept, cards=cards)
    same = draw_board(text, lambda kind, name: None)

    assert after == same
    assert (before.cards[0].kind, after.cards[0].kind) == ("use", "unknown")
