"""One desk for all editors of a workspace, whatever carries their messages.

An editor is a page or a notebook's cell with a canvas. The desk applies its edits to the drafts,
asks for boards, and tells every editor of a document how it stands; see ``docs/canvas.md``. It
lives on one event loop; files and other slow things are done in threads.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

import msgspec

from packetflow.errors import EditRefused, PacketFlowError, WireError
from packetflow.kernel.messages import SearchPalette
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.editing_document import Document
from packetflow.workspace.editing_messages import (
    PROTOCOL,
    Edit,
    Follow,
    Message,
    Open,
    Preview,
    Reply,
    Run,
    Search,
    Stop,
    Whole,
    ask_of,
    mishap,
    read_message,
    written,
)
from packetflow.workspace.editing_port import UserCode
from packetflow.workspace.editing_told import Told

WATCH_SECONDS: Final = 0.4


class Editor:
    """One canvas, as the desk knows it.

    Args:
        send: Takes a message for it, or a document that it is to be told of; returns at once and
            never raises. Whoever carries it asks `said` what to send of a document, in the order
            and in the moment in which it is sent.
    """

    def __init__(self, send: Callable[[bytes | Told], None]) -> None:
        self.send = send
        self.document: Document | None = None
        self._has: Told | None = None

    def said(self, message: bytes | Told) -> bytes:
        """A message as it is sent: of a document only what the editor has not been told."""
        if isinstance(message, bytes):
            return message
        before, self._has = self._has, message
        return message.whole if before is None else message.since(before)

    def forget(self) -> None:
        """It is told of the whole document next."""
        self._has = None


class EditDesk:
    """Takes what editors say.

    Args:
        drafts: Of the workspace.
        code: Who holds the user's code.
    """

    def __init__(self, drafts: Drafts, code: UserCode) -> None:
        self._drafts = drafts
        self._code = code
        self._documents: dict[str, Document] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def take(self, editor: Editor, content: str | bytes) -> None:
        """Do what a message says; what goes wrong is told to the editor."""
        try:
            message = read_message(content)
            await self._do(editor, message)
        except PacketFlowError as error:
            editor.send(written("error", message=error.message, ask=ask_of(content)))
        except Exception as error:  # noqa: BLE001 - supervision border: the connection stays
            editor.send(written("error", message=mishap(error), ask=ask_of(content)))

    async def leave(self, editor: Editor) -> None:
        """The editor is gone; what it did stays."""
        if editor.document is not None:
            await self._part(editor, editor.document)

    async def close(self) -> None:
        """Let go of everything; executions go on."""
        if self._watching is not None:
            self._watching.cancel()
        tasks = [*self._tasks, *([self._watching] if self._watching else [])]
        for task in self._tasks:
            task.cancel()
        for document in list(self._documents.values()):
            await document.close()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._documents.clear()
        await asyncio.to_thread(self._drafts.close)

    async def _do(self, editor: Editor, message: Message) -> None:
        if isinstance(message, Open):
            await self._open(editor, message)
            return
        if isinstance(message, Search):
            self._apart(editor, message.ask, self._search(editor, message))
            return
        document = editor.document
        if document is None:
            raise WireError("the pipeline is not open here yet; try again in a moment")
        match message:
            case Edit(client, seq, ops):
                await document.edit(editor, client, seq, ops)
            case Run(ask=ask):
                self._apart(editor, ask, document.runs.start(editor, message))
            case Stop(execution):
                self._apart(editor, None, document.runs.stop(execution))
            case Reply():
                self._apart(editor, None, document.runs.answer(message))
            case Preview(ask=ask):
                self._apart(editor, ask, document.runs.preview(editor, message))
            case Whole():
                document.repeat(editor)
            case Follow(execution):
                self._apart(editor, None, document.runs.show(editor, execution))

    def _apart(self, editor: Editor, ask: int | None, work: object) -> None:
        """Do something slow beside the messages that come after it."""

        async def doing() -> None:
            try:
                await work  # type: ignore[misc]  # a coroutine, typed where it is made
            except (PacketFlowError, OSError, TimeoutError) as error:
                editor.send(written("error", message=str(error), ask=ask))
            except Exception as error:  # noqa: BLE001 - supervision border: whoever asked is answered
                editor.send(written("error", message=mishap(error), ask=ask))

        task = asyncio.create_task(doing())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, editor: Editor, message: Open) -> None:
        if message.protocol != PROTOCOL:
            raise WireError(
                f"the page speaks protocol {message.protocol}, this side {PROTOCOL}; load it again"
            )
        if editor.document is not None:
            await self._part(editor, editor.document)
        draft = await asyncio.to_thread(self._drafts.open, message.pipeline)
        key = draft.log.path.name
        document = self._documents.get(key)
        if document is None:
            document = self._documents[key] = Document(draft, self._code)
        editor.document = document
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())
        document.join(editor)
        self._apart(editor, None, document.runs.greet(editor))

    async def _part(self, editor: Editor, document: Document) -> None:
        editor.document = None
        document.part(editor)
        await self._let_go()

    async def _let_go(self) -> None:
        """Close what nobody looks at and no run is followed on."""
        while gone := [key for key, one in self._documents.items() if not one.is_needed]:
            document = self._documents.pop(gone[0])  # out of sight of others who let go meanwhile
            await document.close()

    async def _search(self, editor: Editor, message: Search) -> None:
        fits = message.fits
        if fits is not None and fits.side not in ("input", "output"):
            raise EditRefused("the side that must fit is `input` or `output`")
        request = SearchPalette(
            "", message.text, fits.type if fits else "", fits.side if fits else "", 60
        )
        found = msgspec.json.decode(await self._code.palette(request), type=dict[str, msgspec.Raw])
        editor.send(written("palette", ask=message.ask, **found))

    async def _watch(self) -> None:
        """Notice what other processes do to drafts, files and capabilities."""
        stamp: object = None
        while True:
            with contextlib.suppress(PacketFlowError, OSError):  # the next look may do
                now = await asyncio.to_thread(self._code.stamp)
                again, stamp = stamp not in (None, now), now
                for document in list(self._documents.values()):
                    await self._look(document, again=again)
                await self._let_go()
            await asyncio.sleep(WATCH_SECONDS)

    async def _look(self, document: Document, *, again: bool) -> None:
        if again:
            document.tell(written("renewed"))
        try:
            await document.look(again=again)
        except (PacketFlowError, OSError):
            pass  # whoever draws the document says so
        except Exception as error:  # noqa: BLE001 - supervision border: other documents go on
            mishap(error)
