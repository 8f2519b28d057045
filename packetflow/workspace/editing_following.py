"""The runs of a document: started whole or in part, followed, stopped, answered, looked into."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from packetflow.composition.part import before, border, holders, part
from packetflow.errors import EditRefused, PacketFlowError, UnknownName
from packetflow.kernel.board import Board
from packetflow.workspace.draft_runs import DraftRuns
from packetflow.workspace.editing_followed import RUNNING, Followed
from packetflow.workspace.editing_memory import Judged, Memory
from packetflow.workspace.editing_messages import Preview, Reply, Run, mishap, written
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.recorded import Recorded

if TYPE_CHECKING:
    from packetflow.workspace.editing_document import Document, Listens

JUDGE_SECONDS: Final = 0.2
RUNS_KEPT: Final = 20
RESTORED: Final = 5
"""So many runs of a document are remembered when it is opened anew."""

WHOLE: Final = "@outputs"
"""What the canvas calls the step whose outputs are those of the run."""


class Runs:
    """The executions that are drawn on a document."""

    def __init__(self, document: Document, code: UserCode) -> None:
        self._document = document
        self._code = code
        self._folder = document.draft.folder
        self._texts = DraftRuns(document.draft.log.path.with_suffix(".runs"))
        self._memory = Memory(self._folder, self._texts, code)
        self._known: dict[str, Followed] = {}
        self._following: dict[str, asyncio.Task[None]] = {}
        self._last = ""
        self._restored: asyncio.Task[None] | None = None
        self._judged = Judged()
        self._judging: asyncio.Task[None] | None = None
        self._doubts = asyncio.Event()

    @property
    def are_under_way(self) -> bool:
        """True while something happens in a run that is followed."""
        return any(not self._known[one].rests for one in self._following)

    async def greet(self, editor: Listens) -> None:
        """Tell a new editor how the last run stands, and those under way."""
        await self._restore()
        for execution in dict.fromkeys([self._last, *self._following]):
            if execution:
                self._say_all(editor, execution)
        if self._judged != Judged():
            editor.send(_standing(self._judged))

    async def start(self, editor: Listens, wish: Run) -> None:
        """Begin to run the draft as it is, or a part of it.

        Raises:
            EditRefused: There is no such part, a value that it needs was not recorded, or a pin
                cannot be used.
            PacketFlowError: It cannot run.
        """
        await self._restore()
        whole = self._document.draft.text
        text, inputs, reuse, note = await self._prepared(wish, whole)
        execution = await self._code.start(text, inputs, reuse)
        self._last = execution
        with contextlib.suppress(OSError):  # then its definition tells what it ran
            await asyncio.to_thread(self._texts.keep, execution, whole)
        said = {"execution": execution, "status": "running", "message": "", "note": note}
        editor.send(written("run", ask=wish.ask, **said))
        self._document.tell(written("run", ask=None, **said))
        self._follow(execution, is_new=True)

    async def stop(self, execution: str) -> None:
        """Stop a run."""
        await self._code.cancel(execution)

    async def answer(self, reply: Reply) -> None:
        """Answer what waits; where the run was put aside, somebody takes it up."""
        await self._code.answer(reply.execution, reply.step, reply.path, reply.value)
        self._follow(reply.execution)

    async def preview(self, editor: Listens, wish: Preview) -> None:
        """Show a value in part.

        A value that was not given, not made or not kept has no looks.
        """
        found = await self._code.recorded(wish.execution)
        whole = {"": found.inputs, WHOLE: found.gave}
        made = whole.get(wish.step) or found.outputs.get(wish.step, {})
        is_there = wish.port in made
        shown = await asyncio.to_thread(_looks, made[wish.port]) if is_there else []
        editor.send(written("preview", ask=wish.ask, looks=shown))

    async def show(self, editor: Listens, execution: str | None) -> None:
        """Draw a run on the canvas, on the version that it ran; ``None`` goes back to the present.

        Raises:
            UnknownName: Nothing of it was kept.
        """
        await self._restore()
        if execution is None:
            if self._last:
                self._say_all(editor, self._last)
            return
        await self._load(execution)
        await self._document.show_version(editor, execution, self._memory)
        self._say_all(editor, execution)
        self._follow(execution)

    async def look(self) -> None:
        """Notice runs of this document that began in other processes."""
        if self._restored is None or not self._restored.done():
            return
        for execution in (await asyncio.to_thread(self._texts.newest))[:1]:
            if execution > self._last:
                self._last = execution
                said = {"execution": execution, "status": RUNNING, "message": "", "note": ""}
                self._document.tell(written("run", ask=None, **said))
                self._follow(execution)

    def doubt(self) -> None:
        """Something has changed: judge anew what of the recorded values counts."""
        self._doubts.set()
        if self._judging is None:
            self._judging = asyncio.create_task(self._judge_always())

    async def close(self) -> None:
        """Follow nothing any more; the runs go on."""
        own = (self._restored, self._judging)
        tasks = [*self._following.values(), *(one for one in own if one is not None)]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # ------------------------------------------------------------------ what there was

    async def _restore(self) -> None:
        """Remember the last runs of the document, from before it was opened here."""
        if self._restored is None:
            self._restored = asyncio.create_task(self._remember())
        await asyncio.shield(self._restored)

    async def _remember(self) -> None:
        for execution in (await asyncio.to_thread(self._texts.newest))[:RESTORED][::-1]:
            with contextlib.suppress(PacketFlowError, OSError):
                await self._load(execution)
                self._last = execution
        if self._last:
            self._follow(self._last)
        self.doubt()

    async def _load(self, execution: str) -> None:
        """Read how an execution went."""
        if execution in self._known:
            return
        followed = Followed(self._folder, execution, self._document.tell)
        story = await followed.load()
        if story.started is None:
            raise UnknownName("run whose records are still in the journals", execution)
        self._known.setdefault(execution, followed)
        self._memory.note(execution, followed.tally)

    def _say_all(self, editor: Listens, execution: str) -> None:
        known = self._known.get(execution)
        if known is None:
            return
        status = "waiting" if known.status == RUNNING and known.tally.asked else known.status
        said = {"execution": execution, "status": status, "message": known.message, "note": ""}
        editor.send(written("run", ask=None, **said))
        editor.send(written("steps", execution=execution, steps=known.tally.everything()))
        for question in known.tally.asked.values():
            editor.send(written("question", execution=execution, **question))

    async def _judge_always(self) -> None:
        while True:
            await self._doubts.wait()
            await asyncio.sleep(JUDGE_SECONDS)  # what comes in a burst is judged once
            self._doubts.clear()
            try:
                judged = await self._judge()
            except (PacketFlowError, OSError, TimeoutError):
                continue  # the next change or run asks again
            except Exception as error:  # noqa: BLE001 - supervision border: the next one may do
                mishap(error)
                continue
            if judged != self._judged:
                self._judged = judged
                self._document.tell(_standing(judged))

    async def _judge(self) -> Judged:
        drawn = self._document.drawn
        if drawn is None:
            return self._judged
        return await self._memory.judge(drawn, self._document.looks)

    # ------------------------------------------------------------------ parts

    async def _prepared(
        self, wish: Run, text: str
    ) -> tuple[str, dict[str, Any], dict[str, str], str]:
        """Text, inputs, what is taken over, and a note for whoever asked."""
        named = [one for one in (wish.until, wish.since, wish.only) if one is not None]
        if len(named) > 1:
            raise EditRefused("a run goes to a step, from a step, or is of one; say one of them")
        board, inputs = self._document.board, dict(wish.inputs)
        if wish.only is not None:
            given = await self._recorded([wish.only])
            return part(text, [wish.only]), {**given, **inputs}, {}, ""
        judged = await self._judge()
        if wish.until is not None:
            kept = before(board, wish.until)
            return part(text, kept), inputs, self._pinned(board, judged, kept), ""
        ground = set(holders(board).values())
        if wish.since is None:
            return text, inputs, self._pinned(board, judged, ground), ""
        found = self._memory.since(board, judged, wish.since)
        source = text if found.kept == ground else part(text, found.kept)
        given = await self._given(board, found.kept)
        reuse = {**found.reuse, **self._pinned(board, judged, found.kept)}
        return source, {**given, **inputs}, reuse, found.word

    def _pinned(self, board: Board, judged: Judged, kept: Collection[str]) -> dict[str, str]:
        """The pins of the steps that take part.

        Raises:
            EditRefused: One of them cannot be used.
        """
        holder = holders(board)
        for step, why in judged.broken.items():
            if holder.get(step) in kept:
                raise EditRefused(f"{step} is pinned, but {why}")
        return {step: run for step, run in judged.pins.items() if holder.get(step) in kept}

    async def _given(self, board: Board, kept: Collection[str]) -> dict[str, Any]:
        """The inputs of the last run that some outermost steps read."""
        if not self._last:
            return {}
        holder = holders(board)
        read = {w.name for w in board.wires if w.source is None and holder[w.target] in kept}
        found = await self._code.recorded(self._last)
        return {name: value for name, value in found.inputs.items() if name in read}

    async def _recorded(self, kept: Collection[str]) -> dict[str, Any]:
        """The values that a part of the flow reads from the rest, as they were last recorded."""
        board = self._document.board
        known: dict[str, Recorded] = {}
        inputs: dict[str, Any] = {}
        givers: dict[str, str | None] = {}
        for wire in border(board, kept):
            execution = self._memory.ran.get(wire.source, "") if wire.source else self._last
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

    def _follow(self, execution: str, *, is_new: bool = False) -> None:
        if execution in self._following:
            return
        for old in list(self._known)[: max(0, len(self._known) - RUNS_KEPT)]:
            if old not in self._following:
                del self._known[old]
        followed = self._known.get(execution)
        if followed is None:
            followed = self._known[execution] = Followed(
                self._folder, execution, self._document.tell
            )
        if followed.is_over:
            return

        def rested() -> None:
            self._memory.note(execution, followed.tally)
            self.doubt()

        task = asyncio.create_task(followed.follow(self._code, rested, is_new=is_new))
        self._following[execution] = task
        task.add_done_callback(lambda _: self._following.pop(execution, None))


def _looks(value: object) -> list[dict[str, Any]]:
    from packetflow.show.previews import previews  # it loads pyarrow

    return previews(value)


def _standing(judged: Judged) -> bytes:
    return written("standing", stale=judged.stale, pinned=judged.pins, broken=judged.broken)


def _may_lack(board: Board, card: str, port: str) -> bool:
    return any(
        one.id == card and any(p.name == port and p.optional for p in one.inputs)
        for one in board.cards
    )
