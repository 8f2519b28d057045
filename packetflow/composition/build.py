"""Build compositions in Python: the functions behind the operators, and those with names.

What certainly does not fit is refused in the line that wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from packetflow.capabilities.calling import shows_how
from packetflow.capabilities.contract import Port
from packetflow.capabilities.signature import is_secret
from packetflow.composition.arguments import (
    need_mapping,
    need_one_of,
    need_text,
    no_step,
    readable,
    refuse_attributes,
    waiting_time,
)
from packetflow.composition.composable import Composable, Joinable
from packetflow.composition.infer import Flow, flow_of_parallel, infer_then, require_sound
from packetflow.composition.policies import Duration, Policy, at_least, refuse_unusable
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
from packetflow.composition.walk import label, step_id, with_names_of
from packetflow.errors import CompositionError, did_you_mean

if TYPE_CHECKING:
    from typing import TypeVar

    S = TypeVar("S", bound=Composable)

Part: TypeAlias = Joinable


def as_step(part: Part) -> Step:
    """Read a capability, step or pipeline as a step.

    Raises:
        CompositionError: It is something else, for example a function without ``@capability``.
    """
    if isinstance(part, (Composable, Pipeline)):
        return part.as_step()
    raise CompositionError(no_step(part))


def then(*parts: Part) -> Sequence:
    """One after the other; what ``>>`` does. Many at once are faster than one by one."""
    steps = [as_step(part) for part in parts]
    flow = _flow_of_chain(steps)
    made = Sequence(_flat(steps, Sequence))
    return _with_flow(made, flow)


@shows_how("parallel(summarize, feel, at_once=2)")
def parallel(*parts: Part, at_once: int | None = None, id: str | None = None) -> Parallel:
    """All at once; what ``&`` does."""
    steps = [as_step(part) for part in parts]
    made = Parallel(_flat(steps, Parallel), at_once, id)
    return _with_flow(made, flow_of_parallel([step.flow for step in made.steps]))


def fallback(*parts: Part) -> Fallback:
    """Try in order until one succeeds; what ``|`` does."""
    return _sound(Fallback(_flat([as_step(part) for part in parts], Fallback)))


@shows_how("race(fast, thorough)")
def race(*parts: Part) -> Race:
    """Start all; the first to succeed wins."""
    return _sound(Race(tuple(as_step(part) for part in parts)))


@shows_how("graph(fetch, feel, card, after={'card': ['feel']})")
def graph(
    *parts: Part, after: Mapping[str, Iterable[str]] | None = None, at_once: int | None = None
) -> Graph:
    """Free dataflow: each part starts when the names it reads are there."""
    if not isinstance(after or {}, Mapping):
        raise CompositionError(
            f"graph: after is {after!r}; write the ids that come first by id: "
            "after={'card': ['feel']}"
        )
    order = {
        name: (ids,) if isinstance(ids, str) else tuple(ids) for name, ids in (after or {}).items()
    }
    steps = with_names_of([as_step(part) for part in parts], order)
    return _sound(Graph(steps, order, at_once))


@shows_how("when('n > 9', big, otherwise=small)")
def when(condition: str, part: Part, otherwise: Part | None = None) -> Branch:
    """Do *part* if the condition (CEL, over names in the scope) holds, else *otherwise*.

    More cases chain: ``choose(("n > 9", big), ("n > 0", small), otherwise=none)``.
    """
    return choose((condition, part), otherwise=otherwise)


@shows_how("choose(('n > 9', big), ('n > 0', small), otherwise=none)")
def choose(*cases: tuple[str, Part], otherwise: Part | None = None) -> Branch:
    """Do the first part whose condition holds.

    Raises:
        CompositionError: A condition cannot be read, or a part is no step.
    """
    if not cases or not all(isinstance(one, tuple) and len(one) == 2 for one in cases):
        raise CompositionError(
            "choose takes pairs of a condition and a step: choose(('n > 9', big), otherwise=small)"
        )
    made = tuple(Case(readable(condition, "when"), as_step(part)) for condition, part in cases)
    return _sound(Branch(made, None if otherwise is None else as_step(otherwise)))


@shows_how("each(feel, over={'text': 'texts'}, into={'tone': 'tones'})")
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

    Raises:
        CompositionError: A word or number makes no sense, or a name is not the part's.
    """
    step = as_step(part)
    at_least(at_once, 1, "each: at_once")
    need_one_of(on_error, ("fail", "collect"), "each: on_error")
    if isinstance(over, str):
        over = {_only(step, "requires", "over"): over}
    need_mapping(over, "each: over", "{'text': 'texts'}")
    if into is None:
        into = {port.name: f"{port.name}s" for port in step.contract.provides}
    elif isinstance(into, str):
        into = {_only(step, "provides", "into"): into}
    need_mapping(into, "each: into", "{'tone': 'tones'}")
    return _sound(Each(step, dict(over), dict(into), at_once, on_error))


@shows_how("repeat(improve, until='score > 0.9', at_most=5)")
def repeat(
    part: Part,
    until: str | None = None,
    *,
    at_most: int = 100,
    on_limit: Literal["fail", "continue"] = "fail",
) -> Repeat:
    """Do *part* again until the condition holds on its outputs, at most *at_most* times.

    Raises:
        CompositionError: The condition cannot be read, or a word or number makes no sense.
    """
    at_least(at_most, 1, "repeat: at_most")
    need_one_of(on_limit, ("fail", "continue"), "repeat: on_limit")
    if until is not None:
        readable(until, "repeat")
    return _sound(Repeat(as_step(part), until, at_most, on_limit))


@shows_how("wait_for('paid', key='order_id', gives={'amount': float}, within='2 days')")
def wait_for(
    event: str,
    *,
    key: str | None = None,
    gives: Mapping[str, Any] | None = None,
    within: Duration | None = None,
    otherwise: Part | None = None,
) -> Wait:
    """Wait for a named event; its payload provides *gives* (by default one name, the event's).

    Args:
        event: The event's name.
        key: The name of the value that the event's key must equal.
        gives: What the payload provides, with types: ``{"amount": float}``.
        within: How long to wait: seconds, a timedelta, or text such as ``2 days``.
        otherwise: What to do when the time is over; without it, that fails.
    """
    need_text(event, "wait_for: event", "paid")
    given = gives or {event: Any}
    need_mapping(given, "wait_for: gives", "{'amount': float}")
    ports = tuple(Port(name, kind, secret=is_secret(kind)) for name, kind in given.items())
    limit = waiting_time(within, "wait_for: within")
    last = None if otherwise is None else as_step(otherwise)
    return _sound(Wait(event, key, ports, limit, last))


@shows_how("approval('Publish it?', into='approved')")
def approval(
    question: str,
    *,
    into: str = "approved",
    choices: Iterable[str] = (),
    within: Duration | None = None,
    otherwise: Part | None = None,
) -> Wait:
    """Ask a person and wait for the answer: yes or no (a ``bool``), or one of *choices*."""
    if isinstance(choices, str):
        raise CompositionError(
            f"approval: choices is the text {choices!r}; write several: choices=('yes', 'later')"
        )
    need_text(question, "approval: question", "Publish it?")
    offered = tuple(choices)
    limit = waiting_time(within, "approval: within")
    last = None if otherwise is None else as_step(otherwise)
    port = Port(into, str if offered else bool)
    return _sound(Wait(into, None, (port,), limit, last, question, offered))


@shows_how("pipeline('digest', fetch >> summarize, intent='Digest a page')")
def pipeline(name: str, part: Part, **said: Any) -> Pipeline:
    """Make a saved pipeline of a composition; *said* are other attributes of `Pipeline`.

    Raises:
        CompositionError: It has no such attribute, or a value of it makes no sense.
    """
    refuse_attributes(name, said)
    for side in ("requires", "provides"):
        if said.get(side) is not None:
            said[side] = tuple(said[side])
    said["triggers"] = tuple(said.get("triggers", ()))
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
