import json

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from packetflow.capabilities.fitting import _MEANT, fitting, is_plain, never

TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")
values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-3, 3) | st.sampled_from("a bb é"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=6,
)
names = st.sampled_from("ab")


def _objects(inner):
    return st.fixed_dictionaries(
        {"type": st.just("object")},
        optional={
            "properties": st.dictionaries(names, inner),
            "required": st.lists(names, unique=True),
            "additionalProperties": st.booleans() | inner,
        },
    )


schemas = st.recursive(
    st.booleans()
    | st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1),
            "enum": st.lists(values, min_size=1, max_size=3),
            "minimum": st.integers(-2, 2),
            "maximum": st.integers(-2, 2),
            "minLength": st.integers(0, 2),
            "maxItems": st.integers(0, 2),
            "required": st.lists(names, unique=True),
            "title": st.just("t"),
            "pattern": st.just("^a"),
        },
    ),
    lambda inner: (
        _objects(inner)
        | st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)})
    ),
    max_leaves=5,
)


@given(schemas, values)
def test_what_fits_here_fits_the_schema(schema, value):
    if fitting(schema)(value):
        assert Draft202012Validator(schema).is_valid(value)


@given(_objects(st.fixed_dictionaries({"type": st.sampled_from(TYPES)})), values)
def test_of_what_contracts_are_made_of_nothing_that_fits_is_missed(schema, value):
    value = json.loads(json.dumps(value))

    fits = Draft202012Validator(schema).is_valid(value)

    assert fitting(schema)(value) or not fits or has_whole_float(value)


def has_whole_float(value) -> bool:
    """A float without a fraction is an integer to the schema, and here nobody is sure."""
    if isinstance(value, dict):
        return any(map(has_whole_float, value.values()))
    if isinstance(value, list):
        return any(map(has_whole_float, value))
    return isinstance(value, float) and value.is_integer()


def test_a_schema_of_other_words_is_left_to_the_validator():
    for schema in ({"$ref": "#/$defs/x"}, {"not": {}}, {"type": "object", "minProperties": 1}, 3):
        assert fitting(schema) is never


odd = st.dictionaries(st.sampled_from([*_MEANT, "x-more", "pattern"]), values | schemas, max_size=3)


@given(schemas | odd | st.dictionaries(st.just("properties"), odd))
def test_what_is_plainly_a_schema_is_one(schema):
    if is_plain(schema):
        Draft202012Validator.check_schema(schema)


def test_every_word_of_a_schema_is_looked_at():
    for word in _MEANT.keys() - {"default"}:
        assert not is_plain({word: {"type": 3}})
        assert not is_plain({"properties": {"inside": {word: {"type": 3}}}})
    assert not is_plain({"type": []})
    assert not is_plain({"minLength": True})
    assert not is_plain({"anyOf": []})


@given(_objects(st.fixed_dictionaries({"type": st.sampled_from(TYPES)})))
def test_what_contracts_are_made_of_is_plain(schema):
    assert is_plain(schema)
