"""Look up events in calendar files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library.paths import existing_file

_MOST_EVENTS = 1000
_MOST_REPEATS = 100_000

Moment: TypeAlias = date | datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or one time of a repeating event.

    Attributes:
        title: Its summary.
        start: ISO 8601: a day for events of whole days, else date, time and offset.
        end: Likewise; for whole days the day after the last, as calendars keep it.
        all_day: It lasts whole days.
        location: Where.
        description: What it says.
        repeats: It is one time of a series.
        uid: The same for all times of a series.
    """

    title: str
    start: str
    end: str
    all_day: bool
    location: str
    description: str
    repeats: bool
    uid: str


@capability(
    provides="events",
    effects=[Effect.reads("files")],
    tags=["ics", "ical", "appointments", "schedule", "meetings"],
    examples=[{"path": "files/team.ics", "start": "2026-01-01", "end": "2026-02-01"}],
)
def calendar_lookup(
    path: str,
    start: str,
    end: str = "",
    text: str = "",
    *,
    timezone: str = "UTC",
    context: Context | None = None,
) -> list[Event]:
    """Find the events of a calendar file in a span of time, repeating ones included.

    Reads RRULE, RDATE, EXDATE and single changed times (RECURRENCE-ID); a change "for this and
    all later ones" moves only the one it names. Cancelled events are left out. At most 1,000
    events are given, and 100,000 repeats of a series looked through.

    Args:
        path: An .ics file.
        start: First moment: "2026-01-31" or "2026-01-31T09:00".
        end: The moment after the last; 31 days after *start* if not given.
        text: Only events with this in title, place or description, whatever the case.
        timezone: Where *start*, *end* and events without a time zone are meant.
        context: Filled by the engine.

    Returns:
        The events that overlap the span, earliest first.

    Raises:
        LibraryError: The file is missing or no calendar, a moment cannot be read, *end* is not
            after *start*, or the time zone is unknown.
    """
    zone = _zone(timezone)
    first = _moment(start, "start", zone)
    last = _moment(end, "end", zone) if end else first + timedelta(days=31)
    if last <= first:
        raise LibraryError(f"end {end!r} is not after start {start!r}")
    try:
        found = [
            (begin, event)
            for begin, event in _occurrences(_components(path, context), last, zone)
            if _overlaps(begin, event, (first, last), zone) and _mentions(event, text)
        ]
    except (ValueError, TypeError, AttributeError) as error:
        # icalendar keeps what it could not read and fails, in many ways, where it is used.
        name = Path(path).name
        raise LibraryError(f"{name!r} has an event that cannot be read: {error}") from error
    found.sort(key=lambda pair: (pair[0], pair[1].title))
    return [event for _, event in found[:_MOST_EVENTS]]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise LibraryError(
            f"there is no time zone {name!r}; write it as in 'Europe/Berlin'", timezone=name
        ) from error


def _moment(text: str, name: str, zone: tzinfo) -> datetime:
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise LibraryError(f"{name} {text!r} is no date; write it as in '2026-01-31'") from error
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _components(path: str, context: Context | None) -> list[Any]:
    from icalendar import Calendar

    place = existing_file(path, context)
    try:
        calendars = Calendar.from_ical(place.read_bytes(), multiple=True)
    except (ValueError, KeyError, IndexError) as error:
        raise LibraryError(
            f"{place.name!r} is no calendar that can be read: {str(error)[:150]}", path=path
        ) from error
    if not calendars:
        raise LibraryError(f"{place.name!r} holds no calendar", path=path)
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _overlaps(begin: datetime, event: Event, span: tuple[datetime, datetime], zone: tzinfo) -> bool:
    end = _aware(_parsed(event.end), zone)
    return begin < span[1] and (end > span[0] or begin >= span[0])


def _parsed(text: str) -> Moment:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _mentions(event: Event, text: str) -> bool:
    wanted = text.casefold().strip()
    return wanted in f"{event.title}\n{event.location}\n{event.description}".casefold()


def _aware(moment: Moment, zone: tzinfo) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone)
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _occurrences(
    components: list[Any], last: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, Event]]:
    changed = {
        (str(one.get("uid")), _aware(one.decoded("recurrence-id"), zone))
        for one in components
        if one.get("recurrence-id")
    }
    for one in components:
        if str(one.get("status", "")).upper() == "CANCELLED" or not one.get("dtstart"):
            continue
        if not isinstance(one.decoded("dtstart"), date):
            title, written = str(one.get("summary", "")), str(one.get("dtstart"))
            raise LibraryError(f"event {title!r} begins at {written!r}, which is no date")
        single = one.get("recurrence-id") is not None
        begins = [one.decoded("dtstart")] if single else _begins(one, last, zone)
        repeats = single or bool(one.get("rrule") or one.get("rdate"))
        for begin in begins:
            at = _aware(begin, zone)
            if single or (str(one.get("uid")), at) not in changed:
                yield at, _event(one, begin, repeats=repeats)


def _begins(component: Any, last: datetime, zone: tzinfo) -> Iterator[Moment]:
    """Every beginning of a series before *last*, in wall-clock time, less the excepted ones."""
    start: Moment = component.decoded("dtstart")
    excepted = _listed(component, "exdate")
    dropped = {_aware(moment, zone) for moment in excepted}
    days = {moment for moment in excepted if not isinstance(moment, datetime)}
    seen: set[datetime] = set()
    for begin in [*_ruled(component, start, last, zone), *_listed(component, "rdate")]:
        at = _aware(begin, zone)
        day = begin.date() if isinstance(begin, datetime) else begin
        if at not in dropped and day not in days and at not in seen and at < last:
            seen.add(at)
            yield begin


def _ruled(component: Any, start: Moment, last: datetime, zone: tzinfo) -> Iterator[Moment]:
    from dateutil.rrule import rrulestr

    written = component.get("rrule")
    if written is None:
        yield start
        return
    if isinstance(written, list):
        for one in written:
            alone = component.copy()
            alone["rrule"] = one
            yield from _ruled(alone, start, last, zone)
        return
    rule = written
    whole_day = not isinstance(start, datetime)
    own = None if whole_day else start.tzinfo  # type: ignore[union-attr]  # a datetime here
    # Repeats keep their wall-clock time across summer time, so they are counted without zone.
    base = datetime.combine(start, time()) if whole_day else start.replace(tzinfo=None)  # type: ignore[call-arg]
    text = re.sub(
        r"UNTIL=(\w+)",
        lambda found: f"UNTIL={_local(found[1], own)}",
        rule.to_ical().decode(),
    )
    try:
        times = rrulestr(text, dtstart=base)
    except ValueError as error:
        raise LibraryError(
            f"event {str(component.get('summary', ''))!r} repeats by a rule that cannot be read: "
            f"{text}"
        ) from error
    for count, naive in enumerate(times):
        begin: Moment = naive.date() if whole_day else naive.replace(tzinfo=own)
        if count >= _MOST_REPEATS or _aware(begin, zone) >= last:
            return
        yield begin


def _local(until: str, own: tzinfo | None) -> str:
    """The end of a rule as wall-clock time of its event."""
    if not until.endswith("Z") or own is None:
        return until.rstrip("Z")
    moment = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=ZoneInfo("UTC"))
    return moment.astimezone(own).strftime("%Y%m%dT%H%M%S")


def _listed(component: Any, name: str) -> list[Moment]:
    entries = component.get(name)
    if entries is None:
        return []
    many = entries if isinstance(entries, list) else [entries]
    moments = [entry.dt for listed in many for entry in listed.dts]
    return [moment[0] if isinstance(moment, tuple) else moment for moment in moments]


def _event(component: Any, begin: Moment, *, repeats: bool) -> Event:
    start: Moment = component.decoded("dtstart")
    all_day = not isinstance(start, datetime)
    end: Moment
    until = component.decoded("dtend") if component.get("dtend") else None
    if until is not None and isinstance(until, datetime) != all_day:
        end = begin + (until - start)
    elif component.get("duration"):
        end = begin + component.decoded("duration")
    else:
        end = begin + timedelta(days=1 if all_day else 0)
    return Event(
        title=str(component.get("summary", "")),
        start=begin.isoformat(),
        end=end.isoformat(),
        all_day=all_day,
        location=str(component.get("location", "")),
        description=str(component.get("description", "")),
        repeats=repeats,
        uid=str(component.get("uid", "")),
    )
