"""Conditions: what they read, what is wrong with them, what they say of values."""

import dataclasses
import decimal
import enum
import fractions
import pathlib
import uuid

import pyarrow as pa
import pydantic
import pytest

from packetflow.composition.condition import compile_condition, complaint, variables
from packetflow.errors import CompositionError, RunError


@dataclasses.dataclass
class User:
    name: str
    age: int


class Order(pydantic.BaseModel):
    lines: list[str]
    user: User


class Colour(enum.Enum):
    RED = "red"


READS = {
    "size(errors) == 0": {"errors"},
    "user.name == 'name' && has(user.age)": {"user"},
    "tags.exists(t, t.startsWith(prefix)) || t > 1": {"tags", "prefix", "t"},
    "rows.all(r, r.cells.exists(c, c == wanted))": {"rows", "wanted"},
    "'a b' in words && true": {"words"},
    "1.5e3 < x": {"x"},
}


@pytest.mark.parametrize("source", READS)
def test_the_names_a_condition_reads(source):
    assert variables(source) == READS[source]


WRONG = {
    "": "is empty",
    "a ==": "cannot be read at column 5",
    "size(a)": "gives a int, not true or false",
    "n > 'x'": "compares the number 'n' with text",
    "size(t) > 1": "asks the size of the table 't'",
    "n > 1": None,
}


@pytest.mark.parametrize("source", WRONG)
def test_what_is_wrong_with_a_condition_is_said_before_a_run(source):
    said = complaint(source, {"a": list, "n": int, "t": pa.Table})

    assert (said is None) if WRONG[source] is None else (WRONG[source] in said)


HOLDS = [
    ("n < 1.5", {"n": 1}, True),
    ("n == 1", {"n": 1.0}, True),
    ("user.age >= 18 && user.name != ''", {"user": User("Ada", 36)}, True),
    ("order.user.age < 18 || size(order.lines) == 2",
     {"order": Order(lines=["a", "b"], user=User("Ada", 36))}, True),
    ("colour == 'red'", {"colour": Colour.RED}, True),
    ("rows > 1", {"rows": pa.table({"a": [1, 2]})}, True),
    ("missing == null", {}, True),
    ("'a' in tags", {"tags": {"b"}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("source", "scope", "expected"), HOLDS)
def test_a_condition_sees_values_as_people_do(source, scope, expected):
    assert compile_condition(source, "gate")(scope) is expected


class Unreadable:
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize("value", [2**80, "text", Unreadable()], ids=["huge", "text", "unreadable"])
def test_a_condition_that_gives_no_answer_says_where(value):
    with pytest.raises(RunError, match="gate: condition 'n > 1'"):
        compile_condition("n > 1", "gate")({"n": value})


def test_a_condition_that_cannot_be_read_is_refused_when_compiled():
    with pytest.raises(CompositionError, match="gate: condition"):
        compile_condition("n >", "gate")


class Colour(enum.StrEnum):
    RED = "red"


class Word(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("source", "value", "held"),
    [
        ("a == b", "caf\udce9", True),
        ("a == 'x'", "x\0", False),
        ("a.startsWith('x')", "x\udce9", True),
        ("size(a) == 3", "x\0\udce9", True),
        ("a in ['x']", "x\0", False),
        ("a in ['red']", Colour.RED, True),
        ("a in ['red', 'x']", Word("red"), True),
        ("a.word in ['red'] && a.name != 'x'", {"word": Colour.RED, "name": "x\0"}, True),
        ("a.exists(k, k == 'x')", {"x\0": 1, "y": 2}, False),
    ],
)
def test_texts_that_cels_library_cannot_read_are_read_all_the_same(source, value, held):
    assert compile_condition(source, "here")({"a": value, "b": value}) is held


class Level(enum.IntEnum):
    HIGH = 3


NUMBER = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("source", "value", "held"),
    [
        ("a > 10", decimal.Decimal("10.5"), True),
        ("a.b > 10 && a.c in [1]", {"b": decimal.Decimal(9), "c": 1}, False),
        ("a > 2", fractions.Fraction(5, 2), True),
        ("a in [3]", Level.HIGH, True),
        (f"a == '{NUMBER}'", NUMBER, True),
        ("a == null", NUMBER, False),
        ("a.endsWith('.csv')", pathlib.PurePosixPath("x/y.csv"), True),
    ],
)
def test_numbers_of_other_kinds_count_as_numbers_and_the_rest_as_its_text(source, value, held):
    assert compile_condition(source, "here")({"a": value}) is held
