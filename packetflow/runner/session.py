"""One client's connection to a runner: its requests, interleaved, and their answers."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
from typing import Any, Final, Protocol

from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from packetflow.engine.strands import Carriers
from packetflow.errors import PacketFlowError, RunError, WireError
from packetflow.kernel.cards import BrokenFile
from packetflow.kernel.messages import (
    PROTOCOL,
    AnswerStep,
    BoardDrawn,
    CancelRun,
    CapabilityDiscovery,
    CapabilityListing,
    CapabilityRequest,
    Describe,
    Described,
    Done,
    DrawBoard,
    EmitEvent,
    Follow,
    ForkRun,
    Hello,
    Message,
    PaletteFound,
    Ping,
    Pong,
    Refused,
    Reload,
    Request,
    ResumeRun,
    SearchPalette,
    Welcome,
)
from packetflow.kernel.wire import decode, encode
from packetflow.runner.outbox import Follower, Outbox
from packetflow.runner.port import RunnerHost
from packetflow.runner.refusals import MOVED, refusal

HELLO_SECONDS: Final = 5.0
REQUESTS_AT_ONCE: Final = 256
UNREADABLE: Final = 1002
GAVE_UP: Final = 1013

log = logging.getLogger(__name__)


class Home(Protocol):
    """What a session needs from the server it belongs to."""

    host: RunnerHost

    @property
    def is_moved(self) -> bool:
        """True once a newer runner is in place."""
        ...

    @property
    def is_leaving(self) -> bool:
        """True once nothing new is taken at all."""
        ...

    def welcome(self) -> Welcome:
        """Who this runner is."""
        ...

    def is_token(self, token: str) -> bool:
        """Compare a token in constant time."""
        ...

    async def reload(self) -> dict[str, Any]:
        """Put a new runner in place; its name and generation.

        Raises:
            NoRunner: It could not start; this one stays.
        """
        ...

    @property
    def complaint(self) -> BrokenFile | None:
        """Why the last reload by itself did not work."""
        ...


def same_token(given: str, token: str) -> bool:
    """Compare in a time that does not depend on how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


class Session:
    """Serves one connection until it closes."""

    def __init__(self, connection: ServerConnection, home: Home) -> None:
        self._connection = connection
        self._home = home
        self._host = home.host
        self._tasks: set[asyncio.Task[None]] = set()
        self._carriers = Carriers()
        self._followers: set[Follower] = set()
        self._writer: asyncio.Task[None] | None = None
        self._is_writing = False
        self.outbox = Outbox(self._filled)
        self.role = ""
        self.is_closed = False

    @property
    def is_busy(self) -> bool:
        """True while a request is being answered."""
        return bool(self._tasks)

    async def serve(self) -> None:
        """Greet the client, then answer it.

        A request that is under way when the client goes is still done.
        """
        if not await self._greeted():
            return
        try:
            await self._read()
        finally:
            self.is_closed = True
            self.outbox.shut()
            for follower in self._followers:
                self._host.unfollow(follower.execution_id, follower)
            writing = [] if self._writer is None else [self._writer]
            await asyncio.gather(*writing, *self._tasks, return_exceptions=True)
            await self._carriers.close()

    async def _greeted(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = _read_message(await self._connection.recv())
        except (TimeoutError, ConnectionClosed):
            return False
        except WireError as error:
            return await self._turn_away(refusal("", error))
        if not isinstance(hello, Hello) or not self._home.is_token(hello.token):
            message = "say hello with the token of the runner's file first"
            return await self._turn_away(Refused("", WireError.code, message))
        if hello.protocol != PROTOCOL:
            message = f"the client speaks protocol {hello.protocol}, this runner {PROTOCOL}"
            return await self._turn_away(Refused("", WireError.code, message))
        if self._home.is_leaving:
            return await self._turn_away(Refused("", MOVED, "this runner is leaving"))
        self.role = hello.role
        self.outbox.put(self._home.welcome())
        return True

    async def _turn_away(self, refused: Refused) -> bool:
        with contextlib.suppress(ConnectionClosed):
            await self._connection.send(encode(refused))
            await self._connection.close(UNREADABLE, "refused")
        return False

    def _filled(self) -> None:
        """Send what waits, here and now; a task goes on where the client reads slowly."""
        if not self._is_writing:
            self._is_writing = True
            self._writer = self._carriers.begin(self._write)[0]

    async def _write(self) -> None:
        try:
            while (content := self.outbox.take()) is not None:
                await self._connection.send(content)
            if self.outbox.overflowed:
                await self._connection.close(GAVE_UP, "the client reads too slowly")
        except ConnectionClosed:
            pass
        finally:
            self._is_writing = False

    async def _read(self) -> None:
        room = asyncio.Semaphore(REQUESTS_AT_ONCE)
        with contextlib.suppress(ConnectionClosed):
            async for content in self._connection:
                task = self._begun(content)
                if task is not None:
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                    task.add_done_callback(lambda _: room.release())
                    await room.acquire()

    def _begun(self, content: str | bytes) -> asyncio.Task[None] | None:
        """Begin to answer, here and now; the task that goes on with what has to wait."""
        try:
            return self._carriers.begin(self._answer, content)[0]
        except asyncio.CancelledError:  # the work's own, for nothing here has waited
            return None

    async def _answer(self, content: str | bytes) -> None:
        request_id = ""
        try:
            request = _read_message(content)
            request_id = getattr(request, "id", "")
            if not isinstance(request, Request):
                kind = type(request).__name__
                raise WireError(f"a client does not send {kind}")  # noqa: TRY301 - answered below
            if self._is_elsewhere(request):
                message = "a newer runner is in place; ask it"
                self.outbox.put(Refused(request_id, MOVED, message))
            else:
                await self._handle(request)
        except PacketFlowError as error:
            self.outbox.put(refusal(request_id, error))
        except asyncio.CancelledError:  # of what was asked for; who waits for it is told
            self.outbox.put(refusal(request_id, RunError("what was asked for was cancelled")))
            raise
        except Exception as error:  # supervision border: one request never ends the runner
            log.exception("request %s failed", request_id)
            self.outbox.put(refusal(request_id, error))

    def _is_elsewhere(self, request: Request) -> bool:
        """Whether a replaced runner leaves the request to its successor."""
        if not (self._home.is_moved or self._home.is_leaving) or isinstance(request, Ping):
            return False
        if isinstance(request, Follow | CancelRun | AnswerStep):
            named = request.execution_id  # the whole id, or its last characters
            return not any(one.endswith(named) for one in self._host.held())
        return True

    async def _handle(self, request: Request) -> None:
        host, put = self._host, self.outbox.put
        match request:
            case CapabilityDiscovery(id, query, limit):
                listing = await host.listing(query, limit)
                if self._home.complaint is not None:
                    broken = [*listing.broken, self._home.complaint]
                    listing = replace(listing, broken=broken)
                put(CapabilityListing(id, listing))
            case Describe(id, name, source):
                put(Described(id, await host.describe(name, source)))
            case DrawBoard(id):
                put(BoardDrawn(id, await host.draw(request)))
            case SearchPalette(id):
                put(PaletteFound(id, await host.palette(request)))
            case CapabilityRequest() | ResumeRun() | ForkRun():
                await self._start(request)
            case Follow(id, execution_id):
                follower = Follower(id, self.outbox)
                await host.follow(execution_id, follower)
                self._accept(follower, execution_id)
            case CancelRun(id, execution_id, reason):
                put(Done(id, await host.cancel(execution_id, reason)))
            case AnswerStep(id):
                await host.answer(request)
                put(Done(id))
            case EmitEvent(id):
                put(Done(id, await host.emit(request)))
            case Reload(id):
                put(Done(id, await self._home.reload()))
            case Ping(id, at):
                put(Pong(id, at, len(host.under_way())))

    async def _start(self, request: CapabilityRequest | ResumeRun | ForkRun) -> None:
        follower = Follower(request.id, self.outbox)
        tell = follower if request.follow else None
        match request:
            case CapabilityRequest():
                execution_id = await self._host.start(request, tell)
            case ResumeRun():
                execution_id = await self._host.resume(request.execution_id, tell)
            case ForkRun():
                execution_id = await self._host.fork(request, tell)
        self._accept(follower, execution_id)

    def _accept(self, follower: Follower, execution_id: str) -> None:
        self._followers = {one for one in self._followers if not one.over}
        self._followers.add(follower)
        follower.accept(execution_id)
        if self.is_closed:
            self._host.unfollow(execution_id, follower)


def _read_message(content: str | bytes) -> Message:
    if isinstance(content, str):
        raise WireError("a text frame is no PacketFlow message; send binary frames")
    return decode(content)
