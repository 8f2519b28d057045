"""One open connection to a server, from the handshake to its end, on one event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NoReturn, Protocol

import httpx2
import mcp_types as t
from mcp import Client, MCPError
from mcp.client.context import ClientRequestContext
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from packetflow.errors import PacketFlowError
from packetflow.mcp.client.authorizing import REFUSED
from packetflow.mcp.client.facts import Hints, ServerFacts, ToolFacts
from packetflow.mcp.client.failures import ServerLost, ToolFailed
from packetflow.mcp.client.sifting import sift
from packetflow.mcp.client.targets import UNREADABLE, Target, Wire
from packetflow.mcp.lines import what_is_wrong
from packetflow.version import VERSION

MOST_PAGES: Final = 2000
MOST_SIGNS: Final = 2000
"""Of a server's words."""
LIST_AGAIN_SECONDS: Final = 0.2
"""A server that says again and again that its tools have changed is asked no more often."""

LISTEN_AGAIN_SECONDS: Final = (0.2, 1.0, 5.0, 30.0)
CLOSE_SECONDS: Final = 10.0

log = logging.getLogger(__name__)


class Caller(Protocol):
    """Whoever makes a call: hears how far it is, and answers what the server asks."""

    @property
    def is_asked(self) -> bool:
        """Whether a question has not been answered yet."""
        ...

    def progressed(self, fraction: float, text: str) -> None:
        """How far the tool is."""
        ...

    async def asked(self, params: t.ElicitRequestParams) -> t.ElicitResult:
        """What the server wants to know."""
        ...


_CALLER: ContextVar[Caller | None] = ContextVar("mcp_caller", default=None)


class Session:
    """A connection that is open until it is closed, or lost.

    Args:
        target: The server.
        renewed: Called with what the server offers, first and after each change.
    """

    def __init__(self, target: Target, renewed: Callable[[ServerFacts], None]) -> None:
        self._target = target
        self._renewed = renewed
        self._callers: list[Caller] = []
        self._closing = asyncio.Event()
        self._changed = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self._wire = Wire(self._ended.set, self._sift)
        self._left_out: dict[str, str] = {}
        self._client: Client | None = None
        self._keeper = asyncio.create_task(self._keep())

    @property
    def is_open(self) -> bool:
        """Whether calls can be made, as far as is known."""
        return self._client is not None and not self._ended.is_set() and not self._keeper.done()

    @property
    def attributes(self) -> dict[str, Any]:
        """What a span says of the connection, by OpenTelemetry's names."""
        said = dict(self._target.attributes)
        if self._client is not None:
            said["mcp.protocol.version"] = self._client.protocol_version
        if self._wire.session:
            said["mcp.session.id"] = self._wire.session
        return said

    async def opened(self) -> None:
        """Wait until it is open.

        Raises:
            ServerLost: It cannot be opened, with the reason.
            LoginNeeded: It asks for a login.
            WorkspaceError: An environment variable that it needs is not set.
        """
        person = self._target.person
        seconds = self._target.settings.start_seconds + (person.seconds if person else 0)
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._ready)
        except TimeoutError as error:
            await self.close()
            raise self._lost(f"did not answer within {seconds:g} seconds") from error

    async def close(self) -> None:
        """End it; a server that was started here ends too."""
        self._closing.set()
        is_kept = self.is_open and self._ready.done()
        done, _ = await asyncio.wait({self._keeper}, timeout=CLOSE_SECONDS if is_kept else 1)
        if not done:
            self._keeper.cancel()
            await asyncio.wait({self._keeper}, timeout=CLOSE_SECONDS)

    async def _keep(self) -> None:
        """Hold the connection; the protocol wants it opened and closed by one task."""
        refused: list[PacketFlowError] = []
        REFUSED.set(refused)
        try:
            client = Client(
                self._target.way(self._wire),
                mode=self._target.mode,
                client_info=t.Implementation(name="packetflow", version=VERSION),
                elicitation_callback=self._asked,
                message_handler=self._heard,
            )
            async with client:
                self._client = client
                self._renewed(await self._listed())
                self._ready.set_result(None)
                watching = [asyncio.create_task(one()) for one in (self._listen, self._follow)]
                try:
                    await self._closing.wait()
                finally:
                    for one in watching:
                        one.cancel()
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - a border: the server is foreign
            if not self._ready.done():
                self._ready.set_exception(refused[-1] if refused else self._told(error))
            elif not self._closing.is_set():
                log.info("%s was lost: %r", self._target, error)
        finally:
            self._ended.set()
            self._client = None
            if self._ready.done():
                self._ready.exception()  # somebody has read it, or nobody wants to

    def _told(self, error: BaseException) -> PacketFlowError:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, PacketFlowError):
            return error
        if isinstance(error, FileNotFoundError):
            return self._lost(f"cannot be started: there is no {self._target.settings.command!r}")
        if isinstance(error, ValidationError):
            return self._lost(f"answers what the protocol does not allow: {what_is_wrong(error)}")
        words = str(error) or type(error).__name__
        return self._lost(f"cannot be reached: {words[:MOST_SIGNS]}")

    def _fail(self, what: str) -> NoReturn:
        raise self._lost(what)

    def _lost(self, what: str) -> ServerLost:
        said = self._wire.read_log()
        return ServerLost(f"{self._target} {what}" + (f"; it wrote: {said}" if said else ""))

    async def _listed(self) -> ServerFacts:
        client = self._live()
        self._left_out = {}
        tools: list[t.Tool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await client.list_tools(cursor=cursor, cache_mode="refresh")
            tools += page.tools
            if page.next_cursor is None or page.next_cursor == cursor:
                break
            cursor = page.next_cursor
        else:
            log.warning(
                "%s lists more than %d pages; the rest is left out", self._target, MOST_PAGES
            )
        for name, why in self._left_out.items():
            log.warning("%s: the tool %r is left out: %s", self._target, name, why)
        about = client.server_info
        return ServerFacts(
            "" if about is None else about.name,
            "" if about is None else about.version,
            client.protocol_version,
            tuple(facts_of(tool) for tool in tools),
            self._left_out,
        )

    def _sift(self, result: dict[str, Any]) -> None:
        if "tools" in result and self._client is not None:
            self._left_out |= sift(result, self._client.protocol_version)

    async def _heard(self, message: object) -> None:
        """A server of the handshake era says by itself that its tools have changed."""
        if isinstance(message, t.ToolListChangedNotification):
            self._changed.set()

    async def _follow(self) -> None:
        """List anew after changes: one listing at a time, however often a server says so."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._relist()
            if self._changed.is_set():
                await asyncio.sleep(LIST_AGAIN_SECONDS)

    async def _relist(self) -> None:
        try:
            self._renewed(await self._listed())
        except (MCPError, ServerLost, ValidationError) as error:
            if self._closing.is_set() or self._ended.is_set():
                return  # it is about to be told otherwise
            log.warning("%s changed its tools, and did not list them: %s", self._target, error)

    async def _listen(self) -> None:
        """A newer server tells changes to whoever listens."""
        client = self._live()
        tools = client.server_capabilities.tools
        if client.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return
        if tools is None or not tools.list_changed:
            return
        failures = 0
        while True:
            try:
                async with client.listen(tools_list_changed=True) as changes:
                    failures = 0
                    self._changed.set()  # by what changed before anybody listened
                    async for _ in changes:
                        self._changed.set()
            except SubscriptionLost:
                pass
            except (ListenNotSupportedError, MCPError):
                return
            pause = LISTEN_AGAIN_SECONDS[min(failures, len(LISTEN_AGAIN_SECONDS) - 1)]
            failures += 1
            await asyncio.sleep(pause)

    def _live(self) -> Client:
        if self._client is None:
            raise self._lost("was lost")
        return self._client

    async def _asked(
        self, context: ClientRequestContext, params: t.ElicitRequestParams
    ) -> t.ElicitResult:
        """Find out whose call asks: newer servers ask within it, older ones say nothing of it."""
        del context
        caller = _CALLER.get()
        # a call that waits for an answer asks nothing else meanwhile
        able = [one for one in self._callers if not one.is_asked]
        if caller is None and len(able) == 1:
            caller = able[0]
        if caller is None:
            log.warning("%s asks, but not within one call; it was declined", self._target)
            return t.ElicitResult(action="decline")
        return await caller.asked(params)

    async def call(self, tool: str, arguments: dict[str, Any], caller: Caller) -> t.CallToolResult:
        """Call a tool; cancelled, it tells the server so.

        Raises:
            ServerLost: The server died, or the connection was lost.
            ToolFailed: The server refuses the call, or answers what the protocol does not allow.
            LoginNeeded: The server asks for a login, or for one with more rights.
        """
        client = self._live()
        self._callers.append(caller)
        _CALLER.set(caller)
        calling = asyncio.create_task(self._call(client, tool, arguments, caller))
        ending = asyncio.create_task(self._ended.wait())
        try:
            await asyncio.wait({calling, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not calling.done():
                self._fail("ended in the midst of a call")
            return calling.result()
        finally:
            self._callers.remove(caller)  # before anything waits: who asks now is somebody else
            ending.cancel()
            if not calling.done():
                calling.cancel()
                await asyncio.wait({calling}, timeout=1)  # the server is told before the end

    async def _call(
        self, client: Client, tool: str, arguments: dict[str, Any], caller: Caller
    ) -> t.CallToolResult:
        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            caller.progressed(progress / total if total else 0.0, message or "")

        refused: list[PacketFlowError] = []
        REFUSED.set(refused)
        try:
            return await client.call_tool(tool, arguments, progress_callback=progressed)
        except MCPError as error:
            if refused:
                raise refused[-1] from None
            if error.code == t.CONNECTION_CLOSED:
                raise self._lost("closed the connection in the midst of a call") from error
            if error.code == t.INVALID_REQUEST and error.message == "Session terminated":
                self._ended.set()
                raise SessionForgotten(f"{self._target} knows the session no longer") from error
            if error.message.startswith(UNREADABLE):
                raise ToolFailed(error.message) from error
            raise ToolFailed(f"it refuses the call: {error.message[:MOST_SIGNS]}") from error
        except (OSError, httpx2.HTTPError) as error:
            raise self._lost(f"was lost: {error}") from error
        except ValidationError as error:
            said = what_is_wrong(error)
            raise ToolFailed(f"its answer is none of the protocol: {said}") from error
        except RuntimeError as error:
            if self._ended.is_set():
                raise self._lost("was lost") from error
            said = str(error)[:MOST_SIGNS]
            raise ToolFailed(f"its answer is not what it promises: {said}") from error


class SessionForgotten(ServerLost):
    """The server was started anew and knows the session no longer: nothing was called."""

    code = "session_forgotten"


def facts_of(tool: t.Tool) -> ToolFacts:
    """A tool as it is listed, as plain data."""
    said = tool.annotations
    worst = Hints()

    def hint(name: str) -> bool:
        value = None if said is None else getattr(said, f"{name}_hint")
        found: bool = getattr(worst, name) if value is None else value
        return found

    return ToolFacts(
        tool.name,
        tool.title or (said.title if said is not None and said.title else ""),
        tool.description or "",
        dict(tool.input_schema),
        None if tool.output_schema is None else dict(tool.output_schema),
        Hints(hint("read_only"), hint("destructive"), hint("idempotent"), hint("open_world")),
    )
