"""Make a pipeline of the nodes of its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from packetflow.capabilities.contract import Port
from packetflow.composition.codec_fields import Fields
from packetflow.composition.codec_nodes import Node
from packetflow.composition.codec_short import Kept, read_kept
from packetflow.composition.joining import called_contract
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Pipeline,
    Race,
    Repeat,
    Sequence,
    Step,
    Trigger,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import DEEPEST, changed_children, identified, step_id, walk
from packetflow.errors import SourceError, did_you_mean

if TYPE_CHECKING:
    from packetflow.composition.capability import Capability

Resolve: TypeAlias = Callable[
    [Literal["capability", "pipeline"], str], "Capability[..., Any] | Pipeline | None"
]
"""Finds what a file names; ``None`` when it is not there."""

HEADER = (
    "pipeline",
    "version",
    "intent",
    "requires",
    "provides",
    "inputs",
    "triggers",
    "exposed",
    "steps",
)
"""The keys of a file, in their order."""

CALLED = ("id", "from", "to", "set", "with")
KEYS: Mapping[str, tuple[str, ...]] = {
    "use": CALLED,
    "call": CALLED,
    "sequence": ("id", "with"),
    "parallel": ("at_once", "id", "with"),
    "graph": ("at_once", "id", "with"),
    "when": ("then", "otherwise", "id", "with"),
    "choose": ("otherwise", "id", "with"),
    "each": ("over", "into", "at_once", "on_error", "id", "with"),
    "race": ("id", "with"),
    "fallback": ("id", "with"),
    "repeat": ("until", "at_most", "on_limit", "id", "with"),
    "wait_for": ("key", "gives", "question", "choices", "within", "otherwise", "id", "with"),
    "approve": ("into", "choices", "within", "otherwise", "id", "with"),
}
"""For each kind of step, by the key that tells it, the other keys it takes."""

REQUIRED: Mapping[str, tuple[str, ...]] = {"when": ("then",), "each": ("over",)}

_UNNAMED = "\0"
_NOTHING = Sequence(())


def read_pipeline(root: Node, resolve: Resolve, file: str = "") -> Pipeline:
    """Make a pipeline of a file's nodes; every step of it has an id.

    Raises:
        SourceError: Keys are unknown or missing, or values do not fit; the first by place, the
            rest in its ``others``.
    """
    return _read(root, resolve, file)[0]


def read_places(root: Node, file: str = "") -> list[tuple[Step, Node]]:
    """Every step of a file with its node, in reading order.

    A sequence that is only a list has the list's node. Policies are not listed by themselves.

    Raises:
        SourceError: As `read_pipeline`.
    """
    return read_whole(root, lambda kind, name: None, file)[1]  # noqa: ARG005 - nothing is known


def read_whole(
    root: Node, resolve: Resolve, file: str = "", kept: Kept | None = None
) -> tuple[Pipeline, list[tuple[Step, Node]]]:
    """A pipeline, and its steps with their nodes as `read_places` gives them.

    Steps *kept* from earlier readings are the same objects again; new ones are kept there.

    Raises:
        SourceError: As `read_pipeline`.
    """
    made, places = _read(root, resolve, file, kept)
    steps = [step for step in walk(made.step) if not isinstance(step, Guarded)]
    return made, list(zip(steps, places, strict=True))


def _read(
    root: Node, resolve: Resolve, file: str, kept: Kept | None = None
) -> tuple[Pipeline, list[Node]]:
    read = _Reading(resolve, file, kept)
    try:
        made = read.pipeline(root)
    except RecursionError as error:
        message = "steps are nested too deep; put inner parts into pipelines of their own"
        raise SourceError(message, file=file, line=root.line, column=root.column) from error
    read.refuse_mistakes()
    step = identified(made.step)
    return replace(made, step=_settled(step) if read.ordered else step), read.places


def _settled(step: Step) -> Step:
    """Put ids where a graph's order still counts positions."""
    if isinstance(step, Graph):
        after = {
            cast("str", step_id(step.steps[int(key[1:])])) if key.startswith(_UNNAMED) else key: ids
            for key, ids in step.after.items()
        }
        step = replace(step, after=after)
    return changed_children(step, _settled)


class _Reading(Fields):
    """One reading of one file."""

    def __init__(self, resolve: Resolve, file: str, kept: Kept | None) -> None:
        super().__init__(file)
        self.kept = {} if kept is None else kept
        self.resolve = resolve
        self.ordered = False
        self.depth = 0
        self.found: dict[tuple[str, str], Any] = {}
        self.places: list[Node] = []

    def pipeline(self, root: Node) -> Pipeline:
        found = self.known(root, "a pipeline", HEADER, ("pipeline", "steps"))
        steps = found.get("steps")
        requires, provides = found.get("requires"), found.get("provides")
        inputs = self.mapping(found.get("inputs"), "inputs")
        return Pipeline(
            self.text(found.get("pipeline"), "pipeline"),
            _NOTHING if steps is None else self.steps(steps, "steps"),
            self.whole(found.get("version"), "version", 1, 0),
            self.text(found.get("intent"), "intent"),
            None if requires is None else self.texts(requires, "requires"),
            None if provides is None else self.texts(provides, "provides"),
            self.triggers(found.get("triggers")),
            self.flag(found.get("exposed"), "exposed"),
            {name: self.port(name, node) for name, node in inputs.items()},
        )

    def triggers(self, node: Node | None) -> tuple[Trigger, ...]:
        if node is None:
            return ()
        if node.kind != "list":
            self.wrong(node, "triggers must be a list: [{event: NAME}]")
            return ()
        made = [self.trigger(item) for item in node.items]
        return tuple(trigger for trigger in made if trigger is not None)

    def trigger(self, node: Node) -> Trigger | None:
        kinds: tuple[Literal["event", "file", "schedule"], ...] = ("event", "file", "schedule")
        found = self.known(node, "a trigger", (*kinds, "set"))
        told = [kind for kind in kinds if kind in found]
        if len(told) != 1:
            self.wrong(node, "a trigger has one of event:, file: and schedule:")
            return None
        what = self.text(found[told[0]], told[0])
        return Trigger(told[0], what, self.values(found.get("set"), "set"))

    def steps(self, node: Node, what: str) -> Step:
        """A list of steps: one of them is itself, several are a sequence."""
        if node.kind == "map":
            return self.step(node)
        if node.kind == "list" and len(node.items) != 1:
            self.places.append(node)
        made = self.listed(node, what)
        return made[0] if len(made) == 1 else Sequence(made)

    def listed(self, node: Node, what: str) -> tuple[Step, ...]:
        if node.kind != "list":
            self.wrong(node, f"{what} must be a list of steps: - use: NAME")
            return ()
        return tuple(
            self.nested(item) if item.kind == "list" else self.step(item) for item in node.items
        )

    def nested(self, node: Node) -> Step:
        """A list as an item of a list of steps is a sequence."""
        return self.steps(node, "a sequence")

    def step(self, node: Node, *, in_graph: bool = False) -> Step:
        short = read_kept(node, self.kept, self.capability) if self.depth < DEEPEST else None
        if short is not None:
            self.places.append(node)
            return short
        kind = self.kind_of(node)
        if kind is None:
            return _NOTHING
        keys = (kind, *KEYS[kind], *(("after",) if in_graph else ()))
        found = self.known(node, f"a step with `{kind}:`", keys, REQUIRED.get(kind, ()))
        self.places.append(node)
        self.depth += 1
        if self.depth > DEEPEST:
            self.wrong(node, f"steps are nested more than {DEEPEST} deep; save inner parts apart")
            self.depth -= 1
            return _NOTHING
        named = None if "id" not in found else self.text(found["id"], "id")
        if named == "":
            self.wrong(found["id"], "id is empty; give it a name or leave it out")
        made = self.made(kind, found, named)
        self.depth -= 1
        for policy in self.policies(found.get("with")):
            made = Guarded(made, policy)
        return made

    def kind_of(self, node: Node) -> str | None:
        if node.kind != "map":
            self.wrong(node, "a step must be a mapping, such as `use: NAME`")
            return None
        keys = [key.value for key, _ in node.pairs]
        told = [key for key in keys if key in KEYS]
        if len(told) == 1:
            return str(told[0])
        if told:
            both = " and ".join(f"`{key}:`" for key in told[:2])
            self.wrong(node, f"a step is of one kind, but this has {both}; make two steps of it")
            return None
        near = [match for key in keys for match in get_close_matches(key, KEYS, 1)][:1]
        self.wrong(
            node,
            f"a step needs a key that tells its kind{did_you_mean(near)}"
            + ("" if near else f"; one of: {', '.join(KEYS)}"),
        )
        return None

    def made(self, kind: str, found: dict[str, Node], named: str | None) -> Step:
        main = found[kind]
        match kind:
            case "use" | "call":
                return self.called(kind, found, named)
            case "sequence":
                return Sequence(self.listed(main, kind), named)
            case "parallel":
                at_once = self.maybe_whole(found.get("at_once"), "at_once")
                return Parallel(self.listed(main, kind), at_once, named)
            case "graph":
                return self.graph(main, self.maybe_whole(found.get("at_once"), "at_once"), named)
            case "when" | "choose":
                return self.branch(kind, found, named)
            case "each":
                return Each(
                    self.steps(main, kind),
                    self.names(found.get("over"), "over"),
                    self.names(found.get("into"), "into"),
                    self.whole(found.get("at_once"), "at_once", 8),
                    self.choice(found.get("on_error"), "on_error", ("fail", "collect")),
                    named,
                )
            case "race":
                return Race(self.listed(main, kind), named)
            case "fallback":
                return Fallback(self.listed(main, kind), named)
            case "repeat":
                until = found.get("until")
                return Repeat(
                    self.steps(main, kind),
                    None if until is None else self.text(until, "until"),
                    self.whole(found.get("at_most"), "at_most", 100),
                    self.choice(found.get("on_limit"), "on_limit", ("fail", "continue")),
                    named,
                )
            case _:
                return self.wait(kind, found, named)

    def called(self, kind: str, found: dict[str, Node], named: str | None) -> Use | Call:
        name = self.text(found[kind], kind)
        if not name:
            self.wrong(found[kind], f"{kind} is empty; say which")
        values = self.values(found.get("set"), "set")
        writes = self.writes(found.get("to"))
        step: Use | Call
        if kind == "use":
            step = Use(self.resolved("capability", name), {}, writes, values, named)
        else:
            step = Call(self.resolved("pipeline", name), {}, writes, values, named)
        reads = self.reads(found.get("from"), step)
        return replace(step, reads=reads) if reads else step

    def capability(self, name: str) -> Any:
        return self.resolved("capability", name)

    def resolved(self, kind: Literal["capability", "pipeline"], name: str) -> Any:
        if (kind, name) not in self.found:
            self.found[kind, name] = self.resolve(kind, name) or Unknown(name, kind)
        return self.found[kind, name]

    def reads(self, node: Node | None, step: Use | Call) -> dict[str, str | None]:
        if node is None:
            return {}
        if node.kind == "map":
            return {
                key.value: None
                if value.kind == "scalar" and value.value is None
                else self.text(value, f"from: {key.value}")
                for key, value in node.pairs
            }
        reads: dict[str, str | None] = {name: name for name in self.texts(node, "from")}
        contract = called_contract(step)
        for port in () if contract is None else contract.requires:
            if port.optional and port.name not in reads and port.name not in step.values:
                reads[port.name] = None
        return reads

    def writes(self, node: Node | None) -> dict[str, str] | None:
        if node is None:
            return None
        if node.kind == "list":
            return {name: name for name in self.texts(node, "to")}
        return self.names(node, "to")

    def graph(self, node: Node, at_once: int | None, named: str | None) -> Graph:
        if node.kind != "list":
            self.wrong(node, "graph must be a list of steps: - use: NAME")
            return Graph((), {}, at_once, named)
        steps: list[Step] = []
        after: dict[str, tuple[str, ...]] = {}
        for index, item in enumerate(node.items):
            step = self.nested(item) if item.kind == "list" else self.step(item, in_graph=True)
            steps.append(step)
            order = item.get("after") if item.kind == "map" else None
            if order is None:
                continue
            inner = step
            while isinstance(inner, Guarded):
                inner = inner.step
            if inner.id is None and isinstance(inner, Sequence):
                self.wrong(item, "a sequence with `after:` needs an id")
            self.ordered = self.ordered or inner.id is None
            after[inner.id or f"{_UNNAMED}{index}"] = self.texts(order, "after")
        return Graph(tuple(steps), after, at_once, named)

    def branch(self, kind: str, found: dict[str, Node], named: str | None) -> Branch:
        other = found.get("otherwise")
        if kind == "when":
            cases: tuple[Case, ...] = (self.case(found),)
        elif found[kind].kind != "list":
            self.wrong(found[kind], "choose must be a list: - {when: CONDITION, then: STEPS}")
            cases = ()
        else:
            keys = ("when", "then")
            cases = tuple(
                self.case(self.known(item, "a case", keys, keys)) for item in found[kind].items
            )
        return Branch(cases, None if other is None else self.steps(other, "otherwise"), named)

    def case(self, found: dict[str, Node]) -> Case:
        then = found.get("then")
        step: Step = _NOTHING if then is None else self.steps(then, "then")
        return Case(self.text(found.get("when"), "when"), step)

    def wait(self, kind: str, found: dict[str, Node], named: str | None) -> Wait:
        other = found.get("otherwise")
        last = None if other is None else self.steps(other, "otherwise")
        within = self.maybe_seconds(found.get("within"), "within")
        choices = self.texts(found.get("choices"), "choices")
        if kind == "approve":
            event = self.text(found.get("into"), "into", "approved")
            answer = (Port(event, str if choices else bool),)
            question = self.text(found[kind], kind)
            return Wait(event, None, answer, within, last, question, choices, named)
        event = self.text(found[kind], kind)
        gives = found.get("gives")
        ports: tuple[Port, ...] = (Port(event),)
        if gives is not None:
            ports = tuple(self.port(n, one) for n, one in self.mapping(gives, "gives").items())
        key = None if "key" not in found else self.text(found["key"], "key")
        question = self.text(found.get("question"), "question")
        return Wait(event, key, ports, within, last, question, choices, named)
