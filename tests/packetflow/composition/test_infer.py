"""What compositions read and make; and flows that pass the check never miss a name."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow import (
    Step,
    capability,
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
from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.check import check
from packetflow.engine.engine import Engine
from packetflow.errors import CompositionError, ContractError, MissingInput
from packetflow.testing import FakeClock

NAMES = ["a", "b", "c", "d"]


def maker(number: int, needs: dict[str, bool], makes: dict[str, bool], *, fails: bool, slow: bool):
    """A capability over numbers; True marks an optional name. Optional outputs are left out."""
    requires = tuple(
        Port(name, int, optional=optional, default=0) if optional else Port(name, int)
        for name, optional in needs.items()
    )
    provides = tuple(Port(name, int, optional=optional) for name, optional in makes.items())

    def body(**values: int) -> dict[str, int]:
        if fails:
            raise OSError("told to")
        total = sum(values.values()) % 7
        return {name: total for name, optional in makes.items() if not optional}

    async def later(**values: int) -> dict[str, int]:
        await asyncio.sleep(0)
        return body(**values)

    name = f"s{number}"
    if slow:
        return from_contract(later, name, Contract(requires, provides))
    return from_contract(body, name, Contract(requires, provides), run_in="loop")


names = st.sampled_from(NAMES)
some = st.dictionaries(names, st.booleans(), max_size=2)
leaves = st.builds(
    maker, st.integers(0, 99), some, some, fails=st.sampled_from([False] * 5 + [True]),
    slow=st.booleans(),
)  # fmt: skip


def tried(build: Any) -> Any:
    """Build a composition, or nothing when its parts do not fit."""

    def make(parts: list[Any], *rest: Any) -> Any:
        try:
            return build([part for part in parts if part is not None], *rest)
        except (CompositionError, IndexError):
            return None

    return make


def grown(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(inside, min_size=1, max_size=3)
    renames = st.dictionaries(names, names, max_size=2)
    several = [
        tried(lambda p: then(*p)),
        tried(lambda p: parallel(*p)),
        tried(lambda p: graph(*p)),
        tried(lambda p: fallback(*p)),
        tried(lambda p: race(*p)),
    ]
    return st.one_of(
        *[st.builds(one, parts) for one in several],
        st.builds(tried(lambda p, n: when(f"{n} == 0", p[0])), parts, names),
        st.builds(tried(lambda p, n: choose((f"{n} == 0", p[0]), otherwise=p[-1])), parts, names),
        st.builds(tried(lambda p: repeat(p[0], at_most=2)), parts),
        st.builds(tried(lambda p: p[0].retry(2, on=OSError, wait=0.001)), parts),
        st.builds(tried(lambda p: p[0].timeout(9)), parts),
        st.builds(tried(lambda p: pipeline("p", p[0]).as_step()), parts),
        st.builds(tried(lambda p, r: p[0].reading(**r)), parts, renames),
        st.builds(tried(lambda p, r: p[0].writing(**r)), parts, renames),
        st.builds(
            tried(lambda p: wait_for("x", gives={"a": int}, within=1, otherwise=p[0])), parts
        ),
    )


flows = st.recursive(leaves, grown, max_leaves=6)


@given(flows, st.sets(names))
def test_a_flow_that_passes_the_check_never_fails_for_a_missing_or_clashing_name(flow, extra):
    if flow is None or any(problem.severity == "error" for problem in flow.check()):
        return
    needs = flow.contract.inputs
    inputs = {n: 1 for n, port in needs.items() if not port.optional or n in extra}

    async def run():
        engine = Engine(clock=FakeClock())
        execution = await engine.run(flow, inputs)
        await engine.close()
        return execution

    execution = asyncio.run(run())

    if execution.failure is not None:
        assert not isinstance(execution.failure.cause, (MissingInput, KeyError)), execution
        assert execution.failure.error_type in {"OSError", "NothingWon", "TimedOut"}
        return
    promised = {name for name, port in flow.contract.outputs.items() if not port.optional}
    assert promised <= set(execution.outputs) <= set(flow.contract.outputs)


@given(st.lists(leaves, min_size=3, max_size=3))
def test_operators_are_associative(parts):
    a, b, c = parts
    for join in (lambda x, y: x >> y, lambda x, y: x & y, lambda x, y: x | y):
        one = attempt(lambda join=join: join(join(a, b), c))
        other = attempt(lambda join=join: join(a, join(b, c)))
        assert one == other


def attempt(build: Any) -> Any:
    try:
        step = build()
    except ContractError:
        return "refused"
    return step, dict(step.contract.inputs), dict(step.contract.outputs)


def out(name: str, kind: Any, **needs: Any):
    contract = Contract(tuple(Port(n, k) for n, k in needs.items()), (Port(name, kind),))
    return from_contract(lambda **_: {name: None}, f"make_{name}", contract)


def described(step: Step) -> str:
    return str(step.contract)


def test_a_sequence_needs_what_nobody_before_makes():
    flow = out("b", int, a=str) >> out("c", int, b=int, d=float)

    assert described(flow) == "(a: str, d: float) -> (b: int, c: int)"


def test_a_branch_makes_for_certain_what_all_ways_make():
    both = choose(("n > 1", out("a", int)), otherwise=out("a", str) >> out("b", int))
    one = when("n > 1", out("a", int))

    assert described(both) == "(n: Any) -> (a: int | str, b?: int)"
    assert described(one) == "(n: Any) -> (a?: int)"


def test_alternatives_make_what_they_share():
    flow = fallback(out("a", int) >> out("b", int), out("b", int) >> out("c", int))

    assert described(flow) == "() -> (b: int)"


def test_an_each_turns_items_into_lists():
    @capability(provides="tone")
    def tone(text: str, language: str = "en") -> float:
        return 1.0

    assert described(each(tone, "texts")) == (
        "(texts: list[str], language?: str) -> (tones: list[float])"
    )


def test_two_readers_need_the_narrower_type():
    flow = parallel(out("x", int, a=float), out("y", int, a=int))

    assert described(flow) == "(a: int) -> (x: int, y: int)"


REFUSED = {
    "needs 'a' as str, but 'make_a' makes it as int": lambda: out("a", int) >> out("b", int, a=str),
    "makes 'a', and so does 'make_a' beside it": lambda: out("a", int) & out("a", int),
    "reads 'a' while 'make_a' beside it makes": lambda: out("a", int) & out("b", int, a=int),
    "reads 'a' as str, but 'make_x' reads it as int":
        lambda: parallel(out("x", int, a=int), out("y", int, a=str)),
    "waits for itself": lambda: graph(out("a", int, b=int), out("b", int, a=int)),
    "in a graph give the new value another name": lambda: graph(out("a", int, a=int)),
    "the order names the step 'nobody'": lambda: graph(out("a", int), after={"nobody": ["a"]}),
    "collects 'z', which nothing inside makes":
        lambda: each(out("b", int, a=int), "as_", {"z": "zs"}),
    "collects two outputs under the name 'all'":
        lambda: each(out("b", int, a=int) >> out("c", int, a=int), {"a": "as_"},
                     {"b": "all", "c": "all"}),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_what_certainly_does_not_fit_is_refused_in_the_line_that_wrote_it(message):
    with pytest.raises(ContractError) as refused:
        REFUSED[message]()

    assert message in str(refused.value)


def test_a_name_made_only_on_some_ways_is_a_problem_for_a_reader_without_default():
    flow = when("n > 1", out("a", int)) >> out("b", int, a=int)

    [problem] = check(flow)

    assert (problem.code, problem.step, problem.name) == ("maybe_missing", "make_b", "a")
    assert not check(flow, given=["n", "a"])
