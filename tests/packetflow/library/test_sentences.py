import pytest

from packetflow.library.sentences import sentences, words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three?", 3),
        ("Dr. Ada met Mr. Bob. They talked.", 2),
        ("It costs 3.50 today. Fine.", 2),
        ("A heading\n\nA text without an end", 2),
        ("He said “Stop!” Then he left.", 2),
        ("- first\n- second", 2),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences_are_counted(text: str, count: int) -> None:
    assert len(sentences(text)) == count


def test_words_keep_apostrophes_and_hyphens() -> None:
    assert words("don\u2019t over-think 1,000 things") == [
        "don\u2019t",
        "over-think",
        "1,000",
        "things",
    ]
