"""Effects that must not happen twice: an intent is kept before, the outcome after.

An intent without an outcome (the process died, the time was up, the step was cancelled) is
ambiguous: the effect may or may not have happened. What follows is declared with the effect.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from packetflow.capabilities.effects import Ambiguity
from packetflow.engine.deadlines import uncounted
from packetflow.engine.node import Pending
from packetflow.engine.past import firm
from packetflow.engine.reporter import idempotency_key
from packetflow.engine.spans import keep_span
from packetflow.engine.state import Frame, StepFailed
from packetflow.engine.use import UseNode
from packetflow.engine.waits import Asked, ask_person
from packetflow.errors import RunnerLost, Superseded, TimedOut, Unanswered
from packetflow.kernel.records import Status, StepIntent

AGAIN, SKIP, STOP = "do it again", "it was done", "stop"
GO_ON = "go on without it"


class GuardedUse:
    """A capability with a guarded effect at its place in a composition."""

    inline = False
    __slots__ = ("id", "node")

    def __init__(self, node: UseNode) -> None:
        self.id = node.id
        self.node = node

    def start(self, frame: Frame) -> Pending:
        """Run it, unless an earlier try left it open whether the effect happened."""
        run = frame.run
        place = (self.id, firm(frame.path))
        if place in run.intents:
            return self._resolve(frame)
        if run.past is not None:
            if self.node.recall(frame):
                return None
            if place in run.past.intents:
                return self._resolve(frame)
            if (self.id, frame.path) in run.past.done:
                return self._resolve(frame, done=True)
        return self._intend(frame)

    def _intend(self, frame: Frame) -> Pending:
        run = frame.run
        if run.cancelled:
            raise asyncio.CancelledError(run.stop_reason)
        if not run.is_ours:
            raise self._superseded(frame)
        at = run.now() + run.wall_offset
        key = idempotency_key(frame, self.id)
        run.append(StepIntent(run.id, run.epoch, self.id, frame.path, key, at, frame.attempt))
        if not run.is_ours:
            # who took over since the first look waits for this word, or for the outcome
            run.decide((self.id, frame.path), "withdrawn", 1)
            raise self._superseded(frame)
        run.intend((self.id, firm(frame.path)))
        try:
            pending = self.node.start(frame)
        except StepFailed as failed:
            self._settled(frame, failed)
            raise
        if pending is not None:
            return self._rest(frame, pending)
        self._settled(frame, None)
        return None

    def _superseded(self, frame: Frame) -> Superseded:
        return Superseded(
            f"execution {frame.run.id} was taken over by another runner; this one stops before "
            f"step {self.id!r}",
            execution_id=frame.run.id,
        )

    async def _rest(self, frame: Frame, pending: Any) -> None:
        try:
            await pending
        except StepFailed as failed:
            self._settled(frame, failed)
            raise
        self._settled(frame, None)

    def _settled(self, frame: Frame, failed: StepFailed | None) -> None:
        """An outcome is there; an exception is one, a lost process or lost time is not."""
        if failed is not None and isinstance(failed.cause, (TimedOut, RunnerLost)):
            return
        frame.run.settle((self.id, firm(frame.path)))
        if frame.run.past is not None:
            frame.run.past.done.pop((self.id, frame.path), None)

    def _forget(self, frame: Frame) -> None:
        self._settled(frame, None)

    async def _resolve(self, frame: Frame, *, done: bool = False) -> None:
        """Do what is declared for an effect that is open.

        Args:
            frame: Where it runs.
            done: It has happened, but what it gave could not be kept.
        """
        writes = [
            e for e in self.node.declaration.effects if e.kind == "writes" and not e.idempotent
        ]
        answers = {effect.on_ambiguous for effect in writes}
        if Ambiguity.ASK in answers:
            await self._ask(frame, done=done)
        elif Ambiguity.RECONCILE in answers:
            await self._reconcile(frame)
        elif Ambiguity.SKIP in answers:
            self._skip(frame, "the effect may have happened already; declared: skip")
        else:
            await self._again(frame)

    async def _again(self, frame: Frame) -> None:
        self._forget(frame)
        pending = self._intend(frame)
        if pending is not None:
            await pending

    def _skip(self, frame: Frame, why: str) -> None:
        self._forget(frame)
        keep_span(
            frame,
            self.id,
            "capability",
            name=self.node.name,
            began=frame.run.now(),
            status=Status.SKIPPED,
            attributes={"why": why},
        )

    async def _ask(self, frame: Frame, *, done: bool) -> None:
        run = frame.run
        decided = run.decided(self.id, frame.path, "ambiguous")
        if decided is None:
            question, choices = self._question(done=done)
            run.busy += 1
            try:
                with uncounted():
                    decided = await ask_person(frame, self.id, Asked(question, choices))
            finally:
                run.busy -= 1
            run.decide((self.id, frame.path), "ambiguous", str(decided))
        elif run.past is not None:
            del run.past.decisions[self.id, frame.path, "ambiguous"]  # it answered this time only
        if decided == AGAIN:
            await self._again(frame)
        elif decided in (SKIP, GO_ON):
            self._skip(frame, f"a person said: {decided}")
        else:
            cause = Unanswered(f"step {self.id!r} was stopped by a person after an interruption")
            raise StepFailed(self.id, frame.path, cause, {}) from cause

    def _question(self, *, done: bool) -> tuple[str, tuple[str, ...]]:
        """What to ask a person, and the answers."""
        what = f"Step {self.id!r} ({self.node.name})"
        if done:
            said = (
                f"{what} is done, but what it gave was not kept (it is secret, or of a type that "
                "cannot be kept). Do it again?"
            )
            return said, (AGAIN, GO_ON, STOP)
        said = f"{what} was interrupted while it was changing something outside. Did it happen?"
        return said, (AGAIN, SKIP, STOP)

    async def _reconcile(self, frame: Frame) -> None:
        reconcile = self.node.declaration.reconcile
        if reconcile is None:
            raise AssertionError("a declaration that reconciles has its function")
        began = frame.run.now()
        try:
            found = reconcile(**self.node.joint.gather(frame.scope))
            if inspect.isawaitable(found):
                found = await found
            self.node.prepare()
            outputs = None if found is None else self.node.spread(found)
        except Exception as error:  # a border: user code
            failed = StepFailed(self.id, frame.path, error, {}, text=frame.run.told(error))
            # no outcome of the effect, so no span of the step: the intent stays open
            keep_span(
                frame,
                self.id,
                "reconcile",
                name=self.node.name,
                began=began,
                status=Status.FAILED,
                error=failed,
            )
            raise failed from error
        if outputs is None:
            await self._again(frame)
            return
        self.node.commit(frame, began, outputs)
        self._forget(frame)
