import pyarrow as pa

from packetflow.capabilities.tool_results import ROWS_AT_ONCE, as_json, plain_of, shortened


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
