from pathlib import Path

import pytest

from packetflow.errors import LibraryError
from packetflow.library.llm import Message
from packetflow.library.scripted import ScriptedModel


async def test_a_list_is_answered_in_order_until_it_ends() -> None:
    model = ScriptedModel(["one", "two"])

    said = [(await model.chat([Message("user", "next")])).text for _ in range(2)]

    assert said == ["one", "two"]
    with pytest.raises(LibraryError, match="only 2 answers"):
        await model.chat([Message("user", "next")])


async def test_a_mapping_answers_by_what_stands_in_the_words() -> None:
    model = ScriptedModel({"colour": "blue", "*": "who knows"})

    assert (await model.chat([Message("user", "Which colour?")])).text == "blue"
    assert (await model.chat([Message("user", "Which size?")])).text == "who knows"


@pytest.mark.parametrize(
    ("content", "complaint"), [("{", "is no JSON"), ('"text"', "list or object")]
)
def test_a_broken_script_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    (tmp_path / "s.json").write_text(content)

    with pytest.raises(LibraryError, match=complaint):
        ScriptedModel.from_file(str(tmp_path / "s.json"))


def test_a_missing_script_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="cannot read the script"):
        ScriptedModel.from_file(str(tmp_path / "none.json"))


async def test_an_answer_may_ask_for_tools_to_be_called() -> None:
    wanted = {"tool_calls": [{"name": "add", "arguments": {"n": 1}}]}
    model = ScriptedModel([wanted, "Two."])
    asked = [Message("user", "Well?")]

    reply = await model.chat(asked, tools=[{"type": "function"}])

    (call,) = reply.tool_calls
    assert (call.id, call.name, call.arguments) == ("call_1_1", "add", '{"n": 1}')
    assert reply.text == ""


async def test_a_script_goes_on_behind_what_the_model_has_said_already() -> None:
    asked = [Message("user", "Well?"), Message("assistant", "a"), Message("user", "And?")]

    assert (await ScriptedModel(["a", "b"]).chat(asked)).text == "b"
