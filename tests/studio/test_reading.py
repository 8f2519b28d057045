"""What was typed into a form."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.kernel.cards import PortCard
from studio.forms import Field, Nested, fields_of
from studio.reading import as_typed, misfit, read


def field(schema: dict, type_text: str = "Any", *, name: str = "it", **port: object) -> Field:
    whole = json.dumps({"properties": {name: schema}})
    return fields_of(whole, [PortCard(name, type_text, **port)])[0]


PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer", "exclusiveMinimum": 0},
        "tone": {"enum": ["warm", "formal"], "default": "warm"},
        "home": {
            "type": "object",
            "required": ["street"],
            "properties": {"street": {"type": "string"}},
        },
    },
}
LINES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["item", "count"],
        "properties": {"item": {"type": "string"}, "count": {"type": "integer"}},
    },
}
EMPTY = {"name": "", "age": None, "tone": "warm", "home": Nested({"street": ""})}


def typed(**said: object) -> dict:
    return {"it": Nested({**EMPTY, **said})}


def test_a_group_becomes_a_mapping_without_what_was_left_empty():
    filled = read([field(PERSON)], typed(name="Ada", age=36))

    assert filled.values == {"it": {"name": "Ada", "age": 36, "tone": "warm"}}


def test_complaints_about_a_group_stand_at_their_own_fields():
    filled = read([field(PERSON)], typed(age=0, home=Nested({"street": ""})))

    assert filled.errors == {"it.name": "Please fill this in.", "it.age": "Give more than 0."}


def test_a_group_inside_of_a_group_is_read_and_complained_about_in_its_place():
    inner = {"type": "object", "required": ["home"], "properties": {"home": PERSON}}

    filled = read([field(inner)], {"it": Nested({"home": Nested({**EMPTY, "age": 3})})})

    assert filled.errors == {"it.home.name": "Please fill this in."}


def test_an_optional_group_that_nobody_touched_is_not_given():
    assert read([field(PERSON, optional=True)], typed()).values == {}


def test_a_needed_group_that_nobody_touched_asks_for_its_needed_fields():
    assert set(read([field(PERSON)], typed()).errors) == {"it.name", "it.age"}


def test_json_beside_a_group_counts_instead_of_its_fields():
    text = '{"name": "Bo", "age": 1}'
    filled = read([field(PERSON)], {"it": Nested({**EMPTY, "name": "Ada"}, text)})

    assert filled.values == {"it": {"name": "Bo", "age": 1}}


def test_json_beside_a_group_is_checked():
    filled = read([field(PERSON)], {"it": Nested(EMPTY, '{"name": "Bo"}')})

    assert filled.errors == {"it": "This misses 'age'."}


def test_rows_become_a_list_of_mappings():
    filled = read([field(LINES)], {"it": Nested([{"item": "tea", "count": 2}])})

    assert filled.values == {"it": [{"item": "tea", "count": 2}]}


def test_a_row_that_is_not_full_is_named():
    rows = [{"item": "tea", "count": 2}, {"item": "milk", "count": None}]

    filled = read([field(LINES)], {"it": Nested(rows)})

    assert filled.errors == {"it": "Row 2, count: Please fill this in."}


def test_the_items_of_a_list_get_their_type():
    numbers = {"type": "array", "items": {"type": "integer"}}

    assert read([field(numbers)], {"it": ["1", "2"]}).values == {"it": [1, 2]}
    assert read([field(numbers)], {"it": ["1", "x"]}).errors == {"it": "'x' is no number."}
    assert read([field(numbers)], {"it": ["1.5"]}).errors == {"it": "'1.5' is no whole number."}


def test_a_day_travels_as_text():
    day = field({"type": "string", "format": "date"})

    assert read([day], {"it": dt.date(2026, 1, 2)}).values == {"it": "2026-01-02"}


def test_an_optional_field_left_empty_is_not_given():
    filled = read([field({"type": "string"}, optional=True)], {"it": "  "})

    assert (filled.values, filled.errors) == ({}, {})


def test_a_needed_field_left_empty_is_named():
    assert read([field({"type": "string"})], {"it": ""}).errors == {"it": "Please fill this in."}


def test_a_needed_field_that_may_be_nothing_is_given_as_nothing():
    schema = {"anyOf": [{"type": "string"}, {"type": "null"}]}

    assert read([field(schema)], {"it": ""}).values == {"it": None}


def test_broken_json_says_where_it_is_broken():
    filled = read([field({"type": "object"})], {"it": '{"a": 1,\n "b"}'})

    assert "line 2" in filled.errors["it"]


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        ([1, "x"], {"items": {"type": "integer"}}, "Item 2 must be a whole number."),
        ({"n": True}, {"properties": {"n": {"type": "integer"}}}, "'n' must be a whole number."),
        ({}, {"type": "object", "required": ["name"]}, "This misses 'name'."),
        ("c", {"enum": ["a", "b"]}, "This must be one of 'a', 'b'."),
        ([], {"type": "object"}, "This must be a mapping {...}."),
        (None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, ""),
    ],
)  # fmt: skip
def test_json_that_does_not_fit_its_schema_is_refused_in_words(value, schema, said):
    assert misfit(value, schema, {}) == said


def test_a_number_out_of_bounds_is_refused():
    bounded = field({"type": "integer", "minimum": 1, "maximum": 9})

    assert read([bounded], {"it": 0}).errors == {"it": "Give 1 or more."}
    assert read([bounded], {"it": 10}).errors == {"it": "Give 9 or less."}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, min_size=1))
def test_a_mapping_comes_back_as_it_was_filled_in(value: dict):
    it = field({"type": "object"})

    assert read([it], {"it": as_typed(it, value)}).values == {"it": value}


def test_a_switch_that_must_be_set_begins_at_no():
    it = Field("ok", "truth", required=True)

    assert as_typed(it, None) is False
    assert as_typed(replace(it, required=False), None) is None
