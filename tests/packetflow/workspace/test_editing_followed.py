"""A run is told to its end, through pauses and through the processes that it goes on in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from packetflow import Workspace, capability
from packetflow.kernel.cards import Happening, Outcome
from packetflow.workspace.editing_followed import Followed
from packetflow.workspace.editing_runs import Tally
from tests.packetflow.workspace.desk import Canvas, desk_of, folder_with
from tests.packetflow.workspace.kit import until

FLOW = """\
pipeline: asks
steps:
  - {use: prepare, id: prepare}
  - {approve: "Send it?", id: go, into: sent}
  - {use: post, id: post}
"""


@capability(provides="letter")
def prepare(name: str) -> str:
    """Write a letter."""
    return f"Dear {name}"


@pytest.fixture
def gate() -> asyncio.Event:
    """Opened once the letter may arrive."""
    return asyncio.Event()


@pytest.fixture
def post(gate: asyncio.Event) -> Any:
    @capability(provides="posted")
    async def post(letter: str) -> bool:
        """Take a letter to the post."""
        await gate.wait()
        return bool(letter)

    return post


def steps_are(**wanted: str) -> Any:
    def fits(message: dict[str, Any]) -> bool:
        steps = message["steps"]
        return all(steps.get(name, {}).get("status") == one for name, one in wanted.items())

    return fits


async def put_aside(canvas: Canvas, workspace: Workspace) -> str:
    """Run it, have it put aside where it asks, and answer which one it is."""
    await canvas.open("asks")
    await canvas.say("run", ask=1, inputs={"name": "Ada"})
    begun = await canvas.until("run", lambda m: m["ask"] == 1)
    await canvas.until("question")
    assert workspace.engine.running[begun["execution"]].put_aside()
    await canvas.until("run", lambda m: m["status"] == "waiting")
    return str(begun["execution"])


@pytest.mark.parametrize("here", [True, False])
async def test_a_run_that_was_put_aside_goes_on_live_whoever_answers(tmp_path, post, gate, here):
    folder = folder_with(tmp_path / "work", asks=FLOW)
    async with desk_of(folder, prepare, post) as desk:
        canvas, workspace = Canvas(desk), desk._code._workspace
        execution = await put_aside(canvas, workspace)

        if here:
            said = {"execution": execution, "step": "go", "path": [], "value": True}
            await canvas.say("answer", **said)
        else:
            arrived = await asyncio.to_thread(workspace.send_answer, execution, "go", True)
            await workspace.hearing.hand_over(arrived)
        await canvas.until("run", lambda m: m["status"] == "running")
        await canvas.until("steps", steps_are(post="running"))
        gate.set()
        ended = await canvas.until("run", lambda m: m["status"] not in ("running", "waiting"))

    assert (ended["execution"], ended["status"]) == (execution, "ok")


async def test_a_run_that_was_put_aside_is_stopped(tmp_path, post):
    folder = folder_with(tmp_path / "work", asks=FLOW)
    async with desk_of(folder, prepare, post) as desk:
        canvas = Canvas(desk)
        execution = await put_aside(canvas, desk._code._workspace)

        await canvas.say("stop", execution=execution)
        ended = await canvas.until("run", lambda m: m["status"] not in ("running", "waiting"))

    assert ended["status"] == "cancelled"


async def test_a_run_of_another_process_is_told_as_its_records_come(tmp_path, post, gate):
    folder = folder_with(tmp_path / "work", asks=FLOW)
    with Workspace(folder) as elsewhere:
        elsewhere.add(prepare, post)
        handle = elsewhere.start("asks", name="Ada")
        async with desk_of(folder, prepare, post) as desk:
            canvas = Canvas(desk)
            await canvas.open("asks")
            await canvas.say("follow", execution=handle.id)
            await canvas.until("steps", steps_are(prepare="ok", go="waiting"))
            await canvas.say("answer", execution=handle.id, step="go", path=[], value=True)
            await canvas.until("steps", steps_are(go="ok"))
            elsewhere.thread.loop.call_soon_threadsafe(gate.set)
            ended = await canvas.until("run", lambda m: m["status"] not in ("running", "waiting"))

    assert (ended["execution"], ended["status"]) == (handle.id, "ok")


async def test_a_run_that_another_desk_began_is_drawn_by_itself(tmp_path, post, gate):
    folder = folder_with(tmp_path / "work", asks=FLOW)
    gate.set()
    async with desk_of(folder, prepare, post) as one, desk_of(folder, prepare, post) as two:
        here, there = Canvas(one), Canvas(two)
        await there.open("asks")
        await here.open("asks")
        await here.say("run", ask=1, inputs={"name": "Ada"})
        begun = await here.until("run", lambda m: m["ask"] == 1)
        mine = begun["execution"]
        seen = await there.until("question")
        await there.say("answer", execution=mine, step="go", path=[], value=True)
        ended = await there.until("run", lambda m: m["status"] not in ("running", "waiting"))

    assert (seen["execution"], ended["execution"], ended["status"]) == (mine, mine, "ok")


async def test_a_run_that_asks_about_changed_code_asks_on_the_canvas(tmp_path, post, gate):
    folder = folder_with(tmp_path / "work", asks=FLOW)
    gate.set()

    @capability(provides="letter", name="prepare")
    def changed(name: str) -> str:
        """Write a warmer letter."""
        return f"Dearest {name}"

    async with desk_of(folder, prepare, post) as desk:
        canvas, workspace = Canvas(desk), desk._code._workspace
        execution = await put_aside(canvas, workspace)
        workspace.add(changed)
        await canvas.say("answer", execution=execution, step="go", path=[], value=True)
        question = await canvas.until("question", lambda m: not m["step"])
        first = question["choices"][0]
        await canvas.say("answer", execution=execution, step="", path=[], value=first)
        gone = await canvas.until("steps", lambda m: m["steps"].get("", {}).get("status") == "")
        ended = await canvas.until("run", lambda m: m["status"] not in ("running", "waiting"))

    assert "changed" in question["text"]
    assert gone["execution"] == execution
    assert ended["status"] == "ok"


def test_records_that_are_known_in_part_are_taken_once():
    waits = Happening("e", "waits", "go", [], 1, {"question": "Send it?", "choices": []})
    body = {"status": "ok", "kind": "reused", "took_ns": 2_000_000_000}
    ended = Happening("e", "step_ended", "read", [], 1, body)
    tally = Tally()

    tally.catch_up([ended, waits])
    tally.catch_up([ended, waits])
    asked = list(tally.questions)
    tally.catch_up([ended])

    assert [one["text"] for one in asked] == ["Send it?"]
    assert tally.everything()["read"]["seconds"] == 2.0
    assert tally.asked == {}
    assert tally.everything()["go"]["status"] == ""


async def test_an_end_after_whoever_was_asked_had_looked_is_told(tmp_path):
    class Late:
        """It was under way when they looked."""

        async def follow(self, execution: str) -> Any:
            async def told() -> Any:
                yield Outcome(execution, "running")

            return told()

    folder = folder_with(tmp_path / "work", asks=FLOW)
    with Workspace(folder) as elsewhere:
        ended = await elsewhere.run(prepare, name="Ada")
        said: list[bytes] = []
        followed = Followed(folder, ended.id, said.append)
        async with asyncio.timeout(60):
            await followed.follow(Late(), lambda: None, is_new=False)

    assert (followed.status, followed.is_over) == ("ok", True)
    assert b'"status":"ok"' in said[-1]


async def test_a_run_that_was_taken_up_after_whoever_was_asked_had_looked_goes_on_live(
    tmp_path, post, gate
):
    class Late:
        """It was put aside when they looked; the second time it is not."""

        asked = 0

        async def follow(self, execution: str) -> Any:
            self.asked += 1
            is_first = self.asked == 1

            async def told() -> Any:
                if is_first:
                    yield Outcome(execution, "waiting")
                else:
                    yield Happening(execution, "step_started", "post", [], 1, {})
                    gate.set()
                    yield Outcome(execution, "ok")

            return told()

    folder = folder_with(tmp_path / "work", asks=FLOW)
    with Workspace(folder, passivate_after_seconds=0) as elsewhere:
        elsewhere.add(prepare, post)
        mine = (await elsewhere.run("asks", name="Ada")).id
        elsewhere.answer(mine, "go", True)
        until(
            lambda: [one.step for one in elsewhere.archive.story(mine).spans] == ["prepare", "go"]
        )
        said: list[bytes] = []
        followed = Followed(folder, mine, said.append)
        async with asyncio.timeout(60):
            await followed.follow(Late(), lambda: None, is_new=False)

    assert followed.status == "ok"
    assert any(b'"post":{"status":"running"' in one for one in said)
