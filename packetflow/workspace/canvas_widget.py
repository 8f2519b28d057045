"""The canvas in a notebook: the same page, the same messages, over a widget's custom messages.

Everything is done on the workspace's own thread, so that a run goes on and can be watched while a
cell is busy. What the page says reaches Python when the kernel takes messages: with ipykernel 7 and
JupyterLab 4.4 at once, with older ones after the cell. A widget may be shown in several places;
each is an editor of its own, a *view*. The widget needs anywidget, which the ``studio`` extra
brings.
"""

from __future__ import annotations

import asyncio
import functools
import json
import reprlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import packetflow.show
from packetflow.composition.codec import dump, load
from packetflow.composition.steps import Pipeline
from packetflow.errors import CompositionError, UnknownName, WorkspaceError
from packetflow.show.pane import hear_at_once
from packetflow.workspace.draft import Draft
from packetflow.workspace.draft_file import NAMES
from packetflow.workspace.drafts import Drafts
from packetflow.workspace.editing import EditDesk, Editor
from packetflow.workspace.editing_local import LocalCode
from packetflow.workspace.editing_messages import written

if TYPE_CHECKING:
    from packetflow.workspace.workspace import Workspace

LOWEST = 200
EMPTY = "pipeline: {name}\nsteps:\n  - graph: []\n    id: graph\n"
CLOSED = "The workspace was closed here. Open it again and run this cell; what was done is kept."


def bundle() -> Path:
    """The built canvas."""
    return Path(packetflow.show.__file__).parent / "static" / "canvas.js"


def edit(
    workspace: Workspace,
    what: str | Pipeline | None,
    *,
    new: str = "",
    height: int = 560,
    execution: str | None = None,
) -> Any:
    """A widget that edits a pipeline.

    Args:
        workspace: Where it is kept.
        what: The name of a saved pipeline, or a pipeline of this session.
        new: The name of one to begin instead; what was begun under that name is gone on with.
        height: In pixels.
        execution: The id of a run to draw on it, or its first or last characters.

    Raises:
        UnknownName: There is no pipeline of that name, or no such run.
        WorkspaceError: The workspace has no files, anywidget is not installed, the canvas is not
            built, or this is nothing to edit.
    """
    if what is None and NAMES.fullmatch(new):
        what = new
    elif not isinstance(what, (str, Pipeline)):
        raise WorkspaceError(
            "ws.edit('name') edits a saved pipeline, ws.edit(flow.saved_as('name')) one of this "
            f"session, ws.edit(new='name') begins one; here: {reprlib.repr(what or new)}"
        )
    if not isinstance(height, int) or height < LOWEST:
        raise WorkspaceError(f"the height is a number of pixels, {LOWEST} or more: {height!r}")
    if workspace.in_memory:
        raise WorkspaceError("a workspace in memory keeps no drafts; open a folder to edit")
    if not bundle().is_file():
        raise WorkspaceError("the canvas is not built; `make frontend` builds it")
    if execution is not None:
        execution = workspace.full_id(execution)
    room = _room(workspace)
    if new and what == new and not room.drafts.has(new):
        draft = room.drafts.new(EMPTY.format(name=json.dumps(new)), new)
    else:
        draft = room.drafts.open(what) if isinstance(what, str) else _taken(room.drafts, what)
    settings = {"height": height, "execution": execution}
    return _widget_class()(room, draft.snapshot().pipeline, settings)


def _taken(drafts: Drafts, pipeline: Pipeline) -> Draft:
    """The draft that says what a pipeline of this session says."""
    text = dump(pipeline)
    try:
        draft = drafts.open(pipeline.name)
    except UnknownName:
        return drafts.new(text)
    try:
        known = load(draft.text, lambda kind, name: None)  # noqa: ARG005 - only compared
        same = dump(known) == dump(load(text, lambda kind, name: None))  # noqa: ARG005 - as above
    except CompositionError:
        same = False
    if not same:
        draft.do({"op": "text", "text": text})
    return draft


class Room:
    """The desk of a workspace's notebook, on the workspace's own thread."""

    def __init__(self, workspace: Workspace) -> None:
        self.drafts = Drafts(workspace.folder)
        self.desk = EditDesk(self.drafts, LocalCode(workspace))
        self.loop = workspace.thread.loop
        self.place = str(workspace.folder.path)

    def connect(self, editor: Editor) -> asyncio.Queue[bytes | None]:
        """Where to put what an editor says; ``None`` when it is gone. Used by `hear`."""
        said: asyncio.Queue[bytes | None] = asyncio.Queue()
        asyncio.run_coroutine_threadsafe(self._listen(editor, said), self.loop)
        return said

    def hear(self, said: asyncio.Queue[bytes | None], message: bytes | None) -> None:
        """Pass on what an editor says, in order; from any thread.

        A cell may outlive its workspace; nobody hears it then.
        """
        try:
            self.loop.call_soon_threadsafe(said.put_nowait, message)
        except RuntimeError:
            if not self.loop.is_closed():
                raise

    async def _listen(self, editor: Editor, said: asyncio.Queue[bytes | None]) -> None:
        while (message := await said.get()) is not None:
            await self.desk.take(editor, message)
        await self.desk.leave(editor)


def _room(workspace: Workspace) -> Room:
    room: Room | None = workspace.__dict__.get("_room")
    if room is None or room.loop is not workspace.thread.loop:
        room = workspace.__dict__["_room"] = Room(workspace)
    return room


def _editor(tell: Callable[[bytes], None]) -> Editor:
    """An editor whose messages go out at once."""
    editor = Editor(lambda message: tell(editor.said(message)))
    return editor


@functools.cache
def _widget_class() -> Any:
    try:
        import anywidget
        import traitlets
    except ImportError as error:
        raise WorkspaceError(
            "the canvas in a notebook needs anywidget: pip install 'packetflow[studio]'"
        ) from error

    class Canvas(anywidget.AnyWidget):
        """One canvas in one cell."""

        _esm = bundle()
        pipeline = traitlets.Unicode().tag(sync=True)
        workspace = traitlets.Unicode().tag(sync=True)
        settings = traitlets.Dict().tag(sync=True)

        def __init__(self, room: Room, pipeline: str, settings: dict[str, Any]) -> None:
            super().__init__(pipeline=pipeline, workspace=room.place, settings=settings)
            self._room = room
            self._views: dict[str, asyncio.Queue[bytes | None]] = {}
            hear_at_once(self)
            self.on_msg(self._heard)

        def _tell(self, view: str, message: bytes) -> None:
            self.send({"view": view, "say": msgspec.json.decode(message)})

        def _heard(self, _widget: object, content: Any, _buffers: object) -> None:
            view, say = str(content["view"]), content["say"]
            if say is None:
                self._leave(view)
                return
            if self._room.loop.is_closed():
                self._tell(view, written("gone", message=CLOSED))
                return
            if view not in self._views:
                self._views[view] = self._room.connect(_editor(functools.partial(self._tell, view)))
            self._room.hear(self._views[view], msgspec.json.encode(say))

        def _leave(self, view: str) -> None:
            said = self._views.pop(view, None)
            if said is not None:
                self._room.hear(said, None)

        def close(self) -> None:
            """Take the canvas away."""
            for view in list(self._views):
                self._leave(view)
            super().close()

        def __repr__(self) -> str:
            return f"<canvas of {self.pipeline}; shown where notebooks show widgets>"

    return Canvas
