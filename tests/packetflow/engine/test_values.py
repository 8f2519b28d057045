"""Values survive a journal as they were, or say that they do not."""

import datetime as dt
import decimal
import enum
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, TypedDict

import msgspec
import pyarrow as pa
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow import Port
from packetflow.engine.values import Opaque, identity, pack, unpack
from packetflow.kernel.records import ValueTag


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass(frozen=True)
class Inner:
    when: dt.datetime
    tags: frozenset[str] = frozenset()


@dataclass
class Outer:
    inner: Inner
    colours: list[Colour]
    pair: tuple[int, str]
    price: decimal.Decimal
    maybe: Inner | None = None


class Model(pydantic.BaseModel):
    name: str
    level: Level
    inner: Inner
    by: dict[Colour, int] = {}


class Aliased(pydantic.BaseModel):
    size: int = pydantic.Field(alias="theSize")


class Base(pydantic.BaseModel):
    a: int = 0


class Derived(Base):
    b: int = 0


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")


class Doubling(pydantic.BaseModel):
    n: int

    @pydantic.field_validator("n")
    @classmethod
    def _twice(cls, n: int) -> int:
        return n * 2


@dataclass
class Loose:
    """Nobody checks what stands in its fields."""

    n: int
    x: float | str
    more: "Loose | None" = None


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    day: dt.date
    ids: set[int]


class Positive(pydantic.BaseModel):
    n: int = pydantic.Field(gt=0)


class Row(TypedDict):
    id: uuid.UUID
    at: NotRequired[dt.date]


pairs = st.tuples(st.integers(0, 3), st.integers(0, 3))
offsets = st.timedeltas(-dt.timedelta(hours=23), dt.timedelta(hours=23))
zones = st.one_of(
    st.just(dt.UTC),
    st.builds(dt.timezone, offsets),
    st.integers(-900, 900).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)
moments = st.datetimes(timezones=st.just(dt.UTC))
broken_text = st.text(st.characters(categories=["Cs", "Ll", "Cc"]), max_size=4)
inners = st.builds(Inner, moments, st.frozensets(st.text(max_size=4), max_size=3))
outers = st.builds(
    Outer,
    inners,
    st.lists(st.sampled_from(Colour), max_size=3),
    st.tuples(st.integers(-(2**63), 2**64 - 1), st.text(max_size=4)),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.none() | inners,
)
models = st.builds(
    Model,
    name=st.text(max_size=4),
    level=st.sampled_from(Level),
    inner=inners,
    by=st.dictionaries(st.sampled_from(Colour), st.integers(0, 9)),
)
odd = st.one_of(
    st.integers(-1, 3), st.sampled_from(["1", "a", "\ud800"]), st.booleans(), st.floats(),
    st.none(), st.integers(2**64, 2**70), st.sampled_from(Level), st.lists(st.integers(0, 1)),
)  # fmt: skip
rows = st.fixed_dictionaries({"id": st.uuids()}, optional={"at": st.dates()})
bare = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
    | st.text() | st.binary(),
    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside),
    max_leaves=8,
)  # fmt: skip
KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (Outer, outers),
    (Model, models),
    (Row, rows),
    (list[Model], st.lists(models, max_size=3)),
    (dict[str, Outer], st.dictionaries(st.text(max_size=3), outers, max_size=2)),
    (set[int], st.sets(st.integers(-9, 9))),
    (tuple[Colour, ...], st.lists(st.sampled_from(Colour)).map(tuple)),
    (dict[tuple[int, int], str], st.dictionaries(pairs, st.text())),
    (dt.timedelta, st.timedeltas()),
    (dt.time, st.times()),
    (dt.date, st.dates()),
    (dt.datetime, st.datetimes(timezones=st.none() | zones | st.timezones())),
    (dt.time, st.times(timezones=st.none() | zones | st.timezones())),
    (str, broken_text),
    (list[str], st.lists(broken_text, max_size=2)),
    (dict[str, str], st.dictionaries(broken_text, broken_text, max_size=2)),
    (Any, broken_text | st.lists(broken_text) | st.dictionaries(broken_text, st.none())),
    (Loose, st.builds(Loose, odd, odd, st.none() | st.builds(Loose, odd, odd))),
    (Strict, st.builds(Strict, day=st.dates(), ids=st.sets(st.integers(0, 9)))),
    (Positive, st.builds(Positive.model_construct, n=odd)),
    (Colour | None, st.none() | st.sampled_from(Colour)),
    (Literal["a", "b"], st.sampled_from(["a", "b"])),
    (int | str | None, st.none() | st.integers(0, 9) | st.text()),
    (Outer | Model | None, st.none() | outers | models),
    (list[Any], st.lists(bare | outers | st.sampled_from(Colour) | st.tuples(bare), max_size=3)),
    (Any, bare | outers | st.sets(st.integers())),
    (Base, st.builds(Base) | st.builds(Derived, b=st.just(5))),
    (Doubling, st.builds(Doubling, n=st.integers(0, 5))),
    (Aliased, st.builds(Aliased, theSize=st.integers(0, 5))),
    (Open, st.builds(Open, x=st.integers(0, 5))),
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (object, st.just(object())),
]  # fmt: skip


def kept(value: Any, port: Port) -> Any:
    """What a journal gives back of a value."""
    slot = msgspec.msgpack.decode(msgspec.msgpack.encode(pack(value, port)))
    return unpack(slot, port, dict[str, bytes]().__getitem__)


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, dt.datetime) and one.tzinfo is not None:
        # the same clock and moment; Python calls no two zones equal in the hour of a change
        return one.isoformat() == other.isoformat()
    same = one == other or repr(one) == repr(other)  # NaN
    return same and type(one) is type(other)


@given(st.data())
def test_a_value_of_a_declared_type_comes_back_equal_or_is_opaque(data):
    kind, values = data.draw(st.sampled_from(KINDS))
    value = data.draw(values)
    port = Port("x", kind)

    try:
        back = kept(value, port)
    except Opaque:
        return
    assert alike(back, value), (kind, value, back)
    if not isinstance(value, Loose):  # 1 comes back as 1.0 where a number is said
        assert identity_or_none(back) == identity_or_none(value)


def identity_or_none(value: Any) -> Any:
    try:
        data, kinds = identity(value)
    except TypeError:
        return None
    return data, sorted(kinds)


CLOSED = [Outer, Model, Row, Strict, list[Model], set[int], dt.timedelta, dt.date, Colour | None,
          Aliased, dict[str, Outer], tuple[Colour, ...], int | str | None]  # fmt: skip


@pytest.mark.parametrize("kind", CLOSED, ids=str)
def test_values_of_closed_types_are_never_opaque(kind):
    values = next(strategy for known, strategy in KINDS if known == kind)

    @given(values)
    def law(value):
        assert alike(kept(value, Port("x", kind)), value)

    law()


def test_tables_come_back_as_tables():
    table = pa.table({"a": [1, 2], "b": ["x", None]})

    assert kept(table, Port("x", pa.Table)).equals(table)
    inside = kept([table], Port("x", list[pa.Table]))
    assert inside[0].equals(table)


def test_what_no_record_can_hold_is_opaque_and_says_its_class(tmp_path):
    with (tmp_path / "file").open("w") as handle:
        slot = pack(handle, Port("x", Any))

    assert slot.code == ValueTag.OPAQUE
    with pytest.raises(Opaque, match="TextIOWrapper"):
        unpack(slot, Port("x", Any), bytes)


def test_sets_are_packed_alike_whatever_their_order():
    one, other = set(range(0, 80, 8)), set(range(72, -8, -8))

    assert list(one) != list(other)
    assert pack(one) == pack(other)


@dataclass
class A:
    x: int = 1
    more: list[int] = field(default_factory=list)


@dataclass
class B:
    x: int = 1
    more: list[int] = field(default_factory=list)


def test_an_identity_tells_classes_apart_that_hold_the_same():
    one = [A(), {"x": 1, "more": []}]
    other = [{"x": 1, "more": []}, A()]

    assert identity(A()) != identity(B())
    assert identity(one) != identity(other)
    assert identity(A()) == identity(A())
    encoded = msgspec.msgpack.encode
    assert encoded(identity(1)) != encoded(identity(True))
    assert msgspec.msgpack.encode(identity(1)) != msgspec.msgpack.encode(identity(1.0))
    with pytest.raises(TypeError):
        identity([object()])


def test_a_name_that_is_not_utf8_is_not_kept_and_fails_nothing():
    slot = pack("caf\udce9.csv", Port("x", str))

    assert slot.code == ValueTag.OPAQUE
    assert msgspec.msgpack.encode(slot)


def test_lists_in_lists_without_end_are_opaque():
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]

    assert pack(deep, Port("x", Any)).code == ValueTag.OPAQUE
