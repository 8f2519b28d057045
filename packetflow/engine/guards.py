"""Policies at work: retry, timeout, hedge, cache, and (see `limits`) breaker, rate and bulkhead."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from packetflow.capabilities.contract import Port
from packetflow.composition.policies import Cache, Hedge, Retry, Timeout, bare_name, exception_name
from packetflow.composition.steps import Guarded
from packetflow.engine.choices import Contest
from packetflow.engine.deadlines import ENCLOSING, Deadline
from packetflow.engine.node import Node, Pending
from packetflow.engine.scopes import made_in, picked
from packetflow.engine.shared import SharedKey
from packetflow.engine.spans import keep_span, recalled
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.strands import TIME_IS_UP
from packetflow.engine.values import copied, identity, pack_all
from packetflow.errors import TimedOut


def matches(error: BaseException, names: Sequence[str]) -> bool:
    """Tell whether an exception is one of those named, or a subclass."""
    wanted = {bare_name(name) for name in names}
    return any(exception_name(kind) in wanted for kind in type(error).__mro__)


class RetryNode:
    """Try again, with exponential backoff and jitter."""

    __slots__ = ("free", "id", "inline", "made", "marks", "node", "policy")

    def __init__(
        self,
        step_id: str,
        node: Node,
        policy: Retry,
        *,
        composite: tuple[list[str], list[str]] | None,
    ) -> None:
        self.id = step_id
        self.node = node
        self.policy = policy
        self.marks = composite is not None
        self.free, self.made = composite or ([], [])
        self.inline = False

    def start(self, frame: Frame) -> Pending:
        """The first try, or where an earlier life left off."""
        run = frame.run
        attempt = 1
        if run.past is not None:
            attempt = self._attempt_reached(frame)
        if self.marks:
            return self._composite(frame, attempt)
        inner = frame if attempt == 1 else frame.again(attempt)
        try:
            pending = self.node.start(inner)
        except StepFailed as failed:
            return self._again(frame, attempt, failed, run.now())
        return None if pending is None else self._watch(frame, attempt, pending)

    async def _composite(self, frame: Frame, attempt: int) -> None:
        """Try in a scope of its own each time, so that a failed try leaves nothing behind."""
        began = frame.run.now()
        while True:
            scope = picked(frame.scope, self.free)
            index = () if attempt == 1 else (-attempt,)
            inner = frame.inner(scope, *index)
            inner.attempt = attempt
            try:
                pending = self.node.start(inner)
                if pending is not None:
                    await pending
            except StepFailed as failed:
                await self._pause(frame, attempt, failed, began)
                attempt += 1
                frame.run.decide((self.id, frame.path), "attempt", attempt)
                continue
            frame.scope.update(made_in(scope, self.made))
            return

    def _attempt_reached(self, frame: Frame) -> int:
        run = frame.run
        if self.marks:
            return int(run.decided(self.id, frame.path, "attempt") or 1)
        failed = run.past.attempts.get((self.id, frame.path), 0) if run.past else 0
        return min(failed + 1, self.policy.attempts)

    async def _watch(self, frame: Frame, attempt: int, pending: Any) -> None:
        began = frame.run.now()
        try:
            await pending
        except StepFailed as failed:
            await self._again(frame, attempt, failed, began)

    async def _again(self, frame: Frame, attempt: int, failed: StepFailed, began: int) -> None:
        while True:
            await self._pause(frame, attempt, failed, began)
            attempt += 1
            try:
                pending = self.node.start(frame.again(attempt))
                if pending is not None:
                    await pending
            except StepFailed as again:
                failed = again
                continue
            return

    async def _pause(self, frame: Frame, attempt: int, failed: StepFailed, began: int) -> None:
        """Wait before the next try, or raise what failed when there is none."""
        run, policy = frame.run, self.policy
        if attempt >= policy.attempts or not matches(failed.cause, policy.on):
            raise failed
        jitter = run.engine.random.uniform(0.0, policy.jitter_seconds)
        try:
            wait = policy.wait_seconds * policy.factor ** (attempt - 1) + jitter
        except OverflowError:
            wait = policy.max_wait_seconds
        wait = min(policy.max_wait_seconds, wait)
        total = policy.total_seconds
        if total is not None and (run.now() - began) / 1e9 + wait > total:
            raise failed
        run.busy += 1
        try:
            await run.engine.clock.sleep(wait)
        finally:
            run.busy -= 1


class TimeoutNode:
    """Fail what takes too long. A step that never waits needs no timer.

    Args:
        step_id: The step inside.
        node: It, compiled.
        policy: How long it may take.
        depth: How many time limits stand between this one and the step.
    """

    __slots__ = ("depth", "id", "inline", "node", "seconds")

    def __init__(self, step_id: str, node: Node, policy: Timeout, depth: int) -> None:
        self.id = step_id
        self.node = node
        self.seconds = policy.seconds
        self.depth = depth
        self.inline = node.inline

    def start(self, frame: Frame) -> Pending:
        """Run it; arm a timer once it waits."""
        pending = self.node.start(frame)
        return None if pending is None else self._limited(frame, pending)

    async def _limited(self, frame: Frame, pending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.current_task()
        if task is None:
            raise AssertionError("a plan runs in a task")
        before = task.cancelling()
        up = False

        def expire() -> None:
            nonlocal up
            up = True
            task.cancel(TIME_IS_UP)

        deadline = Deadline(frame, (self.id, self.depth), self.seconds, expire=expire)
        deadline.arm()
        around = ENCLOSING.set(deadline)
        try:
            await pending
        except asyncio.CancelledError as stopped:
            if up and task.cancelling() - 1 <= before:
                cause = TimedOut(self.id, self.seconds)
                raise StepFailed(self.id, frame.path, cause, {}) from stopped
            raise
        finally:
            ENCLOSING.reset(around)
            deadline.disarm()
            if up:
                task.uncancel()


def limits_inside(step: Guarded) -> int:
    """How many further time limits stand around the same step."""
    count, inner = 0, step.step
    while isinstance(inner, Guarded):
        count += isinstance(inner.policy, Timeout)
        inner = inner.step
    return count


class HedgeNode:
    """Start once more what is slow; the first answer wins."""

    inline = False
    __slots__ = ("free", "id", "made", "node", "policy")

    def __init__(
        self, step_id: str, node: Node, policy: Hedge, free: Sequence[str], *, made: Sequence[str]
    ) -> None:
        self.id = step_id
        self.node = node
        self.policy = policy
        self.free = tuple(free)
        self.made = tuple(made)

    def start(self, frame: Frame) -> Pending:
        """Run it."""
        return self._run(frame)

    async def _run(self, frame: Frame) -> None:
        contest = Contest(frame)
        scopes: list[Scope] = []

        def enter() -> None:
            scopes.append(picked(frame.scope, self.free))
            contest.enter(self.node, frame.inner(scopes[-1]))

        try:
            enter()
            while contest.open:
                may_add = contest.started < self.policy.at_most
                ended = await contest.change(self.policy.after_seconds if may_add else None)
                if not ended:
                    enter()
        finally:
            await contest.abandon()
        if contest.winner is None:
            raise next(iter(contest.errors.values()))
        frame.scope.update(made_in(scopes[contest.winner], self.made))


class CacheNode:
    """The same outputs for the same inputs; whoever changes what he got changes nobody else's."""

    __slots__ = ("id", "inline", "key", "name", "node", "ports", "reads")

    def __init__(
        self,
        step_id: str,
        node: Node,
        key: SharedKey,
        *,
        name: str,
        reads: Sequence[str],
        ports: Mapping[str, Port],
    ) -> None:
        self.id = step_id
        self.node = node
        self.key = key
        self.name = name
        self.reads = tuple(reads)
        self.ports = ports
        self.inline = node.inline

    def start(self, frame: Frame) -> Pending:
        """Take the outputs from the cache, or make them and put them there."""
        run = frame.run
        before = recalled(frame, self.id, self.ports)
        if before is not None:
            frame.scope.update(before)
            return None
        if run.is_done((self.id, frame.path)):
            return self.node.start(frame)
        entries: OrderedDict[Any, Any] = run.engine.shared(self.key, OrderedDict)
        key = self._key(frame.scope)
        found = entries.get(key) if key is not None else None
        if found is not None:
            kept, until = found
            if until is None or run.now() < until:
                entries.move_to_end(key)
                began = run.now()
                outputs = {name: given_out() for name, given_out in kept.items()}
                run.hide(self.ports, outputs)
                facts = {"cached": True}
                keep_span(
                    frame,
                    self.id,
                    "cache",
                    name=self.name,
                    began=began,
                    outputs=pack_all(outputs, self.ports),
                    attributes=facts,
                )
                frame.scope.update(outputs)
                return None
            del entries[key]
        child = frame.inner(picked(frame.scope, self.reads))
        pending = self.node.start(child)
        if pending is not None:
            return self._rest(frame, child, pending, key)
        self._put(frame, child, key)
        return None

    async def _rest(self, frame: Frame, child: Frame, pending: Any, key: bytes | None) -> None:
        await pending
        self._put(frame, child, key)

    def _put(self, frame: Frame, child: Frame, key: bytes | None) -> None:
        outputs = made_in(child.scope, self.ports)
        frame.scope.update(outputs)
        if key is None:
            return
        policy: Cache = self.key.policy
        entries: OrderedDict[Any, Any] = frame.run.engine.shared(self.key, OrderedDict)
        ttl = policy.ttl_seconds
        until = None if ttl is None else frame.run.now() + int(ttl * 1e9)
        kept = {name: copied(value, self.ports[name]) for name, value in outputs.items()}
        entries[key] = (kept, until)
        entries.move_to_end(key)
        while len(entries) > policy.max_entries:
            entries.popitem(last=False)

    def _key(self, scope: Scope) -> bytes | None:
        """The inputs as bytes; ``None`` when they cannot be compared."""
        try:
            values = {name: scope[name] for name in self.reads if name in scope}
            return _ENCODER.encode(identity(values))
        except (TypeError, OverflowError, ValueError, RecursionError):
            return None


_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


def refuse(frame: Frame, step_id: str, kind: str, cause: BaseException) -> NoReturn:
    """Fail a step before it was called, with a span that says so.

    Raises:
        StepFailed: Always.
    """
    from packetflow.kernel.records import Status

    keep_span(frame, step_id, kind, began=frame.run.now(), status=Status.FAILED, error=cause)
    raise StepFailed(step_id, frame.path, cause, {}) from cause
