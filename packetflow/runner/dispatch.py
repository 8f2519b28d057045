"""Hand events to executions that were put aside, and start pipelines by their triggers.

Works from the store's live tail, so it sees what any process of the workspace sends. Each start
by a trigger leaves a mark, made with the flag that fails when it is there already: an event, a
file or a due time starts a pipeline once, however many runners look.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packetflow.composition.steps import Pipeline, Trigger
from packetflow.engine.start import Start
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import PacketFlowError, Superseded
from packetflow.kernel.records import EventArrived, Record
from packetflow.store.port import Tail
from packetflow.workspace.workspace import Workspace

log = logging.getLogger(__name__)


class Dispatcher:
    """Serves one runner, on its event loop.

    Args:
        workspace: The workspace, whose engine runs on this loop.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._loop = asyncio.get_running_loop()
        self._tail: Tail | None = None
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._seen: set[str] = set()

    def open(self) -> None:
        """Begin to heed events, files and times."""
        threading.Thread(target=self._listen, name="packetflow-events", daemon=True).start()
        self._spawn(self._watch_files())
        self._spawn(self._watch_times())
        self._spawn(self._watch_deadlines())

    def has_duties(self) -> bool:
        """Whether a trigger, or an execution that waits, counts on this runner."""
        if any(one.triggers for one in self._workspace.catalog.pipelines()):
            return True
        return bool(self._workspace.waiting())

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a watcher failed", exc_info=task.exception())

    def _listen(self) -> None:
        try:
            self._tail = self._workspace.store.tail(("event",))
            for record in self._tail:
                if self._closed:
                    return
                self._loop.call_soon_threadsafe(self._heard, record)
        except (PacketFlowError, RuntimeError) as error:
            if not self._closed:
                log.warning("events of other processes are not heard: %s", error)

    def _heard(self, record: Record) -> None:
        if isinstance(record, EventArrived) and record.event_id not in self._seen:
            served = self._workspace.engine.deliver(record)
            self._spawn(self.arrived(record, served=served > 0))

    async def arrived(self, event: EventArrived, *, served: bool) -> int:
        """Serve one event: wake executions that wait for it, start pipelines that it triggers.

        Args:
            event: The event; kept already.
            served: Whether an execution in memory has taken it.

        Returns:
            How many executions were woken or started.
        """
        if event.event_id in self._seen:
            return 0
        self._seen.add(event.event_id)
        woken = 0
        if not served:
            for row in await asyncio.to_thread(self._workspace.waiting):
                if _is_for(event, row):
                    woken += await self.wake(str(row["execution_id"]))
        for pipeline, trigger in self._triggers("event"):
            if trigger.what == event.event:
                payload = self._payload(event)
                woken += self._begin(pipeline, trigger, payload, f"event:{event.event_id}")
        return woken

    def _payload(self, event: EventArrived) -> dict[str, Any]:
        values = {}
        for name, slot in event.payload.items():
            try:
                values[name] = unpack(slot, None, self._workspace.journal.get)
            except Opaque:
                continue
        return values

    async def wake(self, execution_id: str) -> int:
        """Resume an execution that was put aside; 0 when it lives, or another was quicker."""
        if execution_id in self._workspace.engine.running:
            return 0
        try:
            ready = await asyncio.to_thread(self._workspace.ready_to_resume, execution_id)
        except Superseded:
            return 0
        except PacketFlowError as error:
            log.warning("execution %s cannot go on: %s", execution_id, error)
            return 0
        ready.resume(self._workspace.engine, "what it waited for has come")
        return 1

    def _triggers(self, kind: str) -> Iterable[tuple[Pipeline, Trigger]]:
        for pipeline in self._workspace.catalog.pipelines():
            for trigger in pipeline.triggers:
                if trigger.kind == kind:
                    yield pipeline, trigger

    def _begin(
        self, pipeline: Pipeline, trigger: Trigger, payload: dict[str, Any], cause: str
    ) -> int:
        """Start a pipeline once for a cause; answers 1 if this runner did."""
        if not self._mark(pipeline.name, cause):
            return 0
        wanted = pipeline.contract.inputs
        inputs = {**trigger.inputs, **payload}
        fitting = {name: value for name, value in inputs.items() if name in wanted}
        try:
            start = Start(trigger=f"{trigger.kind}:{trigger.what}", tags={"cause": cause})
            engine = self._workspace.engine
            engine.start(self._workspace.learnt(pipeline), fitting, start)
        except PacketFlowError as error:
            log.warning("%s could not start by %s: %s", pipeline.name, cause, error)
            return 0
        return 1

    def _mark(self, pipeline: str, cause: str) -> bool:
        digest = hashlib.sha256(f"{pipeline}|{cause}".encode()).hexdigest()[:32]
        path = self._workspace.folder.state / "triggered" / digest
        path.parent.mkdir(exist_ok=True)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return False
        return True

    async def _watch_files(self) -> None:
        from watchfiles import Change, awatch

        folder = self._workspace.folder.path
        found = [
            path
            for _, trigger in self._triggers("file")
            for path in sorted(folder.glob(trigger.what))
        ]
        for path in found:
            self._file_arrived(path, fresh=False)
        async for changes in awatch(folder, stop_event=None, recursive=True):
            for change, name in changes:
                if change is not Change.deleted:
                    self._file_arrived(Path(name), fresh=True)

    def _file_arrived(self, path: Path, *, fresh: bool) -> None:
        folder = self._workspace.folder.path
        try:
            relative = path.relative_to(folder)
            state = path.stat()
        except (OSError, ValueError):
            return
        if relative.parts[0] == ".packetflow" or not path.is_file():
            return
        cause = f"file:{relative}:{state.st_mtime_ns}:{state.st_size}"
        for pipeline, trigger in self._triggers("file"):
            if not relative.match(trigger.what):
                continue
            if fresh:
                self._begin(pipeline, trigger, {"path": str(relative)}, cause)
            else:
                self._mark(pipeline.name, cause)  # it lay there before anybody watched

    async def _watch_times(self) -> None:
        from croniter import croniter

        while not self._closed:
            now = dt.datetime.now().astimezone()
            due: list[tuple[dt.datetime, Pipeline, Trigger]] = []
            for pipeline, trigger in self._triggers("schedule"):
                try:
                    when = croniter(trigger.what, now).get_next(dt.datetime)
                except (ValueError, KeyError) as error:
                    log.warning("%s: schedule %r: %s", pipeline.name, trigger.what, error)
                    continue
                due.append((when, pipeline, trigger))
            pause = min([60.0, *((when - now).total_seconds() for when, _, _ in due)])
            await asyncio.sleep(max(0.05, pause))
            later = dt.datetime.now().astimezone()
            for when, pipeline, trigger in due:
                if when <= later:
                    self._begin(pipeline, trigger, {}, f"schedule:{when.isoformat()}")

    async def _watch_deadlines(self) -> None:
        """Wake executions whose time to wait is over."""
        while not self._closed:
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            pause = 30.0
            for row in await asyncio.to_thread(self._workspace.waiting):
                if row["deadline"] is None:
                    continue
                left = (row["deadline"] - now).total_seconds()
                if left <= 0:
                    await self.wake(str(row["execution_id"]))
                else:
                    pause = min(pause, left)
            await asyncio.sleep(max(0.05, pause))

    async def close(self) -> None:
        """Heed nothing more."""
        self._closed = True
        if self._tail is not None:
            await asyncio.to_thread(self._tail.close)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)


def _is_for(event: EventArrived, row: dict[str, Any]) -> bool:
    """Tell whether a waiting execution waits for this event."""
    if event.event == row["event"]:
        return row["key"] in ("", None, event.key)
    index = "".join(f".{one}" for one in row["path"] or ())
    return event.event == f"answer:{row['execution_id']}:{row['step']}{index}"
