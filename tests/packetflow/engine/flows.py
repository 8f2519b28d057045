"""Generated compositions that run: any kinds in any nesting, over a few names.

Whatever one of them does follows from its inputs and from how often a step was tried, so that
every life of an execution ends alike.
"""

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from packetflow import (
    Effect,
    choose,
    each,
    fallback,
    from_contract,
    graph,
    parallel,
    pipeline,
    race,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.capabilities.context import Context
from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.capability import Capability
from packetflow.errors import CompositionError

NAMES = ["a", "b", "c"]
AGAIN = [Effect.writes("outside", on_ambiguous="again")]


def maker(number: int, needs: dict[str, bool], makes: dict[str, bool], how: str):
    """A capability over numbers; True marks an optional name.

    Args:
        number: For its name.
        needs: What it reads.
        makes: What it makes; optional ones are made if the others sum up to something even.
        how: ``plain``, ``slow``, ``fails``, ``flaky`` (at its first try) or ``guarded``.
    """
    requires = tuple(
        Port(name, int, optional=optional, default=0) if optional else Port(name, int)
        for name, optional in needs.items()
    )
    provides = tuple(Port(name, int, optional=optional) for name, optional in makes.items())

    def made(attempt: int, values: dict[str, int]) -> dict[str, int]:
        if how == "fails" or (how == "flaky" and attempt == 1):
            raise OSError("told to")
        total = sum(values.values()) % 7 + number % 3
        return {n: total for n, optional in makes.items() if not optional or total % 2 == 0}

    def here(context: Context, **values: int) -> dict[str, int]:
        return made(context.attempt, values)

    async def later(context: Context, **values: int) -> dict[str, int]:
        for _ in range(number % 3):
            await asyncio.sleep(0)
        return made(context.attempt, values)

    contract = Contract(requires, provides)
    effects = AGAIN if how == "guarded" else ()
    body, said = (later, {}) if how in {"slow", "guarded"} else (here, {"run_in": "loop"})
    plain = from_contract(body, f"s{number}", contract, effects=effects, **said)
    return Capability(replace(plain.declaration, context="context"), body)


names = st.sampled_from(NAMES)
some = st.dictionaries(names, st.booleans(), max_size=2)
hows = st.sampled_from(["plain", "plain", "slow", "slow", "fails", "flaky", "guarded"])
leaves = st.builds(maker, st.integers(0, 99), some, some, hows)


def tried(build: Any) -> Any:
    """Build a composition, or nothing when its parts do not fit."""

    def make(parts: list[Any], *rest: Any) -> Any:
        try:
            return build([part for part in parts if part is not None], *rest)
        except (CompositionError, IndexError):
            return None

    return make


def _over(part: Any, name: str, on_error: str, at_once: int) -> Any:
    """A walk over the list ``ns``, whatever the part reads and makes."""
    into = {made: f"{made}s" for made in part.contract.outputs}
    over = {name: "ns"}
    return each(part, over=over, into=into, on_error=on_error, at_once=at_once)


def grown(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(inside, min_size=1, max_size=3)
    renames = st.dictionaries(names, names, max_size=2)
    few = st.integers(1, 3)
    lists = [
        lambda p: then(*p),
        lambda p: parallel(*p),
        lambda p: graph(*p),
        lambda p: graph(*p, at_once=1),
        lambda p: fallback(*p),
        lambda p: race(p[0], p[0]),
        lambda p: repeat(p[0], at_most=2),
        lambda p: p[0].retry(2, on=OSError, wait=0.001),
        lambda p: p[0].retry(3, on=Exception, wait=0, jitter=0),
        lambda p: p[0].timeout(9),
        lambda p: p[0].hedge(5),
        lambda p: p[0].cache(),
        lambda p: p[0].bulkhead(1),
        lambda p: p[0].rate_limit(100),
        lambda p: pipeline("p", p[0]).as_step(),
        lambda p: wait_for("x", gives={"a": int}, within=1, otherwise=p[0]),
    ]
    return st.one_of(
        *[st.builds(tried(one), parts) for one in lists],
        st.builds(tried(lambda p, n: when(f"{n} > 2", p[0])), parts, names),
        st.builds(tried(lambda p, n: choose((f"{n} > 2", p[0]), otherwise=p[-1])), parts, names),
        st.builds(
            tried(lambda p, n: repeat(p[0], until=f"{n} > 3", at_most=3, on_limit="continue")),
            parts,
            names,
        ),
        st.builds(tried(lambda p, r: p[0].reading(**r)), parts, renames),
        st.builds(tried(lambda p, r: p[0].writing(**r)), parts, renames),
        st.builds(
            tried(lambda p, *said: _over(p[0], *said)),
            parts,
            names,
            st.sampled_from(["fail", "collect"]),
            few,
        ),
    )


flows = st.recursive(leaves, grown, max_leaves=7)
"""Compositions over `NAMES` and the list ``ns``; ``None`` where the parts did not fit."""


def is_sound(flow: Any) -> bool:
    """Tell whether the check lets it run."""
    return flow is not None and not any(one.severity == "error" for one in flow.check())


def inputs_for(flow: Any, extra: set[str]) -> dict[str, Any]:
    """What it needs, and of what it may be given, *extra*."""
    needs = flow.contract.inputs
    return {
        name: [1, 2, 5] if name == "ns" else 1
        for name, port in needs.items()
        if not port.optional or name in extra
    }
