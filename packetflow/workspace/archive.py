"""What a workspace remembers of its executions: records, definitions, whole stories."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from packetflow.composition.codec import load_compact
from packetflow.composition.steps import Pipeline
from packetflow.discovery.catalog import Catalog
from packetflow.engine.execution import Execution
from packetflow.engine.past import Story, read_story
from packetflow.errors import (
    AmbiguousName,
    CompositionError,
    JournalFull,
    RunError,
    StoreError,
    UnknownName,
    WorkspaceError,
)
from packetflow.kernel.ids import short
from packetflow.kernel.records import Record, WaitStarted
from packetflow.store.artifacts import is_full
from packetflow.store.files import places
from packetflow.store.frames import has_grown, sizes_of
from packetflow.store.glance import Glance
from packetflow.store.history import records_from_store
from packetflow.store.journal import JournalWriter
from packetflow.store.port import Recall
from packetflow.workspace.folder import WorkspaceFolder
from packetflow.workspace.history import told

if TYPE_CHECKING:
    from packetflow.store.inproc import MemoryStore


LOOK_SECONDS = 0.05
SHORTEST_ID = 4
"""So many first or last characters of an id are needed to find it."""


class Archive:
    """Reads executions back; in memory from the store itself, else from journals and files."""

    def __init__(
        self,
        folder: WorkspaceFolder,
        journal: JournalWriter | MemoryStore,
        recall: Recall,
        catalog: Catalog,
    ) -> None:
        self._folder = folder
        self._journal = journal
        self._recall = recall
        self._catalog = catalog
        self._glance = Glance()
        self._has_files = isinstance(journal, JournalWriter)

    def records(self, execution_id: str) -> list[Record]:
        """Everything kept of an execution."""
        if not isinstance(self._journal, JournalWriter):
            return self._journal.records_of(execution_id)
        journal = places(self._folder.path).journal
        return records_from_store(self._recall, journal, execution_id, self._glance)

    def sizes(self) -> dict[str, int]:
        """How much is in the journals now; look before reading, then ask `has_grown` later."""
        return sizes_of(places(self._folder.path).journal) if self._has_files else {}

    def has_grown(self, execution_id: str, since: Mapping[str, int]) -> bool:
        """Tell whether there may be more of an execution than when journals had those sizes."""
        if not self._has_files:
            return True
        return has_grown(places(self._folder.path).journal, since, execution_id)

    def story(self, execution_id: str) -> Story:
        """An execution as its records tell it.

        Raises:
            UnknownName: There is none of that id.
            RunError: It ended long ago, and its journal was removed.
        """
        story = read_story(self.records(execution_id))
        if story.started is None:
            if self._recall.facts(execution_id) is not None:
                raise RunError(
                    f"the journal of execution {execution_id} was removed some time after it ended "
                    "(see journal_megabytes in docs/store.md); SQL still tells about it"
                )
            raise UnknownName("execution", execution_id)
        return story

    def full_id(self, execution_id: str) -> str:
        """The whole id for the first or last characters of one.

        Raises:
            UnknownName: None begins or ends like that.
            AmbiguousName: Several do, or it has fewer than `SHORTEST_ID` characters.
            WorkspaceError: It is no text.
        """
        if not isinstance(execution_id, str):
            raise WorkspaceError(
                f"an execution is named by its id, such as run.id; here: {execution_id!r}"
            )
        part = execution_id.strip().lower()
        if len(part) == 36:
            return part
        if len(part) < SHORTEST_ID:
            mend = f"give at least {SHORTEST_ID} of its first or last characters"
            raise AmbiguousName("execution", execution_id, (), mend)
        found = self._recall.ids_like(part)
        if not found:
            raise UnknownName("execution", execution_id)
        if len(found) > 1:
            some = [f"...{short(one)}" for one in found[:3]] + ["..."] * (len(found) > 3)
            mend = "give its last eight characters, which tell it from others begun just then"
            raise AmbiguousName("execution", execution_id, some, mend)
        return found[0]

    def execution(self, execution_id: str) -> Execution:
        """An execution with its values and its failure.

        Raises:
            UnknownName: There is none of that id.
        """
        story = self.story(execution_id)
        try:
            pipeline = self.definition(story)
        except CompositionError:
            pipeline = None
        return told(story, pipeline, self._journal.get)

    def outcome(
        self, execution_id: str, timeout: float | None, *, served: Collection[WaitStarted] = ()
    ) -> Execution:
        """Wait until an execution is over, wherever it runs; looks every 50 ms.

        Args:
            execution_id: Its id.
            timeout: Seconds to wait at most.
            served: What it was put aside to wait for and has come since: then it also counts as
                over once it was put aside again, to wait for something else.

        Raises:
            UnknownName: There is none of that id.
            TimeoutError: It takes longer than *timeout* seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            sizes = self.sizes()
            story = self.story(execution_id)
            aside = story.parked and served and not waits_still(story, served)
            if story.ended is not None or aside:
                return self.execution(execution_id)
            while True:
                if until is not None and time.monotonic() > until:
                    raise TimeoutError(f"execution {execution_id} is not over after {timeout:g} s")
                time.sleep(LOOK_SECONDS)
                if self.has_grown(execution_id, sizes):
                    break

    def definition(self, story: Story) -> Pipeline | None:
        """What an execution ran, as it was then; ``None`` when that was not kept.

        Raises:
            SourceError: It was kept by another version of PacketFlow and cannot be read.
        """
        if story.started is None:
            return None
        sha = story.started.definition_sha
        if not isinstance(self._journal, JournalWriter):
            query = "SELECT body FROM definition WHERE sha = $sha LIMIT 1"
            rows: list[dict[str, Any]] = self._journal.sql(query, {"sha": sha}).to_pylist()
            if not rows:
                return None
            return self._catalog.read(str(rows[0]["body"]), file=f"definition {sha[:12]}")
        path = self._folder.state / "definitions" / f"{sha}.json"
        if not path.is_file():
            return None
        text = path.read_text(encoding="utf-8")
        return load_compact(text, self._catalog.resolve, file=f"definition {sha[:12]}")

    def keep_definition(self, sha: str, body: str) -> None:
        """Keep what is about to run in a file of its own, before it runs.

        Raises:
            JournalFull: There is no room on the disk.
            StoreError: The file cannot be written.
        """
        if not isinstance(self._journal, JournalWriter):
            return
        path = self._folder.state / "definitions" / f"{sha}.json"
        if path.exists():
            return
        scratch = path.with_suffix(f".{self._journal.process}")
        try:
            path.parent.mkdir(exist_ok=True)
            scratch.write_text(body, encoding="utf-8")
            scratch.replace(path)
        except OSError as error:
            if not is_full(error):
                raise StoreError(f"cannot write {path}: {error}", path=str(path)) from error
            with contextlib.suppress(OSError):
                scratch.unlink()
            message = f"no room to keep what is to run in {path.parent}: free space on that disk"
            raise JournalFull(message, path=str(path)) from error


def waits_still(story: Story, served: Iterable[WaitStarted]) -> bool:
    """Tell whether an execution still waits for any of what has come, so nobody took it up yet."""
    waits = {(wait.step, wait.path, wait.event) for wait in story.open_waits}
    return any((wait.step, wait.path, wait.event) in waits for wait in served)
