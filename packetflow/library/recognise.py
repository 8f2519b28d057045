"""Recognise what the texts of a column are written as: numbers, money, shares, dates, times.

Nothing is guessed for a column in part: all texts must be written alike, else they stay texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from itertools import product
from typing import Any, Final, NamedTuple

import pyarrow as pa

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9]\d{0,17})")
_POINT: Final = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d+)?")
_COMMA: Final = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?")
_SPACED: Final = re.compile(r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(\D|$))")
_CODES: Final = (
    "AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|SEK|SGD|TRY|USD"
    "|ZAR"
)
_MONEY: Final = rf"[$€£¥₹₽₩]|US\$|R\$|(?:{_CODES})|kr\.?|Rs\.?"
_LONGEST: Final = 40
_PARTS: Final = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+]?)\s*(?P<before>{_MONEY})?\s*(?P<number>[-+]?\d.*?|[-+]?\.\d+)"
    rf"(?P<after>\s?(?:[$€£¥₹₽₩%‰]|°[CF]?|kr\.?)|\s[A-Za-zµ°/²³%]{{1,8}})?(?P<minus>-)?(?P<close>\))?"
)
DAYS: Final = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%m-%Y",
    "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
"""The ways of writing a day that are known."""

_MONTHS: Final = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%y")
_HOURS: Final = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_QUARTER: Final = re.compile(r"(?P<y>\d{4})[ -]?Q(?P<q>[1-4])|Q(?P<r>[1-4])[ -/]?(?P<z>\d{4})")
_SWAPPED: Final = {"%d/%m": "%m/%d", "%m/%d": "%d/%m", "%d-%m": "%m-%d", "%m-%d": "%d-%m"}


class Recognised(NamedTuple):
    """A way of writing: in words, the type it stands for, and how a text of it is read."""

    words: str
    type: pa.DataType
    convert: Callable[[str], Any]


def recognised(texts: list[str]) -> Recognised | None:
    """Find the type that all of these texts are written in, with its converter.

    >>> recognised(["1,5", "2,25"]).words, recognised(["007"]), recognised(["31.12.2024"]).words
    ('numbers with a decimal comma', None, 'dates')
    >>> recognised(["$1,200.50", "($3.00)"]).words, recognised(["$3.00", "-$2"]).convert("($3.00)")
    ('numbers in $', -3.0)
    """
    if not texts:
        return None
    return _numbers(texts) or _with_unit(texts) or _dates(texts)


def _numbers(texts: list[str]) -> Recognised | None:
    if all(_INTEGER.fullmatch(text) for text in texts):
        return Recognised("whole numbers", pa.int64(), int)
    if any(re.fullmatch(r"0\d+|[-+]?\d{19,}", text) for text in texts):
        return None  # as numbers they would lose digits
    if all(_has_digit(text) and _POINT.fullmatch(text) for text in texts):
        return Recognised("numbers", pa.float64(), lambda text: float(text.replace(",", "")))
    if all(_has_digit(text) and _COMMA.fullmatch(text) for text in texts):
        return Recognised("numbers with a decimal comma", pa.float64(), _with_comma)
    return None


def _with_comma(text: str) -> float:
    return float(text.replace(".", "").replace(",", "."))


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _with_unit(texts: list[str]) -> Recognised | None:
    """Numbers with one currency or unit at all of them, in brackets or with spaced digits."""
    bare, units = [], set()
    for text in texts:
        taken = _taken_apart(text)
        if taken is None:
            return None
        bare.append(taken[0])
        units.add(taken[1])
    named = units - {""}
    word = next(iter(named), "")
    if len(named) > 1 or ("" in units and word[:1].isalpha()):
        return None
    found = _numbers(bare)
    if found is None:
        return None
    words = f"{found.words} in {word}" if word else found.words
    return Recognised(words, found.type, partial(_bare_number, found.convert))


def _bare_number(convert: Callable[[str], Any], text: str) -> Any:
    taken = _taken_apart(text)
    return convert(taken[0] if taken else text)


def _taken_apart(text: str) -> tuple[str, str] | None:
    """A text as a plain number and its unit: brackets and a minus behind make it negative."""
    short = len(text) <= _LONGEST
    parts = _PARTS.fullmatch(text.replace("\u2212", "-").strip()) if short else None
    if parts is None or bool(parts["open"]) != bool(parts["close"]):
        return None
    before, after = (parts["before"] or "").strip(), (parts["after"] or "").strip()
    number = _SPACED.sub("", parts["number"].strip())
    turned = bool(parts["open"]) or bool(parts["minus"]) or parts["sign"] == "-"
    if (before and after) or (turned and number.startswith(("-", "+"))):
        return None
    return ("-" if turned else "") + number, before or after


def _dates(texts: list[str]) -> Recognised | None:
    first = texts[0]
    for form in _forms():
        if _fits(first, form) and all(_fits(text, form) for text in texts):
            return _date(texts, form)
    if all(_QUARTER.fullmatch(text) for text in texts):
        return Recognised("quarters, as their first days", pa.date32(), _quarter)
    return None


def _forms() -> Iterator[str]:
    yield from DAYS
    yield from _MONTHS
    for day, between, hour in product(DAYS, (" ", "T", ", "), _HOURS):
        yield f"{day}{between}{hour}"


def _date(texts: list[str], form: str) -> Recognised | None:
    if "%H" in form or "%I" in form:
        words, kind = "times", pa.timestamp("us")
        return Recognised(words + _doubt(texts, form), kind, partial(_moment, form))
    if form in _MONTHS:
        if form == "%Y-%m" and all(_is_season(text) for text in texts):
            return None
        return Recognised("months, as their first days", pa.date32(), partial(_day, form))
    return Recognised("dates" + _doubt(texts, form), pa.date32(), partial(_day, form))


def _is_season(text: str) -> bool:
    """``2009-10`` is the season from 2009 to 2010 when all are like it."""
    year, _, next_year = text.partition("-")
    return next_year.isdigit() and int(next_year) == (int(year) + 1) % 100


def _doubt(texts: list[str], form: str) -> str:
    """Say so when day and month may as well be the other way round."""
    start = form[:5]
    if start not in _SWAPPED:
        return ""
    which = "day before month" if start.startswith("%d") else "month before day"
    other = _SWAPPED[start] + form[5:]
    is_open = all(_fits(text, other) for text in texts)
    return f", {which}" + (" (the cells do not tell; check it)" if is_open else "")


def _fits(text: str, form: str) -> bool:
    try:
        datetime.strptime(text, form)
    except ValueError:
        return False
    return True


def _moment(form: str, text: str) -> datetime:
    return datetime.strptime(text, form)


def _day(form: str, text: str) -> date:
    return _moment(form, text).date()


def _quarter(text: str) -> date:
    found = _QUARTER.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, quarter = found["y"] or found["z"], found["q"] or found["r"]
    return date(int(year), 3 * int(quarter) - 2, 1)


def nearly(texts: list[str]) -> tuple[str, list[str]] | None:
    """For texts of which most are numbers or dates, but not all alike: the word, and the others.

    >>> nearly(["5", "12", "7 pcs"]), nearly(["2024-01-31", "31/01/2024"])
    (('numbers', ['7 pcs']), ('dates', []))
    """
    for word, is_one in (("numbers", _is_number), ("dates", _is_some_date)):
        others = [text for text in texts if not is_one(text)]
        if 2 * len(others) < len(texts):
            return word, list(dict.fromkeys(others))[:3]
    return None


def _is_number(text: str) -> bool:
    return _numbers([text]) is not None


def _is_some_date(text: str) -> bool:
    return any(_fits(text, form) for form in DAYS)
