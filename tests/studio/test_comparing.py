"""Two texts of a pipeline beside each other."""

import msgspec

from packetflow.composition.codec import load
from packetflow.composition.draw import drawing
from studio.comparing import COLOURS, SIGNS, compare, marked, text_difference, told

OLD = "pipeline: p\nsteps:\n  - use: fetch\n  - parallel: [{use: a}, {use: b}]\n"
STEPS = "  - {use: fetch, id: get}\n  - parallel: [{use: a}, {use: c}]\n"
NEW = f"pipeline: p\nversion: 2\nsteps:\n{STEPS}"


def test_each_change_has_a_sign_and_a_word_beside_its_colour():
    found = compare(OLD, NEW)

    assert [told(one) for one in found] == [
        ("* pipeline", "version 2, was 1"),
        ("\N{MINUS SIGN} removed", "b"),
        ("\N{RIGHTWARDS ARROW} renamed", "fetch is now get"),
        ("+ added", "c in parallel"),
    ]
    assert set(COLOURS) == set(SIGNS)


def test_a_picture_says_at_each_step_what_happened_to_it():
    found = compare(OLD, NEW)
    made = msgspec.json.encode(drawing(load(NEW, lambda _kind, _name: None))).decode()

    picture = marked(made, found.marks("new"), "light")

    assert picture.count("+ added") >= 1
    assert "\N{RIGHTWARDS ARROW} renamed" in picture
    assert "removed" not in picture


def test_texts_that_cannot_be_read_are_compared_line_by_line():
    assert compare(OLD, "steps: {") is None
    assert "-  - use: fetch" in text_difference(OLD, "steps: {").splitlines()
    assert text_difference(OLD, OLD) == ""
