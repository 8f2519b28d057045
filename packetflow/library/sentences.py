"""Cut text into sentences and words, and write short pieces of them."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st vs etc e.g i.e fig no vol al inc ltd co jr sr approx dept est".split()  # noqa: SIM905 - a list of words reads best as words
)
_END = re.compile(r"[.!?\u3002\uff01\uff1f]+[\"')\]»”]*(?=\s|$)|(?<=[\u3002\uff01\uff1f])")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*|\d+(?:[.,]\d+)*")


def sentences(text: str) -> list[str]:
    """Cut text into sentences: at . ! ? and at blank lines, not after usual abbreviations.

    >>> sentences("Dr. Ada wrote 3.5 pages. Then she left!")
    ['Dr. Ada wrote 3.5 pages.', 'Then she left!']
    """
    made: list[str] = []
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*#]|\d+\.)\s)", text):
        start = 0
        for end in _END.finditer(block):
            piece = block[start : end.end()]
            last = re.search(r"([\w.]+)\.$", piece.rstrip("\"')]»”"))
            if last and (last[1].lower() in _ABBREVIATIONS or re.fullmatch(r"[A-Z]", last[1])):
                continue
            made.append(piece)
            start = end.end()
        made.append(block[start:])
    return [" ".join(piece.split()) for piece in made if _WORD.search(piece)]


def words(text: str) -> list[str]:
    """The words of a text, numbers included.

    >>> words("It's a well-known 3.5 % rise")
    ["It's", 'a', 'well-known', '3.5', 'rise']
    """
    return _WORD.findall(text)


def count(number: int, word: str) -> str:
    """A number of things.

    >>> count(1, "row"), count(2_000, "row")
    ('1 row', '2,000 rows')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def shortened(text: str, most: int = 30) -> str:
    """A text on one line, cut where it is long.

    >>> shortened("two  lines"), shortened("x" * 50, 4)
    ('two lines', 'xxx…')
    """
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
