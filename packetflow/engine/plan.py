"""Compile a composition into a plan: nodes that know everything that can be known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeAlias

from packetflow.capabilities.contract import MISSING, Contract, Port
from packetflow.capabilities.declaration import Declaration
from packetflow.capabilities.effects import Safety
from packetflow.capabilities.validate import unusable, validator
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.condition import compile_condition, variables
from packetflow.composition.dataflow import graph_dataflow
from packetflow.composition.joining import called_contract, joined
from packetflow.composition.policies import (
    Breaker,
    Bulkhead,
    Cache,
    Hedge,
    RateLimit,
    Retry,
    Timeout,
)
from packetflow.composition.promises import pipeline_contract
from packetflow.composition.secrets import hidden_by_caller, hidden_names
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
    Sequence,
    Step,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import changed_children, identified, label, natural_name, walk
from packetflow.engine.choices import FallbackNode, RaceNode
from packetflow.engine.codegen import Joint, Read, Write, inputs_function, pack_function
from packetflow.engine.guarded import GuardedUse
from packetflow.engine.guards import (
    CacheNode,
    HedgeNode,
    RetryNode,
    TimeoutNode,
    limits_inside,
)
from packetflow.engine.limits import BreakerNode, BulkheadNode, RateLimitNode
from packetflow.engine.loops import EachNode, RepeatNode
from packetflow.engine.node import Node
from packetflow.engine.packing import packer
from packetflow.engine.places import ProcessUse, StreamUse, ThreadUse
from packetflow.engine.shared import SharedKey, shared_place
from packetflow.engine.use import AsyncUse, InlineUse, UseNode
from packetflow.engine.veil import veil, veiled
from packetflow.engine.waits import WaitNode
from packetflow.engine.ways import BranchNode, CallNode, GraphNode, ParallelNode, SequenceNode
from packetflow.errors import ContractError, DeclarationError

Packing: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """A compiled composition.

    Attributes:
        name: The pipeline's name, or the label of the outermost step.
        version: The pipeline's version; empty for a composition without one.
        step: The composition with all its ids.
        contract: What it requires and provides.
        root: The compiled steps.
        inputs: How the given inputs are checked.
        pack_inputs: Makes them fit for a record; ``None`` when they are.
        pack_outputs: The same of what it provides.
        defaults: What a pipeline itself says of inputs that are left out.
        secrets: The names in its scope whose values may not be shown.
    """

    name: str
    version: str
    step: Step
    contract: Contract
    root: Node
    inputs: tuple[Read, ...]
    pack_inputs: Packing | None
    pack_outputs: Packing | None
    defaults: Mapping[str, Any]
    secrets: frozenset[str]


def compile_plan(composition: Step | Pipeline) -> Plan:
    """Compile a composition that has been checked.

    Raises:
        ContractError: It cannot run, with the problems.
    """
    defaults: dict[str, Any] = {}
    name, version = "", ""
    if isinstance(composition, Pipeline):
        name, version = composition.name, str(composition.version)
        composition = replace(composition, step=identified(composition.step))
        problems = check_pipeline(composition, errors_only=True)
        contract = pipeline_contract(composition)
        step = composition.step
        inputs = composition.inputs.items()
        defaults = {name: port.default for name, port in inputs if port.default is not MISSING}
    else:
        step = identified(composition)
        problems = check(step, errors_only=True)
        contract = step.contract
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ContractError(errors)
    hidden = hidden_names(step, (port.name for port in contract.requires if port.secret))
    contract = Contract(veiled(contract.requires, hidden), veiled(contract.provides, hidden))
    reads = tuple(Read(p.name, p.name, p, _check(p)) for p in contract.requires)
    return Plan(
        name or label(step),
        version,
        step,
        contract,
        compile_step(step, hidden),
        reads,
        pack_function({port.name: packer(port) for port in contract.requires}),
        pack_function({port.name: packer(port) for port in contract.provides}),
        defaults,
        hidden,
    )


def _check(port: Port) -> Any:
    try:
        return validator(port.type)
    except unusable() as error:
        raise DeclarationError(
            f"the type of {port.name!r} ({port}) cannot be checked: {error}"
        ) from error


def compile_step(step: Step, hidden: frozenset[str] = frozenset()) -> Node:
    """Compile one step and those inside it; the values of *hidden* names are never kept."""
    match step:
        case Use():
            return _compile_use(step, hidden)
        case Call():
            return _compile_call(step, hidden)
        case Sequence(steps=steps):
            return SequenceNode([compile_step(part, hidden) for part in steps])
        case Parallel(steps=steps, at_once=at_once):
            return ParallelNode([compile_step(part, hidden) for part in steps], at_once)
        case Graph():
            return _compile_graph(step, hidden)
        case Branch():
            return _compile_branch(step, hidden)
        case Each():
            return EachNode(
                label(step),
                compile_step(step.step, hidden),
                step.over,
                step.into,
                free=[name for name in step.step.flow.needs if name not in step.over],
                maybe={name for name, port in step.step.flow.makes.items() if port.optional},
                at_once=step.at_once,
                on_error=step.on_error,
            )
        case Race(steps=steps):
            ports = {port.name: port for port in veiled(step.flow.makes.values(), hidden)}
            nodes = [compile_step(part, hidden) for part in steps]
            return RaceNode(label(step), nodes, [list(p.flow.needs) for p in steps], ports)
        case Fallback(steps=steps):
            nodes = [compile_step(part, hidden) for part in steps]
            frees = [list(part.flow.needs) for part in steps]
            return FallbackNode(label(step), nodes, frees, list(step.flow.makes))
        case Repeat():
            return _compile_repeat(step, hidden)
        case Wait():
            return _compile_wait(step, hidden)
        case Guarded():
            return _compile_guarded(step, hidden)


def reads_and_writes(
    step: Use | Call, hidden: frozenset[str]
) -> tuple[tuple[Read, ...], tuple[Write, ...]]:
    """The joints of a step with its scope, with their checks."""
    contract = called_contract(step)
    reads, writes = joined(step)
    reads = [(name, veil(port, hidden)) for name, port in reads]
    writes = [(name, veil(port, hidden)) for name, port in writes]
    inputs = {} if contract is None else contract.inputs
    outputs = {} if contract is None else contract.outputs
    return (
        tuple(
            Read(parameter, port.name, port, _check(inputs.get(parameter, port)))
            for parameter, port in reads
        ),
        tuple(
            Write(field, port.name, port, _check(outputs.get(field, port)), packer(port))
            for field, port in writes
        ),
    )


def _compile_use(step: Use, hidden: frozenset[str]) -> Node:
    used = step.capability
    if isinstance(used, Unknown):
        raise AssertionError(f"{used.name} passed the check")  # noqa: TRY004 - not a type of value
    declaration = used.declaration
    if step.is_plain:
        contract = declaration.contract
        secret = hidden and hidden & {*contract.inputs, *contract.outputs}
        joint = _plain_joint(declaration, secret)
    else:
        joint = _joint(step, declaration, hidden)
    node = _use_class(declaration)(label(step), declaration, joint)
    return GuardedUse(node) if declaration.safety is Safety.GUARDED else node


def _joint(step: Use, declaration: Declaration, hidden: frozenset[str]) -> Joint:
    reads, writes = reads_and_writes(step, hidden)
    return Joint(declaration, reads, writes, _fixed(step, declaration.contract))


@lru_cache(maxsize=1024)
def _plain_joint(declaration: Declaration, hidden: frozenset[str]) -> Joint:
    """The joint of a capability under its own names; made once for all such steps."""
    contract = declaration.contract
    reads = tuple(
        Read(port.name, port.name, port, _check(port)) for port in veiled(contract.requires, hidden)
    )
    writes = tuple(
        Write(port.name, port.name, port, _check(port), packer(port))
        for port in veiled(contract.provides, hidden)
    )
    return Joint(declaration, reads, writes, {})


def _use_class(declaration: Declaration) -> type[UseNode]:
    if declaration.mode in {"generator", "async_generator"}:
        return StreamUse
    if declaration.mode == "async":
        return AsyncUse
    return {"loop": InlineUse, "thread": ThreadUse, "process": ProcessUse}[declaration.place]


def _fixed(step: Use | Call, contract: Contract) -> dict[str, Any]:
    """The fixed inputs, checked once."""
    from pydantic import ValidationError

    from packetflow.capabilities.validate import reason
    from packetflow.composition.problems import Problem

    checked: dict[str, Any] = {}
    for name, value in step.values.items():
        check = _check(contract.inputs[name])
        try:
            checked[name] = value if check is None else check(value)
        except ValidationError as error:
            message = f"the value set for {name!r} {reason(error)}"
            raise ContractError([Problem("wrong_type", label(step), message, name)]) from error
    return checked


def _compile_call(step: Call, hidden: frozenset[str]) -> Node:
    called = step.pipeline
    if isinstance(called, Unknown):
        raise AssertionError(f"{called.name} passed the check")  # noqa: TRY004 - not a type of value
    prefix = label(step)
    reads, writes = reads_and_writes(step, hidden)
    inside = _prefixed(identified(called.step), prefix)
    secrets = hidden_names(inside, hidden_by_caller(step, hidden))
    body = compile_step(inside, secrets)
    # inputs left out stay out, so that each reader inside uses its own default
    given = [r if r.parameter in called.inputs else _without_default(r) for r in reads]
    gather = inputs_function(given, _fixed(step, called.contract))
    return CallNode(prefix, body, gather, [(w.field, w.scope_name) for w in writes])


def _without_default(read: Read) -> Read:
    return replace(read, port=replace(read.port, default=MISSING)) if read.port.optional else read


def _prefixed(step: Step, prefix: str) -> Step:
    """Put the calling step's id before the ids inside, so that all differ."""

    def rename(here: Step) -> Step:
        if not isinstance(here, Guarded) and here.id is not None:
            here = replace(here, id=f"{prefix}/{here.id}")
        if isinstance(here, Graph) and here.after:
            after = {
                f"{prefix}/{k}": tuple(f"{prefix}/{i}" for i in v) for k, v in here.after.items()
            }
            here = replace(here, after=after)
        return changed_children(here, rename)

    return rename(step)


def _compile_graph(step: Graph, hidden: frozenset[str]) -> Node:
    wiring = graph_dataflow(step)
    return GraphNode(
        [compile_step(part, hidden) for part in step.steps],
        wiring.before,
        wiring.after,
        at_once=step.at_once,
        seconds=[_expected_seconds(part) for part in step.steps],
    )


def _expected_seconds(step: Step) -> float:
    """How long a step usually takes, as far as declared; one second each otherwise."""
    known = [
        used.declaration.expected_seconds
        for part in walk(step)
        if isinstance(part, Use) and not isinstance(used := part.capability, Unknown)
    ]
    return sum(1.0 if seconds is None else seconds for seconds in known) or 1.0


def _compile_branch(step: Branch, hidden: frozenset[str]) -> Node:
    cases = [
        (compile_condition(case.when, label(step)), compile_step(case.then, hidden))
        for case in step.cases
    ]
    otherwise = None if step.otherwise is None else compile_step(step.otherwise, hidden)
    return BranchNode(label(step), cases, otherwise)


def _compile_repeat(step: Repeat, hidden: frozenset[str]) -> Node:
    needs: Iterable[str] = step.step.flow.needs
    until = None
    if step.until is not None:
        until = compile_condition(step.until, label(step))
        needs = {*needs, *variables(step.until)}
    return RepeatNode(
        label(step),
        compile_step(step.step, hidden),
        until,
        until_text=step.until or "",
        at_most=step.at_most,
        goes_on=step.on_limit == "continue",
        free=list(needs),
        made=list(step.step.flow.makes),
    )


def _compile_wait(step: Wait, hidden: frozenset[str]) -> Node:
    otherwise = None if step.otherwise is None else compile_step(step.otherwise, hidden)
    return WaitNode(
        label(step),
        step.event,
        step.key,
        gives=veiled(step.gives, hidden),
        within=step.within_seconds,
        otherwise=otherwise,
        question=step.question,
        choices=step.choices,
    )


def _compile_guarded(step: Guarded, hidden: frozenset[str]) -> Node:
    node = compile_step(step.step, hidden)
    name = label(step)
    flow = step.flow
    key = SharedKey(step.policy, shared_place(step))
    match step.policy:
        case Retry() as policy:
            whole = None if _is_single(step.step) else (list(flow.needs), list(flow.makes))
            return RetryNode(name, node, policy, composite=whole)
        case Timeout() as policy:
            return TimeoutNode(name, node, policy, limits_inside(step))
        case Breaker() as policy:
            return BreakerNode(name, node, policy, key)
        case RateLimit() as policy:
            return RateLimitNode(name, node, policy, key)
        case Bulkhead() as policy:
            return BulkheadNode(name, node, policy, key)
        case Cache():
            called = natural_name(step)
            ports = {port.name: port for port in veiled(flow.makes.values(), hidden)}
            return CacheNode(name, node, key, name=called, reads=list(flow.needs), ports=ports)
        case Hedge() as policy:
            return HedgeNode(name, node, policy, list(flow.needs), made=list(flow.makes))


def _is_single(step: Step) -> bool:
    while isinstance(step, Guarded):
        step = step.step
    return isinstance(step, (Use, Wait))
