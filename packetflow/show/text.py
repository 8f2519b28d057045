"""Text in pictures: how wide it is, cut to fit, wrapped, and made safe for markup.

Widths are estimates for a plain sans-serif face, good to a few per cent, because no browser is at
hand when a picture is made.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from html import escape

ELLIPSIS = "\u2026"

BOLD = 1.1
"""How much wider bold letters are."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}/\\ -`")
_BROAD = frozenset("mwMWQO@%&")


def plain(text: str) -> str:
    r"""One line without control characters: white space becomes a blank, the rest is left out.

    >>> plain("two\nlines\x00")
    'two lines'
    """
    if text.isalnum() and text.isascii():
        return text
    joined = " ".join(text.split())
    return "".join(c for c in joined if unicodedata.category(c) not in {"Cc", "Cs", "Cn"})


def safe(text: str) -> str:
    """The text for an element or a quoted attribute of HTML or SVG."""
    return escape(plain(text), quote=True)


def width(text: str, size: float = 12.0, *, bold: bool = False) -> float:
    """About how many pixels wide a text is at a font size in pixels."""
    return _shares(text) * size * (BOLD if bold else 1.0)


@lru_cache(maxsize=1 << 13)
def _shares(text: str) -> float:
    return sum(map(_share, text))


def _share(char: str) -> float:
    if char.isascii():
        if char in _NARROW:
            return 0.36
        if char in _BROAD:
            return 0.93
        return 0.71 if char.isupper() else 0.61
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    return 1.15 if unicodedata.east_asian_width(char) in "WF" else 0.66


def cut(text: str, room: float, size: float = 12.0) -> str:
    """The text on one line, shortened with an ellipsis when wider than *room* pixels.

    >>> cut("summarize", 100), cut("a_very_long_capability_name", 60)
    ('summarize', 'a_very_…')
    """
    text = plain(text)
    if width(text, size) <= room:
        return text
    left = room - width(ELLIPSIS, size)
    kept = 0
    for char in text:
        left -= _share(char) * size
        if left < 0:
            break
        kept += 1
    return text[:kept].rstrip() + ELLIPSIS


def wrapped(text: str, room: float, size: float = 11.0, *, lines: int = 2) -> list[str]:
    """The text on at most *lines* lines, the last one shortened if need be."""
    words = plain(text).split(" ")
    rows: list[str] = []
    while words and len(rows) < lines - 1:
        row = words.pop(0)
        while words and width(f"{row} {words[0]}", size) <= room:
            row += f" {words.pop(0)}"
        rows.append(cut(row, room, size))
    if words:
        rows.append(cut(" ".join(words), room, size))
    return [row for row in rows if row]
