"""The short way for conditions that only compare says what CEL says, or nothing."""

import dataclasses

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packetflow.composition import condition
from packetflow.composition.comparison import Unsure, comparison
from packetflow.errors import CompositionError, RunError


@dataclasses.dataclass
class User:
    name: object
    age: object


class Order(pydantic.BaseModel):
    total: object


def short(source):
    return comparison(condition._tokens(source))


def by_cel(source, scope):
    """What CEL says, without the short way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(condition, "comparison", lambda _: None)
        return condition.compile_condition(source, "here")(scope)


numbers = st.one_of(
    st.integers(), st.integers(-3, 3), st.floats(), st.sampled_from([0.0, -0.0, 1.0, 2**53])
)
readable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
plain = st.one_of(numbers, st.booleans(), st.none(), readable, st.sampled_from("ab"))
values = st.one_of(
    plain,
    st.lists(plain, max_size=2),
    st.dictionaries(st.sampled_from(["name", "age"]), plain, max_size=2),
    st.builds(User, plain, plain),
    st.builds(Order, total=plain),
)
scopes = st.dictionaries(st.sampled_from(["a", "b", "c"]), values)
NAMES = ["a", "b", "c", "a.name", "b.age", "c.total", "size(a)", "size(b)", "a.name.age"]
LITERALS = ["0", "1", "2.5", "1.0", "'a'", '"b"', "''", "true", "false"]
operands = st.sampled_from([*NAMES, *LITERALS])
relations = st.one_of(
    operands,
    st.tuples(operands, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), operands).map(
        " ".join
    ),
)
sources = st.recursive(
    relations,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"!({text})"),
    ),
    max_leaves=4,
)


@settings(max_examples=600, deadline=None)
@given(sources, scopes)
def test_it_never_differs_from_cel(source, scope):
    holds = short(source)
    assert holds is not None
    try:
        found = holds(scope)
    except Unsure:
        return

    try:
        said = by_cel(source, scope)
    except CompositionError:
        return  # it is refused before it ever runs
    assert found is said


@pytest.mark.parametrize(
    ("source", "scope", "held"),
    [
        ("record.age >= 18", {"record": {"age": 36}}, True),
        ("size(errors) == 0", {"errors": ["x"]}, False),
        ("language == 'en' && !(score < 0.5)", {"language": "en", "score": 1}, True),
        ("order.total > 5 || urgent", {"order": Order(total=1), "urgent": True}, True),
    ],
)
def test_the_usual_conditions_take_the_short_way(source, scope, held):
    assert short(source)(scope) is held


@pytest.mark.parametrize(
    "source",
    ["a in [1]", "a.b()", "a[0]", "1 < 2 < 3", "a + 1", "has(a.b)", "x ? y : z", "r'a' == b",
     "01 == a", "'a\\n' == b", "null == a", "-1 < a", "a &&", "1u == a", "a == 1e5"],
)  # fmt: skip
def test_more_than_comparisons_is_left_to_cel(source):
    assert short(source) is None


@pytest.mark.parametrize("scope", [{}, {"a": None}, {"a": 2**60}, {"a": "1"}, {"a": [1]}])
def test_values_that_only_cel_can_judge_are_left_to_it(scope):
    with pytest.raises(Unsure):
        short("a < 1")(scope)


def test_cel_is_asked_when_the_short_way_is_unsure():
    with pytest.raises(RunError, match="a < 1"):
        condition.compile_condition("a < 1", "here")({"a": "text"})
