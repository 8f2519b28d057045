"""Events reach the executions that a process holds, whichever process sends them.

A workspace begins to listen when something in it first waits; the workspace's runner listens from
its start. An event goes to executions that wait in memory, and wakes those put aside: a plain
process wakes what it has put aside itself, the runner also what processes that are gone, or that do
not listen, have left. What was missed is looked up in the store: at the start, after the owner of
the store has changed, and every half minute; soon and ever more rarely while another process holds
what an event came for, since that may leave it without having heard of the event.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from concurrent import futures
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from packetflow.errors import PacketFlowError, RunElsewhere, RunError, Superseded
from packetflow.kernel.records import EventArrived, Record
from packetflow.store.port import Tail
from packetflow.workspace.presence import say_hearing

if TYPE_CHECKING:
    from packetflow.engine.execution import Running
    from packetflow.engine.past import Story
    from packetflow.workspace.resuming import Resumable
    from packetflow.workspace.workspace import Workspace

log = logging.getLogger(__name__)
T = TypeVar("T")

AGAIN_SECONDS = 1.0
LOOK_SECONDS = 30.0
SOON_SECONDS = 0.1
WAKING_SECONDS = 2.0
REMEMBERED = 10_000
"""So many ids of events are remembered; what comes twice later still starts and wakes nothing."""


class Hearing:
    """Listens for one workspace, on the event loop that its engine runs on.

    Args:
        workspace: Whose executions get the events.

    Attributes:
        for_everybody: Whether what other processes have put aside is woken, too.
        on_event: Called on the loop with every event, once; answers how many executions it started.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.on_event: Callable[[EventArrived], int] | None = None
        self._workspace = workspace
        self.for_everybody = False
        self._begun: asyncio.Task[None] | None = None
        self._news: asyncio.Event | None = None
        self._tail: Tail | None = None
        self._closed = False
        self._is_retired = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._seen: OrderedDict[str, asyncio.Task[dict[str, int]] | None] = OrderedDict()
        self._fresh: list[EventArrived] = []
        self._waking: asyncio.Task[dict[str, int]] | None = None
        self._being_woken: dict[str, futures.Future[None]] = {}
        self._is_left = False
        self._patience = SOON_SECONDS
        self._woken: set[tuple[str, str]] = set()

    async def begin(self) -> None:
        """Listen from now on; once this returns, no event is missed. Asking again is fine."""
        if self._begun is None:
            self._news = asyncio.Event()
            self._begun = asyncio.get_running_loop().create_task(self._begin())
        if not self._begun.done():
            await asyncio.wait({self._begun})

    @property
    def has_begun(self) -> bool:
        """True once nothing is missed."""
        return self._begun is not None and self._begun.done()

    async def _begin(self) -> None:
        workspace = self._workspace
        if not workspace.in_memory:
            say_hearing(workspace.folder.path, workspace.runner, hears=True)
        await self._follow()
        self._spawn(self._keep_looking())

    async def _follow(self) -> None:
        """Follow the store's tail, in a thread of its own."""
        loop = asyncio.get_running_loop()
        try:
            tail = await asyncio.to_thread(self._dial)
        except PacketFlowError as error:
            self._lost(error)
            return
        listening = threading.Thread(
            target=self._listen, args=(tail, loop), name="packetflow-events", daemon=True
        )
        listening.start()

    def _dial(self) -> Tail:
        tail = self._tail = self._workspace.store.tail(("event",))
        if self._closed:  # meanwhile, before there was a tail to close
            tail.close()
        return tail

    def _listen(self, tail: Tail, loop: asyncio.AbstractEventLoop) -> None:
        error: PacketFlowError | None = None
        with contextlib.suppress(RuntimeError):  # the loop was closed before we were
            try:
                for record in tail:
                    if self._closed:
                        return
                    loop.call_soon_threadsafe(self._heard, record)
            except PacketFlowError as gone:
                error = gone
            loop.call_soon_threadsafe(self._lost, error)

    def _lost(self, error: PacketFlowError | None) -> None:
        if not self._closed:
            log.warning("events of other processes are not heard for now: %s", error)
            self._spawn(self._follow_again())

    async def _follow_again(self) -> None:
        await asyncio.sleep(AGAIN_SECONDS)
        await self._follow()
        self.look_soon()

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("listening to events failed", exc_info=task.exception())

    def _heard(self, record: Record) -> None:
        if not self._closed and isinstance(record, EventArrived):
            self._spawn(self.hand_over(record))

    async def hand_over(self, event: EventArrived) -> int:
        """Hand an event, kept already, to whoever waits for it in memory or was put aside.

        Returns:
            How many executions it reached, woke or started; 0 when it was handed over before.
        """
        if event.event_id in self._seen:
            first = self._seen[event.event_id]
            if first is not None:  # who comes second may rely on what the event woke, too
                await asyncio.wait({first})
            return 0
        self._seen[event.event_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        reached = self._workspace.engine.deliver(event)
        if self.on_event is not None:
            reached += self.on_event(event)
        self._fresh.append(event)
        if self._waking is None:
            self._waking = asyncio.get_running_loop().create_task(self._wake_for_fresh())
        waking = self._seen[event.event_id] = self._waking
        try:
            woken = await asyncio.shield(waking)
        finally:
            if event.event_id in self._seen:
                self._seen[event.event_id] = None
        return reached + woken.get(event.event_id, 0)

    async def _wake_for_fresh(self) -> dict[str, int]:
        """Wake what was put aside for events that came; one look serves all that came by then."""
        await asyncio.sleep(0)
        fresh, self._fresh, self._waking = self._fresh, [], None
        woken = {event.event_id: 0 for event in fresh}
        try:
            for row in await self._asked(self._workspace.recall.waiting):
                wanted = next((event for event in fresh if is_for(event, row)), None)
                if wanted is not None:
                    woken[wanted.event_id] += await self.wake(str(row["execution_id"]))
        except PacketFlowError as error:
            log.warning("what waits could not be looked up: %s", error)
            self.look_soon()
        if self._is_left:
            self._patience = SOON_SECONDS
            asyncio.get_running_loop().call_later(SOON_SECONDS, self.look_soon)
        return woken

    async def _asked(self, question: Callable[[str], list[T]]) -> list[T]:
        """Ask about the executions that are woken here."""
        runner = "" if self.for_everybody else self._workspace.runner
        return await asyncio.to_thread(question, runner)

    async def wake(self, execution_id: str) -> int:
        """Resume an execution that was put aside; 0 when it lives, or another was quicker."""
        workspace = self._workspace
        if self._is_retired:
            return 0
        running = workspace.engine.running.get(execution_id)
        if running is not None:
            if not running.is_put_aside:
                return 0
            await running
        now = workspace.engine.running.get(execution_id)
        if execution_id in self._being_woken or now not in {None, running}:
            return 0  # in memory no lease says that somebody was quicker
        waking = self._being_woken[execution_id] = futures.Future()
        try:
            story = await asyncio.to_thread(workspace.archive.story, execution_id)
            if story.ended is not None:
                return 0
            if self.is_left_to_another(story):
                self._is_left = True
                return 0
            take = partial(workspace.ready_to_resume, execution_id, if_changed="ask")
            ready = await asyncio.to_thread(take)
            if self._closed:
                ready.give_back()
                return 0
            workspace.watched(ready.resume(workspace.engine, "what it waited for has come"))
        except (Superseded, RunElsewhere):
            self._is_left = True
            return 0
        except PacketFlowError as error:
            if execution_id not in workspace.engine.running:
                log.warning("execution %s cannot go on: %s", execution_id, error)
            return 0
        finally:
            del self._being_woken[execution_id]
            waking.set_result(None)
        return 1

    def woken_or(self, execution_id: str, take: Callable[[], Resumable]) -> Running | Resumable:
        """An execution that runs here, be it just woken by an event, else what *take* takes up.

        Raises:
            RunError: It cannot be taken up.
        """
        running = self._woken_here(execution_id)
        if running is not None:
            return running
        try:
            return take()
        except RunError:  # an event may have been quicker
            running = self._woken_here(execution_id)
            if running is None:
                raise
            return running

    async def has_woken(self, execution_id: str) -> None:
        """Wait until an execution that an event is just waking has begun, or was given up."""
        waking = self._being_woken.get(execution_id)
        if waking is not None:
            await asyncio.wait({asyncio.wrap_future(waking)})

    def _woken_here(self, execution_id: str) -> Running | None:
        """An execution that runs here, or that an event is just waking; safe from any thread."""
        waking = self._being_woken.get(execution_id)
        if waking is not None:
            futures.wait({waking}, WAKING_SECONDS)
        running = self._workspace.engine.running.get(execution_id)
        return None if running is None or running.is_put_aside else running

    def is_left_to_another(self, story: Story) -> bool:
        """Tell whether another process that lives and listens has put an execution aside."""
        workspace = self._workspace
        if story.runner == workspace.runner or workspace.in_memory:
            return False
        return workspace.folder.is_hearing(story.runner)

    def look_soon(self) -> None:
        """Look up soon what has come, and when the next time to wait is over."""
        if self._news is not None:
            self._news.set()

    async def _keep_looking(self) -> None:
        """Serve what was missed and what nobody came for in time, now and again."""
        news = self._news
        while not self._closed and news is not None:
            news.clear()
            pause, self._is_left = LOOK_SECONDS, False
            try:
                await self._serve_missed()
                pause = await self._serve_late()
            except PacketFlowError as error:
                log.warning("events could not be looked up: %s", error)
            if self._is_left:
                pause = min(pause, self._patience)
                self._patience = min(2 * self._patience, LOOK_SECONDS)
            else:
                self._patience = SOON_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await news.wait()

    async def _serve_missed(self) -> None:
        came = await self._asked(self._workspace.recall.awaited)
        # of events that woke an execution only those still matter that it could be woken by again
        self._woken &= {(execution_id, event.event_id) for execution_id, event in came}
        for execution_id, event in came:
            if (execution_id, event.event_id) in self._woken:
                continue
            if self._workspace.engine.deliver(event) > 0 or await self.wake(execution_id):
                self._woken.add((execution_id, event.event_id))

    async def _serve_late(self) -> float:
        """Wake executions whose time to wait is over; answers the seconds to the next such time."""
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        pause = LOOK_SECONDS
        for row in await self._asked(self._workspace.recall.waiting):
            if row["deadline"] is None:
                continue
            left = (row["deadline"] - now).total_seconds()
            if left <= 0:
                await self.wake(str(row["execution_id"]))
            else:
                pause = min(pause, left + 0.01)
        return pause

    def retire(self) -> None:
        """Leave what is put aside to others; what waits in memory still gets its events."""
        self._is_retired = True
        workspace = self._workspace
        if self._begun is not None and not workspace.in_memory:
            say_hearing(workspace.folder.path, workspace.runner, hears=False)

    async def close(self) -> None:
        """Hear nothing more."""
        if self._closed:
            return
        self._closed = True
        self.retire()
        if self._tail is not None:
            await asyncio.to_thread(self._tail.close)
        own = (self._begun, self._waking)
        tasks: list[asyncio.Task[Any]] = [*self._tasks, *(one for one in own if one is not None)]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=2)


def is_for(event: EventArrived, row: dict[str, Any]) -> bool:
    """Tell whether a row of what waits, waits for this event."""
    if event.event == row["event"]:
        return row["key"] in ("", None, event.key)
    index = "".join(f".{one}" for one in row["path"] or ())
    return event.event == f"answer:{row['execution_id']}:{row['step']}{index}"
