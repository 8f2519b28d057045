"""Runs and their events for programs that live on one event loop, such as a server of clients.

What a server asks for its clients is asked here without a thread; all else is `RunnerClient`'s.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import structs

from packetflow.errors import NoRunner, PacketFlowError, RunElsewhere, RunnerLost
from packetflow.kernel.cards import Listing, Outcome
from packetflow.kernel.messages import (
    Answer,
    AnswerStep,
    CancelRun,
    CapabilityDiscovery,
    CapabilityListing,
    CapabilityRequest,
    CapabilityResponse,
    Done,
    Follow,
    Refused,
    Request,
    RunAccepted,
    RunEvent,
)
from packetflow.runner.card import RunnerCard
from packetflow.runner.client import TRIES, of_kind
from packetflow.runner.connections import REMEMBERED, Connections
from packetflow.runner.launch import HOST, Order
from packetflow.runner.link import Lost, Moved, answered
from packetflow.runner.loop_link import LoopLink
from packetflow.runner.outcomes import lost
from packetflow.runner.payloads import to_payload
from packetflow.runner.port import Tell
from packetflow.runner.refusals import MOVED
from packetflow.runner.remote import interrupted

CONNECT_SECONDS: Final = 10.0

Make = Callable[[str], Request]


class LoopClient:
    """Finds or starts the runner of a workspace, and asks it; use it on one event loop.

    Args:
        folder: The workspace.
        role: Who asks, for the runner's log.
        host: ``module:name`` of what makes the runner's host.
    """

    def __init__(self, folder: Path, *, role: str, host: str = HOST) -> None:
        self._folder = folder
        self._role = role
        self._loop = asyncio.get_running_loop()
        order = Order(folder, host)
        self._connections: Connections[LoopLink] = Connections(order, self._connect, start=True)
        self._where: OrderedDict[str, LoopLink] = OrderedDict()
        self._followed: dict[Tell, tuple[LoopLink, str]] = {}

    def _connect(self, card: RunnerCard, stale_seconds: float) -> LoopLink:
        """Open a connection; called in threads."""
        opening = LoopLink.open(self._folder, card, self._role, stale_seconds)
        return asyncio.run_coroutine_threadsafe(opening, self._loop).result(CONNECT_SECONDS)

    async def listing(self, query: str, limit: int) -> Listing:
        """What the workspace has that matches; *limit* 0 means all."""
        answer = await self._ask("", lambda id: CapabilityDiscovery(id, query, limit))
        return of_kind(CapabilityListing, answer).listing

    async def start(self, request: CapabilityRequest, tell: Tell | None) -> str:
        """Begin an execution; answers its id once its first record is kept.

        Raises:
            PacketFlowError: It cannot run; nothing was started. That the runner died before it
                said so is told as the execution's outcome, since it may have begun.
        """
        chosen = request.execution_id or ""
        return await self._begin(chosen, lambda id: structs.replace(request, id=id), tell)

    async def follow(self, execution_id: str, tell: Tell) -> None:
        """Tell the events from now on; one that is over tells its outcome at once.

        Raises:
            UnknownName: There is no such execution.
        """
        await self._begin(execution_id, lambda id: Follow(id, execution_id), tell, again=True)

    def unfollow(self, tell: Tell | None) -> None:
        """Tell no more."""
        known = None if tell is None else self._followed.pop(tell, None)
        if known is not None:
            link, request_id = known
            link.forget(request_id)

    async def cancel(self, execution_id: str, reason: str) -> bool:
        """Stop an execution; false when it was over already."""
        answer = await self._ask(execution_id, lambda id: CancelRun(id, execution_id, reason))
        return bool(of_kind(Done, answer).value)

    async def answer(self, request: AnswerStep) -> None:
        """Answer what a step waits for."""
        value = to_payload({"value": request.value})["value"]
        await self._ask(
            request.execution_id, lambda id: structs.replace(request, id=id, value=value)
        )

    async def close(self) -> None:
        """Close the connections; the runner leaves by itself when nothing needs it."""
        await asyncio.to_thread(self._connections.close)
        await asyncio.sleep(0)

    async def _current(self, execution_id: str = "") -> LoopLink:
        """The connection that leads to an execution, else to the runner that takes new ones."""
        link = self._where.get(execution_id) if execution_id else None
        if link is not None and link.is_open:
            return link
        ready = self._connections.ready()
        return await asyncio.to_thread(self._connections.current) if ready is None else ready

    async def _begin(
        self, execution_id: str, make: Make, tell: Tell | None, *, again: bool = False
    ) -> str:
        """Send a request that begins or follows an execution, and wait until it is taken."""
        link = await self._current(execution_id if again else "")
        for attempt in range(TRIES):
            hearing = _Hearing(execution_id, tell, self._forget)
            try:
                request_id = link.send(make, hearing.take)
            except RunnerLost:  # nothing was sent
                if attempt == TRIES - 1:
                    raise
                link = await self._current()
                continue
            if tell is not None:
                self._followed[tell] = link, request_id
            try:
                begun = await hearing.accepted
            except asyncio.CancelledError:
                self.unfollow(tell)
                raise
            except (Moved, PacketFlowError) as error:
                self.unfollow(tell)
                if isinstance(error, RunnerLost) and not again and execution_id:
                    if tell is not None:  # it may have begun: its outcome says so
                        tell(lost(execution_id, interrupted(execution_id, error)))
                    return execution_id
                link = await self._other(link, error, may_try=again and attempt < TRIES - 1)
            else:
                if not hearing.is_over:
                    self._remember(begun, link)
                return begun
        raise NoRunner(f"the runner of {self._folder} is replaced over and over; look at its log")

    async def _ask(self, execution_id: str, make: Make) -> Answer:
        """Ask until somebody answers; only for requests that may be asked twice."""
        link, has_lost_one = await self._current(execution_id), False
        for attempt in range(TRIES):
            asked, answer = link, self._loop.create_future()
            try:
                request_id = asked.send(make, _once(answer))
            except RunnerLost:  # nothing was sent
                if attempt == TRIES - 1:
                    raise
                link = await self._current()
                continue
            try:
                return answered(await answer)
            except (Moved, PacketFlowError) as error:
                link = await self._other(link, error, may_try=not has_lost_one)
                has_lost_one = has_lost_one or isinstance(error, RunnerLost)
            finally:
                asked.forget(request_id)
        raise NoRunner(f"the runner of {self._folder} is replaced over and over; look at its log")

    async def _other(
        self, link: LoopLink, error: Moved | PacketFlowError, *, may_try: bool
    ) -> LoopLink:
        """The connection to try after one that did not lead there; raises what cannot be mended."""
        if isinstance(error, Moved):
            await asyncio.to_thread(self._connections.let_go, link)
        elif isinstance(error, RunElsewhere):
            return await asyncio.to_thread(self._connections.elsewhere, error)
        elif not (isinstance(error, RunnerLost) and may_try):
            raise error
        return await self._current()

    def _remember(self, execution_id: str, link: LoopLink) -> None:
        self._where[execution_id] = link
        if len(self._where) > REMEMBERED:
            self._where.popitem(last=False)

    def _forget(self, execution_id: str, tell: Tell | None) -> None:
        """An execution is over."""
        self._where.pop(execution_id, None)
        if tell is not None:
            self._followed.pop(tell, None)


class _Hearing:
    """Hears what a runner says of one execution."""

    __slots__ = ("_execution_id", "_over", "_tell", "accepted", "is_over")

    def __init__(
        self, execution_id: str, tell: Tell | None, over: Callable[[str, Tell | None], None]
    ) -> None:
        self.accepted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.is_over = False
        self._execution_id = execution_id
        self._tell = tell
        self._over = over

    def take(self, answer: Answer | Lost) -> None:
        """Take an answer, on the loop."""
        match answer:
            case RunEvent(_, event):
                if self._tell is not None:
                    self._tell(event)
            case CapabilityResponse(_, outcome):
                self._accept(outcome.execution_id)
                self._end(outcome)
            case RunAccepted(_, execution_id):
                self._accept(execution_id)
            case _:
                self._refused(answer)

    def _accept(self, execution_id: str) -> None:
        self._execution_id = execution_id
        if not self.accepted.done():
            self.accepted.set_result(execution_id)

    def _refused(self, answer: Answer | Lost) -> None:
        """It cannot begin, or its runner is gone."""
        try:
            answered(answer)
        except (Moved, PacketFlowError) as error:
            if not self.accepted.done():
                self.accepted.set_exception(error)
                return
        gone = answer if isinstance(answer, RunnerLost) else RunnerLost("its runner has left")
        if isinstance(answer, Refused) and answer.code != MOVED:
            return
        self._end(lost(self._execution_id, interrupted(self._execution_id, gone)))

    def _end(self, outcome: Outcome) -> None:
        self.is_over = True
        self._over(self._execution_id, self._tell)
        if self._tell is not None:
            self._tell(outcome)


def _once(answer: asyncio.Future[Answer | Lost]) -> Callable[[Answer | Lost], None]:
    def take(given: Answer | Lost) -> None:
        if not answer.done():
            answer.set_result(given)

    return take
