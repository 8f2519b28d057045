"""Who asks: what a client says of itself, and what its token is good for."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from typing import Any, Final

import mcp_types as t
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.context import ServerRequestContext

from packetflow.capabilities.tool_results import told
from packetflow.errors import WorkspaceError
from packetflow.mcp.calls import Caller
from packetflow.mcp.settings import McpSettings

SHORTEST_TOKEN: Final = 16
LONGEST_NAME: Final = 200
"""So much of what a client calls itself is kept."""
EVERYTHING: Final = ("*",)


class Tokens:
    """The tokens of a workspace; implements the protocol package's ``TokenVerifier``.

    Args:
        settings: Which there are, and in which variables they stand.
        environment: Where they stand.

    Raises:
        WorkspaceError: A variable is not set, or holds too short a token.
    """

    def __init__(self, settings: McpSettings, environment: Mapping[str, str] = os.environ) -> None:
        self._known: list[tuple[str, str, tuple[str, ...]]] = []
        for name, one in settings.tokens.items():
            secret = environment.get(one.env, "")
            if len(secret) < SHORTEST_TOKEN:
                what = "is not set" if not secret else "is too short to be safe"
                raise WorkspaceError(
                    f"[mcp.tokens.{name}]: the variable {one.env} {what}; put a token of at least "
                    f"{SHORTEST_TOKEN} characters in it",
                    token=name,
                )
            self._known.append((name, secret, one.tools))

    def __bool__(self) -> bool:
        return bool(self._known)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Whose token it is and what it is good for; ``None`` for nobody's."""
        found = None
        for name, secret, tools in self._known:  # all, so that time tells nothing
            if hmac.compare_digest(token.encode("utf-8", "replace"), secret.encode()):
                found = AccessToken(token="", client_id=name, scopes=list(tools), subject=name)
        return found


def scopes() -> tuple[str, ...]:
    """The names that the token of the request at hand is good for."""
    token = get_access_token()
    return EVERYTHING if token is None else tuple(token.scopes)


def caller_of(context: ServerRequestContext[Any, Any], transport: str) -> Caller:
    """Who asks."""
    said = context.session.client_params
    name = "" if said is None else f"{said.client_info.name} {said.client_info.version}".strip()
    name = told(name, LONGEST_NAME)
    token = get_access_token()
    return Caller(
        name,
        transport,
        context.protocol_version,
        None if token is None else token.client_id,
        context.session.client_capabilities or t.ClientCapabilities(),
    )
