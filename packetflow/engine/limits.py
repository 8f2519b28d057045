"""Policies that all executions of a runner share: breaker, rate limit, bulkhead."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from packetflow.composition.policies import Breaker, Bulkhead, RateLimit
from packetflow.engine.guards import refuse
from packetflow.engine.node import Node, Pending
from packetflow.engine.shared import SharedKey
from packetflow.engine.state import Frame, StepFailed
from packetflow.errors import CircuitOpen, QueueFull
from packetflow.kernel.clock import Clock, Timer


class Circuit:
    """How a breaker stands: closed, open until a time, or letting one call try.

    The states are those of Nygard, *Release It!* (2007). Each opening begins a new round; calls
    that were admitted in an earlier one say nothing when they end.
    """

    __slots__ = ("failures", "open_until", "round", "trying")

    def __init__(self) -> None:
        self.failures = 0
        self.open_until = 0
        self.round = 0
        self.trying = False

    def admits(self, now: int) -> bool:
        """Tell whether a call may go on; the first after the pause becomes the one that tries."""
        if self.open_until == 0:
            return True
        if now < self.open_until or self.trying:
            return False
        self.trying = True
        return True

    def succeeded(self, admitted: int) -> None:
        """A call that was admitted in that round went well: close."""
        if admitted == self.round:
            self.failures = 0
            self.open_until = 0
            self.trying = False

    def failed(self, admitted: int, policy: Breaker, now: int) -> None:
        """A call failed: count, and open at the limit or when it was the one that tried."""
        if admitted != self.round:
            return
        self.failures += 1
        if self.trying or self.failures >= policy.failures:
            self.open_until = now + int(policy.reset_seconds * 1e9)
            self.round += 1
        self.trying = False

    def abandoned(self, admitted: int) -> None:
        """A call was cancelled: it says nothing, and another may try."""
        if admitted == self.round:
            self.trying = False


class BreakerNode:
    """Refuse calls for a while after failures in a row."""

    __slots__ = ("id", "inline", "key", "node", "policy")

    def __init__(self, step_id: str, node: Node, policy: Breaker, key: SharedKey) -> None:
        self.id = step_id
        self.node = node
        self.policy = policy
        self.key = key
        self.inline = node.inline

    def start(self, frame: Frame) -> Pending:
        """Run it if the circuit is closed."""
        run = frame.run
        if run.is_done((self.id, frame.path)):
            return self.node.start(frame)
        circuit = run.engine.shared(self.key, Circuit)
        now = run.now()
        if not circuit.admits(now):
            left = max(0, circuit.open_until - now) / 1e9
            refuse(frame, self.id, "breaker", CircuitOpen(self.id, left))
        admitted = circuit.round
        try:
            pending = self.node.start(frame)
        except StepFailed:
            circuit.failed(admitted, self.policy, run.now())
            raise
        except BaseException:
            circuit.abandoned(admitted)
            raise
        if pending is not None:
            return self._rest(frame, circuit, pending, admitted)
        circuit.succeeded(admitted)
        return None

    async def _rest(self, frame: Frame, circuit: Circuit, pending: Any, admitted: int) -> None:
        try:
            await pending
        except StepFailed:
            circuit.failed(admitted, self.policy, frame.run.now())
            raise
        except BaseException:
            circuit.abandoned(admitted)
            raise
        circuit.succeeded(admitted)


class Pace:
    """When the next call may start, in the clock's nanoseconds, and who waits for it."""

    __slots__ = ("_clock", "_gap", "_line", "_next_start", "_timer")

    def __init__(self, clock: Clock, gap: int) -> None:
        self._clock = clock
        self._gap = gap
        self._next_start = 0
        self._line: deque[asyncio.Future[None]] = deque()
        self._timer: Timer | None = None

    def admits(self, now: int) -> bool:
        """Tell whether a call may start at once; then it counts as started."""
        if self._line or now < self._next_start:
            return False
        self._next_start = now + self._gap
        return True

    async def turn(self) -> None:
        """Wait in line; who is cancelled there leaves the turn to the next."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        self._set()
        try:
            await turn
        except BaseException:
            if turn in self._line:
                self._line.remove(turn)
                self._set()
            elif turn.done() and not turn.cancelled():
                self._next_start -= self._gap
                self._set()
            raise

    def _set(self) -> None:
        """Set the timer for the first in line."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._line:
            left = max(0, self._next_start - self._clock.monotonic_ns())
            self._timer = self._clock.call_later(left / 1e9, self._call)

    def _call(self) -> None:
        while self._line and self._line[0].done():  # cancelled this moment
            self._line.popleft()
        if self._line:
            after = self._next_start + self._gap
            now = self._clock.monotonic_ns()
            self._next_start = after if now < after else now + self._gap  # the loop stood still
            self._line.popleft().set_result(None)
        self._set()


class RateLimitNode:
    """Start calls evenly, so many a period."""

    __slots__ = ("gap", "id", "inline", "key", "node", "policy")

    def __init__(self, step_id: str, node: Node, policy: RateLimit, key: SharedKey) -> None:
        self.id = step_id
        self.node = node
        self.policy = policy
        self.key = key
        self.gap = int(policy.per_seconds * 1e9 / policy.calls)
        self.inline = False

    def start(self, frame: Frame) -> Pending:
        """Run it when its turn comes."""
        run = frame.run
        if run.is_done((self.id, frame.path)):
            return self.node.start(frame)
        pace = run.engine.shared(self.key, lambda: Pace(run.engine.clock, self.gap))
        return self.node.start(frame) if pace.admits(run.now()) else self._later(frame, pace)

    async def _later(self, frame: Frame, pace: Pace) -> None:
        run = frame.run
        run.busy += 1
        try:
            await pace.turn()
        finally:
            run.busy -= 1
        pending = self.node.start(frame)
        if pending is not None:
            await pending


class Compartment:
    """Who is inside a bulkhead, and who waits."""

    __slots__ = ("inside", "line")

    def __init__(self) -> None:
        self.inside = 0
        self.line: deque[asyncio.Future[None]] = deque()

    def leave(self) -> None:
        """Give the place to the next in line."""
        while self.line:
            turn = self.line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.inside -= 1


class BulkheadNode:
    """So many at the same time, in this runner."""

    __slots__ = ("id", "inline", "key", "node", "policy")

    def __init__(self, step_id: str, node: Node, policy: Bulkhead, key: SharedKey) -> None:
        self.id = step_id
        self.node = node
        self.policy = policy
        self.key = key
        self.inline = False

    def start(self, frame: Frame) -> Pending:
        """Run it, or wait in line."""
        if frame.run.is_done((self.id, frame.path)):
            return self.node.start(frame)
        room = frame.run.engine.shared(self.key, Compartment)
        if room.inside >= self.policy.at_once:
            if len(room.line) >= self.policy.waiting:
                cause = QueueFull(self.id, self.policy.at_once, len(room.line))
                refuse(frame, self.id, "bulkhead", cause)
            return self._in_line(frame, room)
        room.inside += 1
        try:
            pending = self.node.start(frame)
        except BaseException:
            room.leave()
            raise
        if pending is None:
            room.leave()
            return None
        return self._inside(room, pending)

    async def _in_line(self, frame: Frame, room: Compartment) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        room.line.append(turn)
        run = frame.run
        run.busy += 1
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                room.leave()
            elif turn in room.line:
                room.line.remove(turn)
            raise
        finally:
            run.busy -= 1
        try:
            pending = self.node.start(frame)
        except BaseException:
            room.leave()
            raise
        if pending is None:
            room.leave()
        else:
            await self._inside(room, pending)

    async def _inside(self, room: Compartment, pending: Any) -> None:
        try:
            await pending
        finally:
            room.leave()
