"""Everything that does not fit in a composition, each with its place and, where it can, a mend.

The same check serves the notebook cell, the command line, the editor and loading: what passes it
never fails a run for a missing or clashing name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from packetflow.capabilities.contract import Port
from packetflow.capabilities.fits import fits
from packetflow.composition import condition
from packetflow.composition.capability import Capability
from packetflow.composition.codec_values import HIDDEN
from packetflow.composition.infer import Flow
from packetflow.composition.joining import joined
from packetflow.composition.outside import (
    effects_left_out,
    effects_twice,
    unordered,
    waits_twice,
)
from packetflow.composition.policies import (
    Cache,
    Hedge,
    Retry,
    refuse_unusable,
    refuse_unusable_wait,
)
from packetflow.composition.problems import Fix, Problem
from packetflow.composition.secrets import told_by_triggers, told_in_events
from packetflow.composition.slips import dotted, slips, unfit, unknown_exception
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
from packetflow.composition.walk import find, identified, label, walk
from packetflow.errors import CompositionError, did_you_mean

__all__ = ["Problem", "check", "check_pipeline"]


def check(
    step: Step,
    *,
    given: Iterable[str] | Mapping[str, Any] | None = None,
    errors_only: bool = False,
) -> list[Problem]:
    """Find everything that does not fit.

    Args:
        step: The composition.
        given: The names that will be given from outside, with their types if it is a mapping;
            ``None`` means whatever it needs.
        errors_only: Leave out the search for names that are probably misspelt.

    Returns:
        Problems in reading order; errors keep it from running, warnings do not.
    """
    try:
        whole = identified(step)
    except CompositionError as error:
        return [Problem("unbounded", "", str(error))]
    flow = whole.flow
    problems = list(flow.problems)
    problems += _duplicates(whole)
    for part in walk(whole):
        problems += _local(part)
    problems += _conditions(whole, given)
    problems += _inside_calls(whole)
    problems += told_in_events(whole)
    firm = (name for name, port in flow.needs.items() if not port.optional)
    outside = set(firm if given is None else given)
    problems += [
        _maybe(name, reader, flow) for name, reader in flow.maybes.items() if name not in outside
    ]
    problems += dotted(whole, outside if given is not None else ())
    if given is not None:
        problems += _missing(whole, given)
    elif not errors_only:
        problems += slips(whole, ())
    return problems


def check_pipeline(pipeline: Pipeline, *, errors_only: bool = False) -> list[Problem]:
    """Find everything that does not fit in a saved pipeline, its own promises included.

    With *errors_only* it does not look for names that are probably misspelt.
    """
    ring = _recursion(pipeline)
    return ring or _check_pipeline(pipeline, errors_only=errors_only)


def _inside_calls(whole: Step) -> Iterator[Problem]:
    """What does not fit in the pipelines that are called; each is looked at once."""
    seen: set[int] = set()
    for part in walk(whole):
        if not isinstance(part, Call) or not isinstance(part.pipeline, Pipeline):
            continue
        if id(part.pipeline) in seen:
            continue
        seen.add(id(part.pipeline))
        name = label(part)
        for problem in check_pipeline(part.pipeline, errors_only=True):
            if problem.severity == "error":
                yield replace(problem, step=f"{name}/{problem.step}", fix=None)


def _check_pipeline(pipeline: Pipeline, *, errors_only: bool) -> list[Problem]:
    flow = pipeline.step.flow
    given: dict[str, Any] | None = None
    if pipeline.requires is not None:
        names = [text.rstrip("?") for text in pipeline.requires]
        given = {name: flow.needs[name].type if name in flow.needs else Any for name in names}
    problems = check(pipeline.step, given=given, errors_only=errors_only)
    problems = [
        one for one in problems if one.code != "likely_slip" or one.name not in pipeline.inputs
    ]
    problems += told_by_triggers(pipeline)
    problems += _schedules(pipeline)
    for text in pipeline.requires or ():
        name = text.rstrip("?")
        if name not in flow.needs:
            message = f"requires {name!r}, which no step reads"
            problems.append(Problem("promise", pipeline.name, message, name, "warning"))
        elif text.endswith("?") and (not flow.needs[name].optional or name in flow.maybes):
            message = (
                f"says {name!r} may be left out, but {flow.readers[name]!r} needs it; "
                "give its input a default"
            )
            problems.append(Problem("promise", pipeline.name, message, name))
    for text in pipeline.provides or ():
        name = text.rstrip("?")
        near = get_close_matches(name, flow.makes, 1)
        if name not in flow.makes:
            message = f"promises {name!r}, which no step makes{did_you_mean(near)}"
            problems.append(Problem("promise", pipeline.name, message, name))
        elif flow.makes[name].optional and not text.endswith("?"):
            message = (
                f"promises {name!r}, which only some ways make; write '{name}?' or make it "
                "everywhere"
            )
            problems.append(Problem("promise", pipeline.name, message, name))
    return problems


def _duplicates(whole: Step) -> Iterator[Problem]:
    seen: set[str] = set()
    for part in walk(whole):
        if isinstance(part, Guarded) or part.id is None:
            continue
        if part.id in seen:
            message = f"the id {part.id!r} is used twice; every step needs its own"
            yield Problem("duplicate_id", part.id, message)
        seen.add(part.id)


def _local(part: Step) -> Iterator[Problem]:
    """Problems that one step shows by itself."""
    name = label(part)
    match part:
        case Use(capability=Unknown(name=missing)):
            message = f"no capability is called {missing!r}; declare it, or use another"
            yield Problem("unknown_capability", name, message, missing)
        case Call(pipeline=Unknown(name=missing)):
            message = f"no pipeline is called {missing!r}; save it, or call another"
            yield Problem("unknown_pipeline", name, message, missing)
        case Use() | Call():
            yield from _renames(part, name)
        case Sequence(steps=()) | Parallel(steps=()) | Graph(steps=()):
            yield Problem("empty", name, "has no steps; add one or take it out")
        case Race(steps=()) | Fallback(steps=()) | Branch(cases=()):
            yield Problem("empty", name, "has no steps; add one or take it out")
        case Branch():
            yield from _unreachable(part, name)
        case Each(over=over):
            if not over:
                yield Problem("unbounded", name, "walks no list; say over: {item: items}")
        case Race(steps=steps):
            for inner in steps:
                yield from effects_twice(inner, name, "a race")
        case Guarded():
            yield from _policy(part, name)
        case Graph():
            yield from unordered(part)
        case Wait():
            yield from _wait(part, name)
        case _:
            pass


def _wait(part: Wait, name: str) -> Iterator[Problem]:
    if not part.event:
        yield Problem("empty", name, "waits for an event without a name; give it one")
    if part.within_seconds is not None:
        try:
            refuse_unusable_wait(part.within_seconds, "within")
        except CompositionError as error:
            yield Problem("unbounded", name, str(error))


def _policy(part: Guarded, name: str) -> Iterator[Problem]:
    try:
        refuse_unusable(part.policy)
    except CompositionError as error:
        yield Problem("unbounded", name, str(error))
    if isinstance(part.policy, Retry):
        for text in filter(None, map(unknown_exception, part.policy.on)):
            yield Problem("unknown_exception", name, f"retry never happens for it: {text}")
    if isinstance(part.policy, Hedge):
        yield from effects_twice(part.step, name, "a hedge")
        yield from waits_twice(part.step, name)
    if isinstance(part.policy, Cache):
        if not isinstance(_bare(part.step), (Use, Call)):
            yield Problem("guarded_twice", name, "only a capability's outputs can be cached")
        yield from effects_left_out(part.step, name)


def _bare(step: Step) -> Step:
    while isinstance(step, Guarded):
        step = step.step
    return step


def _renames(part: Use | Call, name: str) -> Iterator[Problem]:
    called = part.capability if isinstance(part, Use) else part.pipeline
    if isinstance(called, Unknown):
        return
    if isinstance(called, Capability) and not called.declaration.enabled:
        why = called.declaration.closed or "switched off"
        yield Problem("disabled", name, f"the capability {called.name!r} is {why}")
    if part.is_plain:
        return
    inputs, outputs = called.contract.inputs, called.contract.outputs
    for side, known, used in (
        ("input", inputs, [*part.reads, *part.values]),
        ("output", outputs, list(part.writes or ())),
    ):
        for one in used:
            if one not in known:
                near = did_you_mean(get_close_matches(one, known, 1))
                message = f"{called.name!r} has no {side} {one!r}{near}"
                yield Problem("unknown_name", name, message, one)
    for one, scope in part.reads.items():
        if scope is None and one in inputs and not inputs[one].optional:
            if one in part.values:
                continue
            message = f"needs {one!r}, which has no default; wire it or set a value"
            yield Problem("missing_input", name, message, one)
    for one, value in part.values.items():
        if value is HIDDEN:
            message = f"the secret value of {one!r} was not saved; make it an input"
            yield Problem("missing_input", name, message, one)
        elif one in inputs and (fault := unfit(inputs[one], value)):
            yield Problem("wrong_type", name, fault, one)


def _unreachable(part: Branch, name: str) -> Iterator[Problem]:
    for index, case in enumerate(part.cases):
        last = index == len(part.cases) - 1
        if case.when.strip() == "true" and not (last and part.otherwise is None):
            message = "a case that always holds makes the ways after it unreachable"
            yield Problem("unreachable", name, message)
        if case.when.strip() == "false":
            yield Problem("unreachable", label(case.then), "its case never holds")


def _conditions(whole: Step, given: object) -> Iterator[Problem]:
    """Compile every condition against the types of the names it may see."""
    deciding = [part for part in walk(whole) if isinstance(part, (Branch, Repeat))]
    visible = _visible(whole, given) if deciding else {}
    for part in deciding:
        sources: list[str] = []
        if isinstance(part, Branch):
            sources = [case.when for case in part.cases]
        elif part.until is not None:
            sources = [part.until]
        for source in sources:
            types = {name: visible.get(name, Any) for name in condition.variables(source)}
            wrong = condition.complaint(source, types)
            if wrong is not None:
                message = f"condition {source!r} {wrong}"
                yield Problem("bad_condition", label(part), message)


def _visible(whole: Step, given: object) -> dict[str, Any]:
    """The types of the names that a condition may see; ``Any`` where steps differ."""
    visible: dict[str, Any] = {}
    for part in walk(whole):
        read = (port for port in part.flow.needs.values() if port.type is not Any)
        for port in (*part.flow.makes.values(), *read):
            known = visible.get(port.name, port.type)
            same = known is port.type and not port.optional
            visible[port.name] = known if same else Any
    if isinstance(given, Mapping):
        visible |= {name: kind for name, kind in given.items() if name not in visible}
    return visible


def _maybe(name: str, reader: str, flow: Flow) -> Problem:
    maker = flow.makers.get(name, "an earlier branch")
    message = (
        f"needs {name!r}, which {maker!r} makes only on some ways; give the input a default or "
        "make it everywhere"
    )
    return Problem("maybe_missing", reader, message, name)


def _missing(whole: Step, given: Iterable[str] | Mapping[str, Any]) -> Iterator[Problem]:
    flow = whole.flow
    have: dict[str, Any] = dict(given) if isinstance(given, Mapping) else dict.fromkeys(given, Any)
    for name, port in flow.needs.items():
        reader = flow.readers[name]
        if name in have:
            if not fits(have[name], port.type):
                message = f"needs {name!r} as {port}, which is given otherwise"
                yield Problem("wrong_type", reader, message, name)
            continue
        if port.optional:
            continue
        made = {n: p.type for n, p in flow.makes.items() if n != name and flow.makers[n] != reader}
        near = _nearest(port, {**made, **have}, unread=[n for n in have if n not in flow.needs])
        message = f"needs {name!r}, which nothing provides{did_you_mean(near)}"
        fix = None
        inputs = _inputs_that_read(whole, reader, name) if near else []
        if len(inputs) == 1:
            operation = {"op": "read", "step": reader, "input": inputs[0], "from": near[0]}
            fix = Fix(f"Read {name} from {near[0]}", operation)
        yield Problem("missing_input", reader, message, name, fix=fix)


def _inputs_that_read(whole: Step, reader: str, name: str) -> list[str]:
    """What a step calls a name of the scope that it reads; containers have no inputs to wire."""
    step = find(whole, reader)
    if not isinstance(step, (Use, Call)):
        return []
    return [own for own, port in joined(step)[0] if port.name == name]


def _nearest(
    port: Port, candidates: Mapping[str, Any], *, unread: Collection[str] = ()
) -> list[str]:
    """Names that might be meant: spelled alike first, then the only one of a fitting type.

    A name that was declared and that nobody reads is likelier than one that is a little alike.
    """
    fitting = [name for name, kind in candidates.items() if fits(kind, port.type)]
    spare = [name for name in fitting if name in unread]
    close = get_close_matches(port.name, fitting, 1, cutoff=0.7 if len(spare) == 1 else 0.5)
    if close or len(spare) == 1:
        return close or spare
    exact = [n for n in fitting if candidates[n] is not Any and port.type is not Any]
    return exact if len(exact) == 1 else []


def _schedules(pipeline: Pipeline) -> Iterator[Problem]:
    for trigger in pipeline.triggers:
        if trigger.kind != "schedule":
            continue
        from croniter import croniter

        if not croniter.is_valid(trigger.what):
            message = (
                f"the schedule {trigger.what!r} cannot be read; write five fields, as in "
                "'30 6 * * 1-5' for half past six on working days"
            )
            yield Problem("bad_schedule", pipeline.name, message)


def _recursion(pipeline: Pipeline) -> list[Problem]:
    stack: list[tuple[Pipeline, tuple[str, ...]]] = [(pipeline, ())]
    while stack:
        here, above = stack.pop()
        if here.name in above:
            ring = " -> ".join([*above[above.index(here.name) :], here.name])
            return [Problem("recursion", pipeline.name, f"calls itself: {ring}")]
        stack.extend(
            (part.pipeline, (*above, here.name))
            for part in walk(here.step)
            if isinstance(part, Call) and isinstance(part.pipeline, Pipeline)
        )
    return []
