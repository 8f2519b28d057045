"""The order inside a graph: who makes what, who must wait for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packetflow.composition.infer import Flow, check_joint, clash
from packetflow.composition.problems import Problem
from packetflow.composition.steps import Graph, Step
from packetflow.composition.walk import label, step_id


@dataclass(frozen=True, slots=True)
class Dataflow:
    """The wiring of a graph's steps, by their positions.

    Attributes:
        makers: For each name made inside, the position of its producer (the first, if several).
        before: For each step, the positions it waits for.
        after: For each step, the positions that wait for it.
    """

    makers: Mapping[str, int]
    before: tuple[frozenset[int], ...]
    after: tuple[tuple[int, ...], ...]

    def cycle(self) -> list[int]:
        """Some steps that wait for each other in a ring, in order; empty when there are none.

        Kahn's algorithm (1962) strips what can run; a walk backwards through the rest finds a ring.
        """
        left = {i: len(b) for i, b in enumerate(self.before)}
        ready = [i for i, count in left.items() if count == 0]
        while ready:
            i = ready.pop()
            del left[i]
            for j in self.after[i]:
                left[j] -= 1
                if left[j] == 0:
                    ready.append(j)
        if not left:
            return []
        seen: dict[int, int] = {}
        here = min(left)
        trail: list[int] = []
        while here not in seen:
            seen[here] = len(trail)
            trail.append(here)
            here = min(i for i in self.before[here] if i in left)
        return list(reversed(trail[seen[here] :]))


def dataflow(steps: Sequence[Step], extra: Mapping[str, tuple[str, ...]]) -> Dataflow:
    """Wire steps by the names they make and read, plus the explicit order *extra*, in linear time.

    A step that reads a name which it makes itself does not wait for itself.
    """
    makers: dict[str, int] = {}
    for i, step in enumerate(steps):
        for name in step.flow.makes:
            makers.setdefault(name, i)
    positions = {own: i for i, step in enumerate(steps) if (own := step_id(step))}
    before: list[frozenset[int]] = []
    after: list[list[int]] = [[] for _ in steps]
    for i, step in enumerate(steps):
        waits = {makers[name] for name in step.flow.needs if name in makers}
        waits |= {positions[one] for one in extra.get(step_id(step) or "", ()) if one in positions}
        waits.discard(i)
        before.append(frozenset(waits))
        for j in waits:
            after[j].append(i)
    return Dataflow(makers, tuple(before), tuple(tuple(one) for one in after))


def graph_dataflow(graph: Graph) -> Dataflow:
    """The wiring of a graph; worked out once for each graph."""
    kept: Dataflow | None = graph.__dict__.get("_dataflow")
    if kept is None:
        kept = graph.__dict__["_dataflow"] = dataflow(graph.steps, graph.after)
    return kept


def infer_graph(graph: Graph) -> Flow:
    """The flow of a graph, with clashes, cycles and steps that read what they make."""
    flow = Flow()
    wiring = graph_dataflow(graph)
    parts = [step.flow for step in graph.steps]
    for i, part in enumerate(parts):
        for name, port in part.makes.items():
            if wiring.makers[name] != i:
                flow.problems.append(clash(name, flow.makers[name], part.makers[name]))
                continue
            flow.makes[name] = port
            flow.makers[name] = part.makers[name]
    for i, part in enumerate(parts):
        flow.problems.extend(part.problems)
        for name, reader in part.maybes.items():
            if name not in flow.makes or flow.makes[name].optional:
                flow.maybes.setdefault(name, reader)
        for name, port in part.needs.items():
            reader = part.readers[name]
            if name not in wiring.makers:
                flow.read(port, reader)
            elif wiring.makers[name] == i:
                flow.problems.append(_own(name, reader))
            else:
                made = flow.makes[name]
                check_joint((flow.makers[name], made), (reader, port), flow.problems)
                if made.optional and not port.optional:
                    flow.maybes.setdefault(name, reader)
    ring = wiring.cycle()
    if ring:
        flow.problems.append(_ring([graph.steps[i] for i in ring]))
    known = {own for step in graph.steps if (own := step_id(step))}
    for target, ids in graph.after.items():
        for missing in sorted({target, *ids} - known):
            message = f"the order names the step {missing!r}, which is not in this graph"
            flow.problems.append(Problem("unknown_step", missing, message))
    return flow


def _own(name: str, reader: str) -> Problem:
    message = (
        f"reads and makes {name!r}; in a graph give the new value another name "
        f"(writing({name}=...))"
    )
    return Problem("reads_and_writes", reader, message, name)


def _ring(steps: list[Step]) -> Problem:
    names = [label(step) for step in steps]
    message = (
        f"waits for itself: {' -> '.join([*names, names[0]])}; take one of these wires away, or "
        "use a repeat"
    )
    return Problem("cycle", names[0], message)
