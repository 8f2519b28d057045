"""Parts of a pipeline as pipelines of their own."""

import pytest

from packetflow.composition import load
from packetflow.composition.board import draw_board
from packetflow.composition.part import before, behind, border, part
from packetflow.errors import EditRefused
from tests.strategies import resolve

FLOW = """\
pipeline: story
requires: [text]
steps:
  - graph:
      - {use: fetch, to: {summary: page}}
      - {use: feel, from: {text: page}, to: {tone: mood}}
      - each:
          - {use: summarize, from: {text: one}}
        over: {one: pages}
        into: {summary: gists}
      - {use: card, id: last, from: {text: mood}, to: [summary], after: [each]}
    id: graph
"""
BOARD = draw_board(FLOW, resolve)


def test_what_a_step_needs_and_what_follows_from_it():
    assert before(BOARD, "feel") == {"fetch", "feel"}
    assert before(BOARD, "last") == {"fetch", "feel", "each", "last"}
    assert behind(BOARD, "feel") == {"feel", "last"}
    assert behind(BOARD, "summarize") == {"each", "last"}


def test_the_border_names_what_comes_from_elsewhere():
    wires = border(BOARD, {"feel", "last"})

    assert {(one.source, one.name) for one in wires} >= {("fetch", "page")}
    assert ("feel", "mood") not in {(one.source, one.name) for one in wires}


def test_a_part_keeps_the_ids_and_the_order_inside_it():
    made = load(part(FLOW, {"feel", "last"}), resolve)

    board = draw_board(part(FLOW, {"feel", "last"}), resolve)
    assert made.requires is None
    assert [(one.id, one.parent, one.after) for one in board.cards] == [
        ("graph", None, []),
        ("feel", "graph", []),
        ("last", "graph", []),
    ]


def test_a_step_inside_a_container_can_be_a_part_by_itself():
    board = draw_board(part(FLOW, {"summarize"}), resolve)

    assert [(one.id, one.kind) for one in board.cards] == [("summarize", "use")]


def test_a_step_that_is_not_there_is_refused():
    with pytest.raises(EditRefused, match="no such step"):
        part(FLOW, {"nobody"})
    with pytest.raises(EditRefused, match="nobody"):
        before(BOARD, "nobody")
