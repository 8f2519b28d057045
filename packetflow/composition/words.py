"""Short words for steps and policies, as badges and headings of drawings."""

from __future__ import annotations

from typing import Any

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
    Each,
    Fallback,
    Graph,
    Parallel,
    Pipeline,
    Race,
    Repeat,
    Sequence,
    Step,
    Wait,
)


def duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> duration(0.25), duration(90), duration(172800)
    ('250 ms', '1.5 min', '2 d')
    """
    for limit, unit, name in ((86400, 86400, "d"), (3600, 3600, "h"), (60, 60, "min")):
        if seconds >= limit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def policy(policy: Policy) -> str:
    """A policy in a few words.

    >>> policy(Retry(3, ("OSError",))), policy(Timeout(10))
    ('retry 3x on OSError', 'timeout 10 s')
    """
    match policy:
        case Retry(attempts=attempts, on=on):
            kinds = ", ".join(name.rpartition(":")[2] for name in on[:2])
            return f"retry {attempts}x on {kinds}{' and more' if len(on) > 2 else ''}"
        case Timeout(seconds=limit):
            return f"timeout {duration(limit)}"
        case Breaker(failures=failures, reset_seconds=reset):
            return f"breaker {failures}, {duration(reset)}"
        case RateLimit(calls=calls, per_seconds=per):
            return f"{calls} per {duration(per)}"
        case Cache(ttl_seconds=ttl):
            return "cached" if ttl is None else f"cached {duration(ttl)}"
        case Hedge(after_seconds=after):
            return f"hedge after {duration(after)}"
        case Bulkhead(at_once=at_once):
            return f"{at_once} at once"


def title(step: Step) -> str:
    """What a container does, as a heading."""
    match step:
        case Branch():
            return "the first way that holds"
        case Each(over=over):
            walked = ", ".join(f"{item} in {outer}" for item, outer in over.items())
            return f"each {walked}" if walked else "each"
        case Race():
            return "race: the first to succeed"
        case Fallback():
            return "the first that works"
        case Repeat(until=until, at_most=at_most):
            return f"repeat until {until}" if until else f"repeat {at_most} times"
        case Parallel():
            return "all at once"
        case Graph():
            return "as names arrive"
        case Sequence():
            return "one after the other"
        case Wait(event=event, within_seconds=within):
            limit = "" if within is None else f" for at most {duration(within)}"
            return f"wait for {event}{limit}"
        case _:
            return type(step).__name__.lower()


def bounds(step: Step) -> tuple[str, ...]:
    """A container's own limits, as badges."""
    match step:
        case Each(at_once=at_once, on_error=on_error):
            return (f"{at_once} at once", *(("keeps going",) if on_error == "collect" else ()))
        case Repeat(until=until, at_most=at_most, on_limit=on_limit):
            most = (f"at most {at_most}x",) if until else ()
            return (*most, *(("goes on at the limit",) if on_limit == "continue" else ()))
        case Parallel(at_once=int(at_once)) | Graph(at_once=int(at_once)):
            return (f"{at_once} at once",)
        case _:
            return ()


def waiting(step: Wait) -> str:
    """What a wait is for."""
    if step.question:
        return step.question
    key = "" if step.key is None else f" with its {step.key}"
    limit = "" if step.within_seconds is None else f", {duration(step.within_seconds)}"
    return f"for the event {step.event}{key}{limit}"


def setting(name: str, value: Any) -> str:
    """A fixed input: its value in short."""
    text = repr(value)
    short = text if len(text) <= 24 else f"{text[:23]}\u2026"
    return f"{name} = {short}"


def intent(called: Any) -> str:
    """What a capability or pipeline gives, in its own words."""
    if isinstance(called, Pipeline):
        return called.intent
    declaration = getattr(called, "declaration", None)
    return "" if declaration is None else str(declaration.intent)
