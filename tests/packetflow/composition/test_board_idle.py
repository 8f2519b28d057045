"""Inputs that stand at their defaults are idle, so that they do not crowd a drawing."""

from __future__ import annotations

import pytest

from packetflow.composition.board import draw_board
from packetflow.composition.edit import apply
from packetflow.kernel.board import Board
from tests.strategies import resolve

PLAIN = "pipeline: story\nsteps:\n  - {use: summarize, id: short}\n"


def draw(text: str) -> Board:
    return draw_board(text, resolve)


def idle(board: Board, step: str) -> list[str]:
    card = next(one for one in board.cards if one.id == step)
    return [port.name for port in card.inputs if port.idle]


def idle_of_whole(board: Board) -> list[str]:
    return [port.name for port in board.inputs if port.idle]


def test_an_optional_input_that_nothing_gives_is_idle_and_so_is_that_of_the_whole():
    board = draw(PLAIN)

    assert idle(board, "short") == ["language"]
    assert idle_of_whole(board) == ["language"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("requires: [text, language?]", "the pipeline lists it"),
        ("inputs: {language: {type: str, help: Which one.}}", "the pipeline describes it"),
    ],
)
def test_an_input_that_the_pipeline_tells_of_is_shown(more, why):
    board = draw(PLAIN.replace("steps:", f"{more}\nsteps:"))

    assert idle(board, "short") == idle_of_whole(board) == [], why


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ({"op": "set", "step": "short", "field": "set", "value": {"language": "de"}}, "a value"),
        ({"op": "read", "step": "short", "input": "language", "from": "speech"}, "a joint"),
        ({"op": "insert", "step": {"use": "feel", "to": {"tone": "language"}},
          "place": {"before": "short"}}, "a step"),
        ({"op": "insert", "step": {"use": "card", "id": "other"},
          "place": {"after": "short"}}, "another reader of the name"),
    ],
)  # fmt: skip
def test_an_input_that_is_given_something_wakes_and_idles_again_after_undo(operation, why):
    changed = apply(PLAIN, operation).text

    assert idle(draw(changed), "short") == [], why
    assert idle(draw(PLAIN), "short") == ["language"]


def test_a_wire_that_was_taken_away_on_purpose_leaves_the_input_idle():
    text = apply(PLAIN, {"op": "leave", "step": "short", "input": "language"}).text

    board = draw(text)

    assert idle(board, "short") == ["language"]
    assert [port.name for port in board.inputs] == ["text"]


def test_idle_inputs_take_one_line_together():
    high = draw(PLAIN.replace("steps:", "requires: [text, language?]\nsteps:")).cards[0].height

    assert draw(PLAIN).cards[0].height == high  # one line for one input
    assert draw(PLAIN).cards[0].height == 56 + 2 * 24 + 10


def test_a_name_that_requires_leaves_out_has_no_wire():
    board = draw("pipeline: a\nrequires: [text]\nsteps:\n  - {use: summarize, id: short}\n")

    assert [(wire.source, wire.input) for wire in board.wires] == [(None, "text")]
