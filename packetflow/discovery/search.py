"""Search by words: BM25 over names, intents, contracts and tags.

Robertson and Zaragoza, *The Probabilistic Relevance Framework* (2009), with k1 = 1.2, b = 0.75.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from packetflow.composition.capability import Capability
from packetflow.composition.steps import Pipeline

K1, B = 1.2, 0.75
_WORD = re.compile(r"[a-z0-9]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s")


def words(text: str) -> list[str]:
    """Cut a text into lower-case word stems; names fall apart at ``_`` and capitals.

    >>> words("load_table reads CSV files")
    ['load', 'tabl', 'read', 'csv', 'fil']
    """
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower().replace("_", " ")
    return [_stem(word) for word in _WORD.findall(spaced)]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


@dataclass(frozen=True)
class Entry:
    """Something that can be found: its name and the texts that speak of it, best first."""

    name: str
    texts: tuple[str, ...]


class Index:
    """A fixed collection of entries to search in."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = tuple(entries)
        self._counts = [_weighted(entry) for entry in self._entries]
        self._names = {entry.name: words(entry.name) for entry in self._entries}
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean = (sum(self._lengths) / len(self._lengths)) if self._lengths else 1.0
        frequency: Counter[str] = Counter()
        for counts in self._counts:
            frequency.update(counts.keys())
        total = len(self._entries)
        self._rarity = {
            word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in frequency.items()
        }

    def search(self, query: str, limit: int = 20) -> list[tuple[str, float]]:
        """The names that fit best with their scores, best first; ties in order of names.

        A word may be begun only. What bears the very name comes first, then names that have every
        word.
        """
        wanted = words(query)
        scored = [
            (entry.name, score)
            for entry, counts, length in zip(
                self._entries, self._counts, self._lengths, strict=True
            )
            if (score := self._score(wanted, counts, length)) > 0
        ]
        scored.sort(key=lambda pair: (*_unlike(wanted, self._names[pair[0]]), -pair[1], pair[0]))
        return scored[:limit]

    def _score(self, wanted: Sequence[str], counts: Counter[str], length: float) -> float:
        norm = K1 * (1 - B + B * length / (self._mean or 1.0))

        def weight(word: str) -> float:
            return self._rarity[word] * counts[word] * (K1 + 1) / (counts[word] + norm)

        score = 0.0
        for place, word in enumerate(wanted, 1):
            if word in counts:
                score += weight(word)
            elif len(word) > 2 or place == len(wanted):  # it is still being typed
                begun = (weight(one) for one in counts if one.startswith(word))
                score += 0.5 * max(begun, default=0.0)
        return score


def _unlike(wanted: list[str], name: list[str]) -> tuple[bool, bool]:
    """Whether it is another name, and whether it lacks one of the words."""
    has_all = all(any(one.startswith(word) for one in name) for word in wanted)
    return name != wanted, not has_all


def _weighted(entry: Entry) -> Counter[str]:
    """Words of earlier texts count more often."""
    counts: Counter[str] = Counter()
    for position, text in enumerate(entry.texts):
        weight = max(1, 3 - position)
        for word in words(text):
            counts[word] += weight
    return counts


def entry_of(item: Capability[..., Any] | Pipeline) -> Entry:
    """What is searched of a capability or a pipeline."""
    contract = item.contract
    names = " ".join(port.name for port in (*contract.requires, *contract.provides))
    if isinstance(item, Pipeline):
        return Entry(item.name, (item.name, item.intent, names))
    declared = item.declaration
    about = f"{names} {' '.join(declared.tags)} {' '.join(map(str, declared.effects))}"
    return Entry(item.name, (item.name, declared.intent, about, declared.help))
