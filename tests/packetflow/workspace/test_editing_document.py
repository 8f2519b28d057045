"""A document is drawn with the newest code, whatever happens while it is drawn."""

from __future__ import annotations

import asyncio

import pytest

from packetflow.kernel.board import Drawn
from packetflow.kernel.messages import DrawBoard
from packetflow.workspace.editing import EditDesk
from packetflow.workspace.editing_document import Document
from packetflow.workspace.editing_local import LocalCode
from tests.packetflow.workspace.desk import FLOW, WAIT, Canvas, counted, desk_of, folder_with


@pytest.fixture
def folder(tmp_path):
    return folder_with(tmp_path / "work", sums=FLOW)


class Slow:
    """Drawing, which from now on goes on only when it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = asyncio.Semaphore(0)
        self.may_end = asyncio.Semaphore(0)
        draw = LocalCode.draw

        async def slowly(code: LocalCode, request: DrawBoard) -> Drawn:
            self.begun.release()
            await self.may_end.acquire()
            return await draw(code, request)

        monkeypatch.setattr(LocalCode, "draw", slowly)


def only_document(desk: EditDesk) -> Document:
    (document,) = desk._documents.values()
    return document


async def test_code_that_changes_while_a_board_is_drawn_has_it_drawn_again(folder, monkeypatch):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        slow = Slow(monkeypatch)
        async with asyncio.timeout(WAIT):
            await only_document(desk).look(again=True)
            await slow.begun.acquire()
            await only_document(desk).look(again=True)
            slow.may_end.release()

            await slow.begun.acquire()  # else what the code was before stays on the board
            slow.may_end.release()


async def test_a_pin_counts_while_its_board_is_drawn_anew(folder, monkeypatch):
    async with desk_of(folder, *counted([])) as desk:
        canvas = Canvas(desk)
        await canvas.open("sums")
        ran = (await canvas.run(inputs={"number": 1}))["execution"]
        await canvas.edit({"op": "pin", "step": "double", "ports": ["doubled"], "run": ran})
        await canvas.standing(lambda m: m["pinned"] == {"double": ran})
        slow = Slow(monkeypatch)
        document = only_document(desk)
        async with asyncio.timeout(WAIT):
            await document.look(again=True)
            await slow.begun.acquire()

            judged = await document.runs._judge()
            slow.may_end.release()

    assert (judged.pins, judged.broken) == ({"double": ran}, {})
