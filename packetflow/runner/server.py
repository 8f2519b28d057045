"""Serves a host's user code on a loopback WebSocket, from its first client to its last."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request as HttpRequest
from websockets.http11 import Response

from packetflow.errors import PacketFlowError
from packetflow.kernel.cards import BrokenFile
from packetflow.kernel.messages import PROTOCOL, Welcome
from packetflow.kernel.wire import LIMIT
from packetflow.runner.card import RunnerCard, card_path, current_path, read_card, write_card
from packetflow.runner.port import RunnerHost
from packetflow.runner.refusals import MOVED
from packetflow.runner.session import Session, same_token
from packetflow.runner.settings import RunnerSettings
from packetflow.version import VERSION
from packetflow.workspace.presence import is_locked, lock_path

CHECK_SECONDS: Final = 0.25
FIRST_CLIENT_SECONDS: Final = 5.0
FLUSH_SECONDS: Final = 2.0
LASTING: Final = frozenset({"studio"})
"""Clients that stay while they need a runner: once they have left, nobody is about to ask."""

log = logging.getLogger(__name__)

Replace = Callable[[], Awaitable[RunnerCard]]
"""Starts a runner in this one's place and answers its card once it is ready."""


class RunnerServer:
    """A runner as its clients see it.

    Args:
        host: What holds the user's code; open already.
        folder: The workspace.
        runner: This runner's id.
        generation: One more than that of the runner before it.
        settings: Times and limits.
        replace: How to reload; a runner without one refuses to.
    """

    def __init__(
        self,
        host: RunnerHost,
        folder: Path,
        runner: str,
        *,
        generation: int = 1,
        settings: RunnerSettings | None = None,
        replace: Replace | None = None,
    ) -> None:
        self.host = host
        self.is_moved = False
        self.is_leaving = False
        self.complaint: BrokenFile | None = None
        self._folder = folder
        self._runner = runner
        self._generation = generation
        self._settings = settings or RunnerSettings()
        self._replace = replace
        self._reloading: asyncio.Task[RunnerCard] | None = None
        self._sessions: set[Session] = set()
        self._token = secrets.token_urlsafe(32)
        self._server: Server | None = None
        self._unused_since = time.monotonic() + FIRST_CLIENT_SECONDS
        self._stopping = asyncio.Event()

    async def listen(self) -> RunnerCard:
        """Begin to answer, and write this runner's card (not yet the workspace's)."""
        self._server = await serve(
            self._connected,
            "127.0.0.1",
            0,
            process_request=_refuse_browsers,
            max_size=LIMIT,
            compression=None,
            ping_interval=None,
            close_timeout=1,
        )
        port = next(iter(self._server.sockets)).getsockname()[1]
        card = make_card(self._runner, port, self._token, self._generation)
        write_card(card_path(self._folder, self._runner), card)
        return card

    async def until_unneeded(self) -> None:
        """Serve until nobody needs this runner, or `stop` is called; then leave."""
        while not await self._may_leave():
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self._stopping.wait()
                break
            except TimeoutError:
                await self._look_around()
        await self._leave()

    def stop(self) -> None:
        """Take nothing new, give executions ``stop_seconds``, then cancel them and leave."""
        self._stopping.set()

    async def reload(self) -> dict[str, Any]:
        """Put a new runner in this one's place.

        Raises:
            PacketFlowError: It did not start; this one stays.
        """
        if self._replace is None:
            raise PacketFlowError("this runner cannot be replaced; stop it and start another")
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._put_in_place(self._replace))
        card = await asyncio.shield(self._reloading)
        return {"runner": card.runner, "generation": card.generation}

    async def reload_or_complain(self) -> None:
        """Reload without anybody waiting for it; why it failed goes into the listing."""
        try:
            await self.reload()
        except PacketFlowError as error:
            log.warning("the runner stays as it is: %s", error.message)
            text = f"the changed files are not in use: {error.message}"
            self.complaint = BrokenFile("", text, using_last_good=True)

    def welcome(self) -> Welcome:
        """Who this runner is."""
        return Welcome(self._runner, self._generation, os.getpid(), VERSION)

    def is_token(self, token: str) -> bool:
        """Compare a token in constant time."""
        return same_token(token, self._token)

    async def _put_in_place(self, replace: Replace) -> RunnerCard:
        card = await replace()
        log.info("runner %s takes over from %s", card.runner, self._runner)
        await self._move()
        return card

    async def _move(self) -> None:
        self.is_moved = True
        try:
            await self.host.retire()
        except Exception:  # supervision border: a host that cannot retire still finishes
            log.exception("the host could not retire")

    async def _connected(self, connection: ServerConnection) -> None:
        session = Session(connection, self)
        self._sessions.add(session)
        try:
            await session.serve()
        finally:
            self._sessions.discard(session)
            self._unused_since = time.monotonic()
            if session.role in LASTING:
                self._unused_since -= self._settings.linger_seconds

    def _clients(self) -> list[Session]:
        return [one for one in self._sessions if not one.is_closed]

    def _is_busy(self) -> bool:
        return bool(self.host.under_way()) or any(one.is_busy for one in self._clients())

    async def _may_leave(self) -> bool:
        if not self._is_idle():
            return False
        if self.is_moved:
            return True
        if self._clients():
            self._unused_since = time.monotonic()
        if time.monotonic() - self._unused_since < self._settings.linger_seconds:
            return False
        if await self._is_needed():
            self._unused_since = time.monotonic()
            return False
        return self._is_idle() and not self._clients()  # somebody may have come meanwhile

    def _is_idle(self) -> bool:
        return not self._is_busy() and (self._reloading is None or self._reloading.done())

    async def _is_needed(self) -> bool:
        """Ask the host, which may take long, but no longer than until `stop`."""
        asking = asyncio.create_task(self.host.needed())
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if asking.done():
            return asking.result()
        asking.cancel()
        return True

    async def _look_around(self) -> None:
        """Notice that the workspace is gone, or that another runner has taken this one's place."""
        if not lock_path(self._folder, self._runner).exists():
            log.warning("the workspace folder is gone; leaving")
            self.stop()
        elif not self.is_moved:
            current = read_card(current_path(self._folder))
            others = current is not None and current.runner != self._runner
            if others and current and is_locked(self._folder, current.runner):
                log.warning("runner %s has taken over", current.runner)
                await self._move()

    async def _leave(self) -> None:
        self.is_leaving = True
        current = read_card(current_path(self._folder))
        if current is not None and current.runner == self._runner:
            current_path(self._folder).unlink(missing_ok=True)
        deadline = time.monotonic() + self._settings.stop_seconds
        while self._is_busy() and time.monotonic() < deadline:
            await asyncio.sleep(CHECK_SECONDS / 5)
        await self.host.close()
        waiting = [one.outbox.flushed() for one in self._clients()]
        try:
            async with asyncio.timeout(FLUSH_SECONDS):
                await asyncio.gather(*waiting)
        except TimeoutError:
            log.warning("%d clients did not read to the end", len(waiting))
        if self._server is not None:
            self._server.close(reason=MOVED)  # what is not answered now was not begun
            await self._server.wait_closed()


def make_card(runner: str, port: int, token: str, generation: int) -> RunnerCard:
    """The card of a runner in this process."""
    import psutil

    return RunnerCard(
        runner,
        os.getpid(),
        psutil.Process().create_time(),
        port,
        token,
        generation,
        VERSION,
        PROTOCOL,
        time.time(),
    )


def _refuse_browsers(connection: ServerConnection, request: HttpRequest) -> Response | None:
    """Web pages name their origin; PacketFlow's clients have none."""
    if "Origin" in request.headers:
        return connection.respond(HTTPStatus.FORBIDDEN, "no web page may talk to a runner\n")
    return None
