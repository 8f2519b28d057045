"""Due times, also of the time when nobody looked; the tests own the clock."""

import datetime as dt
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetflow import capability, pipeline
from packetflow.composition.steps import Trigger
from packetflow.runner.schedules import Schedules, around


@capability(provides="n")
def one() -> int:
    """Give one."""
    return 1


class Place:
    """A workspace's schedules, and a clock set by hand."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.moment = dt.datetime(2026, 3, 2, 9, 0, 30).astimezone()
        self.rules = {"hourly": "0 * * * *"}
        self.started: list[str] = []

    def runner(self) -> Schedules:
        """The schedules as a new runner sees them."""
        return Schedules(self.state, self._of_kind, self._begin, now=lambda: self.moment)

    def _of_kind(self, kind: str):
        for name, rule in self.rules.items():
            yield pipeline(name, one), Trigger(kind, rule)

    def _begin(self, cause) -> int:
        self.started.append(f"{cause.pipeline} {cause.mark.removeprefix('schedule:')}")
        return 1

    def passes(self, **time: float) -> None:
        self.moment = (self.moment + dt.timedelta(**time)).astimezone()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield Place(tmp_path)
    monkeypatch.undo()
    time.tzset()


def test_a_schedule_that_is_new_has_missed_nothing(place: Place):
    pause = place.runner().look()

    assert (place.started, pause) == ([], 1.0)


def test_a_due_time_starts_once(place: Place):
    runner = place.runner()
    runner.look()

    place.passes(minutes=59, seconds=29.5)
    pause = runner.look()
    for _ in range(3):
        place.passes(seconds=1)
        runner.look()

    assert pause == pytest.approx(0.5)
    assert place.started == ["hourly 2026-03-02T09:00:00+00:00"]


def test_of_times_missed_while_no_runner_lived_the_latest_is_made_up_for(place: Place):
    place.runner().look()

    place.passes(hours=5)
    later = place.runner()
    later.look()
    later.look()

    assert place.started == ["hourly 2026-03-02T13:00:00+00:00"]


def test_a_schedule_that_comes_within_the_pause_is_heeded_at_the_next_look(place: Place):
    runner = place.runner()
    runner.look()
    place.rules["often"] = "* * * * *"
    place.passes(seconds=1)
    runner.look()

    place.passes(seconds=29)
    runner.look()

    assert place.started == ["often 2026-03-02T08:01:00+00:00"]


def test_no_day_is_run_twice_or_left_out_when_clocks_change(place: Place):
    place.rules = {"daily": "0 9 * * *", "early": "30 2 * * *"}
    place.moment = dt.datetime(2026, 10, 23, 12, 0).astimezone()
    runner = place.runner()

    for _ in range(4 * 48):
        runner.look()
        place.passes(minutes=30)

    days = [line.split()[0] for line in place.started]
    assert (days.count("daily"), days.count("early")) == (4, 4)
    assert "daily 2026-10-25T08:00:00+00:00" in place.started
    assert len(place.started) == len(set(place.started))


def test_a_clock_that_was_far_ahead_does_not_stop_a_schedule(place: Place):
    runner = place.runner()
    place.passes(days=400)
    runner.look()
    place.passes(days=-400)
    runner.look()

    place.passes(hours=1)
    runner.look()

    assert place.started == ["hourly 2026-03-02T09:00:00+00:00"]


def test_a_schedule_that_cannot_be_read_is_said_once(
    place: Place, caplog: pytest.LogCaptureFixture
):
    place.rules["moon"] = "every full moon"
    runner = place.runner()

    with caplog.at_level(logging.WARNING):
        runner.look()
        runner.look()

    assert caplog.text.count("moon: schedule 'every full moon'") == 1


def test_a_moment_that_is_due_is_the_one_before(place: Place):
    noon = dt.datetime(2026, 3, 2, 12, 0).astimezone()

    before, following = around("0 12 * * *", noon)

    assert (before, following - before) == (noon, dt.timedelta(days=1))
