"""A server that stands alone: a workspace's code and its MCP server in one process.

Exported files serve their tools with it, and nothing else does: user code that ends its process
ends the server too. What is kept of calls lies in the workspace's folder, so that a task goes on
after a restart, be it that its process was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO, cast

import pydantic
from mcp import Client, MCPError

from packetflow.engine.printed import Printed
from packetflow.errors import PacketFlowError, WorkspaceError
from packetflow.kernel.ids import new_id
from packetflow.mcp.forgetting import days_of, forget_old
from packetflow.mcp.serving import opened
from packetflow.runner.host import Host
from packetflow.runner.port import Tell
from packetflow.workspace.folder import WorkspaceFolder, open_folder
from packetflow.workspace.presence import Presence

WRONG: Final = 1

log = logging.getLogger(__name__)


class Alone(Host):
    """A host without a runner beside it: what was interrupted goes on when somebody asks for it.

    Nothing starts by itself: what a client has not called does not run on its machine.
    """

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that was interrupted is taken up.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living process works on it.
        """
        whole = await asyncio.to_thread(self.workspace.full_id, execution_id)
        if whole not in self.workspace.engine.running:
            story = await asyncio.to_thread(self.workspace.archive.story, whole)
            elsewhere = await asyncio.to_thread(self.workspace.runs_elsewhere, whole)
            if story.ended is None and not story.parked and not elsewhere:
                with contextlib.suppress(PacketFlowError):  # then its outcome says how it stands
                    await self.resume(whole, tell)
                    return
        await super().follow(execution_id, tell)


@contextlib.asynccontextmanager
async def alone(folder: WorkspaceFolder, ready: Collection[str]) -> AsyncIterator[Alone]:
    """The code of a workspace in this process, ready to run.

    Args:
        folder: The workspace.
        ready: The capabilities of the library that it uses.

    Raises:
        PacketFlowError: Nothing can run.
    """
    presence = Presence(folder.path, new_id())
    host = Alone(folder.path, runner=presence.runner, ready=ready, triggers=False, light=True)
    try:
        presence.beat_on(asyncio.get_running_loop(), stale_seconds=folder.stale_seconds)
        await host.open()
        try:
            yield host
        finally:
            await asyncio.shield(_left(host))
    finally:
        presence.close()


async def _left(host: Alone) -> None:
    """Let go of the code. Tasks that are under way are left as a kill leaves them: to go on."""
    if host.under_way():
        _leave()
    await host.close()


def _leave() -> NoReturn:
    """End the process, whatever its threads do."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


async def over_stdio(folder: Path, ready: Collection[str]) -> None:
    """Serve one client over standard input and output, until it leaves."""
    from packetflow.mcp.pipes import pipes, serve_pipes

    workspace = open_folder(folder)
    async with pipes() as (reading, writing):  # first: what code prints is not for clients
        sys.stdout = cast("TextIO", Printed(sys.stderr))
        try:
            async with (
                alone(workspace, ready) as host,
                opened(workspace, host, transport="stdio") as serving,
            ):
                await serve_pipes(serving.server, reading, writing)
        except asyncio.CancelledError:  # a signal; threads of tools may go on for long
            _leave()


async def over_http(
    folder: Path,
    ready: Collection[str],
    *,
    host: str,
    port: int,
    announce: Callable[[str], None],
) -> None:
    """Serve any number of clients over HTTP, until interrupted."""
    from packetflow.mcp.http import Listening, listen, security, serve_at
    from packetflow.mcp.settings import read_settings

    workspace, listening = open_folder(folder), Listening(host, port)
    security(read_settings(workspace.path), listening)
    with listen(listening) as listener:
        sys.stdout = cast("TextIO", Printed(sys.stderr))
        async with alone(workspace, ready) as code:
            await serve_at(listener, workspace, code, listening, announce=announce)


async def asked(
    folder: Path, ready: Collection[str], ask: Callable[[Client], Awaitable[pydantic.BaseModel]]
) -> dict[str, Any]:
    """Ask the server something as a client would; answers what it said.

    Raises:
        PacketFlowError: Nothing can run, or the server refuses it.
    """
    workspace = open_folder(folder)
    said: pydantic.BaseModel | None = None
    refused: MCPError | None = None
    async with (
        alone(workspace, ready) as host,
        opened(workspace, host, transport="memory", follow=False) as serving,
        Client(serving.server) as client,
    ):
        try:
            said = await ask(client)
        except MCPError as error:  # told outside, or the client makes a group of it
            refused = error
    if refused is not None:
        raise WorkspaceError(refused.error.message) from refused
    if said is None:
        raise AssertionError("a client gives an answer or an error")
    return said.model_dump(mode="json", by_alias=True, exclude_none=True)


def run(folder: Path, ready: Collection[str], arguments: Any) -> int:
    """Do what the arguments of an exported script say; answers the exit code.

    Args:
        folder: The workspace that the script carries, unpacked.
        ready: The capabilities of the library that it uses.
        arguments: As the script has read them: ``http``, ``host``, ``list``,
            ``call``.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    os.chdir(folder)  # where paths in capabilities count from
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells may have it ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        if arguments.list:
            return _told(folder, ready, lambda client: client.list_tools())
        if arguments.call is not None:
            tool, values = arguments.call[0], _values(arguments.call[1])
            return _told(folder, ready, lambda client: client.call_tool(tool, values))
        tidying = threading.Thread(target=_tidy, args=(folder.parent.parent,), daemon=True)
        tidying.start()
        if arguments.http is None:
            asyncio.run(over_stdio(folder, ready))
            return 0

        def announce(url: str) -> None:
            print(f"tools at {url} (Ctrl-C ends it)", file=sys.stderr, flush=True)  # noqa: T201

        place = {"host": arguments.host, "port": arguments.http}
        asyncio.run(over_http(folder, ready, **place, announce=announce))
    except PacketFlowError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201
        return WRONG
    except KeyboardInterrupt:
        return 0
    return 0


def _tidy(state: Path) -> None:
    for name in forget_old(state, days=days_of(os.environ)):
        log.info("%s was not used for long, and is gone", name)


def _values(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise WorkspaceError(f"the arguments are no JSON: {error}") from error
    if not isinstance(values, dict):
        raise WorkspaceError(f"arguments are an object, such as '{{\"a\": 1}}', not {text}")
    return values


def _told(
    folder: Path, ready: Collection[str], ask: Callable[[Client], Awaitable[pydantic.BaseModel]]
) -> int:
    """Print what the server answers; what code prints goes to the standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        said = asyncio.run(asked(folder, ready, ask))
    print(json.dumps(said, ensure_ascii=False, indent=2))  # noqa: T201
    return WRONG if said.get("isError") else 0
