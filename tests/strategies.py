"""Generated compositions, for laws that hold for all of them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from packetflow.capabilities.contract import MISSING, Contract, Port
from packetflow.composition import Capability, Pipeline, Step, Trigger, from_contract
from packetflow.composition.concealing import telling
from packetflow.composition.policies import (
    Breaker,
    Bulkhead,
    Cache,
    Hedge,
    RateLimit,
    Retry,
    Timeout,
)
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Graph,
    Guarded,
    Parallel,
    Race,
    Repeat,
    Sequence,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import changed_children, identified, step_id

ODD_NAMES = ("yes", "null", "1", "a b", "x: y", "#no", "ünï", "a,b", "", "don't", '"q"', "- d", "?")


def _do_nothing(**inputs: Any) -> Mapping[str, Any]:
    return inputs


def capabilities_named(*names: str) -> dict[str, Capability[..., Any]]:
    """Capabilities without behaviour: each reads ``text`` and maybe ``language``."""
    contract = Contract(
        (Port("text", str), Port("language", str, optional=True, default="en")),
        (Port("summary", str), Port("tone", str)),
    )
    return {name: from_contract(_do_nothing, name, contract) for name in names}


KNOWN = capabilities_named("fetch", "summarize", "feel", "card")


def resolve(kind: str, name: str) -> Capability[..., Any] | Pipeline | None:
    """Find the known capabilities, and the one known pipeline."""
    if kind == "pipeline":
        return SAVED if name == SAVED.name else None
    return KNOWN.get(name)


SAVED = Pipeline("clean", Use(KNOWN["fetch"], id="fetch"))

plain_names = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
texts = st.one_of(
    plain_names,
    st.sampled_from(ODD_NAMES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
names = st.one_of(plain_names, texts)
numbers = st.one_of(st.integers(1, 90).map(float), st.floats(0.001, 1e9))
moments = st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2100, 1, 1))
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    texts,
    st.binary(max_size=5),
    moments,
    moments.map(datetime.datetime.date),
    moments.map(datetime.datetime.time),
    st.timedeltas(),
    st.frozensets(st.integers(), max_size=3),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(texts, inner, max_size=3),
        st.dictionaries(st.integers(), inner, max_size=2),
        st.fixed_dictionaries({"$date": inner}),
    ),
    max_leaves=6,
)
types = st.recursive(
    st.sampled_from(
        [str, int, float, bool, list, dict, bytes, Any, datetime.date, datetime.datetime]
    ),
    lambda inner: st.one_of(
        inner.map(lambda kind: list[kind]),
        inner.map(lambda kind: dict[str, kind]),
        st.sampled_from([str, int, dict]).map(lambda kind: kind | None),
    ),
    max_leaves=3,
)
policies = st.one_of(
    st.builds(
        Retry,
        attempts=st.integers(1, 9),
        on=st.lists(texts, min_size=1, max_size=3).map(tuple),
        wait_seconds=numbers,
        factor=st.floats(1, 4),
        max_wait_seconds=numbers,
        jitter_seconds=numbers,
        total_seconds=st.none() | numbers,
    ),
    st.builds(Retry, attempts=st.integers(1, 9), on=st.just(("OSError",))),
    st.builds(Timeout, numbers),
    st.builds(Breaker, st.integers(1, 9), numbers),
    st.builds(RateLimit, st.integers(1, 99), numbers),
    st.builds(Cache, st.none() | numbers, st.integers(1, 2000)),
    st.builds(Hedge, numbers, st.integers(2, 5)),
    st.builds(Bulkhead, st.integers(1, 9), st.integers(0, 9) | st.just(1_000_000)),
)


@st.composite
def ports(draw: st.DrawFn, name: str) -> Port:
    default = draw(st.just(MISSING) | values)
    optional = draw(st.booleans()) if draw(st.booleans()) else default is not MISSING
    # a file never holds the default of a secret
    secret = draw(st.booleans()) and (default is MISSING or default is None)
    return Port(name, draw(types), optional, default, secret, draw(st.just("") | texts))


def _ports(*, most: int = 3) -> st.SearchStrategy[tuple[Port, ...]]:
    several = st.lists(names, max_size=most, unique=True)
    return several.flatmap(lambda them: st.tuples(*(ports(name) for name in them)))


_reads = st.dictionaries(names, st.none() | names, max_size=2)
_writes = st.none() | st.dictionaries(names, names, max_size=2)
_ids = st.none() | names.filter(bool)
_values = st.dictionaries(names, values, max_size=2)
_at_once = st.none() | st.integers(1, 9)
_approvals = st.builds(
    lambda into, choices, question: Wait(
        into, None, (Port(into, str if choices else bool),), None, None, question, choices
    ),
    names,
    st.lists(texts, max_size=2).map(tuple),
    texts,
)
uses = st.builds(
    Use,
    st.one_of(st.sampled_from(list(KNOWN.values())), names.filter(bool).map(Unknown)),
    _reads,
    _writes,
    _values,
    _ids,
)
calls = st.builds(
    Call,
    st.just(SAVED) | names.map(lambda name: Unknown(f"no_{name}", "pipeline")),
    _reads,
    _writes,
    _values,
    _ids,
)


def _kinds(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    several = st.lists(inner, max_size=3).map(tuple)
    perhaps = st.none() | inner
    cases = st.lists(st.builds(Case, texts, inner), max_size=3).map(tuple)
    return st.one_of(
        st.builds(Sequence, several, _ids),
        st.builds(Parallel, several, _at_once, _ids),
        st.builds(Graph, several, st.just({}), _at_once, _ids),
        st.builds(Branch, cases, perhaps, _ids),
        st.builds(
            Each,
            inner,
            st.dictionaries(names, names, max_size=2),
            st.dictionaries(names, names, max_size=2),
            st.integers(1, 9),
            st.sampled_from(["fail", "collect"]),
            _ids,
        ),
        st.builds(Race, several, _ids),
        st.builds(Fallback, several, _ids),
        st.builds(
            Repeat,
            inner,
            st.none() | texts,
            st.sampled_from([1, 100]),
            st.sampled_from(["fail", "continue"]),
            _ids,
        ),
        st.builds(
            Wait,
            names,
            st.none() | names,
            _ports(),
            st.none() | numbers,
            perhaps,
            st.just("") | texts,
            st.lists(texts, max_size=2).map(tuple),
            _ids,
        ),
        st.builds(lambda wait, last: replace(wait, otherwise=last), _approvals, perhaps),
        st.builds(Guarded, inner, policies),
    )


def _own_ids(step: Step) -> Step:
    """The same composition with every id once, and all there."""
    seen: set[str] = set()

    def own(here: Step) -> Step:
        if not isinstance(here, Guarded) and here.id is not None:
            if here.id in seen:
                here = replace(here, id=None)
            else:
                seen.add(here.id)
        return changed_children(here, own)

    return identified(own(step))


_trees = st.recursive(uses | calls, _kinds, max_leaves=7)  # once: making it is most of a draw


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Any composition; every step has an id of its own, graphs have some order."""

    def order(here: Step) -> Step:
        here = changed_children(here, order)
        if isinstance(here, Graph):
            there = sorted(name for one in here.steps if (name := step_id(one)))
            if there:
                some = st.lists(st.sampled_from(there), max_size=2).map(tuple)
                here = replace(here, after=draw(st.dictionaries(st.sampled_from(there), some)))
        return here

    return order(_own_ids(draw(_trees)))


triggers = st.builds(Trigger, st.sampled_from(["event", "file", "schedule"]), texts, _values)
promises = st.none() | st.lists(texts, max_size=3).map(tuple)


def _can_be_saved(pipeline: Pipeline) -> Pipeline:
    """Without values that a trigger gives to a secret input: no file may hold those."""
    if not any(trigger.inputs for trigger in pipeline.triggers):
        return pipeline
    ports = pipeline.contract.inputs
    kept = [
        {name: value for name, value in trigger.inputs.items()
         if name not in telling(trigger.inputs, ports)}
        for trigger in pipeline.triggers
    ]  # fmt: skip
    triggers = zip(pipeline.triggers, kept, strict=True)
    return replace(pipeline, triggers=tuple(replace(one, inputs=left) for one, left in triggers))


pipelines = st.builds(
    Pipeline,
    texts,
    steps(),
    st.integers(0, 99),
    texts,
    promises,
    promises,
    st.lists(triggers, max_size=2).map(tuple),
    st.booleans(),
    _ports().map(lambda several: {port.name: port for port in several}),
).map(_can_be_saved)
