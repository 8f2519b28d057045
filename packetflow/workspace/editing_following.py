"""The runs of a document: started whole or in part, followed, stopped, answered, looked into."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from packetflow.composition.part import before, behind, border, part
from packetflow.errors import EditRefused, PacketFlowError, UnknownName
from packetflow.kernel.board import Board
from packetflow.kernel.cards import Outcome
from packetflow.workspace.editing_messages import Preview, Reply, Run, written
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.editing_runs import Tally
from packetflow.workspace.recorded import Recorded

if TYPE_CHECKING:
    from packetflow.workspace.editing_document import Document, Listens

TELL_SECONDS: Final = 0.05
"""Between two messages about one run."""

RUNS_KEPT: Final = 20


class Runs:
    """The executions that are drawn on a document."""

    def __init__(self, document: Document, code: UserCode) -> None:
        self._document = document
        self._code = code
        self._tallies: dict[str, Tally] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._ran: dict[str, str] = {}
        self._last = ""

    @property
    def are_under_way(self) -> bool:
        """True while a run is followed."""
        return bool(self._following)

    def greet(self, editor: Listens) -> None:
        """Tell a new editor how the runs under way stand."""
        for execution in self._following:
            tally = self._tallies[execution]
            editor.send(written("run", ask=None, execution=execution, status="running", message=""))
            editor.send(written("steps", execution=execution, steps=tally.everything()))

    async def start(self, editor: Listens, wish: Run) -> None:
        """Begin to run the draft as it is, or a part of it.

        Raises:
            EditRefused: There is no such part, or a value that it needs was not recorded.
            PacketFlowError: It cannot run.
        """
        text = self._document.draft.text
        inputs = dict(wish.inputs)
        kept = self._kept(wish)
        if kept is not None:
            inputs = {**await self._recorded(kept), **inputs}
            text = part(text, kept)
        execution = await self._code.start(text, inputs)
        self._last = execution
        editor.send(written("run", ask=wish.ask, execution=execution, status="running", message=""))
        self._document.tell(
            written("run", ask=None, execution=execution, status="running", message="")
        )
        self._follow(execution)

    async def stop(self, execution: str) -> None:
        """Stop a run."""
        await self._code.cancel(execution)

    async def answer(self, reply: Reply) -> None:
        """Answer what waits, and follow the run again, which may have been put aside."""
        await self._code.answer(reply.execution, reply.step, reply.path, reply.value)
        self._follow(reply.execution)

    async def preview(self, editor: Listens, wish: Preview) -> None:
        """Show a value in part.

        Raises:
            UnknownName: That step made no such value, or it was not kept.
        """
        found = await self._code.recorded(wish.execution)
        made = found.outputs.get(wish.step) if wish.step else found.inputs
        if made is None or wish.port not in made:
            raise UnknownName("recorded value", f"{wish.step}.{wish.port}", list(made or ())[:3])
        shown = await asyncio.to_thread(self._code.looks, made[wish.port])
        editor.send(written("preview", ask=wish.ask, looks=shown))

    async def show(self, editor: Listens, execution: str | None) -> None:
        """Draw a run on the canvas: what has happened, then what happens."""
        if execution is None:
            return
        tally = self._tallies.get(execution)
        if tally is None:
            tally = self._tallies[execution] = Tally()
            for event in await self._code.past(execution):
                tally.take(event)
        self._last = execution
        for name in tally.done_well():
            self._ran[name] = execution
        editor.send(written("steps", execution=execution, steps=tally.everything()))
        self._follow(execution)

    async def close(self) -> None:
        """Follow nothing any more; the runs go on."""
        tasks = list(self._following.values())
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # ------------------------------------------------------------------ parts

    def _kept(self, wish: Run) -> set[str] | None:
        """The steps to run; ``None`` for all."""
        named = [one for one in (wish.until, wish.since, wish.only) if one is not None]
        if not named:
            return None
        if len(named) > 1:
            raise EditRefused("a run goes to a step, from a step, or is of one; say one of them")
        board = self._document.board
        if wish.only is not None:
            return {wish.only}
        if wish.until is not None:
            return before(board, wish.until)
        return behind(board, named[0])

    async def _recorded(self, kept: Collection[str]) -> dict[str, Any]:
        """The values that a part of the flow reads from the rest, as they were last recorded."""
        board = self._document.board
        known: dict[str, Recorded] = {}
        inputs: dict[str, Any] = {}
        givers: dict[str, str | None] = {}
        for wire in border(board, kept):
            execution = self._ran.get(wire.source, "") if wire.source else self._last
            if execution and execution not in known:
                known[execution] = await self._code.recorded(execution)
            values: Mapping[str, Any] = {}
            if execution:
                found = known[execution]
                values = found.outputs.get(wire.source, {}) if wire.source else found.inputs
            if wire.output in values:
                if givers.setdefault(wire.name, wire.source) != wire.source:
                    raise EditRefused(
                        f"{wire.name!r} comes from two steps here; run from an earlier step"
                    )
                inputs[wire.name] = values[wire.output]
            elif wire.source is not None and not _may_lack(board, wire.target, wire.input):
                raise EditRefused(
                    f"{wire.source!r} has no recorded {wire.output!r}; run up to it first"
                )
        return inputs

    # ------------------------------------------------------------------ following

    def _follow(self, execution: str) -> None:
        if execution in self._following:
            return
        for old in list(self._tallies)[: max(0, len(self._tallies) - RUNS_KEPT)]:
            if old not in self._following:
                del self._tallies[old]
        tally = self._tallies.setdefault(execution, Tally())
        task = asyncio.create_task(self._tell(execution, tally))
        self._following[execution] = task

    async def _tell(self, execution: str, tally: Tally) -> None:
        """Tell the editors what happens, bundled; at the end, how it ended."""
        news = asyncio.Event()
        outcome: list[Outcome] = []

        async def listen() -> None:
            async for event in self._code.events(execution):
                if isinstance(event, Outcome):
                    outcome.append(event)
                else:
                    tally.take(event)
                    news.set()

        listening = asyncio.create_task(listen())
        try:
            while not listening.done():
                waiting = asyncio.create_task(news.wait())
                await asyncio.wait({listening, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                news.clear()
                self._bundle(execution, tally)
                await asyncio.sleep(TELL_SECONDS)
            self._bundle(execution, tally)
            status, message = await self._end(listening, outcome)
        finally:
            listening.cancel()
            self._following.pop(execution, None)
        for name in tally.done_well():
            self._ran[name] = execution
        self._document.tell(
            written("run", ask=None, execution=execution, status=status, message=message)
        )

    def _bundle(self, execution: str, tally: Tally) -> None:
        steps = tally.news()
        if steps:
            self._document.tell(written("steps", execution=execution, steps=steps))
        for question in tally.questions:
            self._document.tell(written("question", execution=execution, **question))
        tally.questions.clear()

    async def _end(self, listening: asyncio.Task[None], outcome: list[Outcome]) -> tuple[str, str]:
        try:
            await listening
        except PacketFlowError as error:
            return "lost", error.message
        if not outcome:
            return "lost", "nobody tells how it ended"
        failure = outcome[0].failure
        if failure is None:
            return outcome[0].status, ""
        return outcome[0].status, f"{failure.step}: {failure.message}"


def _may_lack(board: Board, card: str, port: str) -> bool:
    return any(
        one.id == card and any(p.name == port and p.optional for p in one.inputs)
        for one in board.cards
    )
