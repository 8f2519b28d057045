"""The desk goes on whatever happens: a mistake inside is said, and ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from packetflow.kernel.board import Drawn
from packetflow.kernel.messages import DrawBoard
from packetflow.workspace.draft import Draft
from packetflow.workspace.editing import EditDesk
from packetflow.workspace.editing_local import LocalCode
from tests.packetflow.workspace.desk import FLOW, Canvas, counted, desk_of, folder_with


@pytest.fixture
def folder(tmp_path):
    return folder_with(tmp_path / "work", sums=FLOW)


@pytest.fixture(autouse=True)
def noted(caplog):
    """What is logged is expected, and not shown."""
    caplog.set_level("CRITICAL", logger="packetflow.workspace")


async def test_a_mistake_in_an_edit_refuses_it_and_the_next_one_is_done(folder, monkeypatch):
    undo = Draft._do

    def torn(self: Draft, client: str, seq: int, operations: Any) -> None:
        if operations[0]["op"] == "note":
            raise KeyError("torn")
        undo(self, client, seq, operations)

    monkeypatch.setattr(Draft, "_do", torn)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        note = {"op": "note", "step": "add", "text": "slow"}
        await canvas.say("edit", client="canvas", seq=1, ops=[note])
        refused = await canvas.until("refused")
        canvas.seq = 1
        after = await canvas.edit({"op": "remove", "step": "say"})

    assert refused["seq"] == 1
    assert "KeyError" in refused["message"]
    assert "say" not in after["text"]


async def test_a_mistake_while_drawing_is_said_and_drawn_over(folder, monkeypatch):
    draw, torn = LocalCode.draw, [True]

    async def sometimes(self: LocalCode, request: DrawBoard) -> Drawn:
        if torn:
            raise KeyError(torn.pop())
        return await draw(self, request)

    monkeypatch.setattr(LocalCode, "draw", sometimes)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.say("open", client="canvas", pipeline="sums", seen=None, protocol=1)
        late = await canvas.until("document")
        drawn = await canvas.until("document", lambda m: not m["late"])

    assert "KeyError" in late["late"]
    assert len(drawn["board"]["cards"]) == 4


async def test_a_mistake_while_a_run_begins_answers_who_asked(folder, monkeypatch):
    async def torn(self: LocalCode, text: str, inputs: Any, reuse: Mapping[str, str]) -> str:
        raise KeyError("torn")

    monkeypatch.setattr(LocalCode, "start", torn)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.say("run", ask=7, inputs={"number": 1})
        error = await canvas.until("error")

    assert error["ask"] == 7
    assert "KeyError" in error["message"]


async def test_the_end_of_a_run_is_told_though_following_it_went_wrong(folder, monkeypatch):
    async def torn(self: LocalCode, execution: str) -> Any:
        raise KeyError("torn")

    monkeypatch.setattr(LocalCode, "follow", torn)
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.say("run", ask=1, inputs={"number": 1})
        begun = await canvas.until("run", lambda m: m["ask"] == 1)
        mine = begun["execution"]
        ended = await canvas.until(  # by the journals, perhaps after it was called lost
            "run", lambda m: m["execution"] == mine and m["status"] == "ok"
        )

    assert ended["message"] == ""


async def test_runs_that_end_while_values_are_judged_do_no_harm(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas, other = Canvas(desk), Canvas(desk)
        await canvas.open("sums")
        await other.open("sums")
        for _ in range(5):
            await asyncio.gather(*(one.run(inputs={"number": 1}) for one in (canvas, other)))

        await canvas.edit({"op": "set", "step": "add", "field": "set", "value": {"more": 5}})
        await canvas.standing(lambda m: m["stale"] == {"add": "changed", "say": "follows"})


async def test_a_document_whose_run_ends_after_its_last_editor_left_is_let_go(folder):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        await canvas.say("run", ask=1, inputs={"number": 1})
        await canvas.until("run", lambda m: m["ask"] == 1)
        await desk.leave(canvas.editor)
        await nothing_open(desk)


async def test_editors_of_several_documents_may_leave_at_once(tmp_path):
    text = "pipeline: {}\nsteps: []\n"
    folder = folder_with(tmp_path / "work", **{one: text.format(one) for one in ("a", "b", "c")})
    async with desk_of(folder, *counted([])) as desk:
        canvases = [Canvas(desk) for _ in range(3)]
        for canvas, name in zip(canvases, "abc", strict=True):
            await canvas.open(name)

        await asyncio.gather(*(desk.leave(one.editor) for one in canvases))

        assert not desk._documents


async def test_who_is_cancelled_while_a_document_closes_hears_of_it(folder):
    async with desk_of(folder, *counted([])) as desk:
        await Canvas(desk).open("sums")
        [document] = desk._documents.values()
        closing = asyncio.create_task(document.close())
        await asyncio.sleep(0)

        closing.cancel()

        with pytest.raises(asyncio.CancelledError):
            await closing


async def nothing_open(desk: EditDesk) -> None:
    async with asyncio.timeout(60):
        while desk._documents:
            await asyncio.sleep(0.01)
