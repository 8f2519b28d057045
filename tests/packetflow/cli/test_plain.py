import datetime as dt
import decimal
from dataclasses import dataclass

import pyarrow as pa
import pytest
from pydantic import BaseModel

from packetflow import Audio, Image, Markdown, Port, Resource
from packetflow.cli.plain import SECRET, plain, shown, table
from packetflow.library.figures import Chart


@dataclass
class Point:
    x: int
    at: dt.date


class Model(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (float("inf"), None),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00+00:00"),
        (dt.timedelta(minutes=1), 60.0),
        (decimal.Decimal("1.50"), "1.50"),
        ({1: {2}}, {"1": [2]}),
        ((1, "a"), [1, "a"]),
        (b"123", {"bytes": 3}),
        (Markdown("# A"), {"markdown": "# A"}),
        (Image(b"12", alt="a dot"), {"image": "image/png", "bytes": 2, "alt": "a dot"}),
        (Audio(b"1"), {"audio": "audio/wav", "bytes": 1}),
        (Resource("file:a"), {"resource": "file:a", "name": "", "media_type": ""}),
        (Chart({"data": [{}]}, "Up"), {"chart": "Up", "note": "", "traces": 1}),
        (Point(1, dt.date(2026, 1, 2)), {"x": 1, "at": "2026-01-02"}),
        (Model(name="Ada"), {"name": "Ada"}),
        ("\ud800", "?"),
    ],
)
def test_a_value_becomes_plain(value, said):
    assert plain(value) == said


def test_a_value_nobody_knows_is_named():
    assert plain(object())["$opaque"].startswith("<object object")


def test_a_value_nested_without_end_is_cut():
    value: list[object] = []
    value.append(value)

    assert "nested more than" in str(plain(value))


def test_a_table_is_bounded_and_counted():
    assert table(pa.table({"n": range(5)}), 2) == {"columns": ["n"], "rows": [[0], [1]], "count": 5}


def test_a_table_may_have_columns_of_one_name():
    twice = pa.table([[1], [2]], names=["n", "n"])

    assert table(twice)["rows"] == [[1, 2]]


def test_secrets_are_left_out():
    assert shown({"pin": "4711"}, {"pin": Port("pin", str, secret=True)}) == {"pin": SECRET}
