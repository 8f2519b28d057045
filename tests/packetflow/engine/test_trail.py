"""Where a user's code failed."""

import json
import traceback
from pathlib import Path
from typing import Annotated

from packetflow import capability, secret
from packetflow.engine.trail import (
    STACK,
    Place,
    carry_trail,
    places,
    theirs,
    trail_of,
)
from packetflow.errors import PacketFlowError
from packetflow.frames import is_installed
from tests.packetflow.engine.kit import run


def fall(text: str) -> None:
    json.loads(text)


def caught(text: str) -> BaseException:
    try:
        fall(text)
    except ValueError as error:
        return error
    raise AssertionError(text)


@capability(provides="it")
def breaks(text: str) -> str:
    fall(text)
    return text


@capability(provides="it", run_in="thread")
def stops(text: str) -> str:
    raise StopIteration


@capability(provides="it")
def knocks(password: Annotated[str, secret]) -> str:
    raise ValueError("the word is not sesame")


async def test_a_failed_step_keeps_where_its_code_failed_in_its_span():
    done = await run(breaks, text="{")

    here, inner, *deeper = places(done.spans[-1].attributes[STACK])
    assert (here.file, here.function, here.source) == (__file__, "breaks", "fall(text)")
    assert (inner.function, inner.source) == ("fall", "json.loads(text)")
    assert all(is_installed(place.file) for place in deeper)


async def test_the_failure_has_the_same_trail_as_the_span():
    done = await run(breaks, text="{")

    assert done.failure is not None
    assert done.failure.trail == done.spans[-1].attributes[STACK]


async def test_frames_of_ours_are_left_out():
    done = await run(breaks, text="{")

    assert "engine/use.py" not in done.failure.trail
    assert "engine/threads.py" not in done.failure.trail


async def test_a_secret_that_stands_in_the_source_is_taken_out():
    done = await run(knocks, password="the word is not sesame")

    assert done.failure.trail
    assert "sesame" not in done.failure.trail


async def test_the_cause_tells_where_when_the_error_was_made_anew():
    done = await run(stops, text="x")

    assert places(done.failure.trail)[-1].source == "raise StopIteration"


def test_an_error_from_another_process_has_the_trail_it_had_there():
    arrived = ValueError("far away")

    carry_trail(arrived, trail_of(caught("{")))

    assert places(trail_of(arrived))[0].function == "caught"


def test_an_error_raised_by_nobodys_code_has_no_trail():
    assert trail_of(ValueError("never raised")) == ""


def test_a_deep_trail_keeps_its_end():
    def deep(n: int) -> None:
        if n == 0:
            raise RecursionError
        deep(n - 1)

    try:
        deep(100)
    except RecursionError as error:
        found = places(trail_of(error))

    assert len(found) == 12
    assert found[-1].source == "raise RecursionError"


def test_a_source_line_that_is_gone_leaves_the_place(tmp_path: Path):
    code = compile("\n\n1 / 0", str(tmp_path / "gone.py"), "exec")

    try:
        exec(code)
    except ZeroDivisionError as error:
        found = places(trail_of(error))

    assert found[-1] == Place(str(tmp_path / "gone.py"), 3, "<module>")


async def test_the_cause_of_a_failure_is_told_from_the_users_code_on():
    failed = await run(breaks, text="{")
    try:
        failed["it"]
    except PacketFlowError as error:
        told = traceback.format_exception(error.__cause__)

    assert [line.split(", in ")[1].split("\n")[0] for line in told if "File" in line][:2] == [
        "breaks",
        "fall",
    ]


def test_an_error_without_code_of_the_user_is_left_whole():
    error = ValueError("no traceback")

    assert theirs(error) is error
    assert theirs(None) is None


def test_causes_that_form_a_ring_end():
    error, other = ValueError("x"), ValueError("y")
    error.__cause__, other.__cause__ = other, error

    assert trail_of(error) == ""
