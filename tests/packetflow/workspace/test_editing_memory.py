"""What earlier runs of a document made, and which of it still counts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from packetflow import capability
from tests.packetflow.workspace.desk import FLOW, Canvas, counted, desk_of, folder_with

SET_MORE = {"op": "set", "step": "add", "field": "set", "value": {"more": 5}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_with(tmp_path / "work", sums=FLOW)


async def test_a_changed_step_and_what_follows_are_stale_until_they_ran_again(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.run(inputs={"number": 1})

        await canvas.edit(SET_MORE)
        changed = await canvas.standing(lambda m: m["stale"])
        await canvas.edit({"op": "undo"})
        back = await canvas.standing(lambda m: not m["stale"])
        await canvas.edit(SET_MORE)
        await canvas.standing(lambda m: m["stale"])
        await canvas.run(since="add")
        fresh = await canvas.standing(lambda m: not m["stale"])

    assert changed["stale"] == {"add": "changed", "say": "follows"}
    assert back["stale"] == fresh["stale"] == {}


async def test_a_run_from_a_step_takes_what_is_before_from_the_last_run(folder):
    calls: list[str] = []
    async with desk_of(folder, *counted(calls)) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.run(inputs={"number": 4})
        calls.clear()

        ended = await canvas.run(since="say")
        wish = {"execution": ended["execution"], "step": "double", "port": "doubled"}
        await canvas.say("preview", ask=2, **wish)
        value = await canvas.until("preview")

    assert calls == ["say"]
    assert ended["note"] == ""
    assert value["looks"][0]["text"] == "8"


async def test_a_run_from_a_step_begins_earlier_where_what_is_before_has_changed(folder):
    calls: list[str] = []
    async with desk_of(folder, *counted(calls)) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.run(inputs={"number": 4})
        await canvas.edit(SET_MORE)
        calls.clear()

        changed = await canvas.run(since="say")
        ran = list(calls)
        calls.clear()
        await canvas.edit({"op": "rename", "step": "double", "to": "twice"})
        lacking = await canvas.run(since="say")

    assert ran == ["add", "say"]
    assert changed["note"] == "Began earlier than asked: add changed since the last run."
    assert calls == ["double", "add", "say"]
    assert "twice had no recorded values" in lacking["note"]


async def test_other_code_of_a_capability_makes_its_steps_stale(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.run(inputs={"number": 1})

    @capability(provides="sum")
    def add(doubled: int, more: int = 1) -> int:
        """Add two numbers."""
        return doubled + more + 1000

    double, _, say = counted([])
    async with desk_of(folder, double, add, say) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        changed = await canvas.standing(lambda m: m["stale"])

    assert changed["stale"] == {"add": "changed", "say": "follows"}


def pin(run: dict[str, Any], step: str = "double", port: str = "doubled") -> dict[str, Any]:
    return {"op": "pin", "step": step, "ports": [port], "run": run["execution"]}


async def test_a_pinned_step_does_not_run_and_its_values_are_taken(folder):
    calls: list[str] = []
    async with desk_of(folder, *counted(calls)) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        first = await canvas.run(inputs={"number": 21})
        await canvas.edit(pin(first))
        told = await canvas.standing(lambda m: m["pinned"])
        calls.clear()

        second = await canvas.run(inputs={"number": 1})
        await canvas.say("preview", execution=second["execution"], step="say", port="text", ask=2)
        value = await canvas.until("preview")
        ran = list(calls)
        await canvas.edit({"op": "pin", "step": "double", "ports": []})
        calls.clear()
        await canvas.run(inputs={"number": 1})

    assert told["pinned"] == {"double": first["execution"]}
    assert ran == ["add", "say"]
    assert value["looks"][0]["text"] == "it is 43"
    assert calls == ["double", "add", "say"]


async def test_a_pin_outlives_its_run_and_the_desk(folder):
    calls: list[str] = []
    async with desk_of(folder, *counted(calls)) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        first = await canvas.run(inputs={"number": 21})
        await canvas.edit(pin(first))
        await canvas.standing(lambda m: m["pinned"])
    shutil.rmtree(folder / ".packetflow" / "journal")
    shutil.rmtree(folder / ".packetflow" / "artifacts", ignore_errors=True)
    calls.clear()

    async with desk_of(folder, *counted(calls)) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.run(inputs={"number": 1})

    assert calls == ["add", "say"]


async def test_a_pin_of_a_changed_step_is_told_and_refused_by_a_run(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        first = await canvas.run(inputs={"number": 21})
        await canvas.edit(pin(first, "add", "sum"))
        await canvas.standing(lambda m: m["pinned"])
        await canvas.edit(SET_MORE)
        broken = await canvas.standing(lambda m: m["broken"])
        await canvas.say("run", ask=3, inputs={"number": 1})
        refused = await canvas.until("error")

    assert "has changed since" in broken["broken"]["add"]
    assert refused["ask"] == 3
    assert refused["message"].startswith("add is pinned, but it has changed")


async def test_a_pin_whose_values_are_gone_says_so(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.edit({"op": "pin", "step": "add", "ports": ["sum"], "run": "0" * 36})
        broken = await canvas.standing(lambda m: m["broken"])

    assert "gone" in broken["broken"]["add"]
