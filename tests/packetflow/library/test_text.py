import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.errors import LibraryError
from packetflow.library.text import split_text, syllables, text_statistics

COUNTED = {
    "cat": 1, "window": 2, "banana": 3, "table": 2, "make": 1, "readable": 3, "jumped": 1,
    "wanted": 2, "people": 2, "house": 1, "information": 4, "beautiful": 3, "university": 5,
    "walk": 1, "electricity": 5, "orange": 2, "yellow": 2, "science": 2, "create": 2, "boxes": 2,
}  # fmt: skip


def test_syllables_are_right_for_most_of_twenty_words() -> None:
    right = sum(syllables(word) == count for word, count in COUNTED.items())

    assert right >= 16


def test_counts_of_a_small_text() -> None:
    found = text_statistics("The cat sat on the mat. It was happy.\n\nThen it rained.")

    assert (found.words, found.sentences, found.paragraphs) == (12, 3, 2)
    assert found.different_words == 10
    assert found.words_per_sentence == 4


def test_reading_ease_follows_flesch() -> None:
    found = text_statistics("The cat sat on the mat.")

    assert found.reading_ease == pytest.approx(206.835 - 1.015 * 6 - 84.6 * 1)


def test_hard_text_reads_less_easily_than_plain_text() -> None:
    plain = text_statistics("We eat bread. The sun is up. Go home now.").reading_ease
    hard = text_statistics("Institutional considerations necessitate comprehensive evaluation.")

    assert plain is not None
    assert hard.reading_ease is not None
    assert hard.reading_ease < 0 < plain


def test_an_empty_text_has_no_reading_ease() -> None:
    found = text_statistics("")

    assert (found.words, found.reading_ease) == (0, None)


@given(st.text(alphabet="ab .\n", max_size=400), st.integers(5, 60))
def test_pieces_are_short_and_nothing_but_space_is_lost(text: str, size: int) -> None:
    pieces = split_text(text, size, 0)

    assert all(0 < len(piece) <= size for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="abcd .", max_size=300), st.integers(10, 60))
def test_pieces_with_overlap_end_and_hold_every_word_sign(text: str, size: int) -> None:
    pieces = split_text(text, size, size // 2)

    assert all(len(piece) <= size for piece in pieces)
    assert set("".join(pieces)) >= set(text) - {" "}


def test_paragraphs_are_kept_together_where_possible() -> None:
    assert split_text("one two three\n\nfour five six", 20, 0) == ["one two three", "four five six"]


def test_an_overlap_beyond_half_is_refused() -> None:
    with pytest.raises(LibraryError, match="overlap"):
        split_text("text", 10, 6)
