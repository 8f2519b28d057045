"""How events look while a run goes on."""

import io

import msgspec
import pytest
from rich.console import Console

from packetflow.cli.progress import Lines, Screen, line
from packetflow.engine.events import (
    Answered,
    Logged,
    PartialOutput,
    Progressed,
    StepEnded,
    StepStarted,
    Waits,
)
from packetflow.kernel.records import SpanEnded, WaitStarted

ID = "0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f"


def ended(step, status="ok", error=""):
    kind = "ValueError" if error else ""
    return SpanEnded(
        ID, 1, 1, 0, step, (), "capability", step, status, 1, 0, 2_000_000, {}, kind, error
    )


def taken_over(step):
    facts = {"took_ns": 2_000_000}
    return SpanEnded(ID, 1, 1, 0, step, (), "reused", step, "ok", 1, 0, 0, attributes=facts)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (StepStarted(ID, "fetch", (2,), 1, 0), "fetch[2] begins"),
        (StepStarted(ID, "fetch", (), 2, 0), "fetch begins (attempt 2)"),
        (StepEnded(ended("fetch")), "fetch ok in 2.0 ms"),
        (
            StepEnded(ended("fetch", "failed", "no")),
            "fetch failed in 2.0 ms: ValueError: no",
        ),
        (Progressed(ID, "fetch", (), 0.5, "half"), "fetch 50% half"),
        (PartialOutput(ID, "talk", (), "he"), "talk says 'he'"),
        (Logged(ID, "fetch", (), "info", "hi"), "fetch info: hi"),
        (
            Waits(WaitStarted(ID, 1, "ok", (), "e", "", 0, 0, "Go on?")),
            "ok waits for Go on?",
        ),
        (Waits(WaitStarted(ID, 1, "ok", (), "paid", "", 0, 0)), "ok waits for event paid"),
        (Answered(ID, "ok", (), 0), "ok was answered and goes on"),
        (StepEnded(taken_over("fetch")), "fetch taken over, took 2.0 ms"),
    ],
)
def test_an_event_is_one_line(event, said):
    assert line(event) == said


def drawn(screen):
    out = io.StringIO()
    Console(file=out, width=100).print(screen._table())
    return [row.split() for row in out.getvalue().splitlines()]


def test_the_screen_shows_each_step_as_it_stands():
    screen = Screen()

    screen.see(StepStarted(ID, "fetch", (), 1, 0))
    screen.see(StepStarted(ID, "parse", (), 1, 0))
    screen.see(StepEnded(ended("fetch", "failed", "no")))

    rows = drawn(screen)
    assert rows[0][1:] == ["failed", "fetch", "0.00", "s", "ValueError:", "no"]
    assert rows[1][1:3] == ["running", "parse"]


def test_steps_that_ended_before_anybody_looked_come_first_at_the_end():
    screen = Screen()
    screen.see(StepEnded(ended("second")))

    screen.complete([ended("first"), ended("second")])

    assert [row[2] for row in drawn(screen)] == ["first", "second"]


def test_lines_of_steps_that_ended_before_anybody_looked_come_once(capsys):
    first, second = ended("fetch"), msgspec.structs.replace(ended("clean"), span_id=2)
    lines = Lines()

    lines.see(StepEnded(second))
    lines.complete([first, second])

    assert capsys.readouterr().err.split("\n")[:-1] == ["clean ok in 2.0 ms", "fetch ok in 2.0 ms"]


def test_only_the_last_steps_of_many_are_drawn():
    screen = Screen()
    for number in range(30):
        screen.see(StepEnded(ended(f"s{number}")))

    rows = drawn(screen)

    assert rows[0] == ["...", "10", "more"]
    assert rows[-1][2] == "s29"
