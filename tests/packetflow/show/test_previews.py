"""Values on the canvas, in part."""

import msgspec
import pyarrow as pa
import pytest

from packetflow.show.previews import MOST_ROWS, previews


def test_a_large_table_is_shown_in_part():
    shown = previews(pa.table({"n": list(range(5000))}))

    assert (shown[0]["kind"], shown[0]["count"], shown[0]["whole"]) == ("table", 5000, False)
    assert len(shown[0]["rows"]) == MOST_ROWS


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x" * 1_000_000, "text"),
        ({"a": list(range(100_000))}, "json"),
        ({"content": b"abc", "media_type": "image/png"}, "image"),
        ({"content": bytes(9_000_000), "media_type": "image/png"}, "error"),
        (b"abc", "error"),
        (float("nan"), "text"),
        ([{"text": "# a"}] * 50, "markdown"),
        (None, "text"),
    ],
)
def test_every_value_has_a_small_look_that_travels(value, kind):
    shown = previews(value)

    assert shown[0]["kind"] == kind
    assert len(msgspec.json.encode(shown)) < 100_000


def test_a_page_is_named_and_not_shown_as_its_source():
    assert previews("<!doctype html><html>Hi</html>") == [
        {"kind": "text", "text": "An HTML page of 30 characters.", "whole": True}
    ]
