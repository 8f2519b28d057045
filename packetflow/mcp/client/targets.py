"""Where a server is, and how to open a way to it."""

from __future__ import annotations

import logging
import os
import shlex
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TextIO, cast
from urllib.parse import urlsplit

from packetflow.errors import WorkspaceError
from packetflow.mcp.client import settings as s
from packetflow.mcp.client.logins import Kept
from packetflow.mcp.client.person import Person

if TYPE_CHECKING:
    import httpx2
    from mcp.client._transport import TransportStreams
    from mcp.shared.message import SessionMessage

    from packetflow.mcp.client.providing import Logins

MOST_BYTES: Final = 256 * 1024 * 1024
"""One message of a server over HTTP is no longer."""

UNREADABLE: Final = "its answer cannot be read"

LAST_WORDS: Final = 600
"""Of what a server wrote before it ended, so much is shown."""


@dataclass
class Wire:
    """What the way to a server tells besides messages.

    Attributes:
        ended: Called when the server has closed it.
        sift: Called with each result that comes; it may change it.
        session: The id that an HTTP server gave the session; empty if it gave none.
        last_words: The end of what a started server wrote besides.
    """

    ended: Callable[[], None]
    sift: Callable[[dict[str, Any]], None]
    session: str = ""
    last_words: str = ""
    log: int = -1

    @contextmanager
    def writing(self, log: int) -> Iterator[None]:
        """While a started server writes to this file descriptor."""
        self.log = log
        try:
            yield
        finally:
            self.read_log()
            self.log = -1

    def read_log(self) -> str:
        """The end of what a started server has written besides, now or at its end."""
        if self.log >= 0:
            size = os.fstat(self.log).st_size
            said = os.pread(self.log, LAST_WORDS, max(0, size - LAST_WORDS))
            self.last_words = said.decode("utf-8", "replace").strip()
        return self.last_words


@dataclass(frozen=True)
class Target:
    """A server and how to reach it; one of *server*, ``settings.command`` and ``settings.url``.

    Attributes:
        settings: How it is reached.
        folder: Where a command is started; here if empty.
        log: The file that gets what a started server writes besides.
        server: A server in this very process.
        mode: ``auto`` for the newest revision of the protocol that both speak, ``legacy`` for those
            with a handshake.
        given: The environment.
        kept: The login at an address, and what is known of it.
        person: Who logs in there, if somebody has asked to.
        hint: What to do to log in.
    """

    settings: s.ServerSettings = field(default_factory=s.ServerSettings)
    folder: str = ""
    log: Path | None = None
    server: Any = None
    mode: str = "auto"
    given: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    kept: Kept | None = None
    person: Person | None = None
    hint: str = "connect(..., login=True)"

    def __str__(self) -> str:
        return "a server in this process" if self.server is not None else self.settings.address

    @property
    def attributes(self) -> dict[str, Any]:
        """What a span says of the way, by OpenTelemetry's names."""
        if self.settings.url:
            parts = urlsplit(self.settings.url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            return {
                "network.transport": "tcp",
                "network.protocol.name": "http",
                "server.address": parts.hostname or "",
                "server.port": port,
            }
        return {"network.transport": "pipe"} if self.settings.command else {}

    def way(self, wire: Wire) -> Any:
        """What the protocol's client connects to.

        Raises:
            WorkspaceError: An environment variable that it needs is not set.
        """
        if self.server is not None:
            return self.server
        if self.settings.url:
            return _over_http(self, s.headers(self.settings, self.given), wire)
        return _over_pipes(self, s.environment(self.settings, self.given), wire)


def target_of(
    server: Any,
    *,
    env: Sequence[str] = (),
    headers: Mapping[str, str],
    login: bool | Mapping[str, Any] = False,
    mode: str = "auto",
) -> Target:
    """The target of an address, a command, or a server in this process.

    Raises:
        WorkspaceError: It is none of these.

    >>> target_of("python -m notes", headers={}).settings.args
    ('-m', 'notes')
    """
    if isinstance(server, str) and server.startswith(("http://", "https://")):
        said = s.login_of(login if isinstance(login, Mapping) else {})
        settings = s.ServerSettings(url=server, headers=dict(headers), login=said)
        person = Person() if login and not said.machine else None
        found = Target(settings, mode=mode, kept=Kept(server), person=person)
    elif isinstance(server, (str, list, tuple)):
        words = shlex.split(server) if isinstance(server, str) else [str(one) for one in server]
        if not words:
            raise WorkspaceError("name a server: its address, or the command that starts it")
        settings = s.ServerSettings(command=words[0], args=tuple(words[1:]), env=tuple(env))
        found = Target(settings, mode=mode)
    elif hasattr(server, "run"):
        return Target(server=server, mode=mode)
    else:
        raise WorkspaceError(f"{server!r} is neither an address, a command nor a server")
    wrong = s.complaint("server", found.settings)
    if wrong:
        raise WorkspaceError(wrong)
    return found


@asynccontextmanager
async def _over_http(
    target: Target, headers: Mapping[str, str], wire: Wire
) -> AsyncIterator[TransportStreams]:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    url, auth = target.settings.url, _bearer(target)

    async def note(response: httpx2.Response) -> None:
        wire.session = response.headers.get("mcp-session-id", wire.session)

    # how long a call may take is said by its policies; this only ends what nobody answers for
    timeout = httpx2.Timeout(30, read=3600)
    hooks = {"response": [note]}
    async with (
        httpx2.AsyncClient(
            headers=dict(headers), timeout=timeout, event_hooks=hooks, auth=auth
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MOST_BYTES) as streams,
    ):
        read, write = streams
        yield _Whole(read, wire), write


def _bearer(target: Target) -> httpx2.Auth:
    from packetflow.mcp.client.authorizing import Bearer

    said = target.settings.login

    def logins() -> Logins:
        from packetflow.mcp.client.providing import Logins

        return Logins(target.settings.url, said, target.given)

    return Bearer(
        target.kept or Kept(target.settings.url),
        logins,
        person=target.person,
        is_machine=said.machine,
        hint=target.hint,
    )


def _whole(message: SessionMessage | Exception, wire: Wire) -> SessionMessage | Exception:
    """A result that does not say of which kind it is counts as a whole one, says the protocol."""
    message = readable(message)
    result = getattr(getattr(message, "message", None), "result", None)
    if isinstance(result, dict):
        result.setdefault("resultType", "complete")
        wire.sift(result)
    return message


class _Whole:
    """What comes from a server, with what `_whole` adds."""

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    async def receive(self) -> Any:
        return _whole(await self._stream.receive(), self._wire)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return _whole(await anext(self._stream), self._wire)

    async def __aenter__(self) -> Self:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> Any:
        return await self._stream.__aexit__(*error)


@asynccontextmanager
async def _over_pipes(
    target: Target, env: Mapping[str, str], wire: Wire
) -> AsyncIterator[TransportStreams]:
    import anyio
    from mcp.client.stdio import StdioServerParameters, stdio_client
    from mcp.shared.message import SessionMessage

    settings = target.settings
    parameters = StdioServerParameters(
        command=settings.command,
        args=list(settings.args),
        env=dict(env),
        cwd=target.folder or None,
        encoding_error_handler="replace",
    )
    logging.getLogger("mcp.client.stdio").addFilter(_unlike_a_broken_line)
    with _opened(target.log) as log, wire.writing(log.fileno()):
        async with stdio_client(parameters, errlog=log) as (read, write):
            send, receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)

            async def hand_on() -> None:
                """Hand on what comes, and see when nothing can come any more."""
                try:
                    async with send:
                        async for message in read:
                            await send.send(_whole(message, wire))
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    pass  # our own side is closed
                finally:
                    wire.ended()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hand_on)
                yield receive, write
                tasks.cancel_scope.cancel()


def readable(message: SessionMessage | Exception) -> SessionMessage | Exception:
    """What came; an answer that cannot be read fails its request, which would wait for ever."""
    from mcp.shared.message import SessionMessage
    from pydantic import ValidationError

    from packetflow.mcp.lines import unreadable

    if not isinstance(message, ValidationError):
        return message
    found = unreadable(message)
    if found is None or found.request is None or found.is_call:
        return message
    return SessionMessage(found.error(f"{UNREADABLE}: it {found.why}"))


def _unlike_a_broken_line(record: logging.LogRecord) -> bool:
    """Whether a line of the protocol's package is news: of lines that are no messages it is not."""
    return not str(record.msg).startswith("Failed to parse JSONRPC message")


def _opened(path: Path | None) -> TextIO:
    """The file for what a server writes besides; one without a name if nobody wants to see it."""
    if path is None:
        return cast("TextIO", tempfile.TemporaryFile("w+", encoding="utf-8"))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.open("w+", encoding="utf-8")
