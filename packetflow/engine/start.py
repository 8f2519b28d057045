"""How an execution begins: who asked, what it builds on, its inputs checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from pydantic_core import ValidationError

from packetflow.capabilities.validate import reason
from packetflow.composition.composable import Composable
from packetflow.composition.steps import Pipeline
from packetflow.engine.past import Past
from packetflow.engine.values import Fetch, Opaque, unpack
from packetflow.errors import MissingInput, RunError, UnknownName, WrongType
from packetflow.kernel.ids import new_id
from packetflow.kernel.records import DefinitionSeen, ExecutionStarted

if TYPE_CHECKING:
    from packetflow.engine.plan import Plan
    from packetflow.engine.ports import Sink
    from packetflow.kernel.clock import Clock


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an execution beside its composition and inputs.

    Attributes:
        execution_id: Its id; a new one by default.
        epoch: The lease's epoch.
        trigger: What started it: ``python``, ``cli``, ``studio``, ``mcp``, ``event:NAME``, ...
        user: Who asked, where known.
        agent: Which agent asked, where known.
        parent_id: The execution that it belongs to.
        retry_of: The execution that it repeats or forks.
        tags: Free facts.
        past: Completed steps of another execution to build on.
        last_span: The highest span number already used.
        leaves_questions: Put it aside as soon as it only waits for people.
    """

    execution_id: str = msgspec.field(default_factory=new_id)
    epoch: int = 1
    trigger: str = "python"
    user: str | None = None
    agent: str | None = None
    parent_id: str | None = None
    retry_of: str | None = None
    tags: Mapping[str, str] = {}
    past: Past | None = None
    last_span: int = 0
    leaves_questions: bool = False


class Definition(NamedTuple):
    """What runs, as it is kept.

    Attributes:
        sha: Its sha256 in hex.
        kind: ``pipeline`` or ``composition``.
        body: Its text, for people.
        compact: Its text, for a quick start.
    """

    sha: str
    kind: str
    body: str
    compact: str


def check_inputs(plan: Plan, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Check what is given against the contract.

    Returns:
        The scope to start with; optional inputs that are not given are left out.

    Raises:
        MissingInput: A needed one is not given.
        UnknownName: One is given that nothing reads.
        WrongType: One does not fit.
    """
    known = plan.contract.inputs
    for name in inputs:
        if name not in known:
            near = get_close_matches(name, known, 1) or list(known)[:3]
            raise UnknownName("input", name, near)
    scope: dict[str, Any] = {}
    for read in plan.inputs:
        name = read.scope_name
        if name in inputs:
            value = inputs[name]
        elif name in plan.defaults:
            value = plan.defaults[name]
        elif read.port.optional:
            continue
        else:
            raise _lacking(plan, inputs)
        try:
            scope[name] = value if read.check is None else read.check(value)
        except ValidationError as error:
            raise WrongType(name, "the inputs", reason(error)) from error
    return scope


def _lacking(plan: Plan, inputs: Mapping[str, Any]) -> MissingInput:
    from packetflow.composition.slips import near_misses

    names = [p.name for p in plan.contract.requires if not p.optional and p.name not in inputs]
    near = [other for name, other in near_misses(plan.step) if name in names]
    return MissingInput(names, "the composition", near)


def restored_inputs(
    plan: Plan,
    started: ExecutionStarted,
    fetch: Fetch,
    anew: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """The inputs of an execution, from its first record; those given *anew* instead of theirs.

    Raises:
        RunError: One of them was secret or could not be kept, and is not given anew.
    """
    ports = plan.contract.inputs
    scope = dict(anew)
    for name, slot in started.inputs.items():
        if name in anew:
            continue
        try:
            scope[name] = unpack(slot, ports.get(name), fetch)
        except (Opaque, ValidationError) as error:
            raise RunError(
                f"execution {started.execution_id} cannot go on: its input {name!r} was not kept "
                f"(it is secret, or of a type that cannot be); fork it and give {name!r} anew"
            ) from error
    return scope


def definition_of(composition: Composable | Pipeline, plan: Plan) -> Definition:
    """The identity of what runs."""
    kept: Definition | None = plan.__dict__.get("_definition")
    if kept is None:
        from packetflow.composition.codec import definition_sha, dump, dump_compact
        from packetflow.composition.concealing import concealed

        kind = "pipeline" if isinstance(composition, Pipeline) else "composition"
        whole = composition if isinstance(composition, Pipeline) else Pipeline(plan.name, plan.step)
        shown = concealed(whole)
        kept = Definition(definition_sha(whole), kind, dump(shown), dump_compact(shown))
        plan.__dict__["_definition"] = kept
    return kept


class Definitions:
    """What has run here, each kept once, so that a run can be resumed with what it began with.

    Args:
        sink: Where it is kept.
        clock: Says when.
        keep: Called with sha and compact text, before.
    """

    def __init__(
        self, sink: Sink, clock: Clock, keep: Callable[[str, str], None] | None = None
    ) -> None:
        self._sink, self._clock, self._keep = sink, clock, keep
        self._known: set[str] = set()

    def seen(self, composition: Composable | Pipeline, plan: Plan) -> str:
        """The identity of what runs now, which is kept."""
        sha, kind, body, compact = definition_of(composition, plan)
        if sha not in self._known:
            at = self._clock.wall_ns()
            if self._keep is not None:
                self._keep(sha, compact)
            self._sink.append(DefinitionSeen(sha, kind, plan.name, plan.version, body, at))
            self._known.add(sha)
        return sha
