"""A composition as a drawing: steps become cards, containers boxes, names wires.

The drawing itself is neutral (`packetflow.show`); this module says what stands for what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from packetflow.composition import words
from packetflow.composition.check import check
from packetflow.composition.problems import Problem
from packetflow.composition.steps import (
    Branch,
    Call,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Pipeline,
    Race,
    Repeat,
    Step,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.steps import Sequence as InOrder
from packetflow.composition.walk import children, identified, label, natural_name
from packetflow.composition.wiring import Wire, origins, wires
from packetflow.show.drawing import Drawing, Edge, Group, Node

MOST_DETAIL = 20
"""Compositions with more steps are drawn without their intents."""


def drawing(
    part: Step | Pipeline,
    *,
    problems: Sequence[Problem] | None = None,
    statuses: Mapping[str, str] | None = None,
) -> Drawing:
    """Draw a composition.

    Args:
        part: The composition.
        problems: What to mark; ``None`` checks it here.
        statuses: By step id, how each step of a run stands.

    Returns:
        A card for every capability, pipeline and wait, under the id that `identified` gives it.
    """
    step = part.step if isinstance(part, Pipeline) else part
    whole = identified(step)
    found = check(step) if problems is None else problems
    maker = _Maker(found, statuses or {})
    maker.detailed = sum(1 for one in _leaves(whole)) <= MOST_DETAIL
    if isinstance(whole, (Graph, Parallel)) and whole.at_once is None and whole.steps:
        for inner in whole.steps:
            maker.add(inner, "")
        maker.adopt(label(whole), "")
    else:
        maker.add(whole, "")
    if isinstance(whole, Graph):
        maker.order(whole.after)
    found_wires = _offered(wires(whole), part)
    maker.connect(found_wires)
    maker.finish(whole, found_wires, part.provides if isinstance(part, Pipeline) else None)
    title = part.name if isinstance(part, Pipeline) else natural_name(whole)
    groups = tuple(
        replace(group, members=tuple(maker.members.get(group.id, ())))
        for group in maker.groups.values()
    )
    return Drawing(tuple(maker.nodes.values()), tuple(maker.edges), groups, title)


def _offered(found: Sequence[Wire], part: Step | Pipeline) -> list[Wire]:
    """The wires without optional inputs that a pipeline's own list of inputs leaves out."""
    if not isinstance(part, Pipeline) or part.requires is None:
        return list(found)
    named = {text.rstrip("?") for text in part.requires}
    return [one for one in found if one.source or one.certain or one.output in named]


def _leaves(step: Step) -> Iterable[Step]:
    from packetflow.composition.walk import walk

    return (found for found in walk(step) if not children(found))


class _Maker:
    """Collects the parts of a drawing while walking down a tree."""

    def __init__(self, problems: Iterable[Problem], statuses: Mapping[str, str]) -> None:
        self.nodes: dict[str, Node] = {}
        self.groups: dict[str, Group] = {}
        self.members: dict[str, list[str]] = {}
        self.edges: list[Edge] = []
        self.places: dict[str, str] = {}
        self.statuses = statuses
        self.detailed = True
        self.followers: list[tuple[Step, Step]] = []
        self.units: dict[int, tuple[str, str]] = {}
        self.wrong: dict[str, list[Problem]] = {}
        for problem in problems:
            self.wrong.setdefault(problem.step, []).append(problem)

    # ------------------------------------------------------------------ steps

    def add(self, step: Step, parent: str, badges: tuple[str, ...] = ()) -> None:
        """Add a step and all inside it to the group *parent*."""
        match step:
            case Guarded(step=inner, policy=policy):
                self.add(inner, parent, (words.policy(policy), *badges))
                self.units[id(step)] = self.units[id(inner)]
            case Use() | Call():
                self._add_called(step, parent, badges)
            case InOrder():
                self._add_sequence(step, parent, badges)
            case Wait():
                self._add_wait(step, parent, badges)
            case Branch():
                group = self._open(step, parent, words.title(step), badges)
                for case in step.cases:
                    self._way(case.then, group, case.when)
                if step.otherwise is not None:
                    self._way(step.otherwise, group, "otherwise")
            case Race(steps=steps) | Fallback(steps=steps):
                group = self._open(step, parent, words.title(step), badges)
                for index, inner in enumerate(steps):
                    text = "else" if index and isinstance(step, Fallback) else ""
                    self._way(inner, group, text or "try this", quiet=not text)
            case Parallel(steps=steps) | Graph(steps=steps):
                group = self._open(step, parent, words.title(step), badges)
                for inner in steps:
                    self.add(inner, group)
                if isinstance(step, Graph):
                    self.order(step.after)
            case Each() | Repeat():
                group = self._open(step, parent, words.title(step), badges)
                self.add(step.step, group)
            case _:
                assert_never(step)

    def _add_called(self, step: Use | Call, parent: str, badges: tuple[str, ...]) -> None:
        called = step.capability if isinstance(step, Use) else step.pipeline
        name = label(step)
        known = not isinstance(called, Unknown)
        kind = "unknown" if not known else "capability" if isinstance(step, Use) else "pipeline"
        detail = called.name if name != called.name else ""
        if not detail and self.detailed:
            detail = words.intent(called)
        contract = None if isinstance(called, Unknown) else called.contract
        hidden = {port.name for port in contract.requires if port.secret} if contract else set()
        fixed = tuple(
            f"{key} = (secret)" if key in hidden else words.setting(key, value)
            for key, value in step.values.items()
        )
        self._card(
            Node(
                name,
                name,
                kind,
                (*fixed, *badges),
                detail=detail,
                inputs=tuple(contract.inputs) if contract else (),
                outputs=tuple(contract.outputs) if contract else (),
            ),
            parent,
            step,
        )

    def _add_wait(self, step: Wait, parent: str, badges: tuple[str, ...]) -> None:
        name = label(step)
        node = Node(
            name,
            name,
            "wait",
            badges,
            detail=words.waiting(step),
            inputs=() if step.key is None else (step.key,),
            outputs=tuple(port.name for port in step.gives),
        )
        if step.otherwise is None:
            self._card(node, parent, step)
            return
        group = self._free(f"{name} in time")
        self.groups[group] = Group(group, words.title(step), "wait", parent=parent)
        self._card(node, group, step)
        self._way(step.otherwise, group, "if it is late")
        self.units[id(step)] = (group, group)

    def _add_sequence(self, step: InOrder, parent: str, badges: tuple[str, ...]) -> None:
        if not step.steps:
            self._open(step, parent, words.title(step), badges)
            return
        group = parent
        if badges:
            group = self._open(step, parent, words.title(step), badges)
        for inner in step.steps:
            self.add(inner, group)
        self.followers.extend(zip(step.steps, step.steps[1:], strict=False))
        if group == parent:
            first, last = self.units[id(step.steps[0])], self.units[id(step.steps[-1])]
            self.units[id(step)] = (first[0], last[1])

    def _open(self, step: Step, parent: str, text: str, badges: tuple[str, ...]) -> str:
        """A group for a container; an empty container becomes a card."""
        name = label(step)
        kind = type(step).__name__.lower()
        if not children(step):
            self._card(Node(name, f"empty {kind}", kind, badges), parent, step)
            return parent
        place = self._free(name)
        notes, status = self._state(name)
        marks = (*words.bounds(step), *badges)
        self.groups[place] = Group(
            place, text, kind, parent=parent, badges=marks, status=status, notes=notes
        )
        self.places.setdefault(name, place)
        self.units[id(step)] = (place, place)
        return place

    def _way(self, step: Step, parent: str, text: str, *, quiet: bool = False) -> None:
        """One of several ways, in a box of its own; a *quiet* one only if it has several steps."""
        if quiet and isinstance(step, (Use, Call, Guarded, Wait)):
            self.add(step, parent)
            return
        place = self._free(f"{parent}: {text}")
        self.groups[place] = Group(place, text, "way", parent=parent)
        self.add(step, place)

    def _card(self, node: Node, parent: str, step: Step) -> None:
        place = self._free(node.id)
        notes, status = self._state(node.id)
        if node.kind == "unknown":
            status = "error"
        self.nodes[place] = replace(node, id=place, notes=notes, status=status)
        self.members.setdefault(parent, []).append(place)
        self.places.setdefault(node.id, place)
        self.units[id(step)] = (place, place)

    def _state(self, name: str) -> tuple[tuple[str, ...], str]:
        found = self.wrong.get(name, [])
        errors = any(problem.severity == "error" for problem in found)
        status = "error" if errors else "warning" if found else self.statuses.get(name, "")
        return tuple(problem.message for problem in found), status

    def _free(self, wanted: str) -> str:
        name, count = wanted or "step", 1
        while name in self.nodes or name in self.groups:
            count += 1
            name = f"{wanted} ({count})"
        return name

    # ------------------------------------------------------------------ wires

    def adopt(self, name: str, place: str) -> None:
        """Let the whole, which has no box, stand for a step's id."""
        self.places.setdefault(name, place)

    def order(self, after: Mapping[str, tuple[str, ...]]) -> None:
        """Faint edges for an order that was written down."""
        for name, earlier in after.items():
            for before in earlier:
                if name in self.places and before in self.places:
                    self._edge(Edge(self.places[before], self.places[name], faint=True))

    def connect(self, found: Iterable[Wire]) -> None:
        """An edge for every wire, and faint ones where neighbours exchange no name."""
        for wire in found:
            target = self.places.get(wire.target, "")
            source = self._input(wire) if wire.source is None else self.places.get(wire.source, "")
            if source and target:
                faint = not wire.certain
                ends = {"source_port": wire.output, "target_port": wire.input}
                self._edge(Edge(source, target, wire.name, faint, **ends))
        held = self._holders()
        joined = {
            (one, other)
            for edge in self.edges
            for one in held[edge.source]
            for other in held[edge.target]
        }
        for earlier, later in self.followers:
            last, first = self.units[id(earlier)][1], self.units[id(later)][0]
            if (last, first) not in joined and last != first:
                self._edge(Edge(last, first, faint=True))

    def _edge(self, edge: Edge) -> None:
        if edge.source != edge.target or edge.label:
            self.edges.append(edge)

    def _holders(self) -> dict[str, list[str]]:
        """For each part, itself and the groups around it."""
        above = {group.id: group.parent for group in self.groups.values()}
        for group, members in self.members.items():
            above.update(dict.fromkeys(members, group))
        held: dict[str, list[str]] = {}
        for name in (*self.nodes, *self.groups):
            chain = [name]
            while above.get(chain[-1]):
                chain.append(above[chain[-1]])
            held[name] = chain
        return held

    def _input(self, wire: Wire) -> str:
        place = f"in {wire.output}"
        if place not in self.nodes:
            text = wire.output if wire.certain else f"{wire.output}?"
            self.nodes[place] = Node(place, text, "input", outputs=(wire.output,))
        elif wire.certain and self.nodes[place].label.endswith("?"):
            self.nodes[place] = replace(self.nodes[place], label=wire.output)
        return place

    def finish(self, whole: Step, found: Sequence[Wire], promised: Sequence[str] | None) -> None:
        """A card for each output: those promised, else those that no step reads."""
        made = origins(whole)
        read = {(wire.source, wire.output) for wire in found}
        names = [text.rstrip("?") for text in promised] if promised is not None else list(made)
        for name in names:
            origin = made.get(name)
            if origin is None or (promised is None and read.issuperset(origin.makers)):
                continue
            place = self._free(f"out {name}")
            text = name if origin.guaranteed else f"{name}?"
            self.nodes[place] = Node(place, text, "output", inputs=(name,))
            for maker, output in dict.fromkeys(origin.makers):
                source = self.places.get(maker or "", "")
                if source:
                    faint = len(origin.makers) > 1 or not origin.guaranteed
                    self._edge(Edge(source, place, name, faint, output, name))
