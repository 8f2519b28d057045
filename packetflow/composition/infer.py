"""The names a composition reads from outside and the names it makes, derived from its steps.

`Flow` is worked out bottom-up and kept with each step, so that building is linear: ``a >> b``
only looks at the joint.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field, replace
from types import GenericAlias
from typing import Any, Union, get_args, get_origin

from packetflow.capabilities.contract import MISSING, Contract, Port, type_name
from packetflow.capabilities.fits import fits
from packetflow.composition import condition
from packetflow.composition.joining import called_contract, joined
from packetflow.composition.problems import Problem
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
from packetflow.composition.walk import label
from packetflow.errors import ContractError


@dataclass
class Flow:
    """What crosses a composition's border.

    Attributes:
        needs: Names read from outside; optional ones when every reader has a default.
        makes: Names made; optional ones when some way through does not make them.
        readers: For a name read, the step that reads it first.
        makers: For a name made, the step that makes it last.
        maybes: Names read without a default although only some ways make them: name to reader.
            They are among the needs too, as optional: what is outside serves when nobody made
            them.
        problems: What does not fit inside.
    """

    needs: dict[str, Port] = field(default_factory=dict)
    makes: dict[str, Port] = field(default_factory=dict)
    readers: dict[str, str] = field(default_factory=dict)
    makers: dict[str, str] = field(default_factory=dict)
    maybes: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def contract(self) -> Contract:
        """The same as a contract."""
        return Contract(tuple(self.needs.values()), tuple(self.makes.values()))

    def copy(self) -> Flow:
        """A flow whose parts may be changed."""
        return Flow(
            dict(self.needs),
            dict(self.makes),
            dict(self.readers),
            dict(self.makers),
            dict(self.maybes),
            list(self.problems),
        )

    def read(self, port: Port, reader: str) -> None:
        """Note that *reader* reads a name from outside."""
        known = self.needs.get(port.name)
        if known is None:
            self.needs[port.name] = port
            self.readers[port.name] = reader
            return
        merged = _merged_need(known, port)
        if merged is None:
            message = (
                f"reads {port.name!r} as {type_name(port.type)}, but "
                f"{self.readers[port.name]!r} reads it as {type_name(known.type)}; "
                "rename one of them at its step"
            )
            self.problems.append(Problem("wrong_type", reader, message, port.name))
        else:
            self.needs[port.name] = merged

    def absorb(self, other: Flow) -> None:
        """Take over what another part reads from outside, and its problems."""
        for name, port in other.needs.items():
            self.read(port, other.readers[name])
        self.maybes.update(other.maybes)
        self.problems.extend(other.problems)


def require_sound(problems: Iterable[Problem]) -> None:
    """Refuse what certainly does not fit.

    Raises:
        ContractError: Carries the problems that are errors.
    """
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ContractError(errors)


def infer(step: Step) -> Flow:
    """Work out a step's flow; the flows of the steps inside are reused."""
    match step:
        case Use() | Call():
            return _infer_called(step)
        case Sequence(steps=steps):
            flow = Flow()
            for part in steps:
                flow = infer_then(flow, part.flow, own=True)
            return flow
        case Parallel(steps=steps):
            return flow_of_parallel([part.flow for part in steps])
        case Graph():
            from packetflow.composition.dataflow import infer_graph

            return infer_graph(step)
        case Branch():
            return _infer_branch(step)
        case Each():
            return _infer_each(step)
        case Race(steps=steps) | Fallback(steps=steps):
            flow = Flow()
            for part in steps:
                flow.absorb(part.flow)
            flow.makes, flow.makers = _shared([part.flow for part in steps], all_ways=True)
            return flow
        case Repeat():
            return _infer_repeat(step)
        case Wait():
            return _infer_wait(step)
        case Guarded(step=inner):
            return inner.flow


def _infer_called(step: Use | Call) -> Flow:
    name = label(step)
    contract = called_contract(step)
    if contract is not None and step.is_plain:
        needs = {port.name: port for port in contract.requires}
        makes = {port.name: port for port in contract.provides}
        return Flow(needs, makes, dict.fromkeys(needs, name), dict.fromkeys(makes, name))
    flow, (reads, writes) = Flow(), joined(step)
    for _, port in reads:
        flow.read(port, name)
    for _, port in writes:
        flow.makes[port.name] = port
        flow.makers[port.name] = name
    return flow


def infer_then(first: Flow, second: Flow, *, own: bool = False) -> Flow:
    """The flow of one part after another; with *own*, *first* is changed and returned."""
    flow = first if own else first.copy()
    flow.problems.extend(second.problems)
    for name, reader in second.maybes.items():
        if name not in flow.makes or flow.makes[name].optional:
            flow.maybes.setdefault(name, reader)
    for name, port in second.needs.items():
        reader = second.readers[name]
        made = flow.makes.get(name)
        if made is None:
            flow.read(port, reader)
            continue
        check_joint((flow.makers[name], made), (reader, port), flow.problems)
        if made.optional and (not port.optional or name in second.maybes):
            flow.maybes.setdefault(name, reader)
            flow.read(replace(port, optional=True, default=MISSING), reader)
    for name, port in second.makes.items():
        before = flow.makes.get(name)
        if port.optional and before is not None:
            port = replace(
                port,
                type=_either([before.type, port.type]),
                optional=before.optional,
                secret=before.secret or port.secret,
            )
        flow.makes[name] = port
        flow.makers[name] = second.makers[name]
    return flow


def check_joint(
    source: tuple[str, Port], target: tuple[str, Port], problems: list[Problem]
) -> None:
    """Note a problem when what one step makes does not fit what another reads."""
    (maker, made), (reader, read) = source, target
    if made.type is read.type or fits(made.type, read.type):
        return
    message = (
        f"needs {read.name!r} as {type_name(read.type)}, but {maker!r} makes it as "
        f"{type_name(made.type)}; convert it in between, or read another name "
        f"(reading({read.name}=...))"
    )
    problems.append(Problem("wrong_type", reader, message, read.name))


def flow_of_parallel(flows: SequenceOf[Flow]) -> Flow:
    """The flow of parts side by side: one producer a name, and nobody reads what another makes."""
    flow = Flow()
    for part in flows:
        for name, port in part.makes.items():
            if name in flow.makes:
                flow.problems.append(clash(name, flow.makers[name], part.makers[name]))
            flow.makes[name] = port
            flow.makers[name] = part.makers[name]
        flow.absorb(part)
    for part in flows:
        for name in part.needs:
            if name in flow.makes:
                message = (
                    f"reads {name!r} while {flow.makers[name]!r} beside it makes {name!r}; give "
                    f"the new value another name (writing({name}=...))"
                )
                flow.problems.append(Problem("reads_and_writes", part.readers[name], message, name))
    return flow


def clash(name: str, first: str, second: str) -> Problem:
    """Two steps side by side that make one name."""
    message = (
        f"makes {name!r}, and so does {first!r} beside it; rename one of them (writing({name}=...))"
    )
    return Problem("clashing_outputs", second, message, name)


def _infer_branch(step: Branch) -> Flow:
    flow = Flow()
    name = label(step)
    for case in step.cases:
        for variable in sorted(condition.variables(case.when)):
            flow.read(Port(variable, Any), name)
    parts = [case.then.flow for case in step.cases]
    if step.otherwise is not None:
        parts.append(step.otherwise.flow)
    for part in parts:
        flow.absorb(part)
    flow.makes, flow.makers = _shared(parts, all_ways=False)
    if step.otherwise is None:
        flow.makes = {n: replace(port, optional=True) for n, port in flow.makes.items()}
    return flow


def _shared(parts: SequenceOf[Flow], *, all_ways: bool) -> tuple[dict[str, Port], dict[str, str]]:
    """Names made by alternatives: those of all ways only, or all with the others optional."""
    makes: dict[str, Port] = {}
    makers: dict[str, str] = {}
    for part in parts:
        for name in part.makes:
            ports = [other.makes[name] for other in parts if name in other.makes]
            everywhere = len(ports) == len(parts)
            if name in makes or (all_ways and not everywhere):
                continue
            certain = everywhere and not any(port.optional for port in ports)
            kind = _either([port.type for port in ports])
            hidden = any(port.secret for port in ports)
            makes[name] = replace(ports[0], type=kind, optional=not certain, secret=hidden)
            makers[name] = part.makers[name]
    return makes, makers


def _infer_each(step: Each) -> Flow:
    inner, name = step.step.flow, label(step)
    maybes = {made: reader for made, reader in inner.maybes.items() if made not in step.over}
    flow = Flow(problems=list(inner.problems), maybes=maybes)
    for item, outer in step.over.items():
        port = inner.needs.get(item)
        known = port is not None and port.type is not Any
        kind = GenericAlias(list, (port.type,)) if port is not None and known else list
        hidden = port is not None and port.secret
        flow.read(Port(outer, kind, secret=hidden), name)
    for need, port in inner.needs.items():
        if need not in step.over:
            flow.read(port, inner.readers[need])
    for made, outer in step.into.items():
        port = inner.makes.get(made)
        if port is None:
            message = f"collects {made!r}, which nothing inside makes"
            flow.problems.append(Problem("unknown_name", name, message, made))
            continue
        item_type = port.type
        if (port.optional or step.on_error == "collect") and item_type is not Any:
            item_type = Union[item_type, None]  # noqa: UP007 - a value here
        if outer in flow.makes:
            message = f"collects two outputs under the name {outer!r}; give one another name"
            flow.problems.append(Problem("clashing_outputs", name, message, outer))
        flow.makes[outer] = Port(outer, GenericAlias(list, (item_type,)), secret=port.secret)
        flow.makers[outer] = name
    return flow


def _infer_repeat(step: Repeat) -> Flow:
    inner = step.step.flow
    flow = inner.copy()
    if step.until is not None:
        for variable in sorted(condition.variables(step.until)):
            made, need = inner.makes.get(variable), inner.needs.get(variable)
            if made is None:
                flow.read(Port(variable, Any), label(step))
            elif made.optional and (need is None or need.optional):
                flow.maybes.setdefault(variable, label(step))
    for name, port in inner.makes.items():
        need = inner.needs.get(name)
        if need is not None:
            check_joint((inner.makers[name], port), (inner.readers[name], need), flow.problems)
    return flow


def _infer_wait(step: Wait) -> Flow:
    flow, name = Flow(), label(step)
    if step.key is not None:
        flow.read(Port(step.key, Any), name)
    given = Flow(makes={p.name: p for p in step.gives}, makers={p.name: name for p in step.gives})
    if step.otherwise is None:
        flow.makes, flow.makers = given.makes, given.makers
        return flow
    flow.absorb(step.otherwise.flow)
    flow.makes, flow.makers = _shared([given, step.otherwise.flow], all_ways=False)
    return flow


def _merged_need(known: Port, port: Port) -> Port | None:
    """The port that serves both readers: the narrower type, optional only if both are."""
    if known.type is port.type or fits(known.type, port.type):
        narrow = known if known.type is not Any else port
    elif fits(port.type, known.type):
        narrow = port
    else:
        return None
    if known.optional and port.optional:
        return replace(narrow, secret=known.secret or port.secret)
    firm = port if known.optional else known
    return replace(
        narrow,
        optional=False,
        default=firm.default,
        secret=known.secret or port.secret,
        help=known.help or port.help,
    )


def _either(kinds: SequenceOf[Any]) -> Any:
    """The union of types, flat, each once; ``Any`` if one of them is."""
    flat: list[Any] = []
    for kind in kinds:
        for one in get_args(kind) if get_origin(kind) is Union else (kind,):
            if one is Any:
                return Any
            if one not in flat:
                flat.append(one)
    return flat[0] if len(flat) == 1 else Union[tuple(flat)]  # noqa: UP007 - types are values here
