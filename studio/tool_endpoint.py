"""The MCP endpoint beside the studio's pages, at exactly ``/mcp``: there once somebody wants it.

Whether it is wanted is kept in the workspace's own state, not in ``packetflow.toml``: that file
travels by git, and nobody should open a door by pulling.

What stands before it is what stands before every route of the studio: only loopback addresses, only
this machine's names as ``Host``, and nothing that a page of another site or port begins. The
cookie of the studio's pages is neither needed nor looked at; who must show what is said by
``[mcp.tokens]``, as for `packetflow mcp serve`.
"""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packetflow.errors import WorkspaceError
from packetflow.workspace.folder import open_folder
from packetflow.workspace.presence import state_of

PATH: Final = "/mcp"
SECONDS: Final = 30.0
"""So long it may take to begin or to end."""


def wanted_path(folder: Path) -> Path:
    """A file that is there while the endpoint is wanted."""
    return state_of(folder) / "studio-mcp.on"


class ToolEndpoint:
    """The endpoint of one workspace; `switch` may be called in any thread.

    Attributes:
        error: Why it could not begin; empty if it did, or is not wanted.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._app: ASGIApp | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._over, self._opened = asyncio.Event(), asyncio.Event()
        self._requests: set[asyncio.Task[Any]] = set()
        self._switching = asyncio.Lock()
        self.error = ""

    @property
    def is_open(self) -> bool:
        """Whether clients are answered."""
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a client."""
        app = self._app
        if app is None:
            text = "no tools are offered here; the studio's page Export switches them on\n"
            app = PlainTextResponse(text, 404)
        task, began = asyncio.current_task(), False

        async def sending(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        if task is not None:
            self._requests.add(task)
        try:
            await app(scope, receive, sending)
        except asyncio.CancelledError:
            if task is None or not self._over.is_set():
                raise
            task.uncancel()  # it was closed: who listens would do so for ever
            if began:
                await send({"type": "http.response.body", "body": b""})
            else:
                await PlainTextResponse("closed\n", 503)(scope, receive, send)
        finally:
            if task is not None:
                self._requests.discard(task)

    async def begin(self) -> None:
        """Learn on which loop the studio serves, and open meanwhile if that is wanted."""
        self._loop = asyncio.get_running_loop()
        if wanted_path(self._folder).exists():
            self._begun()

    def switch(self, *, on: bool) -> None:
        """Open or close it, now and whenever the studio starts.

        Raises:
            PacketFlowError: It cannot begin, or the studio does not serve.
        """
        if self._loop is None:
            raise WorkspaceError("the studio does not serve; start it with `packetflow studio`")
        path = wanted_path(self._folder)
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.touch(mode=0o600) if on else path.unlink(missing_ok=True)
        except OSError as error:
            raise WorkspaceError(f"cannot keep that in {path}: {error.strerror}") from error
        doing = self._open() if on else self.close()
        asyncio.run_coroutine_threadsafe(doing, self._loop).result(SECONDS)

    async def close(self) -> None:
        """Answer nobody any more."""
        async with self._switching:
            if self._serving is not None:
                self._over.set()
                for request in list(self._requests):
                    request.cancel()
                _, late = await asyncio.wait([self._serving], timeout=SECONDS)
                for serving in late:
                    serving.cancel()
            self._serving, self.error = None, ""

    async def _open(self) -> None:
        """Answer clients from now on.

        Raises:
            PacketFlowError: The settings are wrong, or nobody can say what there is.
        """
        async with self._switching:
            serving = self._serving
            if serving is None or serving.done():
                serving = self._begun()
        opened = asyncio.create_task(self._opened.wait())
        await asyncio.wait({opened, serving}, return_when=asyncio.FIRST_COMPLETED)
        opened.cancel()
        if serving.done():
            raise WorkspaceError(f"the endpoint for tools cannot begin: {self.error}")

    def _begun(self) -> asyncio.Task[None]:
        self._over, self._opened, self.error = asyncio.Event(), asyncio.Event(), ""
        self._serving = asyncio.create_task(self._serve())
        return self._serving

    async def _serve(self) -> None:
        """Answer clients until it is over; why it cannot is kept in `error`."""
        try:
            from packetflow.mcp.doors import RunnerDoor
            from packetflow.mcp.http import endpoint

            door = RunnerDoor(self._folder)
            try:
                async with endpoint(open_folder(self._folder), door) as app:
                    self._app = app
                    self._opened.set()
                    await self._over.wait()
                    self._app = None
            finally:
                self._app = None
                await door.close()
        except ModuleNotFoundError as error:
            self.error = f"{error.name!r} is not installed: pip install 'packetflow[mcp]'"
        except Exception as error:  # noqa: BLE001 - supervision border: the pages go on
            self.error = str(error) or type(error).__name__


@functools.cache
def tool_endpoint(folder: Path) -> ToolEndpoint:
    """The endpoint of the studio that serves a workspace in this process."""
    return ToolEndpoint(folder)
