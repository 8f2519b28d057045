from typing import Any

import pytest

from packetflow.composition.codec_short import read_short
from packetflow.composition.steps import Unknown, Use


def test_a_step_that_only_calls_a_capability_is_read_with_all_its_names_and_values():
    written = {"use": "a", "id": "x", "from": {"p": "q"}, "to": {"r": "s"}, "set": {"n": [1, "2"]}}

    assert read_short(written, Unknown) == Use(
        Unknown("a"), {"p": "q"}, {"r": "s"}, {"n": [1, "2"]}, "x"
    )
    assert read_short({"use": "a", "id": "x"}, Unknown) == Use(Unknown("a"), id="x")


@pytest.mark.parametrize(
    "written",
    [
        "a",
        {},
        {"call": "a", "id": "x"},
        {"use": "a"},
        {"use": "", "id": "x"},
        {"use": "a", "id": 1},
        {"use": "a", "id": "x", "with": [{"timeout": 1}]},
        {"use": "a", "id": "x", "from": {"p": None}},
        {"use": "a", "id": "x", "from": ["p"]},
        {"use": "a", "id": "x", "to": None},
        {"use": "a", "id": "x", "to": {"r": 1}},
        {"use": "a", "id": "x", "set": None},
        {"use": "a", "id": "x", "set": {"n": {"$nonsense": 1}}},
    ],
)
def test_everything_else_takes_the_long_way(written: Any):
    assert read_short(written, Unknown) is None
