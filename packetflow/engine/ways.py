"""Running steps one after the other, side by side, as dataflow, or by condition."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from typing import Any

from packetflow.composition.condition import Condition
from packetflow.engine.node import Node, Pending
from packetflow.engine.scopes import Noting, within
from packetflow.engine.state import Frame, Scope, StepFailed
from packetflow.engine.strands import Strands
from packetflow.errors import RunError

BREATH = 256
"""After so many steps that did not wait, others on the loop get a turn."""


class SequenceNode:
    """One after the other."""

    __slots__ = ("inline", "nodes")

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = tuple(nodes)
        self.inline = all(node.inline for node in nodes) and len(nodes) < BREATH

    def start(self, frame: Frame) -> Pending:
        """Run until something has to be waited for."""
        return self._from(0, frame)

    def _from(self, first: int, frame: Frame) -> Pending:
        nodes = self.nodes
        last = min(len(nodes), first + BREATH)
        for index in range(first, last):
            pending = nodes[index].start(frame)
            if pending is not None:
                return self._rest(index + 1, frame, pending)
        return None if last == len(nodes) else self._rest(last, frame, None)

    async def _rest(self, index: int, frame: Frame, pending: Pending) -> None:
        nodes, count = self.nodes, len(self.nodes)
        breath = 0
        while True:
            if pending is None:
                await asyncio.sleep(0)
            else:
                await pending
            pending = None
            breath = 0
            while index < count and breath < BREATH:
                pending = nodes[index].start(frame)
                index += 1
                breath += 1
                if pending is not None:
                    break
            if pending is None and index == count:
                return


class ParallelNode:
    """All at once on the same scope."""

    __slots__ = ("at_once", "inline", "nodes")

    def __init__(self, nodes: Sequence[Node], at_once: int | None) -> None:
        self.nodes = tuple(nodes)
        self.at_once = at_once
        self.inline = all(node.inline for node in nodes)

    def start(self, frame: Frame) -> Pending:
        """Start the inline ones here, the others on strands."""
        nodes = self.nodes
        for at, node in enumerate(nodes):
            if not node.inline:
                return self._together(nodes[at:], frame)
            node.start(frame)
        return None

    def _together(self, nodes: Sequence[Node], frame: Frame) -> Pending:
        width = self.at_once or len(nodes)
        if width < len(nodes):
            return lanes(len(nodes), width, lambda index: nodes[index].start(frame), frame)
        strands = Strands(frame.run.engine.carriers)
        return strands.add_all([node.start for node in nodes], frame)


async def lanes(count: int, width: int, begin: Callable[[int], Pending], frame: Frame) -> None:
    """Do *begin* for 0 .. count - 1 in order of start, at most *width* under way.

    Each lane takes the next number when it is free, so a task is paid for a lane, not for an item.
    """
    numbers = iter(range(count))

    async def lane() -> None:
        breath = 0
        for index in numbers:
            pending = begin(index)
            if pending is not None:
                await pending
                breath = 0
            else:
                breath += 1
                if breath == BREATH:
                    breath = 0
                    await asyncio.sleep(0)

    strands = Strands(frame.run.engine.carriers)
    try:
        for number in range(min(width, count)):
            strands.add(lane, number=number)
    except BaseException as error:  # noqa: BLE001 - raised by join, after the others ended
        strands.fail(error)
    await strands.join()


class GraphNode:
    """Free dataflow: a step starts as soon as everything it waits for has ended.

    When ``at_once`` bounds it, the step with the longest way to the end starts first (upward
    rank, Topcuoglu et al. 2002, https://doi.org/10.1109/71.993206).
    """

    inline = False
    __slots__ = ("after", "at_once", "counts", "nodes", "rank")

    def __init__(
        self,
        nodes: Sequence[Node],
        before: Sequence[frozenset[int]],
        after: Sequence[tuple[int, ...]],
        *,
        at_once: int | None,
        seconds: Sequence[float],
    ) -> None:
        self.nodes = tuple(nodes)
        self.counts = tuple(len(one) for one in before)
        self.after = tuple(after)
        self.at_once = at_once
        self.rank = upward_ranks(before, after, seconds)

    def start(self, frame: Frame) -> Pending:
        """Run the graph."""
        return _GraphRun(self, frame).run() if self.nodes else None


def upward_ranks(
    before: Sequence[frozenset[int]], after: Sequence[tuple[int, ...]], seconds: Sequence[float]
) -> tuple[float, ...]:
    """For each step, the longest time from its start to the end of the graph.

    >>> upward_ranks([frozenset(), frozenset({0})], [(1,), ()], [1.0, 2.0])
    (3.0, 2.0)
    """
    ranks = [0.0] * len(before)
    left = [len(one) for one in after]
    ready = [i for i, count in enumerate(left) if count == 0]
    while ready:
        i = ready.pop()
        ranks[i] = seconds[i] + max((ranks[j] for j in after[i]), default=0.0)
        for j in before[i]:
            left[j] -= 1
            if left[j] == 0:
                ready.append(j)
    return tuple(ranks)


class _GraphRun:
    """One run of a graph: how many each step still waits for, and what is ready."""

    __slots__ = ("breath", "frame", "graph", "left", "ready", "strands", "todo")

    def __init__(self, graph: GraphNode, frame: Frame) -> None:
        self.graph = graph
        self.frame = frame
        self.left = list(graph.counts)
        self.ready = [(-graph.rank[i], i) for i, count in enumerate(graph.counts) if count == 0]
        heapq.heapify(self.ready)
        self.todo = len(graph.nodes)
        self.breath = 0
        self.strands = Strands(frame.run.engine.carriers, self._ended)

    async def run(self) -> None:
        try:
            self._pump()
        except BaseException as error:  # noqa: BLE001 - raised by join, after the others ended
            self.strands.fail(error)
        await self.strands.join()

    def _pump(self) -> None:
        width = self.graph.at_once
        nodes, frame, strands = self.graph.nodes, self.frame, self.strands
        while self.ready and (width is None or strands.open < width):
            _, i = heapq.heappop(self.ready)
            node = nodes[i]
            if node.inline:
                node.start(frame)
                self._release(i)
            elif strands.add(node.start, frame, number=i):
                self._release(i)

    def _release(self, i: int) -> None:
        self.todo -= 1
        for j in self.graph.after[i]:
            self.left[j] -= 1
            if self.left[j] == 0:
                heapq.heappush(self.ready, (-self.graph.rank[j], j))

    def _ended(self, i: int, error: BaseException | None) -> None:
        if error is not None:
            self.strands.fail(error)
        elif not self.strands.failed:
            self._release(i)
            self._pump()


class BranchNode:
    """The first way whose condition holds."""

    __slots__ = ("cases", "id", "inline", "otherwise")

    def __init__(
        self, step_id: str, cases: Sequence[tuple[Condition, Node]], otherwise: Node | None
    ) -> None:
        self.id = step_id
        self.cases = tuple(cases)
        self.otherwise = otherwise
        ways = [node for _, node in cases] + ([otherwise] if otherwise else [])
        self.inline = all(node.inline for node in ways)

    def start(self, frame: Frame) -> Pending:
        """Choose a way and run it."""
        for holds, node in self.cases:
            try:
                chosen = holds(frame.scope)
            except RunError as cause:
                raise StepFailed(self.id, frame.path, cause, {}) from cause
            if chosen:
                return node.start(frame)
        return None if self.otherwise is None else self.otherwise.start(frame)


class CallNode:
    """Another pipeline, in a scope of its own."""

    __slots__ = ("body", "gather", "id", "inline", "outputs")

    def __init__(
        self,
        step_id: str,
        body: Node,
        gather: Callable[[Scope], dict[str, Any]],
        outputs: Sequence[tuple[str, str]],
    ) -> None:
        self.id = step_id
        self.body = body
        self.gather = gather
        self.outputs = tuple(outputs)
        self.inline = body.inline

    def start(self, frame: Frame) -> Pending:
        """Run it in a child scope."""
        try:
            scope = self.gather(frame.scope)
        except Exception as error:
            from packetflow.engine.use import missing_or_wrong

            raise missing_or_wrong(self.id, frame, error) from error
        child = frame.inner(within(frame.scope, scope))
        pending = self.body.start(child)
        if pending is None:
            self._export(child, frame)
            return None
        return self._rest(pending, child, frame)

    async def _rest(self, pending: Any, child: Frame, frame: Frame) -> None:
        await pending
        self._export(child, frame)

    def _export(self, child: Frame, frame: Frame) -> None:
        scope = child.scope
        there = scope.made if type(scope) is Noting else scope
        for name, outer in self.outputs:
            if name in there:
                frame.scope[outer] = scope[name]
