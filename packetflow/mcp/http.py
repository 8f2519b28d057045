"""The server over HTTP: one endpoint, ``/mcp``, for both eras.

It listens on loopback unless told otherwise, and then only with tokens. A request from another
site, for another host, too large, or without a good token is refused before anything reads it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from packetflow.errors import WorkspaceError
from packetflow.mcp.connections import Watched
from packetflow.mcp.doors import Door, RunnerDoor
from packetflow.mcp.entrance import Entrance
from packetflow.mcp.gate import gate
from packetflow.mcp.identity import Tokens
from packetflow.mcp.refused import Refusals
from packetflow.mcp.replay import Replay
from packetflow.mcp.serving import opened
from packetflow.mcp.settings import McpSettings, read_settings
from packetflow.workspace.folder import WorkspaceFolder

PATH: Final = "/mcp"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
RETRY_MILLISECONDS: Final = 500
"""After so long a client whose stream ended should ask for the rest."""


@dataclass(frozen=True)
class Listening:
    """Where a server listens."""

    host: str = "127.0.0.1"
    port: int = 0


def security(settings: McpSettings, listening: Listening) -> TransportSecuritySettings:
    """Which hosts and origins are let in: loopback, and the names that the settings give.

    Raises:
        WorkspaceError: It would be open to others without tokens or without a name.
    """
    if listening.host not in LOOPBACK and not (settings.tokens and settings.hosts):
        raise WorkspaceError(
            f"listening on {listening.host} lets others in: name tokens in [mcp.tokens] and the "
            "server's names in [mcp] hosts, or listen on loopback",
            host=listening.host,
        )
    names = ["127.0.0.1", "localhost", "[::1]"]
    hosts = [f"{name}:*" for name in names] + names
    origins = [f"http://{name}:*" for name in names] + [f"http://{name}" for name in names]
    for name in settings.hosts:
        hosts += [name, f"{name}:*"]
        origins += [f"{scheme}://{name}{end}" for scheme in ("http", "https") for end in ("", ":*")]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins
    )


@contextlib.asynccontextmanager
async def endpoint(
    folder: WorkspaceFolder, door: Door, listening: Listening | None = None, *, follow: bool = True
) -> AsyncIterator[ASGIApp]:
    """The application that answers at ``/mcp``, ready; it may be mounted beside other routes.

    Raises:
        PacketFlowError: The workspace cannot be served.
    """
    settings, where, replay = read_settings(folder.path), listening or Listening(), Replay()
    Tokens(settings)  # what cannot be is said before a runner is asked
    guard = security(settings, where)

    def take_in(said: McpSettings) -> None:
        now = security(said, where)
        guard.allowed_hosts, guard.allowed_origins = now.allowed_hosts, now.allowed_origins

    async with opened(folder, door, transport="http", follow=follow) as ready:
        app = ready.server.streamable_http_app(
            streamable_http_path=PATH,
            event_store=replay,
            retry_interval=RETRY_MILLISECONDS,
            max_request_body_size=settings.body_kilobytes << 10,
            transport_security=guard,
        )
        (route,) = [one for one in app.routes if isinstance(one, Route)]
        entrance = Entrance(route.app, folder.path, take_in)
        whole = Starlette(routes=[Route(route.path, entrance)])
        whole.router.redirect_slashes = False
        watching = asyncio.create_task(entrance.watch())
        try:
            async with ready.server.session_manager.run():
                at_gate = gate(whole, settings.body_kilobytes << 10)
                yield replay.around(Refusals(folder.path, "http").at_door(at_gate))
        finally:
            watching.cancel()
            await asyncio.wait([watching])


def run(folder: WorkspaceFolder, listening: Listening, announce: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Raises:
        PacketFlowError: The workspace cannot be served, or the port is taken.
    """
    security(read_settings(folder.path), listening)
    with listen(listening) as listener, contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(folder, listening, listener, announce))


async def _serve(
    folder: WorkspaceFolder,
    listening: Listening,
    listener: socket.socket,
    announce: Callable[[str], None],
) -> None:
    door = RunnerDoor(folder.path)
    try:
        await serve_at(listener, folder, door, listening, announce=announce)
    finally:
        await door.close()


async def serve_at(
    listener: socket.socket,
    folder: WorkspaceFolder,
    door: Door,
    listening: Listening,
    *,
    announce: Callable[[str], None],
) -> None:
    """Serve at a port that is taken already, until interrupted.

    Args:
        listener: What `listen` gave.
        folder: The workspace.
        door: The way to its code.
        listening: Where the listener listens.
        announce: Told the server's address once it answers there.

    Raises:
        PacketFlowError: The workspace cannot be served.
    """
    shown = f"[{listening.host}]" if ":" in listening.host else listening.host
    async with endpoint(folder, door, listening) as app:
        config = uvicorn.Config(
            app,
            http=Watched,
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        announce(f"http://{shown}:{listener.getsockname()[1]}{PATH}")
        await uvicorn.Server(config).serve(sockets=[listener])


def listen(listening: Listening) -> socket.socket:
    """Take the port.

    Raises:
        WorkspaceError: It is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    # named, or asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for a delayed one
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((listening.host, listening.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WorkspaceError(
            f"cannot listen on {listening.host}, port {listening.port}: {error.strerror or error}; "
            "name another port",
            port=listening.port,
        ) from error
    return listener
