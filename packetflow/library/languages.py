"""Tell which language a text is in."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TypedDict

from packetflow import capability
from packetflow.library.sentences import words
from packetflow.library.stopwords import STOPWORDS

_LETTERS = {
    "de": "äöüß",
    "fr": "éèêàçùœîôë",
    "es": "ñáéíóú",
    "it": "àèìòù",
    "pt": "ãõçáéêóà",
    "sv": "åäö",
    "pl": "łąęśżźćńó",
    "tr": "ışğçöü",
    "fi": "äö",
    "cs": "ěřůščžýáíé",
}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("uk", re.compile(r"[іїєґІЇЄҐ]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_FEW_WORDS = 3


class Guess(TypedDict):
    """A language (ISO 639-1, ``und`` when it cannot be told) and how sure that is, 0 to 1."""

    language: str
    confidence: float


@capability(
    tags=["detect", "identify", "english", "german", "french"],
    examples=[{"text": "Das ist ein kurzer Satz, und er ist nicht auf Englisch."}],
)
def language(text: str) -> Guess:
    """Tell the language of a text.

    Twelve languages in Latin letters (Czech, Dutch, English, Finnish, French, German, Italian,
    Polish, Portuguese, Spanish, Swedish, Turkish) by their frequent small words and special
    letters; Arabic, Chinese, Greek, Hebrew, Hindi, Japanese, Korean, Russian, Thai and Ukrainian
    by their letters alone, so that Bulgarian counts as Russian and Persian as Arabic. Other
    languages in Latin letters are taken for a neighbour (Danish for Swedish) or not told. For its
    accuracy see docs/library.md.

    Args:
        text: The text; a sentence is usually enough, three words are not.

    Returns:
        The language's code, and a confidence: the share by which it leads the next one.
    """
    by_script = _script(text)
    if by_script is not None:
        return by_script
    found = [word.lower().replace("\u2019", "'") for word in words(text) if not word[0].isdigit()]
    scores = _scores(found)
    if "es" in scores and re.search("[¿¡]", text):
        scores["es"] += 1.0
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:2]
    if len(found) < _FEW_WORDS or not ranked or ranked[0][1] <= 0:
        return {"language": "und", "confidence": 0.0}
    best, most = ranked[0]
    next_most = max(0.0, ranked[1][1]) if len(ranked) > 1 else 0.0
    if most == next_most:
        return {"language": "und", "confidence": 0.0}
    return {"language": best, "confidence": round((most - next_most) / most, 2)}


def _script(text: str) -> Guess | None:
    letters = sum(1 for sign in text if sign.isalpha())
    foreign = sum(1 for sign in text if sign.isalpha() and ord(sign) >= 0x370)
    if not letters or foreign < letters / 2:
        return None
    for code, signs in _SCRIPTS:
        if len(signs.findall(text)) > letters * 0.03:
            return {"language": code, "confidence": round(foreign / letters, 2)}
    return {"language": "und", "confidence": 0.0}


def _scores(found: list[str]) -> dict[str, float]:
    """Each small word counts for its languages, more when few share it; each letter a little."""
    owners = {word: [c for c, known in STOPWORDS.items() if word in known] for word in set(found)}
    scores: defaultdict[str, float] = defaultdict(float)
    for word in found:
        for code in owners[word]:
            scores[code] += 1 / len(owners[word])
    special = Counter(sign for word in found for sign in word if ord(sign) > 127)
    for sign, count in special.items():
        codes = [code for code, letters in _LETTERS.items() if sign in letters]
        for code in codes:
            scores[code] += 0.6 * count / len(codes)
        for code in set(_LETTERS) - set(codes):
            scores[code] -= 0.3 * count
        for code in ("en", "nl"):
            scores[code] -= 0.3 * count
    return scores
