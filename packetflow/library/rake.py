"""Key phrases of a text, by RAKE."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library.languages import language as tell_language
from packetflow.library.sentences import words
from packetflow.library.stopwords import STOPWORDS

_LONGEST = 4
_BREAK = re.compile(
    r"[.,;:!?()\[\]{}\"\u201c\u201d\u201e\u00ab\u00bb\n|/\u2013\u2014\u2022\u2026\u3002\uff01\uff1f]|\s-\s"
)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A key phrase in lower case, its RAKE score and how often it stands in the text."""

    phrase: str
    score: float
    count: int


@capability(
    provides="keywords",
    tags=["phrases", "terms", "topics", "extract", "rake"],
    examples=[
        {
            "text": "Solar panels turn sunlight into power. Solar panels need little care, and "
            "battery storage keeps the power for the night."
        }
    ],
)
def keywords(text: str, limit: int = 10, language: str = "") -> list[Keyword]:
    """Find the key phrases of a text, most telling first.

    RAKE (S. Rose and others, Automatic Keyword Extraction from Individual Documents, in Text
    Mining, Wiley 2010): phrases are runs of words between small words and signs; a word scores
    its degree divided by its frequency, a phrase the sum of its words. As RAKE favours long rare
    phrases, phrases are cut off beyond 4 words, and the score is multiplied by the square root
    of the phrase's count. For its accuracy see docs/library.md.

    Args:
        text: The text, in one of the twelve languages of `language` in Latin letters.
        limit: How many phrases at most.
        language: The text's language (such as "en"); told from the text if not given.

    Raises:
        LibraryError: The limit is below 1, or the small words of the language are not known.
    """
    if limit < 1:
        raise LibraryError(f"limit is {limit}; it must be at least 1")
    if language and language not in STOPWORDS:
        raise LibraryError(
            f"the small words of {language!r} are not known; known are {', '.join(STOPWORDS)}"
        )
    told = language or tell_language(text)["language"]
    small = STOPWORDS.get(told, STOPWORDS["en"])
    phrases = _phrases(text, small)
    frequency: Counter[str] = Counter()
    degree: Counter[str] = Counter()
    for phrase in phrases:
        for word in phrase:
            frequency[word] += 1
            degree[word] += len(phrase)
    counts = Counter(phrases)
    found = [
        Keyword(
            " ".join(phrase),
            round(sum(degree[word] / frequency[word] for word in phrase) * count**0.5, 3),
            count,
        )
        for phrase, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.score, one.phrase))[:limit]


def _phrases(text: str, small: frozenset[str]) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    for piece in _BREAK.split(text):
        run: list[str] = []
        for word in [*words(piece), ""]:
            bare = word.lower().replace("\u2019", "'")
            if bare and bare not in small and not bare[0].isdigit() and len(bare) > 1:
                run.append(bare)
                continue
            if run and len(run) <= _LONGEST:
                made.append(tuple(run))
            run = []
    return made
