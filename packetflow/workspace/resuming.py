"""Taking up interrupted executions, and running old ones again with changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from packetflow.composition.codec import definition_sha
from packetflow.composition.concealing import not_kept
from packetflow.composition.steps import Pipeline
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Running
from packetflow.engine.past import Story
from packetflow.engine.reuse import reusable_past
from packetflow.engine.start import Start, restored_inputs
from packetflow.errors import RunElsewhere, RunError
from packetflow.kernel.records import Record, Status
from packetflow.workspace.alive import is_alive
from packetflow.workspace.archive import Archive
from packetflow.workspace.folder import WorkspaceFolder
from packetflow.workspace.leases import FileLeases


@dataclass(frozen=True)
class Resumable:
    """What a runner needs to go on with an execution whose lease it has taken.

    Attributes:
        pipeline: What it ran, as it was then.
        records: All its records.
        epoch: The epoch of the lease.
    """

    pipeline: Pipeline
    records: tuple[Record, ...]
    epoch: int

    def resume(self, engine: Engine, reason: str) -> Running:
        """Go on with it, on the engine's loop."""
        return engine.resume(self.pipeline, self.records, epoch=self.epoch, reason=reason)


class Resuming:
    """Reads what is needed to go on; the engine does the rest.

    Args:
        folder: The workspace.
        archive: Its memory of executions.
        leases: Who may run what; ``None`` in memory, where nobody else can.
        runner: The name of this runner.
    """

    def __init__(
        self, folder: WorkspaceFolder, archive: Archive, leases: FileLeases | None, runner: str
    ) -> None:
        self._folder = folder
        self._archive = archive
        self._leases = leases
        self._runner = runner

    def ready_to_resume(
        self, execution_id: str, engine: Engine, *, accept_changes: bool
    ) -> Resumable:
        """Take the lease of an execution and read what is needed to go on with it.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
            RunError: It is done, or runs here, or what it ran has changed.
            Superseded: Another runner was quicker.
        """
        story = self._archive.story(execution_id)
        started = story.started
        if started is None:
            raise AssertionError("read by id")
        if story.ended is not None and story.ended.status == Status.OK:
            raise RunError(f"execution {execution_id} is already done")
        self._refuse_if_running(story, engine)
        pipeline = self._archive.definition(story)
        if pipeline is None:
            raise RunError(f"what execution {execution_id} ran was not kept; start it anew")
        _refuse_if_secrets_are_gone(pipeline, execution_id)
        if not accept_changes and definition_sha(pipeline) != started.definition_sha:
            raise RunError(
                f"a capability of {started.name!r} has changed since execution {execution_id} "
                "began; resume with accept_changes=True to go on with the new one"
            )
        epoch = story.epoch + 1
        if self._leases is not None:
            self._leases.claim(execution_id, epoch)
        return Resumable(pipeline, tuple(self._archive.records(execution_id)), epoch)

    def _refuse_if_running(self, story: Story, engine: Engine) -> None:
        started = story.started
        if started is None or story.ended is not None:
            return
        if started.execution_id in engine.running:
            raise RunError(f"execution {started.execution_id} is running here")
        runner = self.runs_elsewhere(story)
        if runner:
            raise RunElsewhere(started.execution_id, runner)

    def runs_elsewhere(self, story: Story) -> str:
        """The other living runner that works on an execution; empty when there is none."""
        parked = set(story.past.waits) - set(story.past.done)
        if story.ended is not None or self._leases is None or parked:
            return ""
        if story.runner == self._runner or not is_alive(self._folder.state, story.runner):
            return ""
        return story.runner

    def ready_to_fork(
        self,
        execution_id: str,
        engine: Engine,
        from_step: str | None,
        *,
        changed: Mapping[str, Any],
    ) -> tuple[Pipeline, dict[str, Any], Start]:
        """Read what is needed to run an execution again as a new one.

        Raises:
            UnknownName: There is no such execution or step.
            RunError: What it ran was not kept.
        """
        story = self._archive.story(execution_id)
        pipeline = self._archive.definition(story)
        started = story.started
        if pipeline is None or started is None:
            raise RunError(f"what execution {execution_id} ran was not kept; start it anew")
        _refuse_if_secrets_are_gone(pipeline, execution_id)
        plan = engine.plan(pipeline)
        inputs = {**restored_inputs(plan, started, engine.sink.get), **changed}
        past = reusable_past(plan.step, story.past, from_step, changed)
        return pipeline, inputs, Start(trigger="fork", retry_of=started.execution_id, past=past)


def _refuse_if_secrets_are_gone(pipeline: Pipeline, execution_id: str) -> None:
    for step, name in not_kept(pipeline.step):
        raise RunError(
            f"execution {execution_id} cannot be taken up: the value fixed on {name!r} of step "
            f"{step!r} is secret and was not kept; start it anew"
        )
