"""Build compositions in Python: the functions behind the operators, and those with names.

What certainly does not fit is refused in the line that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from packetflow.capabilities.contract import Port
from packetflow.capabilities.signature import is_secret
from packetflow.composition.composable import Composable
from packetflow.composition.infer import Flow, flow_of_parallel, infer_then, require_sound
from packetflow.composition.policies import Policy, refuse_unusable, seconds
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
    Use,
    Wait,
)
from packetflow.composition.walk import label, step_id
from packetflow.errors import CompositionError, did_you_mean

if TYPE_CHECKING:
    from typing import TypeVar

    S = TypeVar("S", bound=Composable)

Part: TypeAlias = "Composable | Pipeline"


def as_step(part: Part) -> Step:
    """Read a capability, step or pipeline as a step.

    Raises:
        CompositionError: It is something else, for example a function without ``@capability``.
    """
    if isinstance(part, (Composable, Pipeline)):
        return part.as_step()
    name = getattr(part, "__name__", repr(part))
    raise CompositionError(f"{name} is no capability; put @capability above it")


def then(*parts: Part) -> Sequence:
    """One after the other; what ``>>`` does. Many at once are faster than one by one."""
    steps = [as_step(part) for part in parts]
    flow = _flow_of_chain(steps)
    made = Sequence(_flat(steps, Sequence))
    return _with_flow(made, flow)


def parallel(*parts: Part, at_once: int | None = None, id: str | None = None) -> Parallel:
    """All at once; what ``&`` does."""
    steps = [as_step(part) for part in parts]
    made = Parallel(_flat(steps, Parallel), at_once, id)
    return _with_flow(made, flow_of_parallel([step.flow for step in made.steps]))


def fallback(*parts: Part) -> Fallback:
    """Try in order until one succeeds; what ``|`` does."""
    return _sound(Fallback(_flat([as_step(part) for part in parts], Fallback)))


def race(*parts: Part) -> Race:
    """Start all; the first to succeed wins."""
    return _sound(Race(tuple(as_step(part) for part in parts)))


def graph(
    *parts: Part, after: Mapping[str, Iterable[str]] | None = None, at_once: int | None = None
) -> Graph:
    """Free dataflow: each part starts when the names it reads are there."""
    order = {name: tuple(ids) for name, ids in (after or {}).items()}
    return _sound(Graph(tuple(as_step(part) for part in parts), order, at_once))


def when(condition: str, part: Part, otherwise: Part | None = None) -> Branch:
    """Do *part* if the condition (CEL, over names in the scope) holds, else *otherwise*.

    More cases chain: ``choose(("n > 9", big), ("n > 0", small), otherwise=none)``.
    """
    return choose((condition, part), otherwise=otherwise)


def choose(*cases: tuple[str, Part], otherwise: Part | None = None) -> Branch:
    """Do the first part whose condition holds."""
    made = tuple(Case(condition, as_step(part)) for condition, part in cases)
    return _sound(Branch(made, None if otherwise is None else as_step(otherwise)))


def each(
    part: Part,
    over: str | Mapping[str, str],
    into: str | Mapping[str, str] | None = None,
    *,
    at_once: int = 8,
    on_error: Literal["fail", "collect"] = "fail",
) -> Each:
    """Do *part* for every item of lists.

    Args:
        part: What to do with an item.
        over: ``{"text": "texts"}``: inside, ``text`` is an item of the list ``texts``. A bare
            name stands for the only input that has no default.
        into: ``{"tone": "tones"}``: the list ``tones`` collects ``tone``. A bare name stands for
            the only output; ``None`` collects every output under its name with an ``s``.
        at_once: How many items are under way at the same time.
        on_error: ``fail``, or ``collect`` to put ``None`` in a failing item's place.
    """
    step = as_step(part)
    if at_once < 1:
        raise CompositionError(f"each: at_once is {at_once}; it must be at least 1")
    if isinstance(over, str):
        over = {_only(step, "requires", "over"): over}
    if into is None:
        into = {port.name: f"{port.name}s" for port in step.contract.provides}
    elif isinstance(into, str):
        into = {_only(step, "provides", "into"): into}
    return _sound(Each(step, dict(over), dict(into), at_once, on_error))


def repeat(
    part: Part,
    until: str | None = None,
    *,
    at_most: int = 100,
    on_limit: Literal["fail", "continue"] = "fail",
) -> Repeat:
    """Do *part* again until the condition holds on its outputs, at most *at_most* times."""
    if at_most < 1:
        raise CompositionError(f"repeat: at_most is {at_most}; it must be at least 1")
    return _sound(Repeat(as_step(part), until, at_most, on_limit))


def wait_for(
    event: str,
    *,
    key: str | None = None,
    gives: Mapping[str, Any] | None = None,
    within: float | timedelta | None = None,
    otherwise: Part | None = None,
) -> Wait:
    """Wait for a named event; its payload provides *gives* (by default one name, the event's)."""
    given = (gives or {event: Any}).items()
    ports = tuple(Port(name, kind, secret=is_secret(kind)) for name, kind in given)
    limit = None if within is None else seconds(within)
    last = None if otherwise is None else as_step(otherwise)
    return _sound(Wait(event, key, ports, limit, last))


def approval(
    question: str,
    *,
    into: str = "approved",
    choices: Iterable[str] = (),
    within: float | timedelta | None = None,
    otherwise: Part | None = None,
) -> Wait:
    """Ask a person and wait for the answer: yes or no (a ``bool``), or one of *choices*."""
    offered = tuple(choices)
    limit = None if within is None else seconds(within)
    last = None if otherwise is None else as_step(otherwise)
    port = Port(into, str if offered else bool)
    return _sound(Wait(into, None, (port,), limit, last, question, offered))


def pipeline(name: str, part: Part, **said: Any) -> Pipeline:
    """Make a saved pipeline of a composition; *said* are other attributes of `Pipeline`."""
    for side in ("requires", "provides"):
        if said.get(side) is not None:
            said[side] = tuple(said[side])
    return Pipeline(name, as_step(part), **said)


def guarded(part: Part, policy: Policy) -> Guarded:
    """Put a policy around a step.

    Raises:
        CompositionError: A number of the policy makes no sense.
    """
    refuse_unusable(policy)
    return Guarded(as_step(part), policy)


def rejoined(
    part: Part,
    *,
    reads: Mapping[str, str | None] | None = None,
    writes: Mapping[str, str | None] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Step:
    """Change how a capability or pipeline joins the scope; earlier changes stay.

    Raises:
        CompositionError: It has no such input or output, or is no single capability.
    """
    step = as_step(part)
    if isinstance(step, Guarded):
        inner = rejoined(step.step, reads=reads, writes=writes, values=values)
        return replace(step, step=inner)
    if not isinstance(step, (Use, Call)):
        raise CompositionError(
            f"only a capability or pipeline can be rejoined, not a {type(step).__name__.lower()}; "
            "rename at the steps inside"
        )
    inner_contract = step_contract(step)
    if inner_contract is not None:
        known = [port.name for port in inner_contract.requires]
        _refuse_unknown([*(reads or {}), *(values or {})], known, label(step), "input")
        made = [port.name for port in inner_contract.provides]
        _refuse_unknown(list(writes or {}), made, label(step), "output")
    kept = step.writes
    if writes is not None:
        kept = {name: new or name for name, new in writes.items()}
    return replace(
        step,
        reads={**step.reads, **(reads or {})},
        writes=kept,
        values={**step.values, **(values or {})},
    )


def step_contract(step: Use | Call) -> Any:
    """The contract of what a step calls, or ``None`` when it is unknown."""
    from packetflow.composition.joining import called_contract

    return called_contract(step)


def _refuse_unknown(names: Iterable[str], known: list[str], where: str, side: str) -> None:
    from difflib import get_close_matches

    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise CompositionError(
                f"{where!r} has no {side} {name!r}{did_you_mean(near)} (it has: "
                f"{', '.join(known) or 'none'})"
            )


def _flat(steps: Iterable[Step], kind: type[Step]) -> tuple[Step, ...]:
    flat: list[Step] = []
    for step in steps:
        if type(step) is kind and _may_merge(step):
            flat.extend(step.steps)  # type: ignore[union-attr]  # the kinds given all have steps
        else:
            flat.append(step)
    return tuple(flat)


def _may_merge(step: Step) -> bool:
    return step_id(step) is None and getattr(step, "at_once", None) is None


def _flow_of_chain(steps: list[Step]) -> Flow:
    flow = steps[0].flow if steps else Flow()
    for index, step in enumerate(steps[1:], 1):
        flow = infer_then(flow, step.flow, own=index > 1)
    return flow


def _with_flow(step: S, flow: Flow) -> S:
    require_sound(flow.problems)
    step.__dict__["flow"] = flow
    return step


def _sound(step: S) -> S:
    require_sound(step.flow.problems)
    return step


def _only(step: Step, side: Literal["requires", "provides"], where: str) -> str:
    ports: tuple[Port, ...] = getattr(step.contract, side)
    candidates = [port for port in ports if not port.optional] or list(ports)
    if len(candidates) == 1:
        return candidates[0].name
    names = ", ".join(port.name for port in candidates) or "none"
    raise CompositionError(
        f"each: {where} needs a mapping, because {label(step)!r} has several {side} ({names}); "
        f"write {where}={{inside: outside}}"
    )
