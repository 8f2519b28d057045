import json
from typing import Any

import pyarrow as pa
import pytest
from pydantic_core import from_json

from packetflow.capabilities.tool_results import (
    ROWS_AT_ONCE,
    as_json,
    odd_numbers,
    plain_of,
    shortened,
    told,
)


def test_bytes_travel_as_urlsafe_base64_and_strange_things_as_words():
    assert as_json({"a": b"\xff", "b": {1, 2}}) == {"a": "_w==", "b": [1, 2]}
    assert "object" in as_json(object())


def test_a_long_table_is_cut_and_says_so():
    cut, rows = plain_of(pa.table({"n": range(ROWS_AT_ONCE + 1)}))

    assert cut
    assert len(rows) == ROWS_AT_ONCE


def test_what_is_short_stays_as_it_is():
    assert shortened({"a": [1, "x"]}, 100) == ({"a": [1, "x"]}, False)


def test_numbers_that_alone_are_too_long_are_left_out():
    assert shortened({"a": {str(n): n for n in range(100)}}, 100) == ({}, True)


@pytest.mark.parametrize("levels", [150, 240, 300, 900])
def test_what_is_nested_too_deep_for_readers_of_json_is_flattened(levels: int):
    value: Any = 1
    for _ in range(levels):
        value = [value]

    found, _ = shortened({"value": as_json(value)}, 10_000)

    from_json(json.dumps(found))


def test_numbers_that_json_does_not_know_are_null():
    values = {"a": [float("nan")], "b": float("inf"), "c": 1}

    assert as_json(values) == {"a": [None], "b": None, "c": 1}
    assert odd_numbers(values) == ["a", "b"]


def test_a_complaint_is_short_and_can_be_sent():
    assert told("half \ud800") == "half \\ud800"
    assert len(told("x" * 100_000)) < 5000
