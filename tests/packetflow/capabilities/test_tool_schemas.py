import json

import pytest

from packetflow.capabilities.contract import Contract, Port
from packetflow.capabilities.tool_schemas import (
    Check,
    as_called,
    field_of,
    input_schema,
    inputs_of,
    kind_of,
    output_schema,
    secrets_in,
)
from packetflow.kernel.cards import PortCard

SCHEMA = {
    "type": "object",
    "properties": {
        "who": {"$ref": "#/$defs/Person"},
        "token": {"type": "string", "writeOnly": True},
    },
    "required": ["who"],
    "$defs": {"Person": {"type": "object", "properties": {"age": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("Image", "Image"),
        ("list[Audio]", "Audio"),
        ("Markdown | None", "Markdown"),
        ("Table", "Table"),
        ("list[str]", ""),
        ("ImageSettings", ""),
    ],
)
def test_a_port_is_known_by_its_type(written: str, kind: str):
    assert kind_of(PortCard("x", written)) == kind


def test_definitions_and_everything_else_are_handed_on_unchanged():
    assert input_schema(json.dumps(SCHEMA), [PortCard("who", "Person")]) == SCHEMA


def test_an_input_that_models_would_refuse_is_called_otherwise_and_comes_back_by_its_own_name():
    ports = [PortCard("straße", "str", secret=True), PortCard("n", "int")]
    said = {"properties": {"straße": {"type": "string"}, "n": {}}, "required": ["straße", "n"]}

    made = input_schema(json.dumps(said), ports)

    assert made["properties"] == {"strasse": {"type": "string", "title": "straße"}, "n": {}}
    assert made["required"] == ["strasse", "n"]
    assert secrets_in(ports) == ["strasse"]
    for given in ({"strasse": "A"}, {"straße": "A"}):
        assert as_called(ports, given) == {"strasse": "A"}
        assert inputs_of(ports, as_called(ports, given)) == {"straße": "A"}


def test_a_default_of_bytes_that_are_no_text_is_described():
    schema = Contract((Port("blob", bytes, True, b"\xff"),)).json_schema("requires")

    assert schema["properties"]["blob"]["x-default"] == "b'\\xff'"


def test_a_table_is_taken_and_given_as_rows():
    written = json.dumps(Contract((Port("rows", object),)).json_schema("requires"))
    said = json.loads(written)
    said["properties"]["rows"] = {"description": "a Table", "x-python-type": "Table"}

    made = input_schema(json.dumps(said), [PortCard("rows", "Table", help="All of them.")])

    assert made["properties"]["rows"] == {
        "type": "array", "items": {"type": "object"}, "description": "All of them.",
    }  # fmt: skip


def test_pictures_and_secrets_are_no_part_of_the_structured_result():
    ports = [
        PortCard("picture", "Image"),
        PortCard("key", "str", secret=True),
        PortCard("n", "int"),
    ]
    written = {"type": "object", "properties": {"picture": {}, "key": {}, "n": {}}}
    written["required"] = ["picture", "key", "n"]

    made = output_schema(json.dumps(written), ports)

    assert made == {"type": "object", "properties": {"n": {}}, "required": ["n"]}


def test_a_tool_that_makes_only_a_picture_has_no_structured_result():
    written = {"type": "object", "properties": {"picture": {}}, "required": ["picture"]}

    assert output_schema(json.dumps(written), [PortCard("picture", "Image")]) is None


def test_a_complaint_names_the_field_and_says_why():
    said = Check(SCHEMA).complaints({"who": {"age": "old"}})

    assert said == ["who.age: 'old' is not of type 'integer'"]


def test_a_name_that_there_is_not_is_told_with_the_nearest_and_all_there_are():
    schema = {
        "type": "object",
        "properties": {"text": {"type": "string"}, "language": {"type": "string"}},
        "required": ["text"],
    }
    check = Check(schema, only=schema["properties"])
    wrong = "there is no 'lang'; did you mean 'language'? There are: text, language"

    assert check.complaints({"text": "a", "language": "en"}) == []
    assert check.complaints({"text": "a", "lang": "en"}) == [wrong]
    assert check.complaints({"lang": "en"}) == [wrong, "'text' is a required property"]
    inner = Check(
        {"type": "object", "properties": {"in": schema | {"additionalProperties": False}}}
    )
    assert inner.complaints({"in": {"text": "a", "lang": "en"}}) == [f"in: {wrong}"]


def test_a_secret_is_not_told():
    (said,) = Check(SCHEMA, secret=["token"]).complaints({"who": {}, "token": 4711})

    assert said.startswith("token:")
    assert "4711" not in said


def test_many_complaints_are_counted():
    check = Check({"type": "array", "items": {"type": "string"}})

    assert check.complaints(list(range(20)))[-1] == "and 15 more"


def test_a_long_value_is_shortened():
    (said,) = Check({"properties": {"n": {"type": "integer"}}}).complaints({"n": "x" * 10_000})

    assert len(said) < 200


def test_what_is_no_schema_is_refused():
    with pytest.raises(ValueError, match="no JSON Schema"):
        Check({"type": "nothing"})


def test_a_place_is_written_as_people_do():
    assert field_of(["a", 0, "b"]) == "a[0].b"


def test_the_contract_of_a_secret_is_taken_and_not_given():
    contract = Contract((Port("key", str, secret=True),), (Port("key", str, secret=True),))

    assert "key" in input_schema(json.dumps(contract.json_schema("requires")), [])["properties"]
    given = json.dumps(contract.json_schema("provides"))
    assert output_schema(given, [PortCard("key", "str", secret=True)]) is None
