"""A document is told whole, or by what changed since; both come to the same."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition.board import draw_board
from packetflow.errors import EditRefused, SourceError
from packetflow.kernel.board import Board, BoardCard, BoardWire
from packetflow.workspace.draft_state import State, edited
from packetflow.workspace.draft_state import changed as after
from packetflow.workspace.editing import Editor
from packetflow.workspace.editing_told import Told
from tests.changes import changed
from tests.strategies import resolve

FACTS = {"pipeline": "a", "rev": 1, "acks": {}, "undo": None, "redo": None, "saved": True}
IDS = st.lists(st.sampled_from("abcdefgh"), max_size=9)
TEXTS = st.text(alphabet="ab\n\u00e9\u20ac\U0001f600", max_size=12)
BOARDS = st.builds(
    lambda names, ends, title, kind, at: Board(
        kind,
        cards=[BoardCard(one, kind, title, x=at * place) for place, one in enumerate(names)],
        wires=[BoardWire(one, None, "o", title, one, "i") for one in ends],
    ),
    IDS,
    IDS,
    st.sampled_from(["one", "two"]),
    st.sampled_from(["use", "call"]),
    st.integers(0, 1),
)
STEPS = ("first", "second", "third", "fourth")
NAMES = st.sampled_from(STEPS)
USES = st.sampled_from(["feel", "card", "summarize", "lost"])
OPS = st.one_of(
    st.builds(lambda use, name: insert(use, name, 0), USES, NAMES),
    st.builds(lambda use, name: insert(use, name, None), USES, NAMES),
    st.builds(lambda name: {"op": "remove", "step": name}, NAMES),
    st.builds(lambda name, to: {"op": "rename", "step": name, "to": to}, NAMES, NAMES),
    st.builds(lambda text: {"op": "header", "field": "intent", "value": text or None}, TEXTS),
    st.just({"op": "wrap", "steps": ["first"], "kind": "parallel"}),
)


def insert(use: str, name: str, at: int | None) -> dict[str, Any]:
    return {"op": "insert", "step": {"use": use, "id": name}, "place": {"at": at}}


def told(mark: str, text: str, board: Board, **facts: Any) -> Told:
    return Told(mark, {**FACTS, **facts}, text, msgspec.json.encode(board))


@given(TEXTS, BOARDS, TEXTS, BOARDS)
def test_what_changed_makes_the_new_document_of_the_old(text, board, new_text, new_board):
    before, now = told("1", text, board), told("2", new_text, new_board, rev=2)

    message = json.loads(now.since(before))

    assert changed(json.loads(before.whole), message) == json.loads(now.whole)


@given(st.lists(OPS, min_size=1, max_size=8))
def test_random_edits_are_followed_by_what_changes(operations):
    state = State("pipeline: a\nsteps:\n  - {use: feel, id: first}\n")
    last = told("0", state.text, draw_board(state.text, resolve))
    seen = json.loads(last.whole)
    for count, operation in enumerate(operations, 1):
        try:
            state = after(state, edited(state, [operation]))
        except (EditRefused, SourceError):
            continue
        now = told(str(count), state.text, draw_board(state.text, resolve), rev=count)

        seen = changed(seen, json.loads(now.since(last)))

        assert seen == json.loads(now.whole)
        last = now


def test_one_card_that_changed_is_one_card_that_is_sent():
    cards = [BoardCard(f"c{n}", "use", "card") for n in range(1000)]
    other = [*cards[:500], msgspec.structs.replace(cards[500], note="slow"), *cards[501:]]

    message = json.loads(told("2", "", Board(cards=other)).since(told("1", "", Board(cards=cards))))

    assert message["board"] == {"cards": {"set": [{"id": "c500", "note": "slow"}]}}
    assert message["text"] is None


def test_what_changed_is_written_once_for_all_who_need_it():
    before, now = told("1", "a", Board()), told("2", "b", Board())

    assert now.since(before) is now.since(before)
    assert now.whole is now.whole


def test_an_editor_gets_the_whole_once_and_again_when_it_has_lost_track():
    editor = Editor(lambda message: None)
    one, two = told("1", "a", Board()), told("2", "b", Board())

    kinds = [json.loads(editor.said(one))["type"], json.loads(editor.said(two))["type"]]
    editor.forget()
    again = json.loads(editor.said(two))

    assert kinds == ["document", "changes"]
    assert (again["type"], again["mark"]) == ("document", "2")
    assert editor.said(b"else") == b"else"
