"""The model of whoever called, asked by a text."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from packetflow import Context
from packetflow.library.caller_model import CallerModel, prompt_of
from packetflow.library.llm import Message, ToolCall

TOOL = {"type": "function", "function": {"name": "add", "parameters": {}}}


class Answers:
    """A reporter whose questions are answered by what is written down."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def ask(self, question: str, choices: Any, form: Mapping[str, Any]) -> str:
        self.asked.append((question, form))
        return self.answers.pop(0)


async def replied(answer: str, *, tools: Any = (TOOL,)):
    said = Answers(answer)
    context = Context(reporter=said)
    return await CallerModel(context).chat([Message("user", "Well?")], tools=tools), said


async def test_calls_are_read_from_what_the_model_says():
    reply, said = await replied('```json\n{"tool_calls": [{"name": "add", "arguments": {"a": 1}}]}')

    assert [(one.name, json.loads(one.arguments)) for one in reply.tool_calls] == [
        ("add", {"a": 1})
    ]
    assert said.asked[0][1] == {"x-ask": "model", "max_tokens": 4096}
    assert '"name": "add"' in said.asked[0][0]


@pytest.mark.parametrize(
    ("said", "text"),
    [('{"answer": "Two."}', "Two."), ("Two.", "Two."), ('{"answer": {"n": 2}}', '{"n": 2}')],
)
async def test_an_answer_is_taken_with_and_without_its_form(said: str, text: str):
    reply, _ = await replied(said)

    assert (reply.text, reply.tool_calls, reply.cost_usd) == (text, (), None)


async def test_without_tools_the_words_are_the_answer():
    reply, said = await replied('{"answer": "Two."}', tools=())

    assert reply.text == '{"answer": "Two."}'
    assert said.asked[0][0] == "Well?"


def test_a_conversation_is_written_out_with_what_tools_gave():
    said = [
        Message("user", "Well?"),
        Message("assistant", "", (ToolCall("a1", "add", '{"a": 1}'),)),
        Message("tool", "2", tool_call_id="a1"),
    ]

    assert prompt_of(said).splitlines()[::2] == [
        "user: Well?",
        'assistant:  {"tool_calls": [{"id": "a1", "name": "add", "arguments": "{\\"a\\": 1}"}]}',
        "tool a1: 2",
        "assistant:",
    ]
