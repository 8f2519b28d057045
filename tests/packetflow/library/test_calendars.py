from pathlib import Path

import pytest

from packetflow.errors import LibraryError
from packetflow.library.calendars import calendar_lookup


def event(*lines: str) -> str:
    return "\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendar(folder: Path, *events: str) -> str:
    text = "\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *events, "END:VCALENDAR"]
    )
    place = folder / "team.ics"
    place.write_bytes((text.replace("\n", "\r\n") + "\r\n").encode())
    return str(place)


WEEKLY = event(
    "UID:weekly",
    "SUMMARY:Stand-up",
    "DTSTART;TZID=Europe/Berlin:20260316T090000",
    "DTEND;TZID=Europe/Berlin:20260316T091500",
    "RRULE:FREQ=WEEKLY;UNTIL=20260420T215959Z",
    "EXDATE;TZID=Europe/Berlin:20260323T090000",
)


def starts(path: str, start: str, end: str = "", **said: str) -> list[str]:
    return [found.start for found in calendar_lookup(path, start, end, **said)]


def test_repeats_keep_their_hour_across_summer_time_less_the_excepted(tmp_path: Path) -> None:
    found = starts(calendar(tmp_path, WEEKLY), "2026-03-01", "2026-05-01")

    assert found == [
        "2026-03-16T09:00:00+01:00",
        "2026-03-30T09:00:00+02:00",
        "2026-04-06T09:00:00+02:00",
        "2026-04-13T09:00:00+02:00",
        "2026-04-20T09:00:00+02:00",
    ]


def test_a_changed_time_replaces_the_planned_one(tmp_path: Path) -> None:
    moved = event(
        "UID:weekly",
        "SUMMARY:Stand-up (late)",
        "RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000",
        "DTSTART;TZID=Europe/Berlin:20260330T140000",
        "DTEND;TZID=Europe/Berlin:20260330T141500",
    )

    found = calendar_lookup(calendar(tmp_path, WEEKLY, moved), "2026-03-30", "2026-03-31")

    assert [(one.title, one.start) for one in found] == [
        ("Stand-up (late)", "2026-03-30T14:00:00+02:00")
    ]


def test_a_day_long_event_counts_for_its_whole_day(tmp_path: Path) -> None:
    path = calendar(tmp_path, event("UID:1", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260501"))

    found = calendar_lookup(path, "2026-05-01T15:00", "2026-05-01T16:00")

    assert [(one.start, one.end, one.all_day) for one in found] == [
        ("2026-05-01", "2026-05-02", True)
    ]


def test_an_event_that_began_before_still_counts_while_it_lasts(tmp_path: Path) -> None:
    path = calendar(
        tmp_path,
        event("UID:1", "SUMMARY:Camp", "DTSTART:20260101T100000Z", "DTEND:20260105T100000Z"),
    )

    assert starts(path, "2026-01-03", "2026-01-04") == ["2026-01-01T10:00:00+00:00"]
    assert starts(path, "2026-01-06", "2026-01-07") == []


def test_text_is_looked_for_whatever_its_case(tmp_path: Path) -> None:
    path = calendar(
        tmp_path,
        event("UID:1", "SUMMARY:Tea", "LOCATION:Kitchen", "DTSTART:20260101T100000Z"),
        event("UID:2", "SUMMARY:Talk", "DTSTART:20260102T100000Z"),
    )

    assert starts(path, "2026-01-01", text="kitCHEN") == ["2026-01-01T10:00:00+00:00"]


def test_cancelled_events_are_left_out(tmp_path: Path) -> None:
    path = calendar(tmp_path, event("UID:1", "STATUS:CANCELLED", "DTSTART:20260101T100000Z"))

    assert starts(path, "2026-01-01") == []


def test_an_endless_daily_series_is_cut_at_the_end_of_the_span(tmp_path: Path) -> None:
    path = calendar(tmp_path, event("UID:1", "DTSTART:20000101T100000Z", "RRULE:FREQ=DAILY"))

    assert len(starts(path, "2026-01-01", "2026-01-08")) == 7


@pytest.mark.parametrize(
    ("start", "end", "zone", "complaint"),
    [
        ("soon", "", "UTC", "is no date"),
        ("2026-02-01", "2026-01-01", "UTC", "not after"),
        ("2026-02-01", "", "Mars/Base", "no time zone"),
    ],
)
def test_wrong_questions_say_what_to_write(
    tmp_path: Path, start: str, end: str, zone: str, complaint: str
) -> None:
    path = calendar(tmp_path, WEEKLY)

    with pytest.raises(LibraryError, match=complaint):
        calendar_lookup(path, start, end, timezone=zone)


def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ics").write_text("nonsense")

    with pytest.raises(LibraryError, match="no calendar"):
        calendar_lookup(str(tmp_path / "a.ics"), "2026-01-01")


def test_an_excepted_day_drops_the_time_on_it(tmp_path: Path) -> None:
    daily = event(
        "SUMMARY:Call",
        "DTSTART:20260327T090000Z",
        "RRULE:FREQ=DAILY;COUNT=3",
        "EXDATE;VALUE=DATE:20260328",
    )

    found = starts(calendar(tmp_path, daily), "2026-03-20")

    assert found == ["2026-03-27T09:00:00+00:00", "2026-03-29T09:00:00+00:00"]


def test_several_rules_of_one_event_all_count(tmp_path: Path) -> None:
    ruled = event(
        "SUMMARY:Call",
        "DTSTART;VALUE=DATE:20260327",
        "RRULE:FREQ=DAILY;COUNT=2",
        "RRULE:FREQ=WEEKLY;COUNT=2",
    )

    assert starts(calendar(tmp_path, ruled), "2026-03-20") == [
        "2026-03-27",
        "2026-03-28",
        "2026-04-03",
    ]


def test_a_day_that_ends_at_a_time_lasts_the_day(tmp_path: Path) -> None:
    mixed = event("SUMMARY:Fair", "DTSTART;VALUE=DATE:20260401", "DTEND:20260402T000000Z")

    (found,) = calendar_lookup(calendar(tmp_path, mixed), "2026-03-20")

    assert (found.start, found.end) == ("2026-04-01", "2026-04-02")


def test_a_beginning_that_is_no_date_is_named(tmp_path: Path) -> None:
    wrong = event("SUMMARY:Call", "DTSTART:2026-04-01")

    with pytest.raises(LibraryError, match="event 'Call' begins at '2026-04-01', which is no date"):
        calendar_lookup(calendar(tmp_path, wrong), "2026-03-20")
