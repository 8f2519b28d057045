"""Text in pictures: cut to fit, wrapped, made safe."""

from hypothesis import given
from hypothesis import strategies as st

from packetflow.show.text import cut, plain, safe, width, wrapped


@given(st.text(), st.floats(20, 400))
def test_a_cut_text_fits_its_room(text, room):
    assert width(cut(text, room)) <= room


@given(st.text())
def test_safe_text_cannot_leave_its_place(text):
    assert not set('<>"') & set(safe(text))


def test_white_space_becomes_one_blank():
    assert plain(" a\n\t b\x07 ") == "a b"


def test_wide_letters_take_more_room():
    assert width("\u4f60") > width("m") > width("i")


@given(st.text(), st.integers(1, 4))
def test_wrapped_text_has_at_most_the_lines_allowed(text, lines):
    rows = wrapped(text, 100, lines=lines)

    assert len(rows) <= lines
    assert all(width(row, 11) <= 100 for row in rows)


def test_wrapping_keeps_the_words():
    assert wrapped("one two three", 1000) == ["one two three"]
