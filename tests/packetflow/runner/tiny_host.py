"""A small host for the runner's tests: a real engine, capabilities that behave and misbehave."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from packetflow.capabilities.context import Context
from packetflow.composition.capability import Capability, capability
from packetflow.engine.engine import Engine
from packetflow.engine.events import Ended, Event
from packetflow.engine.execution import Running
from packetflow.engine.happenings import happening_of
from packetflow.engine.start import Start
from packetflow.errors import RunElsewhere, RunError, UnknownName
from packetflow.kernel.board import Drawn
from packetflow.kernel.cards import CapabilityCard, Description, Listing
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import (
    AnswerStep,
    CapabilityRequest,
    DrawBoard,
    EmitEvent,
    ForkRun,
    SearchPalette,
)
from packetflow.runner.outcomes import outcome_of
from packetflow.runner.port import Tell


@capability(provides="sum")
async def add(a: int, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


@capability(provides="never")
def breaks(a: int) -> int:
    """Raise."""
    raise ValueError(f"no {a}")


@capability(provides="said")
async def asks(question: str, context: Context) -> str:
    """Ask a person."""
    return str(await context.ask(question, ["yes", "no"]))


@capability(provides="count")
async def counts(marks: int, context: Context) -> int:
    """Tell progress many times."""
    for number in range(marks):
        context.progress(number / marks, "x" * 1000)
        if number % 100 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    return marks


@capability(provides="pid")
async def waits_for_file(path: str) -> int:
    """Wait until a file is there."""
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return os.getpid()


@capability(provides="printed")
def prints(text: str) -> str:
    """Print, below Python too."""
    print(text)
    os.write(1, f"{text} from below\n".encode())
    os.write(2, b"\0\xff not text\n")
    return text


@capability(provides="nothing")
def exits(code: int) -> int:
    """End the whole process."""
    os._exit(code)


@capability(provides="nothing", run_in="loop")
def hangs(seconds: float) -> int:
    """Stand still on the event loop."""
    time.sleep(seconds)
    return 0


@capability(provides="size")
def eats(megabytes: int) -> int:
    """Take memory."""
    return len(bytes(megabytes << 20))


KNOWN: dict[str, Capability[..., Any]] = {
    one.name: one for one in (add, breaks, asks, counts, waits_for_file, prints, exits, hangs, eats)
}


class TinyHost:
    """Implements `packetflow.runner.port.RunnerHost` without a catalog or a journal."""

    def __init__(self, folder: Path, *, runner: str) -> None:
        self.folder = folder
        self.runner = runner
        self.engine = Engine(folder=str(folder), runner=runner)
        self.tells: dict[tuple[str, Any], Any] = {}
        self.retired = False
        self.closed = False
        self.is_needed = False
        self.elsewhere: dict[str, str] = {}

    async def open(self) -> None:
        for path in sorted((self.folder / "capabilities").glob("*.py")):
            exec(compile(path.read_text(), path, "exec"), {})

    async def listing(self, query: str, limit: int) -> Listing:
        found = [
            CapabilityCard(name, one.declaration.intent)
            for name, one in KNOWN.items()
            if query in name
        ]
        return Listing(found[: limit or None])

    async def describe(self, name: str, source: str | None) -> Description:
        if name not in KNOWN:
            raise UnknownName("capability", name, ["add"])
        return Description(name, yaml=source or "")

    async def draw(self, request: DrawBoard) -> Drawn:
        return Drawn(request.source.encode(), request.places)

    async def palette(self, request: SearchPalette) -> bytes:
        return b"{}"

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        if request.name not in KNOWN:
            raise UnknownName("capability", request.name)
        begin = Start(execution_id=request.execution_id or new_id(), user=request.user)
        running = self.engine.start(KNOWN[request.name], request.inputs, begin)
        self._listen(running, tell)
        with (self.folder / "started.txt").open("a") as file:
            file.write(json.dumps([running.id, self.runner]) + "\n")
        return running.id

    async def resume(self, execution_id: str, tell: Tell | None) -> str:
        raise RunError(f"execution {execution_id} cannot be resumed here")

    async def fork(self, request: ForkRun, tell: Tell | None) -> str:
        inputs = {"a": 1, **request.inputs}
        return await self.start(CapabilityRequest(request.id, "add", inputs), tell)

    async def follow(self, execution_id: str, tell: Tell) -> None:
        self._listen(self._running(execution_id), tell)

    def unfollow(self, execution_id: str, tell: Tell) -> None:
        listener = self.tells.pop((execution_id, tell), None)
        running = self.engine.running.get(execution_id)
        if listener is not None and running is not None:
            running._run.listeners.remove(listener)

    async def cancel(self, execution_id: str, reason: str) -> bool:
        self._running(execution_id).cancel(reason)
        return True

    async def answer(self, request: AnswerStep) -> None:
        from packetflow.engine.waiters import answer_event
        from packetflow.kernel.records import EventArrived

        name = answer_event(request.execution_id, request.step, tuple(request.path))
        arrived = EventArrived(new_id(), name, "", {"answer": request.value}, time.time_ns())
        if not self.engine.deliver(arrived):
            raise UnknownName("waiting step", request.step)

    async def emit(self, request: EmitEvent) -> int:
        return len(request.payload)

    def under_way(self) -> list[str]:
        return list(self.engine.running)

    def held(self) -> list[str]:
        return list(self.engine.running)

    async def needed(self) -> bool:
        return self.is_needed

    async def retire(self) -> None:
        self.retired = True

    async def close(self) -> None:
        self.closed = True
        await self.engine.close()

    def _running(self, execution_id: str) -> Running:
        if execution_id in self.elsewhere:
            raise RunElsewhere(execution_id, self.elsewhere[execution_id])
        if execution_id not in self.engine.running:
            raise UnknownName("execution", execution_id)
        return self.engine.running[execution_id]

    def _listen(self, running: Running, tell: Tell | None) -> None:
        if tell is None:
            return

        def listener(event: Event) -> None:
            if isinstance(event, Ended):
                tell(outcome_of(event.execution))
            elif (happened := happening_of(event)) is not None:
                tell(happened)

        self.tells[running.id, tell] = listener
        running._run.listen(listener)
