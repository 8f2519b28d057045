"""What clients are told, in words."""

import mcp_types as t
import pytest

from studio.schema_words import differences, hint_words, schema_rows

PERSON = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
SCHEMA = {
    "properties": {
        "people": {"type": "array", "items": {"$ref": "#/$defs/Person"}, "description": "Who"},
        "tone": {"enum": ["warm", "cold"], "default": "warm"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
    "required": ["people"],
    "$defs": {"Person": PERSON},
}


def test_fields_are_told_with_those_inside_them():
    rows = {one.name: one for one in schema_rows(SCHEMA)}

    assert list(rows) == ["people", "people[].age", "tone", "note"]
    assert rows["people"].kind == "list of record"
    assert rows["people"].is_needed
    assert rows["people[].age"].kind == "whole number"
    assert (rows["tone"].kind, rows["tone"].default) == ("'warm' or 'cold'", '"warm"')
    assert (rows["note"].kind, rows["note"].default) == ("text, or nothing", "")


def test_inner_fields_are_left_to_the_schema_when_there_are_too_many():
    assert [one.name for one in schema_rows(SCHEMA, most=3)] == ["people", "tone", "note"]


@pytest.mark.parametrize(
    ("hints", "said"),
    [
        ((True, None, None, False), "changes nothing, stays on this machine"),
        ((False, True, False, True), ("may change things for good, not to be repeated, "
          "reaches other systems")),
        ((False, False, True, False), ("adds or changes, repeating it does no harm, "
          "stays on this machine")),
    ],
)  # fmt: skip
def test_hints_are_said_in_words(hints, said):
    names = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")

    made = t.ToolAnnotations(**dict(zip(names, hints, strict=True)))

    assert ", ".join(hint_words(made)) == said


def test_how_a_question_is_asked_is_told_only_of_tools_that_ask():
    assert all("A question" in told for _, told in differences(asks=True))
    assert not any("A question" in told for _, told in differences(asks=False))
