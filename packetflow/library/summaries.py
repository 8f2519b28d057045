"""Shorten texts by picking their most central sentences."""

from __future__ import annotations

import math

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library.languages import language as tell_language
from packetflow.library.sentences import sentences, words
from packetflow.library.stopwords import STOPWORDS

_DAMPING = 0.85
_ROUNDS = 50
_MOST_SENTENCES = 600


@capability(
    provides="summary",
    tags=["shorten", "gist", "extract", "textrank"],
    examples=[
        {
            "text": "Bees gather nectar. Bees also carry pollen between plants. Without bees many "
            "plants bear no fruit. My uncle has a red hat.",
            "sentence_count": 2,
        }
    ],
)
def summarize_text(text: str, sentence_count: int = 3) -> str:
    """Shorten a text to its most central sentences, in their order; nothing is reworded.

    TextRank (R. Mihalcea and P. Tarau, TextRank: Bringing Order into Texts, EMNLP 2004):
    sentences recommend each other by the words they share, as pages do in PageRank. Of a text
    beyond 600 sentences the first 600 are looked at.

    Args:
        text: The text.
        sentence_count: How many sentences to keep; a shorter text comes back whole.

    Raises:
        LibraryError: The count is below 1.
    """
    if sentence_count < 1:
        raise LibraryError(f"sentence_count is {sentence_count}; it must be at least 1")
    spoken = sentences(text)[:_MOST_SENTENCES]
    if len(spoken) <= sentence_count:
        return " ".join(spoken)
    small = STOPWORDS.get(tell_language(text)["language"], STOPWORDS["en"])
    bags = [
        frozenset(word.lower() for word in words(one) if word.lower() not in small)
        for one in spoken
    ]
    ranks = _ranks(bags)
    best = sorted(range(len(spoken)), key=lambda at: (-ranks[at], at))[:sentence_count]
    return " ".join(spoken[at] for at in sorted(best))


def _ranks(bags: list[frozenset[str]]) -> list[float]:
    count = len(bags)
    weights = [[_shared(one, other) for other in bags] for one in bags]
    for at in range(count):
        weights[at][at] = 0.0
    outgoing = [sum(row) for row in weights]
    links = [
        [(other, weight / outgoing[other]) for other, weight in enumerate(row) if weight]
        for row in weights
    ]
    ranks = [1.0] * count
    for _ in range(_ROUNDS):
        ranks = [
            1 - _DAMPING + _DAMPING * sum(ranks[other] * share for other, share in row)
            for row in links
        ]
    return ranks


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    """Words in common over the logarithms of the lengths; 1 is added so that short ones count."""
    common = len(one & other)
    return common / (math.log(len(one) + 1) + math.log(len(other) + 1)) if common else 0.0
