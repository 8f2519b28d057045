import json
import typing
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from packetflow.capabilities.contract import Contract, Port, type_name
from packetflow.capabilities.fits import fits
from packetflow.capabilities.validate import adapter
from packetflow.mcp.client.shapes import is_secret, plain_schema, port_type, type_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            True,
            {},
            {"type": "string"},
            {"type": "integer"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "null"},
            {"type": ["string", "null"]},
            {"enum": ["a", "b"]},
            {"enum": [1, None]},
            {"const": "x"},
            {"$ref": "#/$defs/leaf"},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda one: {"type": "array", "items": one}, inner),
        st.builds(lambda one: {"type": "object", "additionalProperties": one}, inner),
        st.builds(
            lambda fields: {"type": "object", "properties": fields, "required": list(fields)[:1]},
            st.dictionaries(st.sampled_from(["a", "b-c", "class"]), inner, max_size=3),
        ),
        st.builds(lambda several: {"anyOf": several}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=5,
)
WHOLE = {"$defs": {"leaf": {"type": "integer"}}}


@given(SCHEMAS)
def test_the_same_schema_is_the_same_type(schema: Any):
    again = json.loads(json.dumps(schema))

    assert type_of(schema, WHOLE) is type_of(again, WHOLE) or type_of(schema, WHOLE) == type_of(
        again, WHOLE
    )
    assert fits(type_of(schema, WHOLE), type_of(again, WHOLE))


NEEDS = {"type": "object", "properties": {"a": True}, "required": ["a"]}


@given(SCHEMAS, JSON)
@example({**NEEDS, "properties": {"a": NEEDS}}, {"a": {"a": 1}})
def test_what_fits_a_schema_passes_its_type_unchanged(schema: Any, value: Any):
    from jsonschema import Draft202012Validator

    whole = (schema if isinstance(schema, dict) else {}) | WHOLE
    if not Draft202012Validator(whole).is_valid(value):
        return

    passed = adapter(port_type(schema, WHOLE)).validate_python(value)

    assert passed == value


@given(JSON)
def test_anything_at_all_is_read_as_some_type(schema: Any):
    type_name(type_of(schema))
    port_type(schema, schema)


def test_what_types_cannot_say_stays_beside_them():
    schema = {"type": "string", "format": "date", "minLength": 3, "description": "A day."}

    kind = port_type(schema, {})
    said = Contract((Port("day", kind),)).json_schema("requires")["properties"]["day"]

    assert fits(str, kind)
    assert said == {"type": "string", "format": "date", "minLength": 3}


def test_a_schema_that_contains_itself_ends():
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/$defs/node"}, "n": {"type": "integer"}},
    }
    whole = {"$defs": {"node": node}}

    kind = type_of({"$ref": "#/$defs/node"}, whole)

    assert typing.get_type_hints(kind)["n"] is int
    assert plain_schema({"$ref": "#/$defs/node"}, whole)["properties"]["next"] == {}


def test_references_that_multiply_do_not_grow_without_bound():
    levels = {
        f"l{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/l{n + 1}"}] * 10}
        for n in range(20)
    }

    found = plain_schema({"$ref": "#/$defs/l0"}, {"$defs": levels})

    assert len(json.dumps(found)) < 200_000


@pytest.mark.parametrize("reference", ["https://example.org/x.json", "other.json#/a", "#/$defs/no"])
def test_a_reference_to_elsewhere_may_be_anything(reference: str):
    assert type_of({"$ref": reference}) is Any


def test_fields_that_are_not_listed_are_kept():
    kind = type_of({"type": "object", "properties": {"a": {"type": "integer"}}})

    assert adapter(kind).validate_python({"a": 1, "more": "x"}) == {"a": 1, "more": "x"}


def test_a_field_that_is_missing_is_refused():
    kind = type_of({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})

    with pytest.raises(ValidationError):
        adapter(kind).validate_python({})


def test_what_is_write_only_is_a_secret():
    assert is_secret({"type": "string", "writeOnly": True})
    assert is_secret({"type": "string", "format": "password"})
    assert not is_secret({"type": "string"})
    assert not is_secret(True)
