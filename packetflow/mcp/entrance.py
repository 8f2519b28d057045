"""Who is let in over HTTP: whoever has one of the workspace's tokens, as they are said now.

``packetflow.toml`` is looked at when a request comes, so that a token which is named, narrowed or
taken back counts at once. While the file says something that cannot be, nobody is let in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import BearerAuthBackend
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

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

log = logging.getLogger(__name__)


class Entrance:
    """Stands before an application, and hands on whoever may come in.

    Args:
        app: The application.
        folder: The workspace.
        check: Raises if the server may not be open to others with such settings.

    Raises:
        WorkspaceError: The tokens cannot be read.
    """

    def __init__(self, app: ASGIApp, folder: Path, check: Callable[[McpSettings], object]) -> None:
        self._app = AuthContextMiddleware(app)
        self._folder = folder
        self._config = config_path(folder)
        self._check = check
        self._seen = self._look()
        self._tokens: Tokens | None = self._read()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request in, or say what it lacks."""
        tokens = self._now()
        if tokens is None:
            refusal = JSONResponse({"error": "not_ready", "error_description": NOBODY}, 503)
            await refusal(scope, receive, send)
            return
        if tokens:
            found = await BearerAuthBackend(tokens).authenticate(HTTPConnection(scope))
            if found is None:
                told = f'Bearer error="invalid_token", error_description="{NO_TOKEN}"'
                content = {"error": "invalid_token", "error_description": NO_TOKEN}
                refusal = JSONResponse(content, 401, {"www-authenticate": told})
                await refusal(scope, receive, send)
                return
            scope["auth"], scope["user"] = found
        await self._app(scope, receive, send)

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
        self._check(settings)
        return Tokens(settings)

    def _look(self) -> tuple[int, int, int]:
        try:
            facts = self._config.stat()
        except OSError:
            return (0, 0, 0)
        return (facts.st_mtime_ns, facts.st_size, facts.st_ino)
