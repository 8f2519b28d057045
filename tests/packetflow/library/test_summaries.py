import pytest

from packetflow.errors import LibraryError
from packetflow.library.summaries import summarize_text

BEES = (
    "Bees gather nectar from plants. Bees also carry pollen between plants. Without bees many "
    "plants bear no fruit. My uncle has a red hat."
)


def test_sentences_that_share_words_are_kept_and_strays_are_left_out() -> None:
    assert "hat" not in summarize_text(BEES, 3)


def test_sentences_keep_their_order_and_wording() -> None:
    summary = summarize_text(BEES, 2)

    places = [BEES.index(part.strip(".") + ".") for part in summary.split(". ")]
    assert places == sorted(places)
    assert len(places) == 2


def test_a_short_text_comes_back_whole() -> None:
    assert summarize_text("One. Two words.", 5) == "One. Two words."


def test_an_empty_text_gives_an_empty_summary() -> None:
    assert summarize_text("") == ""


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(LibraryError, match="at least 1"):
        summarize_text("text", 0)
