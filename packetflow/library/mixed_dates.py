"""Read a column of dates that are written in several ways, where each cell tells its date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from packetflow.library.recognise import DAYS

_SAMPLE: Final = 50
_MOST_TEXTS: Final = 20_000
_FEWEST_READ: Final = 10
_UNREAD_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class MixedDates:
    """The dates behind a column's texts.

    Attributes:
        ways: In how many ways they are written.
        days: For each text its date.
        unread: The texts that are no dates, in order.
    """

    ways: int
    days: Mapping[str, date]
    unread: tuple[str, ...]


def mixed_dates(texts: Sequence[str]) -> MixedDates | None:
    """Read different texts as dates, each in the way that it is written.

    Of day/month and month/day one must be shown by a cell above twelve, and the other by none.
    A twentieth of the texts may be no dates.

    Returns:
        The dates; ``None`` when they are not sure or the texts are mostly something else.

    >>> mixed_dates(["2024-01-31", "1 Feb 2024"]).days["1 Feb 2024"]
    datetime.date(2024, 2, 1)
    >>> mixed_dates(["2024-01-31", "03/04/2024"]) is None
    True
    """
    if not texts or len(texts) > _MOST_TEXTS:
        return None
    some = texts[:: max(1, len(texts) // _SAMPLE)]
    if 2 * sum(bool(_readings(text)) for text in some) < len(some):
        return None
    readings = {text: _readings(text) for text in texts}
    unread = tuple(text for text, found in readings.items() if not found)
    read = len(texts) - len(unread)
    if unread and (read < _FEWEST_READ or len(unread) > _UNREAD_SHARE * len(texts)):
        return None
    wrong = _excluded([found for found in readings.values() if found])
    days: dict[str, date] = {}
    ways = set()
    for text, found in readings.items():
        left = {form: day for form, day in found.items() if form not in wrong}
        if len(set(left.values())) > 1 or (found and not left):
            return None
        if left:
            days[text] = next(iter(left.values()))
            ways.add(min(left))
    return MixedDates(len(ways), days, unread)


def _readings(text: str) -> dict[str, date]:
    """Every known way in which a text is a date, with the date."""
    found = {}
    for form in DAYS:
        try:
            found[form] = datetime.strptime(text, form).date()
        except ValueError:
            continue
    return found


def _excluded(readings: Sequence[Mapping[str, date]]) -> set[str]:
    """The ways that some cell of two possible ones shows to be wrong."""
    pairs = {tuple(sorted(found)) for found in readings if len(found) > 1}
    alone = {next(iter(found)) for found in readings if len(found) == 1}
    wrong: set[str] = set()
    for pair in pairs:
        if alone & set(pair):
            wrong |= set(pair) - alone
    return wrong
