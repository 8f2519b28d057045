import mcp_types as t
import pytest

from packetflow.kernel.cards import Happening, WaitCard
from packetflow.mcp.questions import (
    Declined,
    Question,
    can_answer,
    question_of,
    read_response,
    request_of,
)

YES_NO = Question("ok", "ok", (), "Sure?", (), '{"type": "boolean"}')
CHOICE = Question("c", "c", (), "Which?", ("a", "b"))
FORM = Question(
    "f", "f", (), "Who?", (),
    '{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}',
)  # fmt: skip
MODEL = Question("m", "m", (), "Say", (), '{"x-ask": "model", "max_tokens": 7}')
ROOTS = Question("r", "r", (), "Where?", (), '{"x-ask": "roots"}')


def test_a_wait_for_a_person_is_a_question_and_one_for_an_event_is_none():
    asked = Happening("E", "waits", "step", [2, -1, 0], 0, {"question": "Go?", "choices": ["y"]})

    assert question_of(asked) == Question("step[2.0]", "step", (2, -1, 0), "Go?", ("y",))
    assert question_of(WaitCard("step", event="paid")) is None


@pytest.mark.parametrize(
    ("client", "able"),
    [
        (None, []),
        (t.ClientCapabilities(), []),
        (t.ClientCapabilities(elicitation=t.ElicitationCapability()), [YES_NO, CHOICE, FORM]),
        (
            t.ClientCapabilities(
                elicitation=t.ElicitationCapability(url=t.UrlElicitationCapability())
            ),
            [],
        ),
        (t.ClientCapabilities(sampling=t.SamplingCapability()), [MODEL]),
        (t.ClientCapabilities(roots=t.RootsCapability()), [ROOTS]),
    ],
)
def test_a_client_is_asked_only_what_it_said_it_can_answer(client, able):
    every = [YES_NO, CHOICE, FORM, MODEL, ROOTS]

    assert [one for one in every if can_answer(one, client)] == able


def test_a_question_to_a_person_is_a_form():
    request = request_of(CHOICE)

    assert isinstance(request, t.ElicitRequest)
    assert request.model_dump(by_alias=True)["params"]["requestedSchema"]["properties"] == {
        "answer": {"type": "string", "enum": ["a", "b"]}
    }


def test_a_question_to_the_model_and_one_for_roots_are_requests_of_their_own():
    request = request_of(MODEL)

    assert isinstance(request, t.CreateMessageRequest)
    assert request.params.max_tokens == 7
    assert isinstance(request_of(ROOTS), t.ListRootsRequest)


@pytest.mark.parametrize(
    ("question", "given", "value"),
    [
        (YES_NO, {"action": "accept", "content": {"answer": True}}, True),
        (YES_NO, {"action": "decline"}, False),
        (CHOICE, {"action": "accept", "content": {"answer": "b"}}, "b"),
        (FORM, {"action": "accept", "content": {"name": "Ada"}}, {"name": "Ada"}),
        (
            MODEL,
            {"role": "assistant", "content": {"type": "text", "text": "hi"}, "model": "x"},
            "hi",
        ),
        (ROOTS, {"roots": [{"uri": "file:///a"}]}, ["file:///a"]),
    ],
)
def test_a_response_is_read_as_the_value_that_the_step_gets(question, given, value):
    assert read_response(question, given) == value


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (YES_NO, {"action": "accept", "content": {"answer": "perhaps"}}),
        (CHOICE, {"action": "accept", "content": {"answer": "c"}}),
        (FORM, {"action": "accept", "content": {}}),
        (FORM, {"action": "accept"}),
        (FORM, 12345),
        (MODEL, {"action": "accept", "content": {}}),
    ],
)
def test_a_response_that_does_not_fit_is_no_answer(question, given):
    assert read_response(question, given) is None


@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_person_may_decline(action: str):
    with pytest.raises(Declined, match="Which"):
        read_response(CHOICE, {"action": action})
