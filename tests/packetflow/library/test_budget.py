"""How much a model that calls tools may take."""

import asyncio
import gc
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from packetflow.capabilities.context import Context
from packetflow.engine.engine import Engine
from packetflow.engine.past import read_story
from packetflow.library.asking import ask_with_tools
from packetflow.library.budget import Budget, Time
from packetflow.testing import FakeClock
from tests.packetflow.engine.kit import RecordingSink
from tests.packetflow.library.tool_kit import (
    MADE,
    asked,
    call,
    calls,
    catalog,
    script,
    told,
)


@pytest.fixture(autouse=True)
def nothing_made() -> None:
    MADE.clear()


def test_each_limit_of_a_budget_has_its_name():
    budget = Budget(2, 10.0, 0.5)

    assert [budget.used_up(*one) for one in ((0, 0, 0), (2, 0, 0), (0, 10, 0), (0, 0, 0.5))] == [
        "", "max_calls", "max_seconds", "max_cost_usd"
    ]  # fmt: skip


async def test_time_in_which_a_person_is_asked_does_not_count():
    class Asking(Context):
        is_asking = True

    limit = Time(Asking(), 0.05)

    assert await limit.limited(asyncio.sleep(0.2, "done")) == "done"
    assert limit.used == 0
    assert await Time(Context(), 0.05).limited(asyncio.sleep(60, "done")) is None


async def test_a_tool_that_hangs_is_stopped_at_the_limit_and_the_model_is_told(tmp_path: Path):
    both = calls(call("hang"), call("find_notes", query="a", limit=1))

    async with asyncio.timeout(60):
        tools = ["hang", "find_notes"]
        execution = await asked(tmp_path, both, "It hangs.", tools=tools, max_seconds=2.0)

    assert told(execution) == [
        "Error: it was stopped: max_seconds (2) are used up",
        '{"notes": ["a 0"]}',
    ]
    assert (execution["answer"], execution["stopped"]) == ("It hangs.", "max_seconds")
    (stopped,) = [one for one in execution.spans if one.name == "hang"]
    assert stopped.status == "timed_out"


class Mute:
    """A model that never answers."""

    async def chat(self, *_: Any, **__: Any) -> Any:
        await asyncio.Event().wait()


async def test_a_model_that_hangs_is_stopped_at_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("packetflow.library.turns.open_model", lambda *_: Mute())

    async with asyncio.timeout(60):
        execution = await asked(tmp_path, max_seconds=0.2)

    said = "the model did not answer in time: max_seconds (0.2) are used up"
    assert said in str(execution.failure)


@pytest.mark.parametrize("slow_one", ["find_notes", "model_turn"])
async def test_what_was_used_before_a_restart_counts(tmp_path: Path, slow_one: str):
    sink = RecordingSink()
    inputs = {
        "question": "?",
        "tools": ["find_notes"],
        "model": script(tmp_path, calls(call("find_notes", query="a")), "Five.", "Late."),
        "max_seconds": 100.0,
    }
    await Engine(sink, clock=FakeClock(), catalog=catalog()).run(ask_with_tools, inputs)
    end = next(n for n, one in enumerate(sink.read) if getattr(one, "name", "") == slow_one)
    slow = [
        replace(one, duration_ns=101 * 10**9) if getattr(one, "name", "") == slow_one else one
        for one in sink.read[: end + 1]
    ]
    MADE.clear()
    engine = Engine(RecordingSink(), clock=FakeClock(), catalog=catalog())
    again = await engine.resume(ask_with_tools, read_story(slow))
    gc.collect()  # tells of coroutines that nobody began

    assert (again["stopped"], MADE) == ("max_seconds", [])
