"""The user's code as the canvas's desk needs it, in this very process: a notebook's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from packetflow.discovery.easel import Easel
from packetflow.engine.events import Event
from packetflow.engine.execution import Running
from packetflow.engine.happenings import happening_of
from packetflow.engine.start import Start
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import FailureCard, Happening, Outcome
from packetflow.kernel.messages import DrawBoard, SearchPalette
from packetflow.workspace.presence import tool_listings
from packetflow.workspace.recorded import Recorded, recorded
from packetflow.workspace.stopping import stop
from packetflow.workspace.taken import taken_for

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace


class LocalCode:
    """Implements `packetflow.workspace.editing_port.UserCode` with a workspace of this process."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._easel = Easel(workspace.catalog)
        self._begun: dict[str, _Line] = {}
        self._stamp: object = None

    async def draw(self, request: DrawBoard) -> Drawn:
        """The board of a text."""
        await asyncio.to_thread(self._read_again)
        return await asyncio.to_thread(self._easel.draw, request)

    async def palette(self, request: SearchPalette) -> bytes:
        """What can be put in, as JSON."""
        await asyncio.to_thread(self._read_again)
        return await asyncio.to_thread(self._easel.palette, request)

    async def start(self, text: str, inputs: Mapping[str, Any], reuse: Mapping[str, str]) -> str:
        """Begin to run a text; its execution's id."""
        workspace = self._workspace
        await asyncio.to_thread(self._read_again)
        pipeline = await asyncio.to_thread(workspace.catalog.read, text)
        past = await asyncio.to_thread(taken_for, workspace, reuse)
        start = Start(trigger="notebook", past=past)
        running = workspace.engine.start(workspace.learnt(pipeline), inputs, start)
        workspace.watched(running)
        self._begun[running.id] = _Line(running)
        return running.id

    async def follow(self, execution: str) -> AsyncIterator[Happening | Outcome]:
        """Listen to an execution; its outcome is the last."""
        line = self._begun.pop(execution, None)
        running = self._workspace.engine.running.get(execution)
        if line is None and running is not None:
            watch = self._workspace.watches.of(execution)
            line = _Line(running, [] if watch is None else watch.told(execution))
        return self._told(execution, line)

    async def _told(self, execution: str, line: _Line | None) -> AsyncIterator[Happening | Outcome]:
        if line is not None:
            while (news := await line.told.get()) is not None:
                yield news
            await line.running
        ended = await asyncio.to_thread(self._workspace.execution, execution)
        failure = ended.failure
        card = None
        if failure is not None:
            card = FailureCard(
                failure.step, failure.error_type, failure.message, traceback=failure.trail
            )
        yield Outcome(execution, str(ended.status), {}, card)

    async def cancel(self, execution: str) -> None:
        """Stop an execution."""
        await stop(self._workspace, execution, "stopped on the canvas")

    async def answer(self, execution: str, step: str, path: list[int], value: object) -> None:
        """Answer what a step waits for."""
        send = self._workspace.send_answer
        arrived = await asyncio.to_thread(send, execution, step, value, tuple(path))
        await self._workspace.hearing.hand_over(arrived)

    async def recorded(self, execution: str) -> Recorded:
        """What its steps were given and made."""
        return await asyncio.to_thread(recorded, self._workspace.folder.path, execution)

    def _read_again(self) -> None:
        """Read capability files that were changed since the last look, here or elsewhere."""
        now = self.stamp()
        if now != self._stamp:
            self._workspace.catalog.refresh()
            self._stamp = now

    def stamp(self) -> object:
        """Changes when a capability, a pipeline or an external tool has changed."""
        folder = self._workspace.folder
        marks = []
        files = (folder.capabilities.glob("*.py"), folder.pipelines.glob("*.yaml"))
        for path in (*files[0], *files[1], *tool_listings(folder.path)):
            try:
                state = path.stat()
            except OSError:
                continue
            marks.append((path.name, state.st_mtime_ns, state.st_size))
        return tuple(sorted(marks))


class _Line:
    """What a run of this process tells, from when this was made, until ``None``."""

    def __init__(self, running: Running, before: Iterable[Happening] = ()) -> None:
        self.running = running
        self.told: asyncio.Queue[Happening | None] = asyncio.Queue()
        self._secrets = running.secrets
        for one in before:
            self.told.put_nowait(one)
        running.listen(self._hear)
        running.when_over(lambda: self.told.put_nowait(None))

    def _hear(self, event: Event) -> None:
        if (happened := happening_of(event, self._secrets)) is not None:
            self.told.put_nowait(happened)
