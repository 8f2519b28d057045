"""A desk over a workspace of this process, and editors that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from packetflow import Workspace, capability
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.editing import EditDesk, Editor
from packetflow.workspace.editing_local import LocalCode
from packetflow.workspace.editing_told import Told
from packetflow.workspace.folder import make_folder

WAIT = 60.0


class Canvas:
    """One editor: what it is told, and what it says."""

    def __init__(self, desk: EditDesk) -> None:
        self.desk = desk
        self.told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.editor = Editor(self._hear)
        self.seq = 0

    def _hear(self, content: bytes | Told) -> None:
        whole = content.whole if isinstance(content, Told) else content
        self.told.put_nowait(json.loads(whole))

    async def say(self, kind: str, **fields: Any) -> None:
        await self.desk.take(self.editor, json.dumps({"type": kind, **fields}))

    async def until(
        self,
        kind: str,
        fits: Callable[[Any], Any] = bool,
        *,
        else_: Callable[[dict[str, Any]], object] = bool,
    ) -> dict[str, Any]:
        """The next message of a kind for which something holds; *else_* gets those before it."""
        async with asyncio.timeout(WAIT):
            while True:
                message = await self.told.get()
                if message["type"] == "error" and kind != "error":
                    raise AssertionError(message["message"])
                if message["type"] == kind and fits(message):
                    return message
                else_(message)

    async def open(self, pipeline: str) -> dict[str, Any]:
        """Open a document; what is told of its runs before it is drawn is still to be heard."""
        await self.say("open", client="canvas", pipeline=pipeline, seen=None, protocol=1)
        early: list[dict[str, Any]] = []
        document = await self.until("document", lambda m: not m["late"], else_=early.append)
        while not self.told.empty():
            early.append(self.told.get_nowait())
        for message in early:
            if message["type"] != "document":
                self.told.put_nowait(message)
        return document

    async def edit(self, *ops: dict[str, Any]) -> dict[str, Any]:
        """Do an edit and wait for the document that has it."""
        self.seq += 1
        await self.say("edit", client="canvas", seq=self.seq, ops=list(ops))
        return await self.until("document", lambda m: m["acks"].get("canvas", 0) >= self.seq)

    async def run(self, status: str = "ok", **wish: Any) -> dict[str, Any]:
        """Run, and wait until it is over; answers how it ended, with the note it began with."""
        await self.say("run", ask=1, **wish)
        begun = await self.until("run", lambda m: m["ask"] == 1)
        mine = begun["execution"]
        ended = await self.until(
            "run", lambda m: m["execution"] == mine and m["status"] not in ("running", "queued")
        )
        assert ended["status"] == status, ended
        return {**ended, "note": begun["note"]}

    async def standing(self, fits: Callable[[Any], Any]) -> dict[str, Any]:
        return await self.until("standing", fits)


@contextlib.asynccontextmanager
async def desk_of(folder: Path, *capabilities: Any) -> AsyncIterator[EditDesk]:
    """A desk with a workspace of this process, both of which end with the block."""
    workspace = Workspace(folder, role="notebook")
    for one in capabilities:
        workspace.add(one)
    desk = EditDesk(Drafts(workspace.folder), LocalCode(workspace))
    try:
        yield desk
    finally:
        await desk.close()
        await workspace.engine.close()
        await asyncio.to_thread(workspace.close)


def folder_with(path: Path, **pipelines: str) -> Path:
    """A workspace folder with pipelines in it."""
    made = make_folder(path)
    for name, text in pipelines.items():
        (made.pipelines / f"{name}.yaml").write_text(text)
    return made.path


def counted(calls: list[str]) -> list[Any]:
    """Capabilities that note their calls."""

    @capability(provides="doubled")
    def double(number: int) -> int:
        """Double a number."""
        calls.append("double")
        return 2 * number

    @capability(provides="sum")
    def add(doubled: int, more: int = 1) -> int:
        """Add two numbers."""
        calls.append("add")
        return doubled + more

    @capability(provides="text")
    def say(sum: int) -> str:
        """Say a number."""
        calls.append("say")
        return f"it is {sum}"

    return [double, add, say]


FLOW = """\
pipeline: sums
steps:
  - graph:
      - {use: double, id: double}
      # the sum
      - {use: add, id: add}
      - {use: say, id: say}
    id: graph
"""
