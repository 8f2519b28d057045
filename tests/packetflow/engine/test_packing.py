"""The short way to keep values of declared classes keeps exactly what the general way keeps."""

import dataclasses
import enum
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


@pytest.mark.parametrize("kind", [Marked, Trimmed, Hiding, Odd, Tree, Given, int, list[Line], Any])
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
