"""Stretches of time to look at, cut into equal bars, and what was picked in them.

A stretch ends where a bar ends and not at this very moment, so that a page drawn again a second
later draws the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from packetflow.store.queries import Filter, Window
from studio.theme import status_word

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
STRETCHES: Final = {
    "Last hour": (HOUR, HOUR / 30),
    "Last day": (DAY, HOUR),
    "Last week": (7 * DAY, 6 * HOUR),
    "All": (None, None),
}
"""Names of stretches: how long they are, and how long a bar of theirs is."""
STEPS: Final = (HOUR / 30, HOUR, 6 * HOUR, DAY, 7 * DAY, 28 * DAY, 364 * DAY)
MOST_BARS: Final = 60
PICKS: Final = ("at", "status", "called", "error", "model", "waited", "only")
"""What can be picked, as it stands in a page's address."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time.

    Attributes:
        window: From when to when; aware times in the zone of who looks.
        step: How long a bar is.
        origin: A moment at which a bar begins: a midnight of who looks.
    """

    window: Window
    step: dt.timedelta
    origin: dt.datetime

    def begin(self, moment: dt.datetime) -> dt.datetime:
        """Where the bar that holds a moment begins."""
        return self.origin + (moment - self.origin) // self.step * self.step


def stretch(name: str, now: dt.datetime, first: dt.datetime | None = None) -> Stretch:
    """The stretch of that name, up to the end of the bar that holds *now*.

    Args:
        name: One of `STRETCHES`.
        now: An aware time in the zone of who looks.
        first: When the first of all happened, aware; "All" begins there.

    >>> noon = dt.datetime(2026, 1, 2, 12, 0, 1, tzinfo=dt.UTC)
    >>> one = stretch("Last day", noon)
    >>> f"{one.window.since:%d %H:%M} to {one.window.until:%d %H:%M}"
    '01 13:00 to 02 13:00'
    """
    length, step = STRETCHES[name]
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - midnight.weekday() * DAY
    if length is None or step is None:
        age = max(now - (first or now), HOUR)
        step = next((one for one in STEPS if age / one < MOST_BARS), STEPS[-1])
        length = ((now - monday) // step - ((first or now) - monday) // step + 1) * step
        length = max(length, HOUR)
    until = Stretch(Window(now, now), step, monday).begin(now) + step
    return Stretch(Window(until - length, until), step, monday)


def wanted(picks: Mapping[str, str], shown: Stretch) -> Filter:
    """The executions that were picked, of those in a stretch.

    Args:
        picks: Of `PICKS`; ``at`` is the begin of a bar in seconds since 1970.
        shown: The stretch.
    """
    begin = picked_begin(picks)
    window = Window(begin, begin + shown.step) if begin else shown.window
    return Filter(
        status=picks.get("status"),
        since=window.since,
        until=window.until,
        called=picks.get("called"),
        error_type=picks.get("error"),
        model=picks.get("model"),
        waited=picks.get("waited"),
        execution_id=picks.get("only"),
    )


def picked_begin(picks: Mapping[str, str]) -> dt.datetime | None:
    """When the picked bar begins; None when no bar is picked."""
    at = picks.get("at", "")
    is_time = at.isdecimal() and len(at) < 12
    return dt.datetime.fromtimestamp(int(at), dt.UTC) if is_time else None


def said(picks: Mapping[str, str], shown: Stretch, say: Callable[[str], str] = str) -> list[str]:
    """What was picked, in a few words for each.

    >>> said({"called": "add_up", "error": "KeyError"}, stretch("All", dt.datetime.now(dt.UTC)))
    ['called add_up', 'met KeyError']
    """
    told = {
        "status": f"are {status_word(picks.get('status', '')).lower()}",
        "called": f"called {say(picks.get('called', ''))}",
        "error": f"met {picks.get('error', '')}",
        "model": f"asked {picks.get('model', '')}",
        "waited": f"waited at {say(picks.get('waited', ''))}",
        "only": "had this slow step",
    }
    words = [text for name, text in told.items() if picks.get(name)]
    begin = picked_begin(picks)
    if begin:
        local = begin.astimezone(shown.origin.tzinfo)
        words.insert(0, f"began within {length(shown.step)} of {local:%d %b, %H:%M}")
    return words


def length(step: dt.timedelta) -> str:
    """A length of time in its own unit.

    >>> length(HOUR / 30), length(HOUR), length(7 * DAY)
    ('2 minutes', '1 hour', '7 days')
    """
    unit, size = next(
        (unit, size)
        for unit, size in (("day", DAY), ("hour", HOUR), ("minute", HOUR / 60))
        if step >= size
    )
    return f"{step // size} {unit}{'s' if step // size > 1 else ''}"
