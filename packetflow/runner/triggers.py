"""Start pipelines by events, files and times, for one runner.

What starts a pipeline is looked for here and in `files` and `schedules`; `starts` sees to it that
each cause starts it once, however many runners look and whenever one of them dies. Events come from
the workspace's `Hearing`, which hears every process; those sent while no runner lived are looked up
in the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from packetflow.composition.steps import Pipeline, Trigger
from packetflow.errors import PacketFlowError
from packetflow.kernel.order import Moment
from packetflow.kernel.records import EventArrived
from packetflow.runner.files import Files
from packetflow.runner.remembered import Remembered
from packetflow.runner.schedules import Schedules
from packetflow.runner.starts import Starts, cause_of
from packetflow.store.recall import COLUMNS, OLDEST_FIRST, event_of
from packetflow.workspace.workspace import Workspace

log = logging.getLogger(__name__)

AGAIN_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 30.0
MARGIN_NS: Final = 60_000_000_000
"""How much older than the last look an event may be that is brought in only now."""

_SENT: Final = f"""
SELECT {COLUMNS} FROM events e
WHERE came_since(e.arrival, e.arrived_at, $number, make_timestamp($at)) ORDER BY {OLDEST_FIRST}
"""


class Triggers:
    """Heeds the triggers of a workspace, on its runner's event loop.

    Args:
        workspace: The workspace, whose engine runs on this loop.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tasks: list[asyncio.Task[None]] = []
        self._began = self._now()
        state = workspace.folder.state
        self._heard = Remembered(state / "triggered" / "heard.json")
        self._starts = Starts(workspace)
        self._files = Files(workspace.folder, self._of_kind, self._starts.begin)
        self._schedules = Schedules(state, self._of_kind, self._starts.begin)

    def open(self) -> None:
        """Begin to heed events, files and times."""
        self._workspace.hearing.on_event = self.arrived
        self._files.note_lying()
        loop = asyncio.get_running_loop()
        watches = (self._files.watch, self._schedules.watch, self._catch_up)
        self._tasks = [loop.create_task(self._kept_up(watch)) for watch in watches]

    def has_duties(self) -> bool:
        """Whether a trigger, or an execution that waits, counts on this runner.

        Reads files and asks the store: call it in a thread.

        Raises:
            StoreError: The store cannot be asked.
        """
        if any(one.triggers for one in self._workspace.catalog.pipelines()):
            return True
        return bool(self._workspace.waiting())

    def arrived(self, event: EventArrived) -> int:
        """Start the pipelines that an event triggers; answers how many this runner started."""
        return sum(
            self._starts.begin(
                cause_of(pipeline, trigger, f"event:{event.event_id}", event.payload)
            )
            for pipeline, trigger in self._of_kind("event")
            if trigger.what == event.event
        )

    def _of_kind(self, kind: str) -> Iterable[tuple[Pipeline, Trigger]]:
        for pipeline in self._workspace.catalog.pipelines():
            for trigger in pipeline.triggers:
                if trigger.kind == kind:
                    yield pipeline, trigger

    async def _catch_up(self) -> None:
        """Now and again, start what others left and what was sent while nobody listened."""
        await self._workspace.hearing.begin()
        while True:
            self._starts.begin_left_over(await asyncio.to_thread(self._starts.left_over))
            await self._serve_sent()
            await asyncio.sleep(SWEEP_SECONDS)

    async def _serve_sent(self) -> None:
        """Start what events of the time since the last look trigger."""
        now, since = self._now(), self._since()
        if any(True for _ in self._of_kind("event")):
            sql = self._workspace.store.sql
            params = {"number": since.number, "at": since.at // 1000}
            table = await asyncio.to_thread(sql, _SENT, params)
            for row in table.to_pylist():
                self.arrived(event_of(row))
        self._heard.change(lambda facts: facts.update(until_ns=now.at, until_number=now.number))

    def _now(self) -> Moment:
        engine = self._workspace.engine
        return Moment(engine.order(), engine.clock.wall_ns())

    def _since(self) -> Moment:
        """From when on events may not have been heard."""
        heard = self._heard.read()
        if "until_ns" not in heard:
            return self._began
        number = max(0, int(heard.get("until_number", 0)) - MARGIN_NS // 1000)
        return Moment(number, int(heard["until_ns"]) - MARGIN_NS)

    async def _kept_up(self, watch: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin to watch again after a failure, such as a store that changes its owner."""
        while True:
            try:
                await watch()
            except PacketFlowError as error:
                log.warning("a watch for triggers begins again: %s", error)
            except Exception:  # supervision border: one watch never ends the others
                log.exception("a watch for triggers failed and begins again")
            await asyncio.sleep(AGAIN_SECONDS)

    async def close(self) -> None:
        """Heed nothing more."""
        self._workspace.hearing.on_event = None
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
