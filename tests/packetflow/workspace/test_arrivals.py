"""Events and answers that reach a workspace."""

import datetime as dt
from typing import Any

import pytest

from packetflow import Workspace, approval, wait_for
from packetflow.errors import PacketFlowError, UnknownName, WrongType
from tests.packetflow.workspace.kit import PATIENCE, waits_now


def test_an_event_reaches_all_who_wait_for_it(ws: Workspace):
    handles = [ws.start(wait_for("told")) for _ in range(2)]
    for handle in handles:
        waits_now(ws, handle)
    ws.emit("told", {"told": [1, 2]})

    assert [handle.result(PATIENCE)["told"] for handle in handles] == [[1, 2], [1, 2]]


def test_an_event_with_a_key_may_come_before_the_wait(ws: Workspace):
    ws.emit("paid", {"paid": 1}, key="a")
    ws.emit("paid", {"paid": 2}, key="b")
    run = ws.start(wait_for("paid", key="who"), who="b").result(PATIENCE)

    assert run["paid"] == 2


def test_an_event_without_a_key_that_came_before_the_wait_is_not_meant(ws: Workspace):
    ws.emit("told", {"told": "before"})
    handle = ws.start(wait_for("told"))
    waits_now(ws, handle)
    ws.emit("told", {"told": "after"})

    assert handle.result(PATIENCE)["told"] == "after"


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize(
    "value",
    [{"a": [1, 2.5, None]}, dt.datetime(2026, 1, 2, tzinfo=dt.UTC), b"bytes", "x" * 40_000],
    ids=["plain", "date", "bytes", "large"],
)
def test_what_an_event_brings_is_the_same_whenever_it_comes(ws: Workspace, value: Any, early: bool):
    step = wait_for("paid", key="who", gives={"paid": type(value)})
    if early:
        ws.emit("paid", {"paid": value}, key="a")
        ws.store.flush()
        handle = ws.start(step, who="a")
    else:
        handle = ws.start(step, who="a")
        waits_now(ws, handle)
        ws.emit("paid", {"paid": value}, key="a")

    assert handle.result(PATIENCE)["paid"] == value


def test_an_event_that_comes_twice_is_one(ws: Workspace):
    first = ws.emit("told", {"told": 1}, event_id="e-1")
    second = ws.emit("told", {"told": 1}, event_id="e-1")

    assert first == second == "e-1"
    assert ws.sql("select count(*) as n from events")["n"].to_pylist() == [1]


def test_a_person_is_asked_and_answers(ws: Workspace):
    handle = ws.start(approval("Publish?", into="verdict", choices=["yes", "no"]))
    waits_now(ws, handle)
    (row,) = ws.waiting()
    assert (row["question"], list(row["choices"])) == ("Publish?", ["yes", "no"])

    with pytest.raises(WrongType, match="is 'perhaps'; the choices are yes, no"):
        ws.answer(handle.id[-8:], row["step"], "perhaps")
    ws.answer(handle.id[-8:], row["step"], "no")

    assert handle.result(PATIENCE)["verdict"] == "no"
    assert ws.waiting() == []


def test_an_answer_to_a_step_that_does_not_wait_is_refused(ws: Workspace):
    waiting = ws.run_sync(approval("Sure?", into="sure"))

    with pytest.raises(UnknownName, match=r"no waiting step is called 'approval'.*'wait_sure'"):
        ws.answer(waiting.id, "approval", value=True)
    with pytest.raises(UnknownName):
        ws.answer(waiting.id, "wait_sure", value=True, path=(1,))


def test_an_answer_to_an_unknown_execution_says_so(ws: Workspace):
    with pytest.raises(UnknownName, match="no execution"):
        ws.answer("nosuch", "step", value=True)


def test_an_event_of_a_key_goes_to_one_later_execution_and_to_all_that_wait(ws: Workspace):
    paid = wait_for("paid", key="customer", gives={"amount": int})
    ws.emit("paid", {"amount": 10}, key="c1")

    assert ws.start(paid, customer="c1").result(PATIENCE)["amount"] == 10
    both = [ws.start(paid, customer="c1") for _ in range(2)]
    for handle in both:
        waits_now(ws, handle)
    ws.emit("paid", {"amount": 20}, key="c1")

    assert [handle.result(PATIENCE)["amount"] for handle in both] == [20, 20]


@pytest.mark.parametrize("key", ["caf\udce9", 7], ids=["half a character", "a number"])
def test_a_key_that_is_no_text_for_records_still_finds_its_wait(ws: Workspace, key: Any):
    ws.emit("paid", {"paid": 1}, key=key)

    assert ws.run_sync(wait_for("paid", key="who"), who=key)["paid"] == 1


def test_names_that_are_no_text_for_records_are_written_out(ws: Workspace):
    ws.emit("t\udce9ld", {"n\udce9": 1, 2: 3}, event_id="e\udce9")

    kept = ws.sql("select event_id, event, payload::varchar as payload from events").to_pylist()
    assert [list(row.values()) for row in kept] == [
        ["e\\udce9", "t\\udce9ld", '{"n\\\\udce9":1,"2":3}']
    ]
    assert ws.sql("from dead_letter").num_rows == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda ws: ws.emit(""), "an event has a name, a text, and named values"),
        (lambda ws: ws.emit(5), r"here: 5, \{\}"),
        (lambda ws: ws.emit("paid", [1]), r"here: 'paid', \[1\]"),
        (lambda ws: ws.resume(None), "an execution is named by its id, such as run.id; here: None"),
        (lambda ws: ws.execution(17), "named by its id"),
        (lambda ws: ws.answer(17, "ask", True), "such as run.id; here: 17"),
        (lambda ws: ws.sql(None), "a question is SQL, a text; here it is None"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_what_can(ws: Workspace, call: Any, said: str):
    with pytest.raises(PacketFlowError, match=said):
        call(ws)

    assert ws.sql("select count(*) as n from events")["n"].to_pylist() == [0]
