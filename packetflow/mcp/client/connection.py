"""A server by name, for any thread: one session, opened when needed, and anew once it is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeAlias, TypeVar

from packetflow.engine.sync import LoopThread
from packetflow.errors import PacketFlowError, RunError
from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.failures import ServerLost, ToolChanged, ToolError
from packetflow.mcp.client.targets import Target

if TYPE_CHECKING:
    import mcp_types as t

    from packetflow.mcp.client.session import Caller, Session

State: TypeAlias = Literal["unused", "open", "failed"]
Arguments: TypeAlias = Callable[[], dict[str, Any]]
T = TypeVar("T")

CLOSE_SECONDS: Final = 15.0
NEEDS: Final = "external tools need the extra 'mcp': pip install 'packetflow[mcp]'"


class Loop:
    """The loop that all connections of a workspace share, in a thread that begins when needed."""

    def __init__(self) -> None:
        self._thread: LoopThread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin it there.

        Raises:
            RunError: It is closed.
        """
        with self._lock:
            if self._closed:
                work.close()
                raise RunError("the connections to external tools are closed")
            if self._thread is None:
                self._thread = LoopThread("packetflow-mcp")
            return self._thread.submit(work)

    @property
    def is_here(self) -> bool:
        """Whether this is its thread."""
        return self._thread is not None and self._thread.is_here()

    def close(self) -> None:
        """Stop it; nothing runs there any more."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is not None:
            thread.close()


class Connection:
    """A server that is asked for its tools and called.

    Args:
        name: What it is called here.
        target: How it is reached.
        loop: Where its session lives.
        known: What it said when it was last asked, perhaps by another process.
        renewed: Called, in the loop's thread, with what it says whenever it says so.
    """

    def __init__(
        self,
        name: str,
        target: Target,
        loop: Loop,
        *,
        known: ServerFacts | None = None,
        renewed: Callable[[ServerFacts], None] = lambda _: None,
    ) -> None:
        self.name = name
        self.target = target
        self.error = ""
        self.failed_at = 0.0
        self._loop = loop
        self._renewed = renewed
        self._session: Session | None = None
        self._opening: asyncio.Lock | None = None
        self._facts = known
        self._by_name: dict[str, ToolFacts] = {}
        self._is_fresh = False
        if known is not None:
            self.heard_elsewhere(known)

    @property
    def facts(self) -> ServerFacts | None:
        """What the server said last; ``None`` if nobody has asked it yet."""
        return self._facts

    @property
    def state(self) -> State:
        """Whether it is connected now."""
        if self.error:
            return "failed"
        return "open" if self._session is not None and self._session.is_open else "unused"

    def heard_elsewhere(self, facts: ServerFacts) -> None:
        """Another process has asked the server; what it says to this one counts more."""
        if not (self._is_fresh and self.state == "open"):
            self._by_name = {one.name: one for one in facts.tools}
            self._facts = facts

    def _heard(self, facts: ServerFacts) -> None:
        self._by_name = {one.name: one for one in facts.tools}
        self._facts = facts
        self._is_fresh = True
        self._renewed(facts)

    def ask(self) -> Future[ServerFacts]:
        """Connect, unless it is connected, and answer what the server offers.

        Its errors are those of `packetflow.mcp.client.session.Session.opened`.
        """
        return self._loop.submit(self._asked())

    async def _asked(self) -> ServerFacts:
        await self._opened()
        found = self._facts
        if found is None:
            raise ServerLost(f"{self.name} was lost")
        return found

    async def _opened(self) -> Session:
        if self._opening is None:
            self._opening = asyncio.Lock()
        async with self._opening:
            session = self._session
            if session is not None and session.is_open:
                return session
            if session is not None:
                await session.close()
            try:
                make = await asyncio.to_thread(_session_class)
                self._session = session = make(self.target, self._heard)
                await session.opened()
            except PacketFlowError as error:
                self.error, self.failed_at = error.message, time.monotonic()
                await self.closed()
                _say(error, self.name)
            self.error = ""
            return session

    def call(
        self, tool: ToolFacts, arguments: Arguments, caller: Caller
    ) -> Future[t.CallToolResult]:
        """Call a tool; cancelling what is answered cancels the call.

        Its errors are those of `packetflow.mcp.client.session.Session.call`, those of *arguments*,
        and `ToolChanged`.

        Args:
            tool: The tool as the caller knows it.
            arguments: Makes the arguments, on the connection's loop: to check them takes a while
                the first time.
            caller: Whoever calls.
        """
        return self._loop.submit(self._called(tool, arguments, caller))

    async def _called(
        self, tool: ToolFacts, arguments: Arguments, caller: Caller
    ) -> t.CallToolResult:
        from packetflow.mcp.client.session import SessionForgotten

        try:
            for _ in range(2):
                session = await self._opened()
                self._must_be_the_same(tool)
                try:
                    return await session.call(tool.name, arguments(), caller)
                except SessionForgotten:  # it was started anew; this call never began
                    await session.close()
            raise ServerLost("it forgets each session at once")
        except ToolError as error:
            _say(error, self.name, tool.name)

    def _must_be_the_same(self, tool: ToolFacts) -> None:
        now = self._by_name.get(tool.name)
        if now is None:
            raise ToolChanged("the server has no such tool any more; look at what uses it")
        if now.mark != tool.mark:
            raise ToolChanged(
                "the server has changed what the tool takes or gives since this was built; "
                "what it lists now is kept: check what uses it, and run that anew"
            )

    @property
    def attributes(self) -> dict[str, Any]:
        """What a span says of the connection, by OpenTelemetry's names."""
        session = self._session
        return self.target.attributes if session is None else session.attributes

    async def closed(self) -> None:
        """End the session, on the loop."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def close_all(connections: list[Connection], loop: Loop) -> None:
    """End all sessions, and the loop."""

    async def close() -> None:
        await asyncio.gather(*(one.closed() for one in connections), return_exceptions=True)

    if loop.is_here:
        return
    try:
        loop.submit(close()).result(CLOSE_SECONDS)
    except (RunError, TimeoutError):
        pass  # closed already, or a server that does not let go: its process ends with ours
    finally:
        loop.close()


def _session_class() -> type[Session]:
    """What a session is; to load it takes half a second, in which a loop would stand still."""
    try:
        import_module("jsonschema")
        from packetflow.mcp.client.session import Session
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "httpx2", "jsonschema"}:
            raise
        raise ToolError(NEEDS) from error
    return Session


def _say(error: PacketFlowError, server: str, tool: str = "") -> NoReturn:
    """Raise the same error with the names of server and tool before its words, if it lacks them."""
    if not isinstance(error, ToolError) or "server" in error.__dict__:
        raise error
    what = f"tool {tool!r} of server {server!r}" if tool else f"server {server!r}"
    raise type(error)(f"{what}: {error.message}", server=server, tool=tool) from error
