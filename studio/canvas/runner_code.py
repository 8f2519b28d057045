"""The user's code as the canvas's desk needs it, in the workspace's runner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from packetflow.errors import RunElsewhere
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import Happening, Outcome
from packetflow.kernel.messages import DrawBoard, SearchPalette
from packetflow.runner.card import current_path
from packetflow.runner.remote import RemoteRun
from packetflow.workspace.presence import tool_listings
from packetflow.workspace.recorded import Recorded, recorded
from studio.state import desk

DRAW_SECONDS = 15.0


class RunnerCode:
    """Implements `packetflow.workspace.editing_port.UserCode` with the desk's runner."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    async def draw(self, request: DrawBoard) -> Drawn:
        """The board of a text."""
        return await asyncio.to_thread(lambda: desk().runner.draw(request, seconds=DRAW_SECONDS))

    async def palette(self, request: SearchPalette) -> bytes:
        """What can be put in, as JSON."""
        return await asyncio.to_thread(lambda: desk().runner.palette(request))

    async def start(self, text: str, inputs: Mapping[str, Any], reuse: Mapping[str, str]) -> str:
        """Begin to run a text; its execution's id."""
        run = await asyncio.to_thread(
            lambda: desk().runner.run("", inputs, source=text, trigger="studio", reuse=reuse)
        )
        self._begun.add(run.execution_id)
        return desk().keep(run)

    async def follow(self, execution: str) -> AsyncIterator[Happening | Outcome]:
        """Listen to an execution; its outcome is the last."""
        is_new = execution in self._begun
        self._begun.discard(execution)
        run = desk().runs.get(execution)
        if run is None or (run.rests() and not is_new):
            try:
                run = await asyncio.to_thread(lambda: desk().runner.follow(execution))
            except RunElsewhere:
                return _elsewhere(execution)
            desk().keep(run, late=True)
        return _told(run)

    async def cancel(self, execution: str) -> None:
        """Stop an execution."""
        await asyncio.to_thread(lambda: desk().runner.cancel(execution, "stopped on the canvas"))

    async def answer(self, execution: str, step: str, path: list[int], value: object) -> None:
        """Answer what a step waits for."""
        await asyncio.to_thread(lambda: desk().runner.answer(execution, step, value, path=path))

    async def recorded(self, execution: str) -> Recorded:
        """What its steps were given and made."""
        return await asyncio.to_thread(lambda: recorded(desk().folder, execution))

    def stamp(self) -> object:
        """Changes with the runner, with the files of pipelines, and with external tools."""
        folder = desk().folder
        marks = []
        files = (*(folder / "pipelines").glob("*.yaml"), *tool_listings(folder))
        for path in (current_path(folder), *sorted(files)):
            try:
                state = path.stat()
            except OSError:
                continue
            marks.append((path.name, state.st_mtime_ns, state.st_size))
        return tuple(marks)


async def _told(run: RemoteRun) -> AsyncIterator[Happening | Outcome]:
    async for event in run:
        yield event
    yield await asyncio.to_thread(run.result)


async def _elsewhere(execution: str) -> AsyncIterator[Happening | Outcome]:
    yield Outcome(execution, "running")
