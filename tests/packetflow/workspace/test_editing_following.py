"""Runs on a document: past ones on the version that they ran, waiting ones after a reload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from packetflow import Context, Workspace, capability
from tests.packetflow.workspace.desk import FLOW, Canvas, counted, desk_of, folder_with

REMOVE = {"op": "remove", "step": "say"}
ASKS = """\
pipeline: asks
steps:
  - {use: prepare, id: prepare}
  - {approve: "Send it?", id: go, into: sent}
"""


@capability(provides="letter")
async def prepare(name: str, context: Context) -> str:
    """Write a letter, and ask how."""
    tone = await context.ask("Which tone?", ["warm", "formal"])
    return f"{tone} {name}"


@capability(provides="letter")
def divide(name: str) -> float:
    """Divide by nothing."""
    return len(name) / 0


def go_waits(message: dict[str, Any]) -> bool:
    return message["steps"].get("go", {}).get("status") == "waiting"


async def test_a_past_run_is_drawn_on_the_version_that_it_ran(tmp_path):
    folder = folder_with(tmp_path / "work", sums=FLOW)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        before = await canvas.open("sums")
        run = await canvas.run(inputs={"number": 1})
        await canvas.say("follow", execution=run["execution"])
        same = await canvas.until("version")
        after = await canvas.edit(REMOVE)

        await canvas.say("follow", execution=run["execution"])
        version = await canvas.until("version")
        steps = await canvas.until("steps")
        back = await canvas.edit({"op": "text", "text": version["text"]})
        undone = await canvas.edit({"op": "undo"})

    assert (same["board"], same["text"]) == (None, None)
    assert [card["id"] for card in version["board"]["cards"]] == ["graph", "double", "add", "say"]
    assert version["text"] == before["text"]
    assert "# the sum" in version["text"]
    assert steps["steps"]["say"]["status"] == "ok"
    assert back["text"] == before["text"]
    assert undone["text"] == after["text"]


async def test_a_run_that_began_elsewhere_is_drawn_too(tmp_path):
    folder = folder_with(tmp_path / "work", sums=FLOW)
    with Workspace(folder) as elsewhere:
        for one in counted([]):
            elsewhere.add(one)
        ran = elsewhere.run_sync("sums", number=1)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.say("follow", execution=ran.id)
        same = await canvas.until("version")
        run = await canvas.until("run", lambda m: m["execution"] == ran.id)
        await canvas.edit(REMOVE)
        await canvas.say("follow", execution=ran.id)
        version = await canvas.until("version")

    assert same["board"] is None
    assert run["status"] == "ok"
    assert [card["id"] for card in version["board"]["cards"]][1:] == ["double", "add", "say"]


async def test_a_run_of_which_nothing_is_kept_says_so(tmp_path):
    folder = folder_with(tmp_path / "work", sums=FLOW)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.say("follow", execution="0" * 36)
        error = await canvas.until("error")

    assert "records" in error["message"]


async def test_a_new_page_is_told_how_the_last_run_stands_and_what_it_asks(tmp_path):
    folder = folder_with(tmp_path / "work", asks=ASKS)
    async with desk_of(folder, prepare) as desk:
        one = Canvas(desk)
        await one.open("asks")
        await one.say("run", ask=1, inputs={"name": "Ada"})
        begun = await one.until("run", lambda m: m["ask"] == 1)
        asked = await one.until("question")
        await desk.leave(one.editor)

        other = Canvas(desk)
        await other.open("asks")
        again = await other.until("question")
        execution = begun["execution"]
        await other.say("answer", execution=execution, step="prepare", path=[], value="warm")
        await other.until("steps", go_waits)
        approve = await other.until("question", lambda m: m["step"] == "go")
        await other.say("answer", execution=execution, step="go", path=[], value=True)
        ended = await other.until("run", lambda m: m["status"] == "ok")

    assert asked["text"] == again["text"] == "Which tone?"
    assert again["choices"] == ["warm", "formal"]
    assert (approve["text"], approve["choices"]) == ("Send it?", [])
    assert ended["execution"] == execution


async def test_a_run_that_waits_is_shown_by_a_desk_that_began_later(tmp_path):
    folder = folder_with(tmp_path / "work", asks=ASKS)
    async with desk_of(folder, prepare) as desk:
        one = Canvas(desk)
        await one.open("asks")
        await one.say("run", ask=1, inputs={"name": "Ada"})
        await one.until("question")

    async with desk_of(folder, prepare) as desk:
        other = Canvas(desk)
        await other.open("asks")
        steps = await other.until("steps")
        question = await other.until("question")

    assert steps["steps"]["prepare"]["status"] == "waiting"
    assert question["text"] == "Which tone?"


async def test_a_failure_is_told_with_the_type_of_the_error_and_the_line(tmp_path):
    steps = "pipeline: divides\nsteps: [{use: divide, id: divide}]\n"
    folder = folder_with(tmp_path / "work", divides=steps)
    async with desk_of(folder, divide) as desk:
        canvas = Canvas(desk)
        await canvas.open("divides")
        run = await canvas.run("failed", inputs={"name": "Ada"})

    place = f"({Path(__file__).name}, line {divide.fn.__code__.co_firstlineno + 3})"
    assert run["message"] == f"divide: ZeroDivisionError: division by zero {place}"
