"""How values are shown."""

import pyarrow as pa
import pytest

from packetflow.show.looks import looks, plain

CHART = {"spec": {"data": [{"type": "bar", "x": [1], "y": [2]}], "layout": {}}, "title": "t"}


@pytest.mark.parametrize(
    ("value", "type_text", "kinds"),
    [
        (pa.table({"a": [1]}), "Table", ["table"]),
        ({"text": "# Hi"}, "Markdown", ["markdown"]),
        ({"text": "word"}, "dict", ["tree"]),
        ([CHART, CHART], "list[Chart]", ["chart", "chart"]),
        ("<!doctype html><p>x", "str", ["page"]),
        ("short", "str", ["fact"]),
        ("word " * 60, "str", ["text"]),
        ("# Title\n\n**bold** words", "str", ["markdown"]),
        ([{"a": 1, "b": [1, 2]}, {"a": 2}], "list[Row]", ["table"]),
        ([{"a": {"deep": 1}}], "list[Row]", ["tree"]),
        (["one", "two"], "list[str]", ["list"]),
        ([], "list[str]", ["missing"]),
        (None, "", ["missing"]),
        (3.5, "float", ["fact"]),
        ({"content": b"x", "media_type": "image/png"}, "Image", ["image"]),
        ({"content": b"x", "media_type": "audio/wav"}, "Audio", ["audio"]),
        ({"uri": "https://example.org", "name": "e"}, "Resource", ["link"]),
        ({"$opaque": "a socket"}, "", ["missing"]),
        ({"$secret": True}, "", ["missing"]),
        ({"a": {"b": 1}}, "dict", ["tree"]),
    ],
)
def test_each_value_gets_a_fitting_look(value, type_text: str, kinds: list[str]):
    assert [look.kind for look in looks(value, type_text)] == kinds


def test_rows_of_mixed_types_still_make_a_table():
    table = looks([{"a": 1}, {"a": "x"}])[0].value

    assert table.column("a").to_pylist() == ["1", "x"]


def test_what_json_has_no_words_for_is_said_plainly():
    assert plain({1: float("nan"), "b": b"xyz", "t": pa.table({"a": [1]})}) == {
        "1": None,
        "b": "3 bytes",
        "t": "table of 1 rows: a",
    }
