"""The short way to keep values of declared classes keeps exactly what the general way keeps."""

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Any, TypedDict

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.capabilities.contract import Port
from packetflow.engine.packing import Unlike, packer, reader
from packetflow.engine.values import hidden, pack, unpack


class Customer(pydantic.BaseModel):
    name: str
    age: int
    email: str | None = None


@dataclasses.dataclass
class Line:
    article: str
    price: float
    tags: list[str]


@dataclasses.dataclass
class Order:
    customer: Customer
    lines: list[Line]
    notes: dict[str, int | None]


class Kind(enum.Enum):
    NEW = "new"


@dataclasses.dataclass
class Marked:
    kind: Kind
    at: dt.datetime
    day: dt.date
    price: decimal.Decimal
    before: "Marking | None" = None


@dataclasses.dataclass
class Marking:
    kinds: list[Kind]
    took: dt.timedelta | None
    id: uuid.UUID


class Positive(pydantic.BaseModel):
    n: int = pydantic.Field(gt=0)


class Stripped(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(str_strip_whitespace=True)
    name: str


class Growing(pydantic.BaseModel):
    n: int

    def model_post_init(self, context: Any) -> None:
        self.n += 1


class Shifting(pydantic.BaseModel):
    n: int

    def __init__(self, **given: Any) -> None:
        super().__init__(n=given["n"] + 1)


class Trimmed(pydantic.BaseModel):
    name: str

    @pydantic.field_validator("name")
    @classmethod
    def trim(cls, value: str) -> str:
        return value.strip()


class Hiding(pydantic.BaseModel):
    name: str
    _seen: int = 0


class Odd(pydantic.BaseModel):
    name: Annotated[str, pydantic.BeforeValidator(str.upper)]


class Tree(pydantic.BaseModel):
    inside: "list[Tree]" = []


class Loud(Customer):
    volume: int = 11


class Given(TypedDict):
    n: int


customers = st.builds(Customer, name=st.text(), age=st.integers(), email=st.none() | st.text())
lines = st.builds(Line, st.text(), st.floats(allow_nan=False), st.lists(st.text()))
orders = st.builds(
    Order, customers, st.lists(lines), st.dictionaries(st.text(), st.none() | st.integers())
)


@given(orders)
def test_what_is_kept_is_what_the_general_way_keeps_and_comes_back(order):
    port = Port("order", Order)

    kept = packer(port)(order)

    assert kept == pack(order, port)
    if kept.code == 5:
        assert unpack(kept, port, lambda _: b"") == order


zones = st.none() | st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-3, minutes=-30))])
markings = st.builds(
    Marking, st.lists(st.sampled_from(Kind)), st.none() | st.timedeltas(), st.uuids()
)
marked = st.builds(
    Marked,
    st.sampled_from(Kind),
    st.datetimes(timezones=zones),
    st.dates(),
    st.decimals(),
    st.none() | markings,
)


@given(marked)
def test_times_numbers_and_choices_are_kept_as_the_general_way_keeps_them(value):
    port = Port("marked", Marked)

    kept = packer(port)(value)

    assert kept == pack(value, port)
    twice = value.at.fold and value.at.tzinfo is None  # which of two hours, no text says
    assert (kept.code == 5) == (value.price.is_finite() and not twice)
    if kept.code == 5:
        back = unpack(kept, port, lambda _: b"")
        assert back == value
        assert back.at.utcoffset() == value.at.utcoffset()


@pytest.mark.parametrize(
    "kind",
    [
        Positive,
        Stripped,
        Growing,
        Shifting,
        Trimmed,
        Hiding,
        Odd,
        Tree,
        Given,
        int,
        list[Line],
        Any,
    ],
)
def test_other_types_are_left_to_the_general_way(kind):
    assert reader(kind) is None


@pytest.mark.parametrize(
    "value",
    [
        Loud(name="a", age=1),
        Customer.model_construct(name="a", age="old"),
        Customer.model_construct(name="a"),
        {"name": "a", "age": 1},
    ],
)
def test_a_value_that_is_not_as_declared_is_left_to_the_general_way(value):
    port = Port("customer", Customer)

    with pytest.raises((Unlike, AttributeError)):
        reader(Customer)(value)

    assert packer(port)(value) == pack(value, port)


def test_secrets_are_hidden_and_plain_types_need_no_packing():
    assert packer(Port("key", Customer, secret=True)) is hidden
    assert packer(Port("tags", dict[str, list[int]])) is not None
    assert packer(Port("tags", dict[str, list[str]])) is None
