"""Input forms from contracts."""

import json

import pytest

from packetflow.kernel.cards import PortCard
from studio.forms import Field, combined, fields_of, samples


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
        ({"type": "array", "items": {"type": "string"}}, "n", "list"),
        ({"type": "array", "items": {"type": "array"}}, "n", "json"),
        (
            {"type": "array", "items": {"properties": {"a": {"type": "string"}}, "type": "object"}},
            "n",
            "rows",
        ),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, "n", "group"),
        ({"type": "object", "additionalProperties": True}, "n", "json"),
        ({"type": "string", "format": "password"}, "n", "secret"),
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


def test_a_group_has_the_fields_of_its_class_with_their_help():
    person = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "description": "As on the passport"},
            "home": {"$ref": "#/$defs/Home"},
        },
    }
    home = {"type": "object", "properties": {"street": {"type": "string"}}}
    whole = {"properties": {"it": person}, "$defs": {"Home": home}}

    found = fields_of(json.dumps(whole), [PortCard("it", "Person")])[0]

    name, inner = found.fields
    assert (name.required, name.help) == (True, "As on the passport")
    assert (inner.kind, [one.name for one in inner.fields]) == ("group", ["street"])


def test_a_class_that_holds_itself_ends_as_json():
    tree = {"type": "object", "properties": {"left": {"$ref": "#/$defs/Tree"}}}
    whole = {"properties": {"it": {"$ref": "#/$defs/Tree"}}, "$defs": {"Tree": tree}}

    found = fields_of(json.dumps(whole), [PortCard("it", "Tree")])[0]

    kinds = []
    while found.fields:
        kinds.append(found.kind)
        found = found.fields[0]
    assert [*kinds, found.kind] == ["group", "group", "group", "json"]
