import pytest

from packetflow.errors import LibraryError
from packetflow.library.rake import keywords

# Five short texts with the phrases their writer marked before running the function.
MARKED = [
    (
        (
            "Heat pumps move warmth from cold air into houses. A heat pump uses electricity, "
            "but it gives three times as much warmth. Good insulation makes heat pumps cheaper "
            "to run, and an electricity tariff for the night helps."
        ),
        {"cold air", "electricity tariff", "good insulation", "heat pump", "heat pumps"},
    ),
    (
        (
            "The city library lends tools since last spring. Members borrow a cordless drill as "
            "they would a book. The tool library is run by volunteers, and repair evenings are "
            "held in the city library every month."
        ),
        {"city library", "cordless drill", "repair evenings", "tool library", "volunteers"},
    ),
    (
        (
            "Coral reefs suffer when sea water warms. Bleached corals lose the algae that feed "
            "them. Marine reserves let coral reefs recover, and divers count fish species each "
            "year."
        ),
        {"algae", "bleached corals", "coral reefs", "fish species", "marine reserves"},
    ),
    (
        (
            "A sourdough starter is flour and water. Wild yeast lives in it. The baker feeds "
            "the sourdough starter every morning, and a slow rise gives the bread its sour "
            "taste."
        ),
        {"baker", "slow rise", "sour taste", "sourdough starter", "wild yeast"},
    ),
    (
        (
            "Night trains are back in Europe. Sleeping cars link Vienna and Paris, and ticket "
            "prices fall when night trains are booked early. Track fees remain the largest "
            "cost."
        ),
        {"europe", "night trains", "sleeping cars", "ticket prices", "track fees"},
    ),
]


def precision_at_five() -> float:
    hits = [len({k.phrase for k in keywords(text, 5)} & marked) for text, marked in MARKED]
    return sum(hits) / (5 * len(MARKED))


def test_a_quarter_of_the_first_five_phrases_are_those_the_writer_marked() -> None:
    assert precision_at_five() >= 0.25


def test_small_words_and_numbers_end_a_phrase() -> None:
    found = {k.phrase for k in keywords("The red house of 12 quiet neighbours and the garden")}

    assert found == {"red house", "quiet neighbours", "garden"}


def test_a_repeated_phrase_comes_before_one_that_stands_once() -> None:
    text = "Solar power is cheap. Solar power is clean. Wind turbines are tall."

    assert keywords(text)[0].phrase == "solar power"
    assert keywords(text)[0].count == 2


def test_an_empty_text_has_no_keywords() -> None:
    assert keywords("") == []


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(LibraryError, match="at least 1"):
        keywords("text", 0)


def test_an_unknown_language_lists_the_known_ones() -> None:
    with pytest.raises(LibraryError, match="known are en, de"):
        keywords("text", language="tlh")
