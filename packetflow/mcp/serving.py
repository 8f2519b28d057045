"""Put a server together for a workspace, and serve it: over standard input and output, or HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packetflow.errors import WorkspaceError
from packetflow.mcp.calls import Calls
from packetflow.mcp.doors import Door, RunnerDoor
from packetflow.mcp.lowlevel import WorkspaceServer, make_server
from packetflow.mcp.reading import Library
from packetflow.mcp.refused import Refusals
from packetflow.mcp.server import Answers
from packetflow.mcp.settings import read_settings
from packetflow.mcp.shelf import Shelf, kept_fresh
from packetflow.workspace.folder import WorkspaceFolder, open_folder
from packetflow.workspace.presence import state_of

KEY_BYTES: Final = 32


@dataclass(frozen=True)
class Opened:
    """A server that is ready, and its parts."""

    server: WorkspaceServer
    shelf: Shelf
    answers: Answers


@contextlib.asynccontextmanager
async def opened(
    folder: WorkspaceFolder, door: Door, *, transport: str, follow: bool = True
) -> AsyncIterator[Opened]:
    """A server of a workspace, ready to answer.

    Args:
        folder: The workspace.
        door: The way to its code.
        transport: How clients come in, for the records.
        follow: Whether changes of the folder count at once.

    Raises:
        PacketFlowError: Its settings cannot be read, or nobody can say what it has.
    """
    settings = read_settings(folder.path)
    shelf = Shelf(door, folder.path)
    calls = Calls(door, folder.path, settings.result_kilobytes << 10)
    library = Library(door, folder.path)
    answers = Answers(
        shelf, calls, library, transport, settings.stream_seconds, settings.task_seconds
    )
    about = str(folder.settings.get("intent", ""))
    key = sealing_key(folder.path)
    server = make_server(answers, name=folder.name, about=about, key=key)
    server.middleware.insert(0, Refusals(folder.path, transport))
    try:
        if follow:
            async with kept_fresh(shelf):
                yield Opened(server, shelf, answers)
        else:
            await shelf.refresh()
            yield Opened(server, shelf, answers)
    finally:
        await answers.tasks.close()
        await calls.close()


def sealing_key(folder: Path) -> bytes:
    """The key that seals what clients keep for runs that wait; made when first needed.

    It lies beside the journals, so that answers still count after a restart.

    Raises:
        WorkspaceError: It cannot be read or written.
    """
    path = state_of(folder) / "mcp.key"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            scratch = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # threads share a pid
            scratch.touch(mode=0o600)
            scratch.write_bytes(secrets.token_bytes(KEY_BYTES))
            try:
                path.hardlink_to(scratch)
            finally:
                scratch.unlink()
        return path.read_bytes()
    except OSError as error:
        raise WorkspaceError(f"cannot keep a key in {path}: {error.strerror or error}") from error


async def over_stdio(folder: str | Path) -> None:
    """Serve one client over standard input and output, until it leaves.

    Raises:
        PacketFlowError: The workspace cannot be served.
    """
    from packetflow.mcp.pipes import pipes, serve_pipes

    workspace = open_folder(folder)
    door = RunnerDoor(workspace.path)
    try:
        async with (
            opened(workspace, door, transport="stdio") as ready,
            pipes() as (reading, writing),
        ):
            await serve_pipes(ready.server, reading, writing)
    finally:
        await asyncio.shield(door.close())


def serve_stdio(folder: str | Path) -> None:
    """`over_stdio`, from plain code, until interrupted."""
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(over_stdio(folder))


def serve_http(
    folder: str | Path, *, port: int, host: str = "127.0.0.1", announce: Callable[[str], None]
) -> None:
    """Serve any number of clients over HTTP, until interrupted.

    Args:
        folder: The workspace.
        port: Where to listen; 0 for any free port.
        host: On which address.
        announce: Told the server's address once it answers there.

    Raises:
        PacketFlowError: The workspace cannot be served, or the port is taken.
    """
    from packetflow.mcp.http import Listening, run

    workspace = open_folder(folder)
    run(workspace, Listening(host, port), announce)
