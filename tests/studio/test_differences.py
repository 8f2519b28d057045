"""What differs between two runs."""

from __future__ import annotations

import pyarrow as pa
import pytest

from studio.differences import (
    are_same,
    in_short,
    inputs_in_short,
    step_pairs,
    value_pairs,
)


def span(step: str, status: str = "ok", ms: int = 1, **more: object) -> dict[str, object]:
    facts = {"path": [], "attempt": 1, "kind": "capability", "attributes": None}
    return {"step": step, "status": status, "duration_ns": ms * 1_000_000, **facts, **more}


def test_values_that_differ_come_first_and_a_missing_one_is_none():
    pairs = value_pairs({"a": 1, "b": [1], "old": 0}, {"a": 1, "b": [2], "new": "x"})

    assert [(one.name, one.one, one.other, one.is_same) for one in pairs] == [
        ("b", "[1]", "[2]", False),
        ("old", "0", None, False),
        ("new", None, "x", False),
        ("a", "1", "1", True),
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (pa.table({"n": [1]}), pa.table({"n": [1]}), True),
        (pa.table({"n": [1]}), pa.table({"n": [2]}), False),
        (pa.table({"n": [1]}), [1], False),
        ({"a": 1.0}, {"a": 1}, True),
    ],
)
def test_tables_are_compared_by_their_cells(one, other, same):
    assert are_same(one, other) is same


def test_steps_stand_side_by_side_with_what_happened_to_all_their_calls():
    one = [span("read", path=[0]), span("read", "failed", path=[1]), span("read", path=[1])]
    other = [span("read", "failed", attempt=3, path=[0]), span("tell", kind="reused")]

    first, second = step_pairs(one, other)

    assert first.one is not None
    assert first.other is not None
    assert (first.one.status, first.one.calls) == ("ok", 2)
    assert first.one.seconds == pytest.approx(0.003)
    assert (first.other.status, first.other.tries) == ("failed", 3)
    assert (second.step, second.one) == ("tell", None)
    assert second.other is not None
    assert second.other.was_reused


def test_inputs_are_said_in_one_line_without_secrets():
    text = '{"url": "' + "x" * 500 + '", "key": {"$secret": true}, "a": 1, "b": 2, "c": 3}'

    line = inputs_in_short(text)

    assert line.endswith("key: \u2022\u2022\u2022, a: 1, b: 2, 1 more")
    assert len(line) < 100
    assert inputs_in_short(None) == inputs_in_short("no json") == ""
    assert in_short({"$blob": "0" * 64, "media_type": "x", "size": 12_345}) == "12,345 bytes"
