"""Serves the studio of one workspace: Streamlit and our own routes, one port on loopback."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web import bootstrap

from packetflow.errors import PacketFlowError, WorkspaceError
from packetflow.workspace.folder import open_folder
from studio.canvas.socket import CanvasSocket
from studio.guard import COOKIE, OwnPagesOnly, guarded_route
from studio.state import FOLDER, desk
from studio.theme import streamlit_options
from studio.tool_endpoint import PATH, ToolEndpoint, tool_endpoint

MAIN: Final = Path(__file__).parent / "pages" / "main.py"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
PORTS_TRIED: Final = 20
ALONE: Final = b"frame-ancestors 'self'"


def print_address(url: str) -> None:
    """Say where the studio answers."""
    sys.stdout.write(f"PacketFlow Studio: {url}  (Ctrl-C ends it)\n")
    sys.stdout.flush()


def serve(
    folder: str | Path,
    *,
    port: int = 8501,
    host: str = "127.0.0.1",
    open_browser: bool = True,
    announce: Callable[[str], None] = print_address,
) -> None:
    """Serve the studio until it is interrupted.

    Args:
        folder: The workspace.
        port: Where to listen; when it is taken, one of the next ports. 0 takes any free one.
        host: A loopback address.
        open_browser: Whether to open the page.
        announce: Told the address once the studio answers there.

    Raises:
        WorkspaceError: The folder is no workspace, the host is not loopback, or no port is free.
    """
    if host not in LOOPBACK:
        message = f"the studio listens on loopback only, not on {host}; reach it by an SSH tunnel"
        raise WorkspaceError(message, host=host)
    workspace = open_folder(folder)
    listener = listen(host, port)
    address = f"http://{_in_address(host)}:{listener.getsockname()[1]}"
    os.environ[FOLDER] = str(workspace.path)
    bootstrap.load_config_options(streamlit_options())

    def ready() -> None:
        announce(address)
        if open_browser:
            webbrowser.open(address)

    server = StudioServer(
        uvicorn.Config(
            make_app(ready), log_level="warning", timeout_graceful_shutdown=1, lifespan="on"
        )
    )
    with listener, contextlib.suppress(KeyboardInterrupt):
        server.run(sockets=[listener])


class StudioServer(uvicorn.Server):
    """Lets MCP clients go before it ends, for they would listen for ever."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: first the tools' endpoint, then all else."""
        await tool_endpoint(desk().folder).close()
        await super().shutdown(sockets)


def make_app(ready: Callable[[], None] = lambda: None) -> st.App:
    """The studio as an ASGI app, for the workspace that the environment names.

    Args:
        ready: Called in a thread of its own once it answers.
    """
    token = secrets.token_urlsafe(24)
    canvas, tools = CanvasSocket(token), tool_endpoint(desk().folder)

    @contextlib.asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        threading.Thread(target=_wake_runner, name="wake-runner", daemon=True).start()
        await tools.begin()
        threading.Thread(target=ready, name="studio-ready", daemon=True).start()
        try:
            yield
        finally:
            await tools.close()
            await canvas.close()
            desk().close()

    return st.App(
        MAIN,
        routes=own_routes(token, canvas, tools),
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"]),
            Middleware(OwnPagesOnly),
            Middleware(GiveCookie, token=token),
        ],
        lifespan=lifespan,
    )


def own_routes(token: str, canvas: CanvasSocket, tools: ToolEndpoint) -> list[BaseRoute]:
    """What the studio answers beside Streamlit; all below ``/api`` checks origin and token."""
    return [
        Route("/api/health", guarded_route(_health, token)),
        Route("/pipelines", moved),
        Route("/capabilities", moved),
        WebSocketRoute("/api/canvas", canvas.serve),
        Route(PATH, tools),
    ]


def listen(host: str, port: int) -> socket.socket:
    """Take a port: *port*, or the first free one of those after it.

    Raises:
        WorkspaceError: None of them is free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for offset in range(PORTS_TRIED if port else 1):
        # named, or asyncio leaves Nagle's algorithm on, and answers wait 40 ms for a delayed one
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port + offset))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise WorkspaceError(
        f"no port from {port} to {port + PORTS_TRIED - 1} is free; name another with --port",
        port=port,
    )


class GiveCookie:
    """Gives a page's visitor the token of this start, as a cookie that no script can read.

    No page of another site may show one of ours inside itself.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict".encode()
        self._added = [(b"set-cookie", cookie), (b"content-security-policy", ALONE)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the cookie to the answers for whole pages."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                kinds = [value for name, value in headers if name.lower() == b"content-type"]
                if any(kind.startswith(b"text/html") for kind in kinds):
                    message = {**message, "headers": [*headers, *self._added]}
            await send(message)

        await self._app(scope, receive, sending if scope["type"] == "http" else send)


async def _health(_request: Request) -> Response:
    return JSONResponse({"ok": True, "workspace": desk().folder.name})


async def moved(request: Request) -> Response:
    """Lead addresses of pages that are now in the library there."""
    kind = request.url.path.strip("/")
    named = {"name": {"pipelines": "pipeline", "capabilities": "capability"}[kind]}
    said = {named.get(key, key): value for key, value in request.query_params.items()}
    if kind == "pipelines" and "pipeline" not in said:
        said["kind"] = "Pipelines"
    return RedirectResponse(f"/library?{urlencode(said)}" if said else "/library")


def _wake_runner() -> None:
    """Start the runner while the first page is being drawn; the page says what goes wrong."""
    with contextlib.suppress(PacketFlowError, OSError):
        desk().runner.ping()


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
