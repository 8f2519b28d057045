"""A pipeline as the plain mapping that its file holds, the same for YAML and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packetflow.capabilities.contract import MISSING, Port
from packetflow.composition.codec_values import written_number, written_type, written_value
from packetflow.composition.concealing import ports_of, shows_default, telling
from packetflow.composition.policies import (
    Breaker,
    Bulkhead,
    Cache,
    Hedge,
    Policy,
    RateLimit,
    Retry,
    Timeout,
)
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
    Trigger,
    Use,
    Wait,
)
from packetflow.composition.walk import identified, label, step_id, walk
from packetflow.errors import CompositionError


class Steps(list[Any]):
    """A list of steps; a writer gives each its own lines."""


def document(pipeline: Pipeline) -> dict[str, Any]:
    """The whole file as plain values; steps without an id get one.

    Raises:
        CompositionError: Something cannot be saved: a value or type of a class of its own, an
            order between steps that are not there, or steps nested too deep.
    """
    written: dict[str, Any] = {"pipeline": pipeline.name, "version": pipeline.version}
    if pipeline.intent:
        written["intent"] = pipeline.intent
    if pipeline.requires is not None:
        written["requires"] = list(pipeline.requires)
    if pipeline.provides is not None:
        written["provides"] = list(pipeline.provides)
    if pipeline.inputs:
        written["inputs"] = _ports(pipeline.inputs.items(), "inputs")
    if pipeline.triggers:
        ports = pipeline.contract.inputs if any(t.inputs for t in pipeline.triggers) else {}
        written["triggers"] = [_trigger(trigger, ports) for trigger in pipeline.triggers]
    if pipeline.exposed:
        written["exposed"] = True
    for _ in walk(pipeline.step):
        pass  # refuses what is nested too deep before anything recurses
    written["steps"] = steps(identified(pipeline.step))
    return written


def _trigger(trigger: Trigger, ports: Mapping[str, Port]) -> dict[str, Any]:
    written: dict[str, Any] = {trigger.kind: trigger.what}
    if trigger.inputs:
        written["set"] = _values(trigger.inputs, trigger.what, ports)
    return written


def _values(values: Mapping[str, Any], where: str, ports: Mapping[str, Port]) -> dict[str, Any]:
    if secrets := telling(values, ports):
        raise CompositionError(
            f"{where}: the value of {secrets[0]!r} is secret and cannot be saved; make it an input"
        )
    return {name: written_value(value, f"{where}: {name}") for name, value in values.items()}


def _ports(ports: Iterable[tuple[str, Port]], where: str) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, port in ports:
        if port.name != name or name in written:
            raise CompositionError(f"{where}: {port.name!r} stands under another name or twice")
        written[name] = _port(port)
    return written


def _port(port: Port) -> Any:
    kind = written_type(port.type)
    said: dict[str, Any] = {"type": kind}
    if shows_default(port):
        raise CompositionError(
            f"the default of {port.name!r} is secret and cannot be saved; give it when it runs"
        )
    if port.default is not MISSING:
        said["default"] = written_value(port.default, port.name)
    if port.optional is not (port.default is not MISSING):
        said["optional"] = port.optional
    if port.secret:
        said["secret"] = True
    if port.help:
        said["help"] = port.help
    return kind if len(said) == 1 else said


def steps(step: Step) -> Steps:
    """A step where a file has a list of steps."""
    if isinstance(step, Sequence) and step.id is None and len(step.steps) != 1:
        return _each_of(step.steps)
    return _each_of((step,))


def _each_of(many: Iterable[Step]) -> Steps:
    return Steps(step_document(one) for one in many)


def step_document(step: Step) -> dict[str, Any]:
    """One step as a mapping."""
    around: list[Policy] = []
    while isinstance(step, Guarded):
        around.insert(0, step.policy)
        step = step.step
    written = with_id(_kind(step), step.id)
    if around:
        written["with"] = [policy_document(policy) for policy in around]
    return written


def with_id(written: dict[str, Any], name: str | None) -> dict[str, Any]:
    """The same mapping with an id: after a short first entry, before a list of steps."""
    if name is None:
        return written
    (first, value), *rest = written.items()
    if isinstance(value, list):
        return {"id": name, first: value, **dict(rest)}
    return {first: value, "id": name, **dict(rest)}


def _kind(step: Step) -> dict[str, Any]:
    match step:
        case Use():
            return _called("use", step.capability.name, step)
        case Call():
            return _called("call", step.pipeline.name, step)
        case Sequence(steps=inner):
            return {"sequence": _each_of(inner)}
        case Parallel(steps=inner, at_once=at_once):
            return _without_none({"parallel": _each_of(inner), "at_once": at_once})
        case Graph():
            return _graph(step)
        case Branch():
            return _branch(step)
        case Each():
            return _each(step)
        case Race(steps=inner):
            return {"race": _each_of(inner)}
        case Fallback(steps=inner):
            return {"fallback": _each_of(inner)}
        case Repeat():
            written: dict[str, Any] = {"repeat": steps(step.step), "until": step.until}
            written["at_most"] = None if step.at_most == 100 else step.at_most
            written["on_limit"] = None if step.on_limit == "fail" else step.on_limit
            return _without_none(written)
        case Wait():
            return _wait(step)
        case Guarded():
            return step_document(step)


def _without_none(written: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if value is not None}


def _called(kind: str, name: str, step: Use | Call) -> dict[str, Any]:
    written: dict[str, Any] = {kind: name}
    if step.reads:
        written["from"] = dict(step.reads)
    if step.writes is not None:
        kept = dict(step.writes)
        written["to"] = list(kept) if all(key == new for key, new in kept.items()) else kept
    if step.values:
        written["set"] = _values(step.values, label(step), ports_of(step))
    return written


def _graph(step: Graph) -> dict[str, Any]:
    items = Steps()
    missing = dict(step.after)
    for inner in step.steps:
        written = step_document(inner)
        name = step_id(inner)
        if name is not None and name in missing:
            written["after"] = list(missing.pop(name))
        items.append(written)
    if missing:
        raise CompositionError(
            f"{label(step)}: its order names {', '.join(map(repr, missing))}, no step of it"
        )
    return _without_none({"graph": items, "at_once": step.at_once})


def _branch(step: Branch) -> dict[str, Any]:
    cases = Steps({"when": case.when, "then": steps(case.then)} for case in step.cases)
    written: dict[str, Any] = dict(cases[0]) if len(cases) == 1 else {"choose": cases}
    if step.otherwise is not None:
        written["otherwise"] = steps(step.otherwise)
    return written


def _each(step: Each) -> dict[str, Any]:
    written: dict[str, Any] = {"each": steps(step.step), "over": dict(step.over)}
    if step.into:
        written["into"] = dict(step.into)
    if step.at_once != 8:
        written["at_once"] = step.at_once
    if step.on_error != "fail":
        written["on_error"] = step.on_error
    return written


def _wait(step: Wait) -> dict[str, Any]:
    asked = Port(step.event, str if step.choices else bool)
    if step.question and step.key is None and step.gives == (asked,):
        written: dict[str, Any] = {"approve": step.question}
        if step.event != "approved":
            written["into"] = step.event
    else:
        written = _without_none({"wait_for": step.event, "key": step.key})
        if step.gives != (Port(step.event),):
            written["gives"] = _ports(((p.name, p) for p in step.gives), label(step))
        if step.question:
            written["question"] = step.question
    if step.choices:
        written["choices"] = list(step.choices)
    if step.within_seconds is not None:
        written["within"] = written_number(step.within_seconds)
    if step.otherwise is not None:
        written["otherwise"] = steps(step.otherwise)
    return written


def policy_document(policy: Policy) -> dict[str, Any]:
    """One policy as a mapping with one key; settings at their default are left out."""
    match policy:
        case Retry():
            usual = Retry(policy.attempts)
            said: dict[str, Any] = {"attempts": policy.attempts, "on": list(policy.on)}
            for key, field in _RETRY_FIELDS:
                value = getattr(policy, field)
                if value != getattr(usual, field):
                    said[key] = None if value is None else written_number(value)
            return {"retry": said}
        case Timeout(seconds=limit):
            return {"timeout": written_number(limit)}
        case Breaker(failures=failures, reset_seconds=reset):
            return {"breaker": {"failures": failures, "reset": written_number(reset)}}
        case RateLimit(calls=calls, per_seconds=per):
            return {"rate_limit": {"calls": calls, "per": written_number(per)}}
        case Cache(ttl_seconds=ttl, max_entries=entries):
            ttl_said = None if ttl is None else written_number(ttl)
            kept = None if entries == Cache().max_entries else entries
            return {"cache": _without_none({"ttl": ttl_said, "max_entries": kept})}
        case Hedge(after_seconds=after, at_most=at_most):
            said = {"after": written_number(after)}
            return {"hedge": said if at_most == 2 else {**said, "at_most": at_most}}
        case Bulkhead(at_once=at_once, waiting=waiting):
            said = {"at_once": at_once}
            most = Bulkhead(at_once).waiting
            return {"bulkhead": said if waiting == most else {**said, "waiting": waiting}}


_RETRY_FIELDS = (
    ("wait", "wait_seconds"),
    ("factor", "factor"),
    ("max_wait", "max_wait_seconds"),
    ("jitter", "jitter_seconds"),
    ("total", "total_seconds"),
)
