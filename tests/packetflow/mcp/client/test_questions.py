from typing import Any

import pytest

from packetflow.mcp.client.questions import Unaskable, is_declined, questions_of, read_answer


def asked(said: dict[str, Any] | None, *, required: bool = True) -> Any:
    fields = {} if said is None else {"field": said}
    schema = {"type": "object", "properties": fields, "required": list(fields) if required else []}
    return questions_of("Go on?", schema)[0]


def test_a_form_without_fields_is_a_mere_agreement():
    question = asked(None)

    assert question.choices == ("accept", "decline")
    assert read_answer(question, "accept") is None


@pytest.mark.parametrize(
    ("said", "answer", "value"),
    [
        ({"type": "string"}, " Ada ", " Ada "),
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, " 2.5", 2.5),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "no", False),
        ({"type": "string", "enum": ["a", "b"]}, "b", "b"),
        ({"enum": ["a", "b"], "enumNames": ["First", "Second"]}, "Second", "b"),
        ({"oneOf": [{"const": "a", "title": "First"}, {"const": "b"}]}, "First", "a"),
    ],
)
def test_an_answer_is_read_as_the_form_wants_it(said: dict[str, Any], answer: str, value: object):
    assert read_answer(asked(said), answer) == value


def test_an_answer_that_is_no_number_says_so():
    with pytest.raises(ValueError, match="no whole number"):
        read_answer(asked({"type": "integer"}), "many")


def test_nothing_leaves_an_optional_field_out():
    assert read_answer(asked({"type": "integer"}, required=False), "  ") is None


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    "said",
    [
        {"type": "string", "default": "Ada"},
        {"type": "integer", "default": 30},
        {"type": "number", "default": 95.5},
        {"type": "boolean", "default": False},
        {"enum": ["a", "b"], "default": "b"},
    ],
)
def test_nothing_takes_what_the_form_proposes(said: dict[str, Any], required: bool):
    assert read_answer(asked(said, required=required), "") == said["default"]


def test_a_proposal_is_told_and_one_that_does_not_fit_is_none():
    assert "nothing means 'Ada'" in asked({"type": "string", "default": "Ada"}).text
    assert (
        "usually 'First'"
        in asked({"oneOf": [{"const": "a", "title": "First"}], "default": "a"}).text
    )
    assert asked({"type": "integer", "default": "many"}).default is None
    assert asked({"enum": ["a"], "default": "c"}).default is None


def test_whoever_is_asked_can_refuse():
    assert "decline" in asked({"enum": ["a"]}).choices
    assert "'decline' refuses" in asked({"type": "string"}).text
    assert is_declined(" decline ")
    assert not is_declined(True)


@pytest.mark.parametrize(
    "said",
    [{"type": "array", "items": {"enum": ["a"]}}, {"type": "object"}, {}, True],
)
def test_what_cannot_be_asked_plainly_is_not_asked(said: Any):
    with pytest.raises(Unaskable):
        asked(said)


def test_an_address_to_open_is_not_asked():
    with pytest.raises(Unaskable, match="address"):
        questions_of("Log in", None)


def test_what_cannot_be_asked_is_left_out_where_the_form_does_not_need_it():
    several = {"type": "array", "items": {"enum": ["a", "b"]}}
    fields = {"which": several, "sure": {"type": "boolean"}}

    asked = questions_of("Go on?", {"properties": fields, "required": ["sure"]})

    assert [one.field for one in asked] == ["sure"]
    assert questions_of("Go on?", {"properties": {"which": several}})[0].kind == "agree"
    with pytest.raises(Unaskable, match="'which'"):
        questions_of("Go on?", {"properties": fields, "required": ["which"]})


def test_of_a_long_form_what_it_needs_is_asked_first_and_the_end_is_left_out():
    fields = {f"field{number}": {"type": "string"} for number in range(12)}

    asked = questions_of("Who?", {"properties": fields, "required": ["field11"]})

    assert [one.field for one in asked] == [*(f"field{number}" for number in range(7)), "field11"]
    with pytest.raises(Unaskable, match="more than 8"):
        questions_of("Who?", {"properties": fields, "required": list(fields)})
