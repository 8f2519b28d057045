"""One start for each cause; what dies in between is in tests/crash/test_triggers.py."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from packetflow import Workspace, capability, pipeline
from packetflow.composition.steps import Trigger
from packetflow.errors import JournalFull
from packetflow.runner.starts import Starts, cause_of

TRIGGER = Trigger("event", "came", {"n": 1})


@capability(provides="m")
def more(n: int) -> int:
    """Add one."""
    return n + 1


FLOW = pipeline("flow", more)


@pytest.fixture
async def ws(tmp_path: Path) -> AsyncIterator[Workspace]:
    opened = Workspace(tmp_path)
    opened.add(FLOW)
    yield opened
    await opened.engine.close()
    opened.close()


def mark(ws: Workspace) -> Path:
    (found,) = (ws.folder.state / "triggered").iterdir()
    return found


async def test_the_execution_is_named_by_pipeline_and_cause_and_starts_once(ws: Workspace):
    cause = cause_of(FLOW, TRIGGER, "event:1", {"n": 5, "other": 2})

    started = [Starts(ws).begin(cause) for _ in range(3)]
    done = await ws.engine.running[cause.execution_id]

    assert (started, done["m"], mark(ws).name) == ([1, 0, 0], 6, cause.execution_id)
    assert mark(ws).stat().st_size == 0
    assert Starts(ws).left_over() == []


async def test_a_start_that_is_refused_is_not_tried_again(ws: Workspace):
    unfit = cause_of(FLOW, Trigger("event", "came", {"nosuch": 1}), "event:1", {})

    assert Starts(ws).begin(unfit) == 0
    assert Starts(ws).left_over() == []
    assert Starts(ws).begin(unfit) == 0


async def test_a_start_that_could_not_be_kept_is_made_later(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise JournalFull("no room")

    starts, cause = Starts(ws), cause_of(FLOW, TRIGGER, "event:1", {})
    with monkeypatch.context() as patch:
        patch.setattr(ws.engine.sink, "append", full)
        assert starts.begin(cause) == 0
        starts.begin_left_over(starts.left_over())
    starts.begin_left_over(starts.left_over())

    assert (await ws.engine.running[cause.execution_id])["m"] == 2
    assert starts.left_over() == []


async def test_marks_of_long_ago_are_taken_away(ws: Workspace):
    starts = Starts(ws)
    starts.begin(cause_of(FLOW, TRIGGER, "event:1", {}))
    old, rubbish = mark(ws), ws.folder.state / "triggered" / ("-" * 36)
    os.utime(old, (1000, 1000))
    rubbish.write_text("no mark")

    assert starts.left_over() == []
    assert (old.exists(), rubbish.exists()) == (False, True)


async def test_what_is_being_started_this_moment_is_not_left_over(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
):
    starts, begin = Starts(ws), ws.engine.start
    left: list[object] = []

    def slowly(*args: Any) -> Any:
        left.extend(starts.left_over())  # its thread looks just now
        return begin(*args)

    monkeypatch.setattr(ws.engine, "start", slowly)

    assert starts.begin(cause_of(FLOW, TRIGGER, "event:1", {})) == 1
    assert left == []
