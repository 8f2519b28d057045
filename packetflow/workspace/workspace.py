"""`Workspace`: run compositions, and everything that is kept of them, from one object.

```python
with Workspace("./my-work") as ws:
    run = ws.run_sync("hello", name="Ada")
    run["greeting"], run.spans, ws.sql("select * from executions")
```
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Coroutine, Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from msgspec import structs

from packetflow.capabilities.calling import shows_how
from packetflow.capabilities.tool_names import refuse_clash
from packetflow.composition.build import as_step
from packetflow.composition.capability import Capability
from packetflow.composition.composable import Composable
from packetflow.composition.steps import Pipeline
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.sources import open_source
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Execution
from packetflow.engine.ports import Chain
from packetflow.engine.start import Start
from packetflow.engine.sync import LoopThread, awaited
from packetflow.errors import RunError, StoreError, WorkspaceError, WorkspaceGone
from packetflow.kernel.ids import new_id
from packetflow.show.tables import teach_notebook
from packetflow.store.journal import JournalWriter
from packetflow.store.light import LightStore
from packetflow.store.port import Recall, Store
from packetflow.store.recall import SqlRecall
from packetflow.workspace.archive import Archive
from packetflow.workspace.arrivals import Arrivals
from packetflow.workspace.claims import Claims
from packetflow.workspace.folder import WorkspaceFolder, find_folder, open_folder
from packetflow.workspace.handle import Handle
from packetflow.workspace.hearing import Hearing
from packetflow.workspace.inbox import StoreInbox
from packetflow.workspace.kept import Kept
from packetflow.workspace.learning import learn
from packetflow.workspace.leases import FileLeases
from packetflow.workspace.order import Order
from packetflow.workspace.presence import Presence
from packetflow.workspace.registry import register
from packetflow.workspace.resuming import IfChanged, Resumable, Resuming
from packetflow.workspace.saving import save_pipeline
from packetflow.workspace.watching import Watches

if TYPE_CHECKING:
    from packetflow.store.inproc import MemoryStore

T = TypeVar("T")
IN_MEMORY = ":memory:"


class Workspace(Arrivals, Kept):
    """A workspace folder with its catalog, an engine in a thread of its own, and its store.

    Args:
        path: The folder; ``None`` for the nearest one upwards, else the example workspace;
            ``":memory:"`` for one that leaves nothing behind.
        role: What this process is, for the records: ``python``, ``notebook``, ``cli``, ``runner``.
        chain: Modules that look at compositions, requests and responses.
        passivate_after_seconds: How long an execution that only waits stays in memory, and how long
            `run` waits for an event; ``None`` for as long as it takes.
        runner: The name of this runner, when the caller shows its sign of life itself.
        ready: Which of the library's capabilities it knows; ``None`` for all.
        light: Keep journals only: all works but SQL, and no database is needed.

    Raises:
        WorkspaceError: The folder is missing or unreadable.
        NewerWorkspace: A newer version of PacketFlow wrote it.
        JournalFull: There is no room on the disk.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        role: str = "python",
        chain: Chain | None = None,
        passivate_after_seconds: float | None = 30.0,
        runner: str | None = None,
        ready: Collection[str] | None = None,
        light: bool = False,
    ) -> None:
        self.runner = runner or new_id()
        self._shows_life = runner is None
        self.in_memory = str(path) == IN_MEMORY
        self._presence: Presence | None = None
        self._leases: FileLeases | None = None
        if self.in_memory:
            self.folder = WorkspaceFolder(Path(), {"name": "in memory"})
            from packetflow.store.inproc import MemoryStore  # brings DuckDB, which takes 0.1 s

            self.journal: JournalWriter | MemoryStore = MemoryStore(self.runner)
            self.store: Store = self.journal
            self.recall: Recall = SqlRecall(self.store)
            self.catalog = Catalog(ready=ready)
        else:
            self.folder = open_folder(find_folder(path))
            self._open_files(role, ready, light=light)
        self.role = role
        self.archive = Archive(self.folder, self.journal, self.recall, self.catalog)
        self._past = Resuming(self.folder, self.archive, self._leases, self.runner)
        self._thread: LoopThread | None = None
        self._closed = False
        self.watches = Watches()
        self.hearing = Hearing(self)
        claims = Claims(self._leases, self.folder.is_alive)
        self.engine = Engine(
            self.journal,
            chain=chain,
            leases=self._leases,
            inbox=StoreInbox(self.recall, self.hearing.begin, claims),
            order=count(1).__next__ if self.in_memory else Order(self.folder.state),
            folder="" if self.in_memory else str(self.folder.path),
            runner=self.runner,
            passivate_after_seconds=passivate_after_seconds,
            catalog=self.catalog,
            keep_definition=self.archive.keep_definition,
        )
        self.engine.on_aside = self.hearing.look_soon
        teach_notebook()

    def _open_files(self, role: str, ready: Collection[str] | None, *, light: bool) -> None:
        state = self.folder.state
        try:
            state.mkdir(mode=0o700, exist_ok=True)
            self.journal = JournalWriter(self.folder.path, role=role, process=self.runner)
            self._presence = Presence(self.folder.path, self.runner) if self._shows_life else None
        except OSError as error:
            message = f"cannot write to {state}: {error.strerror or error}"
            raise WorkspaceError(message, path=str(state)) from error
        self._leases = FileLeases(state, self.runner)
        if light:
            self.store = self.recall = LightStore(self.folder.path)
        else:
            from packetflow.store.client import StoreClient  # a tool that stands alone has none

            there = self.journal.must_be_there
            self.store = StoreClient(self.folder.path, before_start=there)
            self.recall = SqlRecall(self.store)
        digest = hashlib.sha256(str(self.folder.path).encode()).hexdigest()[:8]
        self.catalog = Catalog(
            self.folder.path,
            package=f"packetflow_workspace_{digest}",
            keep=state / "good",
            ready=ready,
            source=open_source(self.folder.path, self.folder.settings, follows=role == "runner"),
        )

    @property
    def name(self) -> str:
        """Its name."""
        return self.folder.name

    def add(self, *items: Any) -> None:
        """Add capabilities or pipelines of this session to the catalog."""
        self.catalog.add(*items)

    def find(self, what: str | Composable | Pipeline) -> Composable | Pipeline:
        """What to run: a composition as it is, or a pipeline or capability by name.

        Raises:
            UnknownName: There is none of that name.
        """
        if not isinstance(what, str):
            return what
        found = self.catalog.find_pipeline(what) or self.catalog.find(what)
        return self.catalog.pipeline(what) if found is None else found

    @shows_how("await ws.run(flow, text='To be or not')", RunError)
    async def run(self, what: str | Composable | Pipeline, /, **inputs: Any) -> Execution:
        """Run a composition, or a pipeline or capability by name, to its end.

        A failing step does not raise: see `Execution.failure`. One that only waits is put aside:
        for a person's answer at once, for an event after ``passivate_after_seconds``. Then the
        status is ``waiting``, and `Execution.waits` says for what. It goes on by itself when that
        comes, here while the workspace is open, else in its runner; `resume` follows it.

        Raises:
            UnknownName: There is nothing of that name, or an input that nothing reads.
            ContractError: It cannot run, with the problems.
            MissingInput: A needed input is not given.
            WrongType: An input does not fit.
        """
        work = self._run(what, inputs, Start())
        return await awaited(self._thread_for(work).submit(work))

    @shows_how("ws.run_sync(flow, text='To be or not')", RunError)
    def run_sync(self, what: str | Composable | Pipeline, /, **inputs: Any) -> Execution:
        """The same in plain code; also while a notebook's loop runs."""
        return self._wait(self._run(what, inputs, Start()))

    @shows_how("ws.start(flow, text='To be or not')", RunError)
    def start(self, what: str | Composable | Pipeline, /, **inputs: Any) -> Handle:
        """Begin to run and answer at once: ``async for event in ws.start(flow, ...)``."""
        return self.start_with(what, inputs, Start())

    def start_with(
        self, what: str | Composable | Pipeline, inputs: Mapping[str, Any], start: Start
    ) -> Handle:
        """`start` with what is known of the caller: user, agent, trigger, tags."""
        if isinstance(what, str):
            self.catalog.settle()
        running = self.thread.call(
            lambda: self.watched(self.engine.start(self.learnt(what), inputs, start))
        )
        return Handle(running, self.thread, home=self)

    async def _run(
        self, what: str | Composable | Pipeline, inputs: Mapping[str, Any], start: Start
    ) -> Execution:
        if isinstance(what, str) and self.catalog.source is not None:
            await asyncio.to_thread(self.catalog.settle)
        running = self.engine.start(
            self.learnt(what), inputs, structs.replace(start, leaves_questions=True)
        )
        try:
            return self.ours(await running)
        except asyncio.CancelledError:
            running.cancel("its caller gave up")
            raise

    def learnt(self, what: str | Composable | Pipeline) -> Composable | Pipeline:
        """Find it, and remember all it calls, so that this session can resume it.

        Raises:
            UnknownName: There is none of that name.
            CompositionError: It is something else, for example a plain function.
            WorkspaceGone: The workspace was deleted while it was open.
        """
        self.journal.must_be_there()
        found = self.find(what)
        if isinstance(found, Capability):
            self.catalog.learn(found)
        else:
            step = found.step if isinstance(found, Pipeline) else as_step(found)
            learn(self.catalog, step, self.runner)
        return found

    def resume(
        self, execution_id: str, *, accept_changes: bool = False, reason: str = "resumed"
    ) -> Handle:
        """Take up an execution that was interrupted, failed, cancelled, or waits.

        Completed steps are not run again. One that runs here already is only followed. To wait for
        one that goes on by itself, wherever that is, see `outcome`.

        Args:
            execution_id: Its id, or its first or last characters.
            accept_changes: Go on although something has changed that declares no ``migrate``.
            reason: For the log.

        Raises:
            UnknownName: There is no such execution.
            RunError: It is done, or runs elsewhere, or what it ran has changed.
            Superseded: Another runner was quicker.
        """
        whole = self.full_id(execution_id)
        how: IfChanged = "accept" if accept_changes else "refuse"
        found = self.hearing.woken_or(whole, lambda: self.ready_to_resume(whole, if_changed=how))
        if isinstance(found, Resumable):
            resumed = self.thread.call(lambda: self.watched(found.resume(self.engine, reason)))
            return Handle(resumed, self.thread, home=self)
        return Handle(found, self.thread, home=self)

    def ready_to_resume(self, execution_id: str, *, if_changed: IfChanged = "refuse") -> Resumable:
        """Take the lease of an execution and read what is needed; raises as `resume` does."""
        self.journal.must_be_there()
        whole = self.full_id(execution_id)
        return self._past.ready_to_resume(whole, self.engine, if_changed=if_changed)

    def fork(self, execution_id: str, from_step: str | None = None, /, **changed: Any) -> Handle:
        """Run it again as a new execution, reusing what need not be done again.

        Args:
            execution_id: The execution to build on.
            from_step: This step and all that follows from it are done again.
            **changed: Inputs to change; what follows from them is done again.

        Raises:
            UnknownName: There is no such execution or step.
            RunError: What it ran was not kept.
        """
        pipeline, inputs, start = self.ready_to_fork(execution_id, from_step, changed)
        return self.start_with(pipeline, inputs, start)

    def ready_to_fork(
        self, execution_id: str, from_step: str | None, changed: Mapping[str, Any]
    ) -> tuple[Pipeline, dict[str, Any], Start]:
        """Read what is needed to run an execution again; raises as `fork` does."""
        return self._past.ready_to_fork(
            self.full_id(execution_id), self.engine, from_step, changed=changed
        )

    def save(self, pipeline: Pipeline) -> Path:
        """Write a pipeline's file; answers where.

        Raises:
            CompositionError: Something in it cannot be saved.
            WorkspaceError: The file cannot be written, or another tool would have its name.
        """
        if self.in_memory:
            raise WorkspaceError("a workspace in memory has no files; open a folder to save")
        if isinstance(pipeline, Pipeline) and pipeline.exposed:
            others = [one.name for one in self.catalog.pipelines() if one.exposed]
            said = self.folder.settings.get("mcp", {}).get("expose", [])
            refuse_clash([*others, *said, pipeline.name], pipeline.name)
        return save_pipeline(self.folder, pipeline, mark=self.runner[-8:])

    def register(self, names: Iterable[str] | None = None) -> int:
        """Tell the store which capabilities there are; answers how many were news."""
        if self.in_memory:
            return 0
        every = self.catalog.capabilities() if names is None else map(self.catalog.get, names)
        known = self.folder.state / "registered.json"
        return register(every, self.journal.append, known, self.engine.clock.wall_ns())

    @property
    def thread(self) -> LoopThread:
        """The loop that everything runs on; started when first needed."""
        if self._closed:
            raise StoreError("this workspace is closed; open it again")
        if self._thread is None:
            self._thread = LoopThread()
            if self._presence is not None:
                stale = self.folder.stale_seconds
                loop = self._thread.loop
                self._presence.beat_on(loop, stale_seconds=stale, lost=self._stop_all)
        return self._thread

    def _stop_all(self) -> None:
        """The workspace was deleted: what runs would be lost, so it ends now and says why."""
        reason = WorkspaceGone(self.folder.path).message
        for running in list(self.engine.running.values()):
            running.cancel(reason)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._thread_for(work).run(work)

    def _thread_for(self, work: Coroutine[Any, Any, T]) -> LoopThread:
        try:
            return self.thread
        except StoreError:
            work.close()
            raise

    def close(self) -> None:
        """Stop what runs (it can be resumed later) and let go of everything.

        What only waits goes on to wait, for whoever opens the workspace next.

        Raises:
            RunError: Called inside a capability on the loop, which would wait for itself.
        """
        if self._closed:
            return
        if self._thread is not None:
            self._thread.refuse_to_wait_for_itself("close")
        thread, self._thread = self._thread, None
        self._closed = True
        try:
            if thread is not None:
                thread.run(self.hearing.close(), timeout=5)
                thread.run(self.engine.close(), timeout=5)
                thread.close()
        finally:
            self.catalog.close()
            self.journal.close()
            self.store.close()
            if self._presence is not None:
                self._presence.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    def __repr__(self) -> str:
        return (
            f"<workspace {'in memory' if self.in_memory else f'{self.name} at {self.folder.path}'}>"
        )
