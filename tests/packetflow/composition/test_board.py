"""The board of a pipeline: every step, every wire, every problem, each in its place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition import dump
from packetflow.composition.board import draw_board, unreadable
from packetflow.composition.codec import load
from packetflow.composition.edit import apply
from packetflow.composition.steps import Guarded, Pipeline, Sequence
from packetflow.composition.view import Look
from packetflow.composition.walk import walk
from packetflow.composition.wiring import wires
from packetflow.errors import CompositionError, EditRefused, SourceError
from packetflow.kernel.board import Board
from tests.strategies import pipelines, resolve, steps

FLOW = """\
pipeline: story
version: 3
intent: Tell a story
requires: [text]
steps:
  - id: graph
    graph:
      - use: summarize
        id: short
        with: [{timeout: 3}, {retry: {attempts: 2, on: [OSError]}}]
      # how it feels
      - use: feel
        id: tone
        from: {text: summary}
        to: {tone: mood, summary: gist}
        set: {language: de}
      - when: mood == "sad"
        id: choice
        then:
          - use: card
            id: sad
            from: {text: gist}
            to: {tone: answer}
        otherwise: {use: lost, from: {it: gist}, to: {tone: answer}, set: {n: 2}}
"""


def draw(text: str, **more: Any) -> Board:
    return draw_board(text, resolve, **more)


def card(board: Board, name: str):
    return next(one for one in board.cards if one.id == name)


def saved(pipeline: Pipeline) -> str | None:
    """A generated pipeline's text; some cannot be saved."""
    try:
        return dump(pipeline)
    except CompositionError:
        return None


def test_a_flow_is_drawn_with_its_cards_in_reading_order():
    board = draw(FLOW)

    assert [(c.id, c.kind, c.parent, c.slot, c.at) for c in board.cards] == [
        ("graph", "graph", None, "steps", 0),
        ("short", "use", "graph", "steps", 0),
        ("tone", "use", "graph", "steps", 1),
        ("choice", "branch", "graph", "steps", 2),
        ("sad", "use", "choice", "then", 0),
        ("lost", "unknown", "choice", "otherwise", 0),
    ]
    assert (board.name, board.version, board.intent) == ("story", "3", "Tell a story")
    assert (board.kind, board.root) == ("graph", "graph")


def test_ports_tell_names_of_the_scope_and_fixed_values():
    tone = card(draw(FLOW), "tone")

    told = {port.name: (port.scope, port.set) for port in (*tone.inputs, *tone.outputs)}

    assert told == {
        "text": ("summary", msgspec.UNSET),
        "language": ("", "de"),
        "summary": ("gist", msgspec.UNSET),
        "tone": ("mood", msgspec.UNSET),
    }


def test_policies_come_innermost_first_in_words_and_as_written():
    short = card(draw(FLOW), "short")

    assert [(one.text, one.written) for one in short.policies] == [
        ("timeout 3 s", {"timeout": 3}),
        ("retry 2x on OSError", {"retry": {"attempts": 2, "on": ["OSError"]}}),
    ]


def test_a_missing_capability_is_a_red_card_that_keeps_its_wires_and_values():
    board = draw(FLOW)
    lost = card(board, "lost")

    assert (lost.kind, lost.status) == ("unknown", "error")
    assert [(port.name, port.scope, port.set) for port in lost.inputs] == [
        ("it", "gist", msgspec.UNSET),
        ("n", "", 2),
    ]
    assert [port.scope for port in lost.outputs] == ["answer"]
    assert any((one.source, one.target, one.input) == ("tone", "lost", "it") for one in board.wires)
    assert next(one.line for one in board.problems if one.step == "lost") == 24


def test_conditions_are_inputs_of_their_branch_and_fields_of_each_case():
    choice = card(draw(FLOW), "choice")

    assert [port.name for port in choice.inputs] == ["mood"]
    assert [(one.name, one.value, one.case) for one in choice.fields] == [
        ("when", 'mood == "sad"', 0)
    ]


def test_a_text_that_cannot_be_read_shows_the_last_board_with_the_mistake_at_its_line():
    last = draw(FLOW)

    board = draw(FLOW.replace("use: feel", "use: [feel"), last=last)

    assert board.cards == last.cards
    assert [(one.code, one.severity) for one in board.problems] == [("source", "error")]
    assert board.problems[0].line > 11


def test_every_mistake_of_a_text_is_told():
    board = draw("pipeline: 3\nstep: []\nsteps: [{uses: a}, {use: b, form: {}}]\n")

    assert [one.line for one in board.problems] == [1, 2, 3, 3]
    assert not board.cards


def test_a_pipeline_that_cannot_be_read_is_a_red_card_that_says_why():
    def broken(kind: str, name: str) -> Any:
        raise SourceError("the pipeline calls itself", file="a.yaml", line=2)

    board = draw_board("pipeline: a\nsteps: [{call: b}]\n", broken)

    assert board.cards[0].kind == "unknown"
    assert "calls itself" in board.problems[0].message


def test_steps_that_share_an_id_are_two_cards():
    text = "pipeline: a\nsteps: [{use: feel, id: x}, {use: feel, id: x}]\n"

    board = draw(text)

    assert [one.id for one in board.cards] == ["x", "x (2)"]
    assert "duplicate_id" in {one.code for one in board.problems}


def test_a_list_inside_a_list_goes_by_its_first_step():
    text = "pipeline: a\nsteps:\n  - parallel:\n      - - use: feel\n        - use: card\n"

    board = draw(text)
    edited = apply(
        text, {"op": "move", "step": "feel", "place": {"into": "around_feel", "at": None}}
    )

    assert [(one.id, one.parent) for one in board.cards][1:] == [
        ("around_feel", "parallel"),
        ("feel", "around_feel"),
        ("card", "around_feel"),
    ]
    assert [one.id for one in draw(edited.text).cards][1:] == ["around_card", "card", "feel"]


def test_secret_values_are_not_shown():
    from packetflow.capabilities.contract import Contract, Port
    from packetflow.composition import from_contract

    door = from_contract(lambda: None, "door", Contract((Port("word", str, secret=True),)))
    text = "pipeline: a\nsteps: [{use: door, set: {word: sesame}}]\n"

    board = draw_board(text, lambda kind, name: door)

    assert "sesame" not in msgspec.json.encode(board).decode()
    assert board.cards[0].inputs[0].set == {"$secret": True}


def test_types_say_what_fits():
    from packetflow.capabilities.contract import Contract, Port
    from packetflow.composition import from_contract

    one = from_contract(lambda: None, "one", Contract((), (Port("n", int), Port("t", str))))
    two = from_contract(lambda: None, "two", Contract((Port("n", float), Port("a"))))
    known = {"one": one, "two": two}

    board = draw_board(
        "pipeline: a\nsteps: [{use: one}, {use: two}]\n", lambda kind, name: known.get(name)
    )

    assert board.types["float"].fits == ["int", "Any"] or board.types["float"].fits == ["int"]
    assert set(board.types["Any"].fits) >= {"int", "str"}


def test_an_each_has_ports_at_both_sides_of_its_border():
    text = (
        "pipeline: a\nsteps:\n"
        "  - each: [{use: feel, from: {text: one}}]\n"
        "    over: {one: many}\n    into: {tone: tones}\n"
    )

    board = draw(text)
    each = card(board, "each")

    assert [(p.name, p.scope, p.inside) for p in each.inputs] == [
        ("one", "many", False),
        ("tones", "tone", True),
    ]
    assert [(p.name, p.inside) for p in each.outputs] == [("one", True), ("tones", False)]
    ends = {(one.source, one.output, one.target, one.input) for one in board.wires}
    assert {("each", "one", "feel", "text"), ("feel", "tone", "each", "tones")} <= ends


@given(pipelines)
def test_every_step_is_one_card_and_every_wire_is_there(pipeline):
    text = saved(pipeline)
    if text is None:
        return
    board = draw(text)
    if any(one.code == "source" for one in board.problems):
        return
    whole = load(text, resolve).step

    own = [one.id for one in walk(whole) if not isinstance(one, Guarded) and one.id is not None]
    cards = [one.id for one in board.cards]
    assert [name for name in cards if name in set(own)] == own
    assert len(cards) == len(set(cards))
    assert all(one.kind == "sequence" for one in board.cards if one.id not in set(own))
    drawn = Counter((w.source, w.output, w.name, w.target, w.input, w.certain) for w in board.wires)
    listed = None if pipeline.requires is None else {name.rstrip("?") for name in pipeline.requires}
    told = Counter(
        (w.source, w.output, w.name, w.target, w.input, w.certain)
        for w in wires(whole)
        if w.source is not None or listed is None or w.name in listed
    )
    assert drawn == told
    assert len({one.id for one in board.wires}) == len(board.wires)


@given(pipelines)
def test_every_wire_ends_at_ports_that_are_there(pipeline):
    text = saved(pipeline)
    if text is None:
        return
    board = draw(text)
    there = {one.id: one for one in board.cards}

    for wire in board.wires:
        assert wire.input in {port.name for port in there[wire.target].inputs}
        if wire.source is not None:
            assert wire.output in {port.name for port in there[wire.source].outputs}


def test_a_wire_that_has_no_beginning_is_not_drawn():
    text = """\
pipeline: knot
steps:
  - graph:
      - id: both
        parallel:
          - {use: feel, id: reads, from: {text: gist}}
          - {use: summarize, id: makes, to: {summary: gist}}
      - {use: summarize, id: later, to: {summary: gist}}
"""

    board = draw(text)

    given = {port.name for port in board.inputs}
    assert board.problems
    assert {wire.output for wire in board.wires if wire.source is None} <= given


@given(pipelines, st.data())
def test_a_place_names_really_that_place(pipeline, data):
    text = saved(pipeline)
    if text is None:
        return
    board = draw(text)
    if not board.cards:
        return
    here = data.draw(st.sampled_from(board.cards))
    step = {"use": "fetch", "id": "newcomer"}
    place = {"into": here.parent, "slot": here.slot, "case": here.case, "at": here.at}
    try:
        text = apply(text, {"op": "insert", "step": step, "place": place}).text
    except EditRefused as error:
        assert "laid out" in str(error) or "comment" in str(error) or "nested" in str(error)  # noqa: PT017 - not the place itself
        return
    after = draw(text)
    newcomer = card(after, "newcomer")
    assert (newcomer.slot, newcomer.case, newcomer.at) == (here.slot, here.case, here.at)
    beside = [
        one
        for one in after.cards
        if (one.parent, one.slot, one.case) == (newcomer.parent, newcomer.slot, newcomer.case)
    ]
    moved = next(one for one in beside if one.at == here.at + 1)
    assert moved.id == here.id or moved.kind == "sequence"


@given(pipelines)
def test_a_fix_removes_its_problem(pipeline):
    text = saved(pipeline)
    if text is None:
        return
    for problem in draw(text).problems:
        if problem.fix is None:
            continue
        after = draw(apply(text, problem.fix.operation).text)
        assert (problem.code, problem.step, problem.name) not in {
            (one.code, one.step, one.name) for one in after.problems
        }


@given(pipelines, st.data())
def test_placed_cards_stay_and_nothing_overlaps_what_is_beside_it(pipeline, data):
    text = saved(pipeline)
    if text is None:
        return
    first = draw(text)
    ids = [one.id for one in first.cards]
    some = data.draw(st.lists(st.sampled_from(ids), unique=True) if ids else st.just([]))
    placed = {one.id: (one.x, one.y) for one in first.cards if one.id in set(some)}

    board = draw(text, places=placed)

    parents = {one.id: one for one in board.cards}
    for one in board.cards:
        if one.id in placed and one.id != board.root:
            assert (one.x, one.y) == placed[one.id]
        if one.parent is not None and one.parent != board.root:
            around = parents[one.parent]
            assert one.x >= 0
            assert one.y >= 0
            assert one.x + one.width <= around.width
            assert one.y + one.height <= around.height


@given(steps())
def test_new_cards_do_not_cover_others(step):
    whole = step if isinstance(step, Sequence) else Sequence((step,))
    text = saved(Pipeline("it", replace(whole, id=None)))
    if text is None:
        return
    board = draw(text)
    levels: dict[str | None, list[Any]] = {}
    for one in board.cards:
        levels.setdefault(one.parent, []).append(one)
    for beside in levels.values():
        for at, one in enumerate(beside):
            for other in beside[at + 1 :]:
                assert (
                    one.x + one.width <= other.x
                    or other.x + other.width <= one.x
                    or one.y + one.height <= other.y + 1
                    or other.y + other.height <= one.y + 1
                ), (one.id, other.id)


def test_a_board_travels_as_json():
    board = draw(FLOW, looks={"tone": Look(5, 6, "slow", ("tone",))})

    again = msgspec.json.decode(msgspec.json.encode(board), type=Board)

    assert again == board
    assert (card(again, "tone").note, card(again, "tone").pins) == ("slow", ["tone"])
    assert (card(again, "tone").x, card(again, "tone").y) == (5, 6)


def test_a_message_without_a_place_is_kept_whole():
    board = unreadable(Board(), SourceError("something: else"))

    assert [(one.message, one.line) for one in board.problems] == [("something: else", 0)]


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "pipeline: a", "\0", "a: &b 1", "pipeline: a\nsteps: 3"]
)
def test_any_text_has_a_board(text):
    board = draw(text)

    assert [one.code for one in board.problems]
