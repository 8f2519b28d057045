"""Which steps are not what they were, and what follows from those."""

import pytest

from packetflow.composition import dump, load
from packetflow.composition.board import draw_board
from packetflow.composition.staleness import fingerprints, settled, stale
from tests.strategies import resolve

FLOW = """\
pipeline: story
requires: [text]
steps:
  - graph:
      - {use: fetch, to: {summary: page}}
      - {use: feel, from: {text: page}, to: {tone: mood}}   # a comment
      - each:
          - {use: summarize, from: {text: one}}
        over: {one: pages}
        into: {summary: gists}
      - {use: card, id: last, from: {text: mood}, to: [summary], after: [each]}
    id: graph
"""
BOARD = draw_board(FLOW, resolve)


def changed(text: str) -> set[str]:
    now, then = fingerprints(draw_board(text, resolve), {}), fingerprints(BOARD, {})
    return {name for name in now if now[name] != then.get(name)}


def test_the_file_as_the_engine_keeps_it_has_the_same_fingerprints():
    assert changed(dump(load(FLOW, resolve))) == set()


def test_a_default_and_a_length_of_time_may_be_spelt_in_many_ways():
    steps = (
        "pipeline: asking\nsteps:\n"
        "  - {approve: Go on?, id: ask, into: approved, within: 2 days, otherwise: []}\n"
        "  - {use: fetch, id: fetch}\n"
    )
    written = draw_board(steps, resolve)
    kept = draw_board(dump(load(steps, resolve)), resolve)

    assert "2 days" not in dump(load(steps, resolve))
    assert fingerprints(written, {}) == fingerprints(kept, {})


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("# a comment", "# another", set()),
        ("{text: mood}", "{text: page}", {"last"}),
        ("to: {tone: mood}}", "to: {tone: mood}, with: [{retry: {attempts: 2}}]}", {"feel"}),
        ("to: {summary: page}", "to: {summary: page}, set: {text: x}", {"fetch"}),
        ("over: {one: pages}", "over: {one: others}", {"each"}),
    ],
)
def test_what_is_written_on_a_step_and_where_its_inputs_come_from_tell(before, after, found):
    assert before in FLOW

    assert changed(FLOW.replace(before, after)) >= found
    assert not {"fetch", "feel", "last", "each"} - found & changed(FLOW.replace(before, after))


def test_another_form_of_what_is_called_tells():
    one = fingerprints(BOARD, {"use feel": ("1", "a", "1:a")})
    other = fingerprints(BOARD, {"use feel": ("1", "a", "1:b")})

    assert {name for name in one if one[name] != other[name]} == {"feel"}


def test_a_form_counts_as_the_same_where_nobody_can_tell():
    then = {"use a": ("1", "c", "1:a"), "use b": ("1", "c", "1:a"), "use gone": ("1",)}
    now = {"use a": ("1", "c", "2:x"), "use b": ("1", "c", "1:b")}

    assert settled(then, now) == {"use a": ("1", "c", "2:x"), "use b": ("1", "c", "1:a")}


def test_what_follows_goes_over_wires_order_and_borders_and_stops_at_what_is_firm():
    assert stale(BOARD, ["summarize"]) == {"summarize", "each", "last"}
    assert stale(BOARD, ["fetch"]) == {"fetch", "feel", "last"}
    assert stale(BOARD, ["fetch"], firm={"feel"}) == {"fetch"}
