"""The kinds of step: a closed union of frozen values that make one immutable tree.

Everything else (check, engine, drawing, file format, editor) is a function that matches on it.
Names carry the data: a run has a scope of named values, a step reads the names it requires and
adds the names it provides.

Every step may have an ``id``, unique in its composition; `packetflow.composition.walk.identified`
gives the missing ones. A `Guarded` has none: it goes by the step it wraps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.composable import Composable, Joinable
from packetflow.composition.policies import Policy
from packetflow.errors import CompositionError

if TYPE_CHECKING:
    import networkx as nx

    from packetflow.composition.capability import Capability
    from packetflow.composition.difference import Difference

Reads: TypeAlias = Mapping[str, str | None]
"""For an input, the name in the scope; ``None`` leaves the input to its default."""

Writes: TypeAlias = Mapping[str, str]
"""For an output, the name it gets in the scope; outputs not listed stay out of it."""


@dataclass(frozen=True)
class Unknown:
    """Stands for a capability or pipeline that is not in the catalog (any more)."""

    name: str
    kind: Literal["capability", "pipeline"] = "capability"


@dataclass(frozen=True, repr=False)
class Use(Composable):
    """Call a capability.

    Attributes:
        capability: What to call.
        reads: Inputs that come from another name; the others come from their own.
        writes: The outputs to keep and their names; ``None`` keeps all under their own.
        values: Inputs fixed here.
    """

    capability: Capability[..., Any] | Unknown
    reads: Reads = field(default_factory=dict, hash=False)
    writes: Writes | None = field(default=None, hash=False)
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    id: str | None = None

    @property
    def is_plain(self) -> bool:
        """True when every name inside is the one outside."""
        return self.writes is None and not self.reads and not self.values


@dataclass(frozen=True, repr=False)
class Call(Composable):
    """Run another saved pipeline as if it were a capability, in a scope of its own."""

    pipeline: Pipeline | Unknown
    reads: Reads = field(default_factory=dict, hash=False)
    writes: Writes | None = field(default=None, hash=False)
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    id: str | None = None

    @property
    def is_plain(self) -> bool:
        """True when every name inside is the one outside."""
        return self.writes is None and not self.reads and not self.values


@dataclass(frozen=True, repr=False)
class Sequence(Composable):
    """One after the other; a name written again replaces the earlier value."""

    steps: tuple[Step, ...]
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Parallel(Composable):
    """All at once on the same scope; each name has one producer."""

    steps: tuple[Step, ...]
    at_once: int | None = None
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Graph(Composable):
    """Free dataflow: a step starts as soon as the names it reads are there.

    Attributes:
        steps: In any order; each name has one producer.
        after: For a step's id, the ids that must have ended before it starts.
        at_once: How many run at the same time; ``None`` for no bound.
    """

    steps: tuple[Step, ...]
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    at_once: int | None = None
    id: str | None = None


@dataclass(frozen=True)
class Case:
    """One way of a branch."""

    when: str
    then: Step


@dataclass(frozen=True, repr=False)
class Branch(Composable):
    """Take the first case whose condition holds, else ``otherwise``, else nothing."""

    cases: tuple[Case, ...]
    otherwise: Step | None = None
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Each(Composable):
    """Run a step for every item of one or more lists of equal length, keeping their order.

    Attributes:
        step: What to do with an item.
        over: For a name inside, the list outside that it walks.
        into: For a name made inside, the list outside that collects it.
        at_once: How many items are under way at the same time.
        on_error: ``fail`` at the first failing item, or ``collect``: its place holds ``None``.
    """

    step: Step
    over: Mapping[str, str] = field(hash=False)
    into: Mapping[str, str] = field(default_factory=dict, hash=False)
    at_once: int = 8
    on_error: Literal["fail", "collect"] = "fail"
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Race(Composable):
    """Start all; the first to succeed wins, the others are cancelled."""

    steps: tuple[Step, ...]
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Fallback(Composable):
    """Try in order until one succeeds."""

    steps: tuple[Step, ...]
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Repeat(Composable):
    """Run a step again until a condition on its outputs holds, at most ``at_most`` times.

    Without a condition it runs exactly ``at_most`` times. Reaching the bound with the condition
    unmet fails, or goes on with what is there when ``on_limit`` is ``continue``.
    """

    step: Step
    until: str | None = None
    at_most: int = 100
    on_limit: Literal["fail", "continue"] = "fail"
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Wait(Composable):
    """Wait for a named event from outside; the execution is put aside meanwhile.

    Attributes:
        event: The event's name.
        key: A name in the scope whose value (as text) the event's key must equal; ``None`` takes
            any event of that name that no other wait of the execution has taken. An event of
            that key from before the execution counts if no other execution has taken it.
        gives: What the event's payload provides. A payload without such a name is itself the
            value of the only one.
        within_seconds: How long to wait; ``None`` for ever.
        otherwise: Done instead when the time is over; without it, that fails.
        question: What to ask a person, who then sends the event (a human approval).
        choices: The answers to offer.
    """

    event: str
    key: str | None = None
    gives: tuple[Port, ...] = ()
    within_seconds: float | None = None
    otherwise: Step | None = None
    question: str = ""
    choices: tuple[str, ...] = ()
    id: str | None = None


@dataclass(frozen=True, repr=False)
class Guarded(Composable):
    """A step with a policy around it."""

    step: Step
    policy: Policy


Step: TypeAlias = (
    Use
    | Call
    | Sequence
    | Parallel
    | Graph
    | Branch
    | Each
    | Race
    | Fallback
    | Repeat
    | Wait
    | Guarded
)


@dataclass(frozen=True)
class Trigger:
    """What starts a saved pipeline by itself.

    Attributes:
        kind: ``event`` (a name), ``file`` (a glob in the workspace) or ``schedule`` (cron).
        what: The event's name, the glob, or the five cron fields in local time.
        inputs: Inputs for the started execution; an event's payload and a file's ``path`` are
            added to them.
    """

    kind: Literal["event", "file", "schedule"]
    what: str
    inputs: Mapping[str, Any] = field(default_factory=dict, hash=False)


class Edits(Protocol):
    """A workspace, as far as it edits pipelines."""

    def edit(self, what: Pipeline, /) -> Any:
        """Something to show that edits a pipeline."""
        ...


@dataclass(frozen=True, repr=False)
class Pipeline(Joinable):
    """A step with a name and a version, as it is saved.

    Attributes:
        name: Unique in the workspace; also the file's name.
        step: What it does.
        version: Counted up by people when the meaning changes.
        intent: What it gives, in one sentence.
        requires: The names it may read from outside (``name?`` for optional); ``None`` derives
            them.
        provides: The names it gives (``name?`` when not certain); ``None`` gives all it makes.
        triggers: What starts it.
        exposed: Offered as a tool to other programs.
        inputs: Types, defaults and help of inputs, which replace the derived ones.
    """

    name: str
    step: Step
    version: int = 1
    intent: str = ""
    requires: tuple[str, ...] | None = None
    provides: tuple[str, ...] | None = None
    triggers: tuple[Trigger, ...] = ()
    exposed: bool = False
    inputs: Mapping[str, Port] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        from packetflow.composition.build import as_step

        object.__setattr__(self, "step", as_step(self.step))  # a capability stands for its step

    @property
    def contract(self) -> Contract:
        """What it requires and provides, derived from its steps and its own words."""
        from packetflow.composition.promises import pipeline_contract

        return pipeline_contract(self)

    def __repr__(self) -> str:
        from packetflow.composition.formula import formula

        return f"<pipeline {self.name}: {formula(self.step)}>"

    def as_step(self) -> Call:
        """Use it inside another composition."""
        return Call(self)

    def edit(self, workspace: Edits) -> Any:
        """Edit it on a canvas in a notebook's cell, as a draft of a workspace.

        Raises:
            CompositionError: That is no workspace.
        """
        if not hasattr(workspace, "edit"):
            raise CompositionError(
                "a canvas belongs to an open workspace: ws = Workspace('my-work'), then "
                f"flow.edit(ws); here: {workspace!r}"
            )
        return workspace.edit(self)

    def diff(self, newer: Pipeline) -> Difference:
        """What differs in a newer version: steps added, removed, changed, moved, renamed.

        Raises:
            CompositionError: A value in one of them is of a class that no file can hold.
        """
        from packetflow.composition.difference import difference

        return difference(self, newer)

    def to_svg(self) -> str:
        """Its picture, as an SVG element."""
        from packetflow.composition.draw import to_svg

        return to_svg(self)

    def to_mermaid(self) -> str:
        """Its picture, as Mermaid flowchart text."""
        from packetflow.composition.draw import to_mermaid

        return to_mermaid(self)

    def to_networkx(self) -> nx.DiGraph[str]:
        """Its picture, as a graph of networkx."""
        from packetflow.composition.draw import to_networkx

        return to_networkx(self)

    def _repr_html_(self) -> str:
        from packetflow.composition.draw import pipeline_html

        return pipeline_html(self)
