"""Start a pipeline once for each cause, whoever sees it, how often, and whatever dies meanwhile.

The execution's id follows from the pipeline and the cause, an event, a file as it is, or a due
time, so a cause that is seen twice names the same execution. Before the start a mark,
``.packetflow/triggered/EXECUTION``, says who is about to start what; making it fails when it is
there already. After the start, kept in the journal by then, the mark is emptied. A mark that still
says something and whose maker is gone tells of a start that may not have happened: then another
runner starts it, under a lease of the next epoch, if the journals know of no start.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from packetflow.composition.steps import Pipeline, Trigger
from packetflow.engine.start import Start
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import PacketFlowError, StoreError, Superseded, WorkspaceGone
from packetflow.kernel.ids import id_of
from packetflow.kernel.records import ExecutionStarted
from packetflow.workspace.leases import FileLeases
from packetflow.workspace.workspace import Workspace

log = logging.getLogger(__name__)

KEPT_SECONDS: Final = 30 * 86_400.0
"""So long a start is remembered by its mark."""
_ID_LENGTH: Final = 36


class Cause(msgspec.Struct, frozen=True):
    """Why a pipeline starts.

    Attributes:
        pipeline: Its name.
        kind: ``event``, ``file`` or ``schedule``.
        what: The event's name, the pattern of files, the schedule.
        mark: Tells this cause from every other, such as ``event:ID``.
        inputs: What the trigger sets.
        payload: What the cause brings, packed; names that the pipeline does not take are left out.
        holder: The runner that is about to start it.
    """

    pipeline: str
    kind: str
    what: str
    mark: str
    inputs: dict[str, Any] = {}
    payload: dict[str, Any] = {}
    holder: str = ""

    @property
    def execution_id(self) -> str:
        """The id of the execution that it starts."""
        return id_of(self.pipeline, self.mark)


def cause_of(pipeline: Pipeline, trigger: Trigger, mark: str, payload: dict[str, Any]) -> Cause:
    """The cause that a trigger of a pipeline makes of something that happened."""
    inputs = dict(trigger.inputs)
    return Cause(pipeline.name, trigger.kind, trigger.what, mark, inputs, payload)


class Starts:
    """Starts pipelines for one runner, on its event loop.

    Args:
        workspace: The workspace, whose engine runs on this loop.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = workspace.folder.state / "triggered"
        self._leases = FileLeases(workspace.folder.state, workspace.runner)
        self._put_off: set[str] = set()

    def begin(self, cause: Cause) -> int:
        """Start a pipeline, unless it was started for this cause; answers 1 if this runner did."""
        cause = msgspec.structs.replace(cause, holder=self._workspace.runner)
        return self._start(cause, epoch=1) if self._mark(cause) else 0

    def _mark(self, cause: Cause) -> bool:
        path = self._folder / cause.execution_id
        if path.exists():
            return False
        self._folder.mkdir(exist_ok=True)
        draft = self._folder / f".{self._workspace.runner}"
        draft.write_bytes(msgspec.msgpack.encode(cause))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def _start(self, cause: Cause, *, epoch: int) -> int:
        workspace = self._workspace
        start = Start(
            execution_id=cause.execution_id,
            epoch=epoch,
            trigger=f"{cause.kind}:{cause.what}",
            tags={"cause": cause.mark},
        )
        try:
            pipeline = workspace.catalog.pipeline(cause.pipeline)
            wanted = pipeline.contract.inputs
            brought = {k: v for k, v in self._unpacked(cause.payload).items() if k in wanted}
            inputs = {**cause.inputs, **brought}
            workspace.watched(workspace.engine.start(workspace.learnt(pipeline), inputs, start))
        except (StoreError, WorkspaceGone) as error:
            log.warning("%s will be started for %s later: %s", cause.pipeline, cause.mark, error)
            self._put_off.add(cause.execution_id)
            return 0
        except PacketFlowError as error:
            log.warning("%s could not start by %s: %s", cause.pipeline, cause.mark, error)
            self._settle(cause)
            return 0
        self._settle(cause)
        return 1

    def _settle(self, cause: Cause) -> None:
        """Nothing is left to do for a cause."""
        self._put_off.discard(cause.execution_id)
        with contextlib.suppress(FileNotFoundError):
            os.truncate(self._folder / cause.execution_id, 0)

    def _unpacked(self, payload: dict[str, Any]) -> dict[str, Any]:
        values = {}
        for name, slot in payload.items():
            with contextlib.suppress(Opaque):
                values[name] = unpack(slot, None, self._workspace.journal.get)
        return values

    def left_over(self) -> list[tuple[Cause, int]]:
        """Take what others, now gone, were about to start, and what was put off here.

        Each comes with the epoch to start it under.

        Reads files and journals: call it in a thread. Takes away the marks of long ago, too.
        """
        taken, is_alive = [], self._workspace.folder.is_alive
        for cause in self._unsettled():
            if self._is_under_way(cause):
                continue
            records = self._workspace.archive.records(cause.execution_id)
            if any(isinstance(one, ExecutionStarted) for one in records):
                self._settle(cause)
                continue
            with contextlib.suppress(Superseded):
                epoch = self._leases.claim_next(cause.execution_id, after=1, is_alive=is_alive)
                taken.append((cause, epoch))
        return taken

    def _is_under_way(self, cause: Cause) -> bool:
        """Tell whether who made the mark is starting it now."""
        if cause.holder == self._workspace.runner:
            return cause.execution_id not in self._put_off
        return self._workspace.folder.is_alive(cause.holder)

    def begin_left_over(self, taken: list[tuple[Cause, int]]) -> None:
        """Start what `left_over` took, on the loop."""
        for cause, epoch in taken:
            log.info("%s is started for %s, which a runner left", cause.pipeline, cause.mark)
            if not self._start(cause, epoch=epoch):
                self._leases.give_back(cause.execution_id, epoch)

    def _unsettled(self) -> Iterator[Cause]:
        old = time.time() - KEPT_SECONDS
        for path in self._folder.glob("*-*") if self._folder.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                found = path.stat()
                if found.st_size == 0 and found.st_mtime < old:
                    path.unlink()
                elif found.st_size > 0 and len(path.name) == _ID_LENGTH:
                    yield from self._read(path)

    def _read(self, path: Path) -> Iterator[Cause]:
        content = path.read_bytes()
        if not content:
            return  # settled this moment
        try:
            yield msgspec.msgpack.decode(content, type=Cause)
        except msgspec.DecodeError as error:
            log.warning("%s is no mark of a start and is not heeded: %s", path, error)
