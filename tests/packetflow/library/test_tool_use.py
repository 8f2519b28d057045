"""A model, scripted, that calls tools until it can answer."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace
from packetflow.engine.engine import Engine
from packetflow.engine.events import Waits
from packetflow.engine.past import read_story
from packetflow.errors import LibraryError
from packetflow.kernel.records import SpanEnded
from packetflow.library.asking import ask_with_tools
from packetflow.library.model_tools import RESULT_BYTES
from packetflow.library.scripted import ScriptedModel
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import Box, RecordingSink
from tests.packetflow.library.tool_kit import (
    MADE,
    asked,
    call,
    calls,
    catalog,
    pay,
    script,
    told,
)


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    MADE.clear()


async def test_tools_are_called_side_by_side_and_the_answer_follows(tmp_path: Path):
    execution = await asked(
        tmp_path,
        calls(call("find_notes", query="bread", limit=1), call("how_many", query="milk")),
        "One and five.",
        tools=["find_*", "how_many"],
    )

    assert execution["answer"] == "One and five."
    assert told(execution) == ['{"notes": ["bread 0"]}', '{"count": 5}']
    assert [one["role"] for one in execution["transcript"]] == [
        "user", "assistant", "tool", "tool", "assistant"
    ]  # fmt: skip
    assert [one.get("step") for one in execution["transcript"]][2:4] == [
        "ask_with_tools/find_notes[2]",
        "ask_with_tools/how_many[3]",
    ]


async def test_each_turn_and_each_call_is_a_span_inside(tmp_path: Path):
    execution = await asked(tmp_path, calls(call("find_notes", query="bread")), "Five.")

    *inner, whole = execution.spans
    assert [one.name for one in inner] == ["model_turn", "find_notes", "model_turn"]
    assert {one.parent_span for one in inner} == {whole.span_id}
    facts = whole.attributes
    assert (facts["turns"], facts["tool_calls"], facts["total_cost_usd"]) == (2, 1, 0.0)
    assert (
        inner[0].attributes["tokens_in"] + inner[2].attributes["tokens_in"]
        == (facts["total_tokens_in"])
    )


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (call("lose_notes"), "there is no tool 'lose_notes'; the tools are: find_notes"),
        ({"name": "find_notes", "arguments": '{"query"'}, "the arguments are no JSON"),
        (call("find_notes", query=3), "query: 3 is not of type 'string'"),
        (call("find_notes"), "'query' is a required property"),
        ({"name": "find_notes", "arguments": "[]"}, "is not of type 'object'"),
    ],
)
async def test_a_wrong_call_goes_back_to_the_model_to_mend(
    tmp_path: Path, wrong: Any, complaint: str
):
    execution = await asked(
        tmp_path, calls(wrong), calls(call("find_notes", query="a", limit=1)), "One."
    )

    assert execution["answer"] == "One."
    assert complaint in told(execution)[0]
    assert told(execution)[1] == '{"notes": ["a 0"]}'


async def test_a_model_that_gets_everything_wrong_is_stopped_with_what_was_said(tmp_path: Path):
    execution = await asked(tmp_path, *[calls(call("lose_notes"))] * 9)

    assert "wrong 4 times in a row" in str(execution.failure)
    assert len(execution.failure.cause.__dict__["transcript"]) == 9
    span = execution.spans[-1]
    assert json.loads(span.attributes["transcript"])[0]["content"] == "How many?"


async def test_a_model_is_not_offered_to_ask_itself(tmp_path: Path):
    made = catalog()
    made.add(ask_with_tools)
    engine = Engine(RecordingSink(), clock=FakeClock(), catalog=made, inbox=Box())
    model = script(tmp_path, calls(call("ask_with_tools", question="?", tools=[])), "No.")

    async with asyncio.timeout(60):
        inputs = {"question": "?", "tools": ["*_*"], "model": model}
        execution = await engine.run(ask_with_tools, inputs)
    await engine.close()

    assert told(execution)[0].startswith("Error: there is no tool 'ask_with_tools'; the tools are:")
    assert "find_notes" in told(execution)[0]


async def test_a_failing_tool_is_told_to_the_model(tmp_path: Path):
    execution = await asked(tmp_path, calls(call("fail", n=3)), "It fails.", tools=["fail"])

    assert told(execution) == ["Error: ValueError: no 3"]
    assert execution["answer"] == "It fails."


async def test_the_very_same_call_is_made_twice_at_most(tmp_path: Path):
    same = calls(call("find_notes", query="a"))

    execution = await asked(tmp_path, same, same, same, "Well.")

    assert MADE == [("find", "a")] * 2
    assert "this very call was made before" in told(execution)[2]


async def test_when_the_calls_are_used_up_the_model_answers_with_what_it_has(tmp_path: Path):
    more = [call("find_notes", query=word) for word in ("a", "b", "c")]

    execution = await asked(tmp_path, calls(*more), "So be it.", max_calls=2)

    assert MADE == [("find", "a"), ("find", "b")]
    assert (execution["answer"], execution["stopped"]) == ("So be it.", "max_calls")
    assert "Answer now" in told(execution)[2]


async def test_an_answer_that_does_not_fit_its_schema_is_mended(tmp_path: Path):
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}

    execution = await asked(tmp_path, {"n": "five"}, {"n": 5}, schema=schema)

    assert execution["structured"] == {"n": 5}
    assert "'five' is not of type 'integer'" in execution["transcript"][2]["content"]


async def test_a_long_result_is_shortened_for_the_model_and_kept_whole(tmp_path: Path):
    execution = await asked(tmp_path, calls(call("find_notes", query="a", limit=5000)), "Many.")

    (said,) = told(execution)
    (span,) = [one for one in execution.spans if one.name == "find_notes"]
    assert len(said) < RESULT_BYTES + 100
    assert said.endswith("(This result was shortened.)")
    assert len(span.outputs["notes"]) == 5000


@pytest.mark.parametrize(
    ("tools", "said"),
    [
        (["lose_notes"], "no capability or pipeline is called 'lose_notes'"),
        (["lose_*"], "'lose_*'"),
        (["find_notes"], "no model is configured: give 'model', or set PACKETFLOW_MODEL"),
    ],
)
async def test_what_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: list[str], said: str
):
    monkeypatch.delenv("PACKETFLOW_MODEL", raising=False)

    execution = await asked(tmp_path, tools=tools, model="")

    assert said in str(execution.failure)


@pytest.mark.parametrize(
    ("answer", "made", "said"),
    [
        ("allow", [("pay", 20)], "paid 20"),
        ("refuse", [], "Error: a person has refused this call"),
    ],
)
def test_a_person_is_asked_before_anything_is_changed(
    tmp_path: Path, answer: str, made: list[Any], said: str
):
    model = script(tmp_path, calls(call("pay", amount=20)), "Done.")
    with Workspace(":memory:") as ws:
        ws.add(pay)
        handle = ws.start(ask_with_tools, question="Pay 20", tools=["pay"], model=model)
        questions = []
        for one in handle:
            if isinstance(one, Waits):
                questions.append(one.wait.question)
                ws.answer(handle.id, "ask_with_tools", answer)
        execution = handle.result()

    assert questions == ["The model wants to call 'pay' with {\"amount\": 20}. Let it?"]
    assert told(execution) == [said]
    assert made == MADE


async def test_what_is_allowed_asks_nobody(tmp_path: Path):
    allowed = await asked(
        tmp_path, calls(call("pay", amount=20)), "Done.", tools=["pay"], allow=["p*"]
    )

    assert told(allowed) == ["paid 20"]
    assert MADE == [("pay", 20)]


async def test_secrets_of_a_tool_are_not_repeated_in_complaints(tmp_path: Path):
    wrong = call("pay", amount=1, token=["hunter2"])

    execution = await asked(tmp_path, calls(wrong), "No.", tools=["pay"], allow=["pay"])

    assert "hunter2" not in told(execution)[0]
    assert "secret" in told(execution)[0]


async def test_an_interrupted_conversation_goes_on_where_it_was(tmp_path: Path):
    sink = RecordingSink()
    inputs = {
        "question": "How many?",
        "tools": ["find_notes", "pay"],
        "allow": ["pay"],
        "model": script(
            tmp_path,
            calls(call("find_notes", query="a", limit=1), call("pay", amount=5)),
            calls(call("find_notes", query="b", limit=2)),
            "Three.",
        ),
    }
    whole = await Engine(sink, clock=FakeClock(), catalog=catalog()).run(ask_with_tools, inputs)
    records = sink.read
    every = [("find", "a"), ("pay", 5), ("find", "b")]
    done = 0
    for end, record in enumerate(records[:-1], 1):
        if not isinstance(record, SpanEnded):
            continue
        done += record.name in {"find_notes", "pay"}
        MADE.clear()
        engine = Engine(RecordingSink(), clock=FakeClock(), catalog=catalog())
        again = await engine.resume(ask_with_tools, read_story(records[:end]))
        assert again["transcript"] == whole["transcript"]
        assert every[done:] == MADE


async def test_a_model_that_fails_is_asked_again_without_paying_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    model = ScriptedModel([calls(call("pay", amount=5)), "Paid."])
    failures = [LibraryError("the line is dead")]

    class Frail:
        async def chat(self, messages: Any, **said: Any) -> Any:
            if len(messages) > 1 and failures:
                raise failures.pop()
            return await model.chat(messages, **said)

    monkeypatch.setattr("packetflow.library.turns.open_model", lambda *_: Frail())
    engine = Engine(RecordingSink(), clock=FakeClock(), catalog=catalog())
    inputs = {"question": "?", "tools": ["pay"], "allow": ["pay"]}

    execution = await engine.run(
        ask_with_tools.retry(2, on="packetflow.errors:LibraryError"), inputs
    )

    assert execution["answer"] == "Paid."
    assert MADE == [("pay", 5)]
    assert len(model.asked) == 2
