"""Doing a step for every item of lists, and doing it again until a condition holds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from packetflow.capabilities.contract import article
from packetflow.composition.condition import Condition
from packetflow.engine.node import Node, Pending
from packetflow.engine.scopes import Noting, made_in, picked
from packetflow.engine.spans import keep_span
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.ways import BREATH, lanes
from packetflow.errors import MissingInput, PassesExhausted, RunError, WrongType
from packetflow.kernel.records import Status


class EachNode:
    """A step for every item, in order of the items, at most ``at_once`` under way.

    It is *doubtful* when the step may leave out a name that is collected and is there from outside:
    then finding it does not tell that it was made.
    """

    __slots__ = (
        "at_once",
        "body",
        "collects",
        "free",
        "id",
        "inline",
        "into",
        "is_doubtful",
        "over",
    )

    def __init__(
        self,
        step_id: str,
        body: Node,
        over: Mapping[str, str],
        into: Mapping[str, str],
        *,
        free: Sequence[str],
        maybe: Collection[str],
        at_once: int,
        on_error: Literal["fail", "collect"],
    ) -> None:
        self.id = step_id
        self.body = body
        self.over = tuple(over.items())
        self.into = tuple(into.items())
        self.free = tuple(free)
        self.is_doubtful = any(name in maybe for name in (*free, *over))
        self.at_once = at_once
        self.collects = on_error == "collect"
        self.inline = False

    def start(self, frame: Frame) -> Pending:
        """Run it for all items."""
        pass_ = _Items(self, frame)
        if self.body.inline and pass_.count <= BREATH:
            try:
                for index in range(pass_.count):
                    pass_.begin(index)
            except StepFailed as failed:
                pass_.fail(failed)
                raise
            pass_.end()
            return None
        return pass_.run()


class _Items:
    """One run of an `EachNode` over its lists."""

    __slots__ = ("base", "began", "count", "failed", "frame", "lists", "made", "node", "span")

    def __init__(self, node: EachNode, frame: Frame) -> None:
        self.node = node
        self.frame = frame
        self.began = frame.run.now()
        self.span = frame.run.new_span()
        self.base = picked(frame.scope, node.free)
        self.lists = [(name, self._items(outer)) for name, outer in node.over]
        self.count = len(self.lists[0][1]) if self.lists else 0
        for (_, outer), (_, items) in zip(node.over, self.lists, strict=True):
            if len(items) != self.count:
                other = node.over[0][1]
                text = f"has {len(items)} items, but {other!r} has {self.count}"
                raise self._refused(WrongType(outer, f"step {node.id!r}", text))
        self.made: list[list[Any]] = [[None] * self.count for _ in node.into]
        self.failed = 0

    def _items(self, outer: str) -> Sequence[Any]:
        value = self.frame.scope.get(outer)
        where = f"step {self.node.id!r}"
        if value is None and outer not in self.frame.scope:
            raise self._refused(MissingInput([outer], where))
        if isinstance(value, (list, tuple)):
            return value
        if isinstance(value, (set, frozenset, range)):
            return list(value)
        text = f"is {article(type(value).__name__)}, not a list to walk"
        raise self._refused(WrongType(outer, where, text))

    def _refused(self, cause: RunError) -> StepFailed:
        error = StepFailed(self.node.id, self.frame.path, cause, {})
        error.__cause__ = cause
        return error

    def _frame(self, index: int) -> Frame:
        scope = self.base.copy()
        for name, items in self.lists:
            scope[name] = items[index]
        if self.node.is_doubtful:
            scope = Noting(scope)
        return self.frame.inner(scope, index, parent=self.span)

    def begin(self, index: int) -> Pending:
        if self.frame.run.past is not None and self._was_lost(index):
            return None
        child = self._frame(index)
        try:
            pending = self.node.body.start(child)
        except StepFailed as failed:
            self._lose(index, failed)
            return None
        if pending is not None:
            return self._rest(index, child, pending)
        self._collect(index, child.scope)
        return None

    async def _rest(self, index: int, child: Frame, pending: Any) -> None:
        try:
            await pending
        except StepFailed as failed:
            self._lose(index, failed)
            return
        self._collect(index, child.scope)

    def _lose(self, index: int, failed: StepFailed) -> None:
        """Go on without an item that failed, now and when the run is resumed."""
        if not self.node.collects:
            raise failed
        self.failed += 1
        place = (self.node.id, (*self.frame.path, index))
        self.frame.run.decide(place, "collected", 1)

    def _was_lost(self, index: int) -> bool:
        path = (*self.frame.path, index)
        if self.frame.run.decided(self.node.id, path, "collected") is None:
            return False
        self.failed += 1
        return True

    def _collect(self, index: int, scope: Scope) -> None:
        made = made_in(scope, dict(self.node.into)) if self.node.is_doubtful else scope
        for column, (name, _) in zip(self.made, self.node.into, strict=True):
            column[index] = made.get(name)

    async def run(self) -> None:
        width = 1 if self.node.body.inline else self.node.at_once
        try:
            await lanes(self.count, width, self.begin, self.frame)
        except StepFailed as failed:
            self.fail(failed)
            raise
        self.end()

    def fail(self, failed: StepFailed) -> None:
        keep_span(
            self.frame,
            self.node.id,
            "each",
            began=self.began,
            status=Status.FAILED,
            attributes={"items": self.count},
            error=failed,
            span_id=self.span,
        )

    def end(self) -> None:
        for column, (_, outer) in zip(self.made, self.node.into, strict=True):
            self.frame.scope[outer] = column
        facts = {"items": self.count, "failed": self.failed}
        keep_span(
            self.frame,
            self.node.id,
            "each",
            began=self.began,
            attributes=facts,
            span_id=self.span,
        )


class RepeatNode:
    """A step again and again until its condition holds."""

    inline = False
    __slots__ = ("at_most", "body", "free", "goes_on", "id", "made", "until", "until_text")

    def __init__(
        self,
        step_id: str,
        body: Node,
        until: Condition | None,
        *,
        until_text: str,
        at_most: int,
        goes_on: bool,
        free: Sequence[str],
        made: Sequence[str],
    ) -> None:
        self.id = step_id
        self.body = body
        self.until = until
        self.until_text = until_text
        self.at_most = at_most
        self.goes_on = goes_on
        self.free = tuple(free)
        self.made = tuple(made)

    def start(self, frame: Frame) -> Pending:
        """Run the passes."""
        return self._passes(frame)

    async def _passes(self, frame: Frame) -> None:
        run = frame.run
        began, span = run.now(), run.new_span()
        scope = picked(frame.scope, self.free)
        done = 0
        met = self.until is None
        while done < self.at_most:
            child = frame.inner(scope, done, parent=span)
            pending = self.body.start(child)
            if pending is not None:
                await pending
            elif done % BREATH == BREATH - 1:
                await asyncio.sleep(0)
            done += 1
            if self.until is not None and self._holds(scope, frame):
                met = True
                break
        frame.scope.update(made_in(scope, self.made))
        facts = {"passes": done}
        if met or self.goes_on:
            keep_span(frame, self.id, "repeat", began=began, attributes=facts, span_id=span)
            return
        cause = PassesExhausted(self.id, done, self.until_text)
        keep_span(
            frame,
            self.id,
            "repeat",
            began=began,
            status=Status.FAILED,
            attributes=facts,
            error=cause,
            span_id=span,
        )
        raise StepFailed(self.id, frame.path, cause, {}) from cause

    def _holds(self, scope: Scope, frame: Frame) -> bool:
        try:
            return self.until is not None and self.until(scope)
        except RunError as cause:
            raise StepFailed(self.id, frame.path, cause, {}) from cause
