"""Steps that become a pipeline of their own, and a call that becomes its steps again."""

import asyncio
import contextlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from packetflow import pipeline
from packetflow.composition import dump, load
from packetflow.composition.board import draw_board
from packetflow.composition.edit import apply
from packetflow.composition.packing import needed, unpacked
from packetflow.composition.packing_check import refuse_mixed
from packetflow.composition.steps import Call, Use
from packetflow.composition.walk import find, walk
from packetflow.errors import EditRefused, PacketFlowError
from tests.packetflow.engine.flows import flows, inputs_for, is_sound, names
from tests.packetflow.engine.kit import run
from tests.strategies import KNOWN


def known(kind, name):
    return KNOWN.get(name) if kind == "capability" else None


def packed(text, steps, name="part", find=known):
    """The texts of the whole and of the part, and what finds both."""
    alone = apply(text, {"op": "excerpt", "steps": steps, "name": name}).text
    border = needed(draw_board(text, find), steps, draw_board(alone, find))
    part = {"op": "excerpt", "steps": steps, "name": name, **border}
    whole = apply(text, {"op": "pack", "steps": steps, "name": name}).text
    inside = apply(text, part).text

    def found(kind, wanted):
        own = kind == "pipeline" and wanted == name
        return load(inside, find) if own else find(kind, wanted)

    return whole, inside, found


def without_call(text, call, inside, find):
    board, inner = draw_board(text, find), draw_board(inside, find)
    done = unpacked(text, board, call, (inside, inner))
    for operation in done.operations:
        text = apply(text, operation).text
    refuse_mixed(board, call, inner, draw_board(text, find), ids=done.ids)
    return text


FLOW = """\
pipeline: story
provides: [tone]
steps:
  # the page
  - use: fetch   # by its address
    to: {summary: page}
  - {use: feel, from: {text: page}, to: {tone: mood}}
  - {use: card, from: {text: mood}}
"""


def test_steps_become_a_pipeline_that_gives_what_the_rest_needs_and_keep_their_comments():
    whole, part, _ = packed(FLOW, ["fetch", "feel"])

    assert whole == (
        "pipeline: story\nprovides: [tone]\nsteps:\n  - {call: part, id: part}\n"
        "  - {use: card, from: {text: mood}}\n"
    )
    assert part == (
        "pipeline: part\nprovides: [mood]\nsteps:\n  # the page\n"
        "  - use: fetch   # by its address\n    to: {summary: page}\n"
        "  - {use: feel, from: {text: page}, to: {tone: mood}}\n"
    )


GRAPH = """\
pipeline: net
steps:
  - graph:
      - {use: fetch, to: {summary: page}}
      - {use: feel, from: {text: page}, to: {tone: mood}}
      - {use: card, from: {text: mood}, to: [summary]}
      - {use: summarize, to: {tone: own}, after: [fetch, card]}
    id: graph
"""


def test_in_a_graph_a_call_waits_for_what_its_steps_waited_for_and_others_wait_for_it():
    whole, part, _ = packed(GRAPH, ["feel", "card"])
    late, _, _ = packed(GRAPH, ["summarize"])

    assert "{use: summarize, to: {tone: own}, after: [fetch, part]}" in whole
    assert "graph:" in part
    assert "{call: part, id: part, after: [fetch, card]}" in late


@pytest.mark.parametrize(
    ("text", "steps", "why"),
    [
        (GRAPH, ["fetch", "card"], "run between"),
        (FLOW, ["fetch", "card"], "follow each other"),
        (FLOW, ["nobody"], "no step has the id"),
        (GRAPH.replace("graph:", "race:").replace(", after: [fetch, card]", ""),
         ["fetch", "feel"], "way of its own"),
    ],
)  # fmt: skip
def test_what_cannot_be_one_pipeline_is_refused_with_a_reason(text, steps, why):
    with pytest.raises(EditRefused, match=why):
        packed(text, steps)


CLEAN = """\
pipeline: clean
provides: [summary]
steps:
  - {use: fetch, to: {summary: text}}
  - {use: summarize, set: {language: fr}}
  - {use: feel, to: {tone: unread}}
"""
CALLS = """\
pipeline: uses
steps:
  - {use: fetch, to: {tone: raw, summary: text}}
  - {call: clean, id: c, from: {text: raw}, to: {summary: short}, with: [{timeout: 9}]}
  - {use: card, from: {text: short}, to: {summary: end}}
"""


def with_clean(kind, name):
    return load(CLEAN, known) if (kind, name) == ("pipeline", "clean") else known(kind, name)


def test_unpacking_keeps_names_apart_and_renames_at_the_joint():
    text = without_call(CALLS, "c", CLEAN, with_clean)

    made = load(text, known)
    assert [step.id for step in walk(made.step) if isinstance(step, Use)] == [
        "fetch", "fetch_2", "summarize", "feel", "card",
    ]  # fmt: skip
    assert "{use: fetch, id: fetch_2, from: {text: raw}, to: {summary: text_2}}" in text
    last = find(made.step, "summarize")
    assert (last.reads, last.writes) == ({"text": "text_2"}, {"summary": "short"})
    assert last.values == {"language": "fr"}
    assert "timeout: 9" in text
    assert made.contract == load(CALLS, with_clean).contract


def test_a_value_that_the_call_fixes_is_fixed_at_the_steps_that_read_it():
    fixed = CALLS.replace("from: {text: raw}", "set: {text: hello}")

    text = without_call(fixed, "c", CLEAN, with_clean)

    assert "set: {text: hello}" in text


def test_a_pipeline_with_mistakes_is_not_unpacked():
    broken = CLEAN.replace("use: summarize", "use: nobody")

    with pytest.raises(EditRefused, match="mistake of its own"):
        without_call(CALLS, "c", broken, with_clean)


def lists_of(board):
    """The lists of a board that have steps with ids of their own."""
    found = {}
    for card in board.cards:
        if not card.id.startswith("around_"):
            found.setdefault((card.parent, card.slot, card.case), []).append(card)
    return [cards for key, cards in found.items() if key[0] or not board.root]


def finder(flow):
    """Finds what a flow calls; ``None`` where two things have one name."""
    called = {}
    waiting = [flow]
    while waiting:
        for step in walk(waiting.pop()):
            if not isinstance(step, Use | Call):
                continue
            one = step.capability if isinstance(step, Use) else step.pipeline
            if called.setdefault(one.name, one) is not one:
                return None
            if isinstance(step, Call):
                waiting.append(one.step)
    return lambda kind, name: called.get(name)


def ended(flow, inputs):
    try:
        return asyncio.run(run(flow, **inputs))
    except PacketFlowError as error:
        return type(error)


@given(flows, st.sets(names), st.data())
def test_packed_and_unpacked_a_flow_takes_gives_and_does_the_same(flow, extra, data):
    assume(is_sound(flow))
    whole = pipeline("whole", flow)
    text, known_here = dump(whole), finder(whole.step)
    assume(known_here)
    lists = lists_of(draw_board(text, known_here))
    assume(lists)
    cards = data.draw(st.sampled_from(lists))
    first = data.draw(st.integers(0, len(cards) - 1))
    steps = [card.id for card in cards[first : first + data.draw(st.integers(1, 3))]]
    try:
        new, inside, found = packed(text, steps, "whole_part", known_here)
    except EditRefused:
        assume(False)
    call = "whole_part"

    packed_flow = load(new, found)
    again = None
    with contextlib.suppress(EditRefused):  # names that cannot be brought together
        again = load(without_call(new, call, inside, found), known_here)

    for other in filter(None, [packed_flow, again]):
        assert other.contract == whole.contract
    inputs = inputs_for(whole, extra)
    expected = ended(whole.as_step(), inputs)
    for other in filter(None, [packed_flow, again]):
        got = ended(other.as_step(), inputs)
        if isinstance(expected, type) or isinstance(got, type):
            assert isinstance(expected, type) == isinstance(got, type)
        else:
            assert got.outputs == expected.outputs
