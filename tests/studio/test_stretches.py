"""Stretches of time and what is picked in them."""

import datetime as dt

import pytest

from studio.stretches import DAY, HOUR, MOST_BARS, STRETCHES, said, stretch, wanted

EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
NOW = dt.datetime(2026, 11, 21, 12, 7, 31, 5, tzinfo=EAST)


@pytest.mark.parametrize("name", STRETCHES)
@pytest.mark.parametrize("age", [None, HOUR / 60, 20 * HOUR, 40 * DAY, 3000 * DAY])
def test_a_stretch_is_whole_bars_and_holds_this_moment(name, age):
    one = stretch(name, NOW, None if age is None else NOW - age)

    bars = (one.window.until - one.window.since) / one.step
    assert bars == int(bars)
    assert 1 <= bars <= MOST_BARS + 1
    assert one.window.since < NOW < one.window.until
    assert one.begin(one.window.since) == one.window.since


def test_all_holds_the_first_of_all():
    for hours in range(1, 20_000, 97):
        first = NOW - hours * HOUR

        assert stretch("All", NOW, first).window.since <= first


def test_a_stretch_is_the_same_a_moment_later():
    assert stretch("Last day", NOW) == stretch("Last day", NOW + dt.timedelta(minutes=40))


def test_days_begin_at_the_midnight_of_who_looks():
    since = stretch("All", NOW, NOW - 20 * DAY).window.since

    assert (since.hour, since.minute, since.tzinfo) == (0, 0, EAST)


def test_a_picked_bar_narrows_the_time():
    shown = stretch("Last day", NOW)
    begin = shown.begin(NOW - 3 * HOUR)

    chosen = wanted({"at": str(int(begin.timestamp())), "status": "failed"}, shown)

    assert (chosen.since, chosen.until, chosen.status) == (begin, begin + HOUR, "failed")


@pytest.mark.parametrize("odd", ["", "soon", "-1", "1.5", "9" * 30])
def test_an_odd_time_in_the_address_is_no_pick(odd):
    shown = stretch("Last day", NOW)

    assert wanted({"at": odd}, shown).since == shown.window.since
    assert said({"at": odd}, shown) == []


def test_picks_are_said_in_words():
    shown = stretch("Last day", NOW)
    at = int(dt.datetime(2026, 11, 21, 9, tzinfo=EAST).timestamp())

    assert said({"at": str(at), "status": "timed_out"}, shown) == [
        "began within 1 hour of 21 Nov, 09:00",
        "are timed out",
    ]
    assert said({"waited": "go", "only": "x"}, shown, str.upper) == [
        "waited at GO",
        "had this slow step",
    ]
    assert said({}, shown) == []
