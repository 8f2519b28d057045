"""Hand events to executions that were put aside, and start pipelines by their triggers.

Works from the store's live tail, so it sees what any process of the workspace sends. Each start
by a trigger leaves a mark, made with the flag that fails when it is there already: an event, a
file or a due time starts a pipeline once, however many runners look. What was sent while nobody
listened is looked up in the store, at the start and every half minute.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from packetflow.composition.steps import Pipeline, Trigger
from packetflow.engine.start import Start
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import PacketFlowError, Superseded
from packetflow.kernel.records import EventArrived, Record
from packetflow.store.port import Tail
from packetflow.workspace.alive import is_alive
from packetflow.workspace.inbox import event_of
from packetflow.workspace.workspace import Workspace

log = logging.getLogger(__name__)

RESTART_SECONDS = 1.0
SWEEP_SECONDS = 30.0
SETTLE_SECONDS = 0.3
MARGIN_NS = 60_000_000_000
"""How much older than the last look an event may be that is brought in only now."""

_AWAITED = """
SELECT w.execution_id::VARCHAR AS execution_id, e.event_id, e.event, e.key,
    e.payload::VARCHAR AS payload, epoch_ns(e.arrived_at) AS at, e.source, e.raw
FROM waiting w JOIN events e ON
    (e.event = w.event AND (coalesce(w.key, '') = '' AND e.arrived_at >= w.waiting_since
        OR coalesce(w.key, '') <> '' AND e.key = w.key))
    OR e.event = 'answer:' || w.execution_id::VARCHAR || ':' || w.step
        || array_to_string(list_transform(w.path, lambda x: '.' || x), '')
ORDER BY e.arrived_at
"""
_SENT = """
SELECT event_id, event, key, payload::VARCHAR AS payload, epoch_ns(arrived_at) AS at, source, raw
FROM events WHERE epoch_ns(arrived_at) >= $since ORDER BY arrived_at
"""


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
        self._woken: set[tuple[str, str]] = set()
        self._lying: set[str] = set()
        self._settling: set[Path] = set()
        self._reported: set[str] = set()
        self._began_ns = workspace.engine.clock.wall_ns()
        runners = workspace.folder.state / "runners"
        self._hears = runners / f"{workspace.runner}.hears"

    def open(self) -> None:
        """Begin to heed events, files and times."""
        self._hears.parent.mkdir(exist_ok=True)
        self._hears.touch(mode=0o600)
        self._note_lying_files()
        threading.Thread(target=self._listen, name="packetflow-events", daemon=True).start()
        for watch in (self._watch_files, self._watch_times, self._watch_deadlines):
            self._spawn(self._kept_up(watch))

    def has_duties(self) -> bool:
        """Whether a trigger, or an execution that waits, counts on this runner."""
        if any(one.triggers for one in self._workspace.catalog.pipelines()):
            return True
        return bool(self._workspace.waiting())

    def _spawn(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _kept_up(self, watch: Callable[[], Awaitable[None]]) -> None:
        """Begin to watch again after a failure, such as a store that changes its owner."""
        while not self._closed:
            try:
                await watch()
            except Exception:
                log.exception("a watcher failed and begins again")
            await asyncio.sleep(RESTART_SECONDS)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a watcher failed", exc_info=task.exception())

    def _listen(self) -> None:
        try:
            self._tail = self._workspace.store.tail(("event",))
            self._loop.call_soon_threadsafe(lambda: self._spawn(self._catch_up()))
            for record in self._tail:
                if self._closed:
                    return
                self._loop.call_soon_threadsafe(self._heard, record)
        except (PacketFlowError, RuntimeError) as error:
            if not self._closed:
                log.warning("events of other processes are not heard: %s", error)

    def _heard(self, record: Record) -> None:
        if isinstance(record, EventArrived) and record.event_id not in self._seen:
            self._workspace.engine.deliver(record)
            self._spawn(self.arrived(record))

    async def arrived(self, event: EventArrived, *, wakes: bool = True) -> int:
        """Serve one event: wake executions that wait for it, start pipelines that it triggers.

        Args:
            event: The event; kept already.
            wakes: Whether executions that were put aside are looked for.

        Returns:
            How many executions were woken or started.
        """
        if event.event_id in self._seen:
            return 0
        self._seen.add(event.event_id)
        woken = 0
        if wakes:
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
        workspace = self._workspace
        if execution_id in workspace.engine.running:
            return 0
        try:
            story = await asyncio.to_thread(workspace.archive.story, execution_id)
            if story.ended is not None or self._hears_itself(story.runner):
                return 0
            take = partial(workspace.ready_to_resume, execution_id, if_changed="ask")
            ready = await asyncio.to_thread(take)
            ready.resume(workspace.engine, "what it waited for has come")
        except Superseded:
            return 0
        except PacketFlowError as error:
            log.warning("execution %s cannot go on: %s", execution_id, error)
            return 0
        return 1

    def _hears_itself(self, runner: str) -> bool:
        """Tell whether another runner that lives and heeds events holds an execution."""
        state = self._workspace.folder.state
        if runner == self._workspace.runner or not (state / "runners" / f"{runner}.hears").exists():
            return False
        return is_alive(state, runner)

    async def _catch_up(self) -> None:
        """Serve what was sent while nobody listened, now and again."""
        while not self._closed:
            try:
                await self._serve_waiting()
                await self._serve_triggers()
            except PacketFlowError as error:
                log.warning("events could not be looked up: %s", error)
            await asyncio.sleep(SWEEP_SECONDS)

    async def _serve_waiting(self) -> None:
        for row in await self._rows(_AWAITED, None):
            execution_id, event = str(row["execution_id"]), event_of(row)
            if (execution_id, event.event_id) in self._woken:
                continue
            if self._workspace.engine.deliver(event) > 0 or await self.wake(execution_id):
                self._woken.add((execution_id, event.event_id))

    async def _serve_triggers(self) -> None:
        """Start what events of the time since the last look trigger."""
        known = self._workspace.folder.state / "triggered" / "heard"
        now = self._workspace.engine.clock.wall_ns()
        try:
            since = int(known.read_text(encoding="utf-8")) - MARGIN_NS
        except (OSError, ValueError):
            since = self._began_ns
        if any(True for _ in self._triggers("event")):
            for row in await self._rows(_SENT, {"since": since}):
                event = event_of(row)
                if event.event_id not in self._seen:
                    await self.arrived(event, wakes=False)
        known.parent.mkdir(exist_ok=True)
        scratch = known.with_name(f"heard.{self._workspace.runner}")
        scratch.write_text(str(now), encoding="utf-8")
        scratch.replace(known)

    async def _rows(self, query: str, params: dict[str, Any] | None) -> list[dict[str, Any]]:
        table = await asyncio.to_thread(self._workspace.store.sql, query, params)
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows

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
        fitting = {name: value for name, value in payload.items() if name in wanted}
        inputs = {**trigger.inputs, **fitting}
        try:
            start = Start(trigger=f"{trigger.kind}:{trigger.what}", tags={"cause": cause})
            engine = self._workspace.engine
            engine.start(self._workspace.learnt(pipeline), inputs, start)
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

    def _triggering_files(self) -> Iterable[tuple[Pipeline, Trigger, Path]]:
        folder = self._workspace.folder.path
        for pipeline, trigger in self._triggers("file"):
            try:
                found = sorted(folder.glob(trigger.what))
            except (ValueError, NotImplementedError) as error:
                self._report(f"{pipeline.name}: file {trigger.what!r}: {error}")
                continue
            for path in found:
                if path.relative_to(folder).parts[0] != ".packetflow":
                    yield pipeline, trigger, path

    def _report(self, problem: str) -> None:
        """Say once what is wrong with a trigger."""
        if problem not in self._reported:
            self._reported.add(problem)
            log.warning("a trigger is never heeded: %s", problem)

    def _note_lying_files(self) -> None:
        """What lies there before anybody watches starts nothing."""
        for _, _, path in self._triggering_files():
            self._lying.add(_file_cause(path, self._workspace.folder.path))

    async def _watch_files(self) -> None:
        from watchfiles import awatch

        folder = self._workspace.folder.path
        state = str(self._workspace.folder.state)
        changes = awatch(
            folder,
            watch_filter=lambda _, name: not name.startswith(state),
            debounce=200,
            step=50,
            rust_timeout=1000,
            yield_on_timeout=True,
        )
        first = True
        async for changed in changes:
            if not changed and not first:
                continue
            first = False  # the first look is for what came before the watch began
            names = {Path(name) for _, name in changed}
            for path in {path for _, _, path in self._triggering_files()}:
                fresh = _file_cause(path, folder) not in self._lying
                if fresh and (not names or path in names) and path not in self._settling:
                    self._settling.add(path)
                    self._spawn(self._file_arrived(path))

    async def _file_arrived(self, path: Path) -> None:
        """Start what a file triggers once nobody writes to it any more."""
        folder = self._workspace.folder.path
        try:
            cause = _file_cause(path, folder)
            while True:
                await asyncio.sleep(SETTLE_SECONDS)
                later = _file_cause(path, folder)
                if later == cause:
                    break
                cause = later
        finally:
            self._settling.discard(path)
        if not cause or cause in self._lying or not path.is_file():
            return
        self._lying.add(cause)
        payload = {"path": str(path.relative_to(folder))}
        for pipeline, trigger, found in list(self._triggering_files()):
            if found == path:
                self._begin(pipeline, trigger, payload, cause)

    async def _watch_times(self) -> None:
        from croniter import croniter

        now = dt.datetime.now().astimezone()
        while not self._closed:
            due: list[tuple[dt.datetime, Pipeline, Trigger]] = []
            for pipeline, trigger in self._triggers("schedule"):
                try:
                    when = croniter(trigger.what, now).get_next(dt.datetime)
                except (ValueError, KeyError) as error:
                    self._report(f"{pipeline.name}: schedule {trigger.what!r}: {error}")
                    continue
                due.append((when, pipeline, trigger))
            pause = min([60.0, *((when - now).total_seconds() for when, _, _ in due)])
            await asyncio.sleep(max(0.05, pause))
            now = dt.datetime.now().astimezone()  # what comes due from here on is for the next look
            for when, pipeline, trigger in due:
                if when <= now:
                    self._begin(pipeline, trigger, {}, f"schedule:{when.isoformat()}")

    async def _watch_deadlines(self) -> None:
        """Wake executions whose time to wait is over."""
        while not self._closed:
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            pause = SWEEP_SECONDS
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
        self._hears.unlink(missing_ok=True)
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


def _file_cause(path: Path, folder: Path) -> str:
    """What identifies a file as it is now; empty when it is gone."""
    try:
        state = path.stat()
    except OSError:
        return ""
    return f"file:{path.relative_to(folder)}:{state.st_mtime_ns}:{state.st_size}"
