"""Taking up interrupted executions, and running old ones again with changes."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from packetflow.composition.codec import definition_sha
from packetflow.composition.concealing import not_kept
from packetflow.composition.steps import Pipeline
from packetflow.engine.engine import Engine
from packetflow.engine.execution import Running
from packetflow.engine.migration import calls_now, changed_since, in_words, note_makers
from packetflow.engine.past import Story, in_midst_of_effects, read_story
from packetflow.engine.plan import Plan
from packetflow.engine.reuse import reusable_past
from packetflow.engine.start import Start, restored_inputs
from packetflow.errors import ContractError, RunElsewhere, RunError
from packetflow.kernel.records import Status
from packetflow.workspace.archive import Archive
from packetflow.workspace.folder import WorkspaceFolder
from packetflow.workspace.leases import FileLeases

BREAK_OFF_SECONDS = 3.0

IfChanged: TypeAlias = Literal["refuse", "ask", "accept"]


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Spare the garbage collector a look at many new objects that all stay."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()  # together these two make them old, else they are all looked at now
                gc.unfreeze()
            gc.enable()


@dataclass(frozen=True)
class Resumable:
    """What a runner needs to go on with an execution whose lease it has taken.

    Attributes:
        pipeline: What it ran, as it was then.
        story: What its records tell.
        epoch: The epoch of the lease.
        give_back: Gives the lease back, for when it cannot go on after all.
        question: What it asks a person before it goes on; empty when nothing has changed.
    """

    pipeline: Pipeline
    story: Story
    epoch: int
    give_back: Callable[[], None]
    question: str = ""

    def resume(self, engine: Engine, reason: str) -> Running:
        """Go on with it, on the engine's loop."""
        said = {"reason": reason, "question": self.question}
        try:
            return engine.resume(self.pipeline, self.story, epoch=self.epoch, **said)
        except BaseException:  # whatever it was, nobody runs under this lease
            self.give_back()
            raise


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
        self, execution_id: str, engine: Engine, *, if_changed: IfChanged
    ) -> Resumable:
        """Take the lease of an execution and read what is needed to go on with it.

        Args:
            execution_id: Its id.
            engine: What will run it.
            if_changed: What to do when code has changed that does not migrate by itself: refuse,
                let the execution ask a person, or accept it.

        Raises:
            UnknownName: There is no such execution.
            RunElsewhere: Another living runner works on it.
            RunError: It is done, or runs here, or what it ran has changed.
            Superseded: Another runner was quicker.
        """
        with _no_collection():
            sizes = self._archive.sizes()
            story = self._archive.story(execution_id)
            if story.ended is not None and story.ended.status == Status.OK:
                raise RunError(f"execution {execution_id} is already done")
            self._refuse_if_running(story, engine)
            pipeline, question = self._pipeline(story, engine, if_changed)
            epoch = self._claim(execution_id, story)

            def give_back() -> None:
                if self._leases is not None:
                    self._leases.give_back(execution_id, epoch)

            story = self._once_quiet(execution_id, story, sizes)
            return Resumable(pipeline, story, epoch, give_back, question)

    def _pipeline(
        self, story: Story, engine: Engine, if_changed: IfChanged
    ) -> tuple[Pipeline, str]:
        """What an execution runs, and what to ask before it goes on; nothing is claimed yet."""
        started = story.started
        pipeline = self._archive.definition(story)
        if started is None or pipeline is None:
            raise RunError("what this execution ran was not kept; start it anew")
        execution_id = started.execution_id
        _refuse_if_secrets_are_gone(pipeline, execution_id)
        try:
            plan = engine.plan(pipeline)  # before anything is claimed
        except ContractError as error:
            message = f"execution {execution_id} cannot go on with what is there now: {error}"
            raise RunError(message) from error
        changed = "" if if_changed == "accept" else _changed(story, pipeline, plan)
        if changed and if_changed == "refuse":
            raise RunError(
                f"{changed} since execution {execution_id} began; resume with accept_changes=True "
                "to go on with what is there now, or declare migrate= on what has changed"
            )
        question = (
            f"{changed[0].upper()}{changed[1:]} since this run began. Go on?" if changed else ""
        )
        return pipeline, question

    def _once_quiet(self, execution_id: str, read: Story, sizes: dict[str, int]) -> Story:
        """The story, once a living runner that has lost the lease has broken off its effects.

        It may begin none from now on, and hears of it within a second.

        Args:
            execution_id: Its id.
            read: Its story, which still holds if the journals say no more of it.
            sizes: Those of the journals before that was read.
        """
        if not read.past.intents and not self._archive.has_grown(execution_id, sizes):
            return read
        until = time.monotonic() + BREAK_OFF_SECONDS
        while True:
            records = self._archive.records(execution_id)
            quiet = read.ended is not None or not in_midst_of_effects(records, read.epoch)
            if quiet or time.monotonic() > until or not self._folder.is_alive(read.runner):
                return read_story(records)
            time.sleep(0.01)

    def _claim(self, execution_id: str, story: Story) -> int:
        if self._leases is None:
            return story.epoch + 1
        is_alive = self._folder.is_alive
        return self._leases.claim_next(execution_id, after=story.epoch, is_alive=is_alive)

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
        if story.ended is not None or self._leases is None or story.parked:
            return ""
        if story.runner == self._runner or not self._folder.is_alive(story.runner):
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
        inputs = restored_inputs(plan, started, engine.sink.get, changed)
        note_makers(story, calls_now(plan))
        past = reusable_past(plan.step, story.past, from_step, changed)
        return pipeline, inputs, Start(trigger="fork", retry_of=started.execution_id, past=past)


def _changed(story: Story, pipeline: Pipeline, plan: Plan) -> str:
    """What has changed since an execution last went on, as a clause; empty when nothing has."""
    changed = changed_since(story, plan)
    if changed:
        return in_words(changed)
    started = story.started
    if story.calls or started is None or definition_sha(pipeline) == started.definition_sha:
        return ""
    return f"a capability of {started.name!r} has changed"  # begun by an older version of ours


def _refuse_if_secrets_are_gone(pipeline: Pipeline, execution_id: str) -> None:
    for step, name in not_kept(pipeline.step):
        raise RunError(
            f"execution {execution_id} cannot be taken up: the value fixed on {name!r} of step "
            f"{step!r} is secret and was not kept; start it anew"
        )
