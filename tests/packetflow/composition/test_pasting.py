"""Names for copied steps: the pure part; how an editor asks for them is in test_editing_packing."""

from __future__ import annotations

import pytest

from packetflow.composition.board import draw_board
from packetflow.composition.edit import apply
from packetflow.composition.pasting import alone, apart, clashes, kind_of_place
from packetflow.errors import EditRefused
from packetflow.kernel.board import Board
from tests.strategies import resolve

GRAPH = "pipeline: a\nsteps:\n- id: all\n  graph:\n  - {use: feel, id: one}\n"


def draw(text: str) -> Board:
    return draw_board(text, resolve)


def copies(*steps: dict, kind: str = "graph") -> tuple[str, Board]:
    """Copied steps alone."""
    text, place = alone(kind)
    for step in steps:
        text = apply(text, {"op": "insert", "step": step, "place": place}).text
    return text, draw(text)


def test_only_names_that_clash_anew_are_clashes():
    more = {"op": "insert", "step": {"use": "feel", "id": "two"}, "place": {"into": "all"}}
    twice = draw(apply(GRAPH, more).text)

    assert clashes(draw(GRAPH), twice) == {"summary", "tone"}
    assert clashes(twice, twice) == set()


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ({"into": "all"}, "graph"),
        ({"after": "one"}, "graph"),
        ({}, "graph"),
        ({"into": "?"}, "graph"),
    ],
)
def test_the_kind_of_a_list_is_told_by_the_place(place, kind):
    assert kind_of_place(draw(GRAPH), place) == kind


def test_a_name_that_is_free_on_the_copies_but_not_on_the_board_is_passed_over():
    text, inner = copies({"use": "card", "id": "x"})
    board = draw(GRAPH.replace("id: one", "id: one, to: {tone: tone_2, summary: tone}"))

    (step,) = apart(text, inner, board, {"tone"})

    assert step["to"] == {"summary": "summary", "tone": "tone_3"}


def test_a_step_that_reads_a_name_both_from_a_copy_and_from_elsewhere_cannot_be_renamed():
    text, inner = copies(
        {"repeat": [{"use": "card", "id": "x", "from": {"text": "tone"}}], "id": "again",
         "until": 'tone == "sad"', "at_most": 3},
        kind="parallel",
    )  # fmt: skip

    with pytest.raises(EditRefused, match="from outside or from a step before"):
        apart(text, inner, draw(GRAPH), {"tone"})
