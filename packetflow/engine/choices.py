"""Alternatives: the first to succeed of many at once, or one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from packetflow.capabilities.contract import Port
from packetflow.engine.node import Node, Pending
from packetflow.engine.scopes import made_in, picked
from packetflow.engine.spans import keep_span, recalled
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.strands import Strands
from packetflow.engine.values import pack_all, said_by
from packetflow.errors import NothingWon
from packetflow.kernel.records import Status


class Contest:
    """Strands of which the first success counts; the others are cancelled.

    `abandon` waits until all have ended, so nothing of a loser runs on unseen.
    """

    __slots__ = ("_changed", "_clock", "_strands", "errors", "started", "winner")

    def __init__(self, frame: Frame) -> None:
        self._clock = frame.run.engine.clock
        self._strands = Strands(frame.run.engine.carriers, self._ended)
        self._changed = asyncio.Event()
        self.winner: int | None = None
        self.errors: dict[int, BaseException] = {}
        self.started = 0

    def enter(self, node: Node, frame: Frame) -> None:
        """Start one more."""
        number = self.started
        self.started += 1
        try:
            ended = self._strands.add(node.start, frame, number=number)
        except StepFailed as failed:
            self._ended(number, failed)
            return
        if ended:
            self._ended(number, None)

    @property
    def open(self) -> bool:
        """True while nobody has won and somebody still might."""
        return self.winner is None and self._strands.open > 0

    def _ended(self, number: int, error: BaseException | None) -> None:
        if error is None and self.winner is None:
            self.winner = number
            self._strands.cancel()
        elif error is not None and (self.winner is None or not _is_of_its_own(error)):
            self.errors[number] = error
        self._changed.set()

    async def change(self, seconds: float | None = None) -> bool:
        """Wait until one ends, or so long; tells whether one ended."""
        ended = True

        def expire() -> None:
            nonlocal ended
            ended = self._changed.is_set()
            self._changed.set()

        timer = None if seconds is None else self._clock.call_later(seconds, expire)
        try:
            await self._changed.wait()
        finally:
            if timer is not None:
                timer.cancel()
        self._changed.clear()
        return ended

    async def abandon(self) -> None:
        """Cancel all and wait until they have ended.

        Raises:
            BaseException: What one of them raised that is no failure of a step, such as a full
                disk.
        """
        self._strands.cancel()
        await self._strands.join()
        for error in self.errors.values():
            if not _is_of_its_own(error):
                raise error


def _is_of_its_own(error: BaseException) -> bool:
    """Tell whether an alternative's end concerns nobody but it."""
    return isinstance(error, (StepFailed, asyncio.CancelledError))


class RaceNode:
    """All alternatives at once; the first to succeed gives what they share."""

    inline = False
    __slots__ = ("frees", "id", "nodes", "ports")

    def __init__(
        self,
        step_id: str,
        nodes: Sequence[Node],
        frees: Sequence[Sequence[str]],
        ports: Mapping[str, Port],
    ) -> None:
        self.id = step_id
        self.nodes = tuple(nodes)
        self.frees = tuple(tuple(one) for one in frees)
        self.ports = ports

    def start(self, frame: Frame) -> Pending:
        """Run the race."""
        kept = recalled(frame, self.id, self.ports)
        if kept is not None:
            frame.scope.update(kept)
            return None
        return self._run(frame)

    async def _run(self, frame: Frame) -> None:
        run = frame.run
        began, span = run.now(), run.new_span()
        contest = Contest(frame)
        scopes: list[Scope] = []
        try:
            for node, free in zip(self.nodes, self.frees, strict=True):
                scopes.append(picked(frame.scope, free))
                contest.enter(node, frame.inner(scopes[-1], parent=span))
                if contest.winner is not None:
                    break
            while contest.open:
                await contest.change()
        finally:
            await contest.abandon()
        if contest.winner is None:
            failed = next(iter(contest.errors.values()))
            cause = NothingWon(
                f"race {self.id!r}: all {len(self.nodes)} alternatives failed; the first said: "
                f"{_said(failed)}"
            )
            keep_span(
                frame,
                self.id,
                "race",
                began=began,
                status=Status.FAILED,
                error=cause,
                span_id=span,
            )
            raise StepFailed(self.id, frame.path, cause, {}) from failed
        outputs = made_in(scopes[contest.winner], self.ports)
        keep_span(
            frame,
            self.id,
            "race",
            began=began,
            outputs=pack_all(outputs, self.ports),
            attributes={"winner": contest.winner},
            span_id=span,
        )
        frame.scope.update(outputs)


async def _failing(failed: StepFailed) -> None:
    raise failed


def _said(error: BaseException) -> str:
    return (error.text or said_by(error.cause)) if isinstance(error, StepFailed) else str(error)


class FallbackNode:
    """One alternative after the other until one succeeds."""

    __slots__ = ("frees", "id", "inline", "nodes", "shared")

    def __init__(
        self,
        step_id: str,
        nodes: Sequence[Node],
        frees: Sequence[Sequence[str]],
        shared: Sequence[str],
    ) -> None:
        self.id = step_id
        self.nodes = tuple(nodes)
        self.frees = tuple(tuple(one) for one in frees)
        self.shared = tuple(shared)
        self.inline = all(node.inline for node in nodes)

    def start(self, frame: Frame) -> Pending:
        """Try them."""
        index = int(frame.run.decided(self.id, frame.path, "failed_alternative") or 0)
        while True:
            child = frame.inner(picked(frame.scope, self.frees[index]))
            try:
                pending = self.nodes[index].start(child)
            except StepFailed as failed:
                index = self._next(index, frame, failed)
                continue
            if pending is not None:
                return self._rest(index, child, frame, pending)
            frame.scope.update(made_in(child.scope, self.shared))
            return None

    async def _rest(self, index: int, child: Frame, frame: Frame, pending: Pending) -> None:
        while True:
            try:
                if pending is not None:
                    await pending
                break
            except StepFailed as failed:
                index = self._next(index, frame, failed)
            child = frame.inner(picked(frame.scope, self.frees[index]))
            pending = self._begun(index, child)
        frame.scope.update(made_in(child.scope, self.shared))

    def _begun(self, index: int, child: Frame) -> Pending:
        """Start an alternative so that its failure shows when it is awaited."""
        try:
            return self.nodes[index].start(child)
        except StepFailed as failed:
            return _failing(failed)

    def _next(self, index: int, frame: Frame, failed: StepFailed) -> int:
        """Note that an alternative failed; after the last one its failure stands."""
        if index + 1 == len(self.nodes):
            raise failed
        frame.run.decide((self.id, frame.path), "failed_alternative", index + 1)
        return index + 1
