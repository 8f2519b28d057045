"""What the protocol's package keeps of a client's connection, and does not offer in public.

This module alone touches it; its tests tell when a new version of the package has moved it.
"""

from __future__ import annotations

import weakref
from typing import Any, Final

from mcp.server.connection import Connection
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext

_LEVEL: Final = "packetflow.log_level"
_PROGRESS: Final = ("progress_token", "_progress_token", "_on_progress")
"""What a request's way back knows of its client's wish, by the kind of transport."""
_WATCHED: Final = "packetflow.watched"


def connection_of(context: ServerRequestContext[Any, Any]) -> Connection:
    """The connection a request came on, which lives as long as its client is there."""
    return context.session._connection  # noqa: SLF001 - there is no public way to it


def wants_progress(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the client asked to hear how far this request is; so when nobody can tell."""
    outbound = context.session._request_outbound  # noqa: SLF001 - there is no public way to it
    inner = getattr(outbound, "_inner", outbound)
    known = [vars(inner)[name] for name in _PROGRESS if name in vars(inner)]
    return not known or any(one is not None for one in known)


def can_be_told(connection: Connection) -> bool:
    """Whether a client of the handshake era hears of changes on this connection."""
    return connection.has_standalone_channel and connection.initialize_accepted


class Sessions:
    """The clients of the handshake era that are there; it is a middleware of the server."""

    def __init__(self) -> None:
        self._connections: weakref.WeakSet[Connection] = weakref.WeakSet()

    async def __call__(
        self, ctx: ServerRequestContext[Any, Any], call_next: CallNext
    ) -> HandlerResult:
        """Remember who asks."""
        connection = connection_of(ctx)
        if connection.has_standalone_channel:
            self._connections.add(connection)
        return await call_next(ctx)

    def told(self) -> list[Connection]:
        """Those who hear of changes."""
        return [one for one in self._connections if can_be_told(one)]

    def watched(self, connection: Connection) -> set[str]:
        """The resources that a client wants to hear of."""
        found: set[str] = connection.state.get(_WATCHED, set())
        return found


def watch(context: ServerRequestContext[Any, Any], uri: str, *, wanted: bool) -> None:
    """Remember that a client of the handshake era wants to hear of a resource, or no more."""
    watched = connection_of(context).state.setdefault(_WATCHED, set())
    (watched.add if wanted else watched.discard)(uri)


def set_log_level(context: ServerRequestContext[Any, Any], level: str) -> None:
    """Remember which lines a client of the handshake era wants."""
    connection_of(context).state[_LEVEL] = level


def log_level(context: ServerRequestContext[Any, Any]) -> str:
    """Which lines it wants; all of them if it did not say."""
    return str(connection_of(context).state.get(_LEVEL, "debug"))
