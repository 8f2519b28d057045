"""Input forms from contracts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.kernel.cards import PortCard
from studio.forms import Field, as_typed, combined, fields_of, misfit, read, samples


def field(schema: dict, type_text: str = "Any", *, name: str = "it", **port: object) -> Field:
    whole = json.dumps({"properties": {name: schema}})
    return fields_of(whole, [PortCard(name, type_text, **port)])[0]


@pytest.mark.parametrize(
    ("schema", "name", "kind"),
    [
        ({"type": "string"}, "title", "text"),
        ({"type": "string"}, "text", "long"),
        ({"type": "string"}, "customers_file", "path"),
        ({"type": "string", "format": "date"}, "day", "date"),
        ({"type": "string", "format": "date-time"}, "at", "moment"),
        ({"type": "integer"}, "n", "integer"),
        ({"type": "number"}, "n", "number"),
        ({"type": "boolean"}, "n", "truth"),
        ({"enum": ["a", "b"]}, "n", "choice"),
        ({"type": "array", "items": {"type": "string"}}, "n", "json"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "n", "integer"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "n", "json"),
    ],
)
def test_each_type_gets_a_fitting_field(schema: dict, name: str, kind: str):
    assert field(schema, name=name).kind == kind


def test_a_choice_behind_a_reference_is_found():
    whole = {
        "properties": {"tone": {"$ref": "#/$defs/Tone"}},
        "$defs": {"Tone": {"enum": ["warm", "formal"]}},
    }

    found = fields_of(json.dumps(whole), [PortCard("tone", "Tone")])[0]

    assert (found.kind, found.choices) == ("choice", ("warm", "formal"))


def test_a_secret_is_never_prefilled():
    found = field({"type": "string", "default": "hush"}, secret=True, optional=True)

    assert (found.kind, found.default) == ("secret", None)


def test_a_table_is_uploaded():
    assert field({"x-python-type": "Table"}, "Table").kind == "table"


def test_needed_fields_come_first():
    ports = [PortCard("a", "str", optional=True), PortCard("b", "str")]

    assert [one.name for one in fields_of("{}", ports)] == ["b", "a"]


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


def test_examples_fill_what_the_form_asks_for_first_come_first():
    fields = [Field("path", "path"), Field("n", "integer")]

    assert combined(fields, [{"path": "a"}, {"path": "b", "n": 2}, {"n": 3, "x": 3}]) == {
        "path": "a",
        "n": 2,
    }


def test_json_files_with_all_needed_inputs_are_offered(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    (files / "good.json").write_text('{"name": "Ada", "note": "made up"}')
    (files / "other.json").write_text('{"title": "x"}')
    (files / "broken.json").write_text("{")

    found = samples(tmp_path, [Field("name", "text", required=True)])

    assert found == {"good.json": {"name": "Ada"}}
