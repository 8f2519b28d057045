"""Who gives what to whom: the lineage of every name over the whole tree.

Names carry the data, so wires are not written down; they follow from the rules of scope. This
module works them out once, for drawings, the editor and the data pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from packetflow.composition import condition
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.joining import joined
from packetflow.composition.steps import (
    Branch,
    Call,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Race,
    Repeat,
    Sequence,
    Step,
    Use,
    Wait,
)
from packetflow.composition.walk import children, identified, label, walk


@dataclass(frozen=True, slots=True)
class Wire:
    """One name on its way from the step that makes it to a step that reads it.

    An `Each` stands on both sides of its border: it reads lists and gives items inside, reads the
    results inside and gives lists. A wire between an `Each` and a step inside it runs inside.

    Attributes:
        source: The id of the step that makes it; ``None`` for the world outside.
        output: What the source calls it.
        name: What the scope calls it.
        target: The id of the step that reads it.
        input: What the target calls it.
        certain: This wire gives the value in every run: no other one may, and the source always
            makes it.
    """

    source: str | None
    output: str
    name: str
    target: str
    input: str
    certain: bool = True


Maker: TypeAlias = "tuple[str | None, str]"
"""A step's id (``None`` for outside) and what it calls the value."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name's value comes from.

    Attributes:
        makers: Each step that may have made it, first to last.
        guaranteed: One of them surely has.
    """

    makers: tuple[Maker, ...]
    guaranteed: bool


def wires(step: Step) -> tuple[Wire, ...]:
    """Every wire of a composition, by its readers in reading order.

    Steps without an id get the one that `identified` gives. A composition with problems has the
    wires that can be told.

    >>> from packetflow.composition import capability
    >>> @capability(provides="text")
    ... def fetch(url: str) -> str: return url
    >>> @capability(provides="words")
    ... def count(text: str) -> int: return len(text.split())
    >>> for wire in wires(fetch >> count):
    ...     print(wire.source, wire.name, wire.target)
    None url fetch
    fetch text count
    """
    whole = identified(step)
    lineage = _Lineage(whole)
    return tuple(lineage.read(whole, _Scope()))


def origins(step: Step) -> Mapping[str, Origin]:
    """For each name that a composition makes, where it comes from."""
    whole = identified(step)
    return _Lineage(whole).made(whole)


class _Scope:
    """Names and their origins, in front of those of the scope around."""

    __slots__ = ("around", "names")

    def __init__(self, around: _Scope | None = None) -> None:
        self.names: dict[str, Origin] = {}
        self.around = around

    def find(self, name: str) -> Origin | None:
        here: _Scope | None = self
        while here is not None:
            found = here.names.get(name)
            if found is not None:
                return found
            here = here.around
        return None


class _Lineage:
    def __init__(self, whole: Step) -> None:
        self.needs = whole.flow.needs
        self.known: dict[int, Mapping[str, Origin]] = {}
        sum(1 for _ in walk(whole))  # refuses a tree too deep for the recursion below

    # ------------------------------------------------------------------ what a step makes

    def made(self, step: Step) -> Mapping[str, Origin]:
        """The origins of what a step makes, whatever it reads."""
        found = self.known.get(id(step))
        if found is None:
            found = self.known[id(step)] = self._made(step)
        return found

    def _made(self, step: Step) -> Mapping[str, Origin]:
        match step:
            case Use() | Call():
                kept: Mapping[str, Origin] | None = step.__dict__.get("_origins")
                if kept is None:  # worked out once for each step
                    name, writes = label(step), joined(step)[1]
                    kept = step.__dict__["_origins"] = {
                        p.name: Origin(((name, output),), not p.optional) for output, p in writes
                    }
                return kept
            case Sequence(steps=steps):
                names: dict[str, Origin] = {}
                for part in steps:
                    for name, origin in self.made(part).items():
                        names[name] = _rebound(names.get(name), origin)
                return names
            case Parallel(steps=steps) | Graph(steps=steps) | Race(steps=steps):
                return self._merged(step, steps)
            case Fallback(steps=steps):
                return self._merged(step, steps)
            case Branch():
                return self._merged(step, children(step))
            case Each(into=into):
                name = label(step)
                makes = step.flow.makes
                return {
                    outer: Origin(((name, outer),), guaranteed=True)
                    for outer in into.values()
                    if outer in makes
                }
            case Repeat(step=inner) | Guarded(step=inner):
                return self.made(inner)
            case Wait(gives=gives, otherwise=otherwise):
                name = label(step)
                makes = step.flow.makes
                own = {p.name: ((name, p.name),) for p in gives}
                late = {} if otherwise is None else self.made(otherwise)
                return {
                    made: Origin(
                        (*own.get(made, ()), *(late[made].makers if made in late else ())),
                        not port.optional,
                    )
                    for made, port in makes.items()
                }

    def _merged(self, step: Step, parts: tuple[Step, ...]) -> Mapping[str, Origin]:
        """What several parts make together, or each instead of the others."""
        makers: dict[str, list[Maker]] = {}
        makes = step.flow.makes
        for part in parts:
            for name, origin in self.made(part).items():
                if name in makes:
                    makers.setdefault(name, []).extend(origin.makers)
        return {n: Origin(tuple(found), not makes[n].optional) for n, found in makers.items()}

    # ------------------------------------------------------------------ what a step reads

    def read(self, step: Step, scope: _Scope) -> Iterator[Wire]:
        """The wires that end in a step or inside it."""
        match step:
            case Use() | Call():
                name = label(step)
                for port, scoped in joined(step)[0]:
                    yield from self._wired(scope, scoped.name, name, port)
            case Sequence():
                yield from self._read_sequence(step, scope)
            case Graph():
                yield from self._read_graph(step, scope)
            case Parallel(steps=steps) | Race(steps=steps) | Fallback(steps=steps):
                for part in steps:
                    yield from self.read(part, _Scope(scope))
            case Branch():
                yield from self._read_branch(step, scope)
            case Each():
                yield from self._read_each(step, scope)
            case Repeat():
                yield from self._read_repeat(step, scope)
            case Guarded(step=inner):
                yield from self.read(inner, scope)
            case Wait():
                if step.key is not None:
                    yield from self._wired(scope, step.key, label(step), step.key)
                if step.otherwise is not None:
                    yield from self.read(step.otherwise, _Scope(scope))

    def _read_sequence(self, step: Sequence, scope: _Scope) -> Iterator[Wire]:
        own = _Scope(scope)
        for part in step.steps:
            yield from self.read(part, own)
            for name, origin in self.made(part).items():
                own.names[name] = _rebound(own.find(name), origin, self._outside(name))

    def _read_branch(self, step: Branch, scope: _Scope) -> Iterator[Wire]:
        name = label(step)
        texts = [case.when for case in step.cases]
        for variable in sorted(frozenset().union(*map(condition.variables, texts))):
            yield from self._wired(scope, variable, name, variable)
        for way in children(step):
            yield from self.read(way, _Scope(scope))

    def _read_graph(self, step: Graph, scope: _Scope) -> Iterator[Wire]:
        wiring = graph_dataflow(step)
        inside: dict[str, Origin] = {}
        for name, position in wiring.makers.items():
            origin = self.made(step.steps[position]).get(name)
            if origin is not None:
                inside[name] = origin
        shared = _Scope(scope)
        shared.names = inside
        for position, part in enumerate(step.steps):
            own = [n for n in part.flow.needs if wiring.makers.get(n) == position]
            if not own:
                yield from self.read(part, _Scope(shared))
                continue
            # It reads what it makes: that value can only come from around the graph.
            apart = _Scope(scope)
            apart.names = {n: origin for n, origin in inside.items() if n not in own}
            yield from self.read(part, _Scope(apart))

    def _read_each(self, step: Each, scope: _Scope) -> Iterator[Wire]:
        name = label(step)
        child = _Scope(scope)
        for item, outer in step.over.items():
            yield from self._wired(scope, outer, name, item)
            child.names[item] = Origin(((name, item),), guaranteed=True)
        yield from self.read(step.step, child)
        made = self.made(step.step)
        for inner, outer in step.into.items():
            if inner in made:
                yield from _from(made[inner], inner, name, outer)

    def _read_repeat(self, step: Repeat, scope: _Scope) -> Iterator[Wire]:
        name = label(step)
        made = self.made(step.step)
        child = _Scope(scope)
        for fed, origin in made.items():
            before = scope.find(fed) or self._outside(fed)
            makers = () if before is None else before.makers
            guaranteed = before is not None and before.guaranteed
            child.names[fed] = Origin((*makers, *origin.makers), guaranteed)
        yield from self.read(step.step, child)
        for variable in sorted(condition.variables(step.until) if step.until else ()):
            if variable in made:
                origin = _rebound(scope.find(variable), made[variable], self._outside(variable))
                yield from _from(origin, variable, name, variable)
            else:
                yield from self._wired(scope, variable, name, variable)

    def _wired(self, scope: _Scope, name: str, target: str, port: str) -> Iterator[Wire]:
        origin = scope.find(name) or self._outside(name)
        # nobody gives it where makers stand in each other's way; a problem says so
        return iter(()) if origin is None else _from(origin, name, target, port)

    def _outside(self, name: str) -> Origin | None:
        """The world outside as an origin, if the whole reads the name from there."""
        port = self.needs.get(name)
        return None if port is None else Origin(((None, name),), not port.optional)


def _rebound(before: Origin | None, now: Origin, outside: Origin | None = None) -> Origin:
    """What a name stands for after a step that makes it: surely, or only on some ways."""
    if now.guaranteed:
        return now
    before = before or outside
    if before is None:
        return now
    return Origin((*before.makers, *now.makers), before.guaranteed)


def _from(origin: Origin, name: str, target: str, port: str) -> Iterator[Wire]:
    certain = origin.guaranteed and len(origin.makers) == 1
    for source, output in dict.fromkeys(origin.makers):
        yield Wire(source, output, name, target, port, certain)
