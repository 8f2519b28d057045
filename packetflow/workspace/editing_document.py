"""One document and all its editors: edits, boards, and what is told to whom."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from packetflow.composition.board import draw_board
from packetflow.composition.board_looks import Seen, looked
from packetflow.errors import PacketFlowError, WorkspaceGone
from packetflow.kernel.board import Board, BoardProblem, Drawn, drawn_of
from packetflow.kernel.ids import new_id
from packetflow.kernel.messages import DrawBoard
from packetflow.workspace.draft_state import State, read_looks
from packetflow.workspace.drafts import Draft, Heard, Snapshot
from packetflow.workspace.editing_following import Runs
from packetflow.workspace.editing_memory import Memory, marks_of
from packetflow.workspace.editing_messages import mishap, written
from packetflow.workspace.editing_packing import prepared
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.editing_told import Told

DRAW_SECONDS: Final = 20.0
AGAIN_SECONDS: Final = 1.0
PLACES_KEPT: Final = 10_000
LOOK_SECONDS: Final = 0.05


class Listens(Protocol):
    """An editor, as a document knows it."""

    def send(self, message: bytes | Told, /) -> None:
        """Take a message, or a document to be told of; returns at once and never raises."""
        ...

    def forget(self) -> None:
        """It is told of the whole document next, whatever it has."""
        ...


class Document:
    """A draft with its editors.

    Attributes:
        drawn: The last board of a text that could be read; ``None`` until there is one.
        runs: The executions drawn on it.
    """

    def __init__(self, draft: Draft, code: UserCode) -> None:
        self.draft = draft
        self.drawn: Drawn | None = None
        self.runs = Runs(self, code)
        self._code = code
        self._editors: set[Listens] = set()
        self._wanted = asyncio.Event()
        self._last: Snapshot | None = None
        self._board = b""
        self._good = b""
        self._read: Board | None = None
        self._is_drawn = False
        self._is_outdated = False
        self._places: dict[str, tuple[float, float]] = {}
        self._parents: dict[str, str] = {}
        self._view: tuple[Mapping[str, Any], str] = ({}, "")
        self._turn = 0
        self._told: Told | None = None
        self._name, self._count = new_id()[-12:], 0
        self._drawing = asyncio.create_task(self._draw_always())

    @property
    def is_needed(self) -> bool:
        """True while an editor or a run is there."""
        return bool(self._editors) or self.runs.are_under_way

    @property
    def board(self) -> Board:
        """The last board that could be read."""
        if self._read is None:
            self._read = msgspec.json.decode(self._good, type=Board) if self._good else Board()
        return self._read

    @property
    def looks(self) -> Mapping[str, Mapping[str, Any]]:
        """The looks of its steps, as they were drawn last."""
        return {} if self._last is None else self._last.state.looks

    def join(self, editor: Listens) -> None:
        """A new editor; it is told how the document stands."""
        self._editors.add(editor)
        self.repeat(editor)
        self._wanted.set()

    def repeat(self, editor: Listens) -> None:
        """Tell an editor the whole document, as it was told last."""
        editor.forget()
        if self._told is not None:
            editor.send(self._told)

    def part(self, editor: Listens) -> None:
        """An editor is gone."""
        self._editors.discard(editor)

    def tell(self, message: bytes | Told) -> None:
        """Tell all editors."""
        for editor in self._editors:
            editor.send(message)

    async def edit(
        self, editor: Listens, client: str, seq: int, operations: Sequence[Mapping[str, Any]]
    ) -> None:
        """Do an edit and say at once that it is kept; the document follows."""
        heard = await self._heard(client, seq, operations)
        if heard.message and heard.done:
            editor.send(written("error", message=heard.message, ask=None))
        elif heard.message:
            said = {"client": client, "seq": seq, "message": heard.message, "op": heard.index}
            editor.send(written("refused", **said))
        whole = self.draft.log.whole
        acknowledged = whole.acks.get(client, 0)
        editor.send(written("heard", client=client, seq=acknowledged, rev=whole.rev))
        self._wanted.set()

    async def _heard(self, client: str, seq: int, operations: Sequence[Mapping[str, Any]]) -> Heard:
        """Do an edit or refuse it; one that could not be kept raises, and is sent again."""
        try:
            operations = await prepared(self.draft, self._code, operations)
        except (PacketFlowError, TimeoutError, OSError) as error:
            return await asyncio.to_thread(self.draft.refuse, client, seq, str(error))
        except Exception as error:  # noqa: BLE001 - supervision border: it would come for ever
            return await asyncio.to_thread(self.draft.refuse, client, seq, mishap(error))
        try:
            return await asyncio.to_thread(self.draft.submit, client, seq, operations)
        except PacketFlowError:
            raise
        except Exception as error:  # noqa: BLE001 - supervision border, as above
            return await asyncio.to_thread(self.draft.refuse, client, seq, mishap(error))

    async def show_version(self, editor: Listens, execution: str, memory: Memory) -> None:
        """Tell one editor what an execution ran, where that is not what stands here now.

        Raises:
            UnknownName: Nothing of it was kept.
            PacketFlowError: It cannot be drawn.
        """
        while self.drawn is None:
            await asyncio.sleep(LOOK_SECONDS)
        version = await memory.versions.of(execution, self.drawn)
        if version.marks == (await asyncio.to_thread(marks_of, self.drawn)):
            editor.send(written("version", execution=execution, text=None, board=None))
            return
        state = State(version.text, _places(self.looks))
        sizes = {} if self._last is None else self._last.state.sizes
        request = DrawBoard("", state.text, state.view(), self._places, sizes, self._parents)
        drawn = await self._code.draw(request)
        board = msgspec.Raw(drawn.board)
        editor.send(written("version", execution=execution, text=version.text, board=board))

    async def look(self, *, again: bool) -> None:
        """Notice what others did; with *again* the board is drawn anew in any case."""
        now = await asyncio.to_thread(self.draft.snapshot)
        if again:
            self._is_outdated = True
        if again or now != self._last:
            self._wanted.set()
        await self.runs.look()

    async def close(self) -> None:
        """Let go of it."""
        self._drawing.cancel()
        await self.runs.close()
        await asyncio.wait([self._drawing])  # whoever closes may be cancelled meanwhile

    async def _draw_always(self) -> None:
        """Draw the newest text whenever there is news; what comes meanwhile is drawn next."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                snapshot = await asyncio.to_thread(self.draft.snapshot)
            except WorkspaceGone as error:
                self.tell(written("gone", message=error.message))
                return
            except (PacketFlowError, OSError) as error:
                self.tell(written("error", message=str(error), ask=None))
                await asyncio.sleep(AGAIN_SECONDS)
                self._wanted.set()
                continue
            if snapshot == self._last and not self._is_outdated:
                continue
            last = None if self._is_outdated else self._last
            self._is_outdated = False  # from now on what changes asks for another board
            late = await self._draw(snapshot, last)
            self._last = snapshot
            self._say(snapshot, late)
            self.runs.doubt()
            if late:
                await asyncio.sleep(AGAIN_SECONDS)
                self._is_outdated = True
                self._wanted.set()

    async def _draw(self, snapshot: Snapshot, last: Snapshot | None) -> str:
        """Draw a snapshot; answers why that did not work, empty if it did.

        What is as in the *last* one is not asked for again.
        """
        state = snapshot.state
        if last is not None and last.state == state and self._board:
            return ""  # only what is saved or undone has changed
        if state.turn != self._turn:
            self._turn, self._places = state.turn, {}
        if last is not None and last.state.text == state.text and self._is_drawn:
            seen = Seen(read_looks(state.looks), self._places, state.sizes, self._parents)
            board, drawn = await asyncio.to_thread(lambda: _looked(self.board, seen))
            if self.drawn is not None:  # what is called is what it was
                known = self.drawn
                drawn = msgspec.structs.replace(drawn, calls=known.calls, inside=known.inside)
            self._keep(drawn)
            self._read = board
            return ""
        if state.looks != self._view[0]:
            self._view = state.looks, state.view()
        view = self._view[1]
        request = DrawBoard("", state.text, view, self._places, state.sizes, self._parents)
        try:
            async with asyncio.timeout(DRAW_SECONDS):
                drawn = await self._code.draw(request)
        except (PacketFlowError, TimeoutError, OSError) as error:
            why = str(error) or "the runner does not answer"
        except Exception as error:  # noqa: BLE001 - supervision border: it is drawn again later
            why = mishap(error)
        else:
            self._keep(drawn)
            return ""
        self._is_drawn = False
        if not self._board:
            self._board = await asyncio.to_thread(_without_code, state.text, why)
        return why

    def _keep(self, drawn: Drawn) -> None:
        self._is_drawn = drawn.is_readable
        if drawn.is_readable:
            if len(self._places) > PLACES_KEPT:
                self._places = {}
            self._places = {**self._places, **drawn.places}
            self._parents = {**self._parents, **drawn.parents}
            self._board = self._good = drawn.board
            self.drawn = drawn
            self._read = None
        elif self._good:
            mistakes = msgspec.json.decode(drawn.board, type=Board).problems
            shown = msgspec.structs.replace(self.board, problems=mistakes)
            self._board = msgspec.json.encode(shown)
        else:
            self._board = drawn.board

    def _say(self, snapshot: Snapshot, late: str) -> None:
        conflict = None
        if snapshot.conflict is not None:
            conflict = {"text": snapshot.conflict[0], "digest": snapshot.conflict[1]}
        self._count += 1
        facts = {
            "pipeline": snapshot.pipeline,
            "rev": snapshot.rev,
            "acks": snapshot.acks,
            "undo": snapshot.undo,
            "redo": snapshot.redo,
            "saved": snapshot.saved,
            "conflict": conflict,
            "callers": snapshot.callers,
            "late": late,
        }
        mark = f"{self._name}-{self._count}"
        self._told = Told(mark, facts, snapshot.state.text, self._board)
        self.tell(self._told)


def _places(looks: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The looks with nothing but where cards stand."""
    return {
        name: {axis: look[axis] for axis in ("x", "y")}
        for name, look in looks.items()
        if "x" in look and "y" in look
    }


def _looked(board: Board, seen: Seen) -> tuple[Board, Drawn]:
    """What the runner drew of a text, with other looks."""
    board = looked(board, seen)
    return board, drawn_of(board)


def _without_code(text: str, why: str) -> bytes:
    """What can be drawn of a text while nobody knows the capabilities."""
    board = draw_board(text, lambda kind, name: None)  # noqa: ARG005 - nothing is known
    mistakes = [one for one in board.problems if one.code == "source"]
    cards = [msgspec.structs.replace(card, status="") for card in board.cards]
    late = BoardProblem("late", "", "", f"capabilities cannot be asked: {why}", "warning")
    return msgspec.json.encode(
        msgspec.structs.replace(board, cards=cards, problems=[*mistakes, late])
    )
