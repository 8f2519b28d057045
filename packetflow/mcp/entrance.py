"""Who is let in over HTTP: whoever has one of the workspace's tokens, as they are said now.

``packetflow.toml`` is looked at when a request comes, so that a token which is named, narrowed or
taken back counts at once. While the file says something that cannot be, nobody is let in. What is
open under a token that was taken back ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

import anyio
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from starlette.authentication import AuthCredentials, BaseUser
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packetflow.errors import WorkspaceError
from packetflow.mcp.identity import Tokens
from packetflow.mcp.settings import McpSettings, read_settings
from packetflow.runner.configuration import config_path

NO_TOKEN: Final = (
    "no good token came: a client sends one in the header 'Authorization: Bearer TOKEN', and "
    "[mcp.tokens] in the packetflow.toml of this server says which variables hold those that count"
)
NOBODY: Final = (
    "nobody is let in: the packetflow.toml of this server cannot be read, or a token that it "
    "names is not set; the log of the server says which"
)

LOOK_SECONDS: Final = 0.5
"""So often it looks whether those who are inside still may be."""

log = logging.getLogger(__name__)


class Entrance:
    """Stands before an application, and hands on whoever may come in.

    Args:
        app: The application.
        folder: The workspace.
        take_in: Takes in the settings that count now; raises if the server may not be open to
            others with such.

    Raises:
        WorkspaceError: The tokens cannot be read.
    """

    def __init__(
        self, app: ASGIApp, folder: Path, take_in: Callable[[McpSettings], object]
    ) -> None:
        self._app = AuthContextMiddleware(app)
        self._folder = folder
        self._take_in = take_in
        self._seen = self._look()
        self._tokens: Tokens | None = self._read()
        self._inside: set[_Visit] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or say what it lacks."""
        tokens = self._now()
        if tokens is None:
            refusal = JSONResponse({"error": "not_ready", "error_description": NOBODY}, 503)
            await refusal(scope, receive, send)
            return
        if not tokens:
            await self._app(scope, receive, send)
            return
        found = await _known(tokens, scope)
        if found is None:
            await _no_token()(scope, receive, send)
            return
        scope["auth"], scope["user"] = found
        visit = _Visit(scope)
        self._inside.add(visit)
        try:
            with visit.stay:
                await self._app(scope, receive, visit.heard(send))
        finally:
            self._inside.discard(visit)
        if visit.stay.cancelled_caught:
            await visit.end(receive, send)

    async def watch(self) -> None:
        """End what is open under tokens that were taken back, until cancelled."""
        checked = self._tokens
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            tokens = self._now()
            if tokens is checked or tokens is None:  # a file that is half written ends nothing
                continue
            checked = tokens
            for visit in tuple(self._inside):
                if tokens and await _known(tokens, visit.scope) is None:
                    visit.stay.cancel()

    def _now(self) -> Tokens | None:
        """The tokens that count now; ``None`` if they cannot be read."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            try:
                self._tokens = self._read()
            except WorkspaceError as error:
                self._tokens = None
                log.warning("nobody is let in over HTTP: %s", error)
        return self._tokens

    def _read(self) -> Tokens:
        settings = read_settings(self._folder)
        self._take_in(settings)
        return Tokens(settings)

    def _look(self) -> tuple[int, int, int]:
        try:
            facts = config_path(self._folder).stat()
        except OSError:
            return (0, 0, 0)
        return (facts.st_mtime_ns, facts.st_size, facts.st_ino)


class _Visit:
    """A request of somebody whose token was good.

    Attributes:
        scope: The request.
        stay: Cancelled when the token is taken back.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.stay = anyio.CancelScope()
        self._is_begun = False
        self._is_whole = False

    def heard(self, send: Send) -> Send:
        """Sends the answer, and knows how far it is."""

        async def sending(message: Message) -> None:
            self._is_begun = True
            await send(message)
            if message["type"] == "http.response.body":
                self._is_whole = not message.get("more_body", False)

        return sending

    async def end(self, receive: Receive, send: Send) -> None:
        """End the answer where it is."""
        if not self._is_begun:
            await _no_token()(self.scope, receive, send)
        elif not self._is_whole:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _known(tokens: Tokens, scope: Scope) -> tuple[AuthCredentials, BaseUser] | None:
    found: tuple[AuthCredentials, BaseUser] | None
    found = await BearerAuthBackend(tokens).authenticate(HTTPConnection(scope))
    return found


def _no_token() -> JSONResponse:
    told = f'Bearer error="invalid_token", error_description="{NO_TOKEN}"'
    content = {"error": "invalid_token", "error_description": NO_TOKEN}
    return JSONResponse(content, 401, {"www-authenticate": told})
