"""The order inside a graph: who makes what, who waits for whom."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.capability import from_contract
from packetflow.composition.dataflow import dataflow, graph_dataflow, infer_graph
from packetflow.composition.steps import Graph, Use


def step(name: str, reads: str = "", makes: str = "", *, optional: str = "") -> Use:
    needed = [Port(one) for one in reads.split()]
    needed += [Port(one, optional=True) for one in optional.split()]
    made = tuple(Port(one) for one in makes.split())
    return from_contract(dict, name, Contract(tuple(needed), made)).called(name)


A, B, C = step("a", "x", "p"), step("b", "p", "q"), step("c", "p q", "r")


def codes(*steps: Use, **after: tuple[str, ...]) -> list[tuple[str, str]]:
    flow = infer_graph(Graph(steps, after))
    return [(problem.code, problem.step) for problem in flow.problems]


@pytest.mark.parametrize("steps", [(A, B, C), (C, B, A), (B, C, A)])
def test_a_step_waits_for_the_makers_of_what_it_reads_whatever_the_order(steps):
    wiring = dataflow(steps, {})

    names = [one.id for one in steps]
    waits = {names[i]: {names[j] for j in before} for i, before in enumerate(wiring.before)}
    follow = {names[i]: {names[j] for j in after} for i, after in enumerate(wiring.after)}
    assert waits == {"a": set(), "b": {"a"}, "c": {"a", "b"}}
    assert follow == {"a": {"b", "c"}, "b": {"c"}, "c": set()}


def test_an_optional_input_waits_for_its_maker_too():
    assert dataflow((step("d", optional="p"), A), {}).before[0] == {1}


def test_order_may_be_added_and_unknown_names_in_it_add_none():
    wiring = dataflow((A, step("d", "y")), {"d": ("a", "nobody")})

    assert wiring.before == (frozenset(), frozenset({0}))


def test_the_first_of_two_makers_counts():
    wiring = dataflow((A, step("again", "", "p"), B), {})

    assert wiring.makers["p"] == 0
    assert wiring.before[2] == {0}


def test_a_step_does_not_wait_for_itself():
    assert dataflow((step("grow", "n", "n"),), {}).before == (frozenset(),)


def test_a_ring_is_found_and_what_hangs_on_it_is_left_out():
    ring = [step("one", "c", "a"), step("two", "a", "b"), step("three", "b", "c")]

    found = dataflow([step("before", "", "z"), *ring, step("after", "c", "d")], {}).cycle()

    assert sorted(found) == [1, 2, 3]
    turns = found.index(1)
    assert [*found[turns:], *found[:turns]] == [1, 2, 3]


def test_no_ring_is_an_empty_one():
    assert dataflow((A, B, C), {}).cycle() == []
    assert dataflow((), {}).cycle() == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_a_ring_is_a_way_back_to_its_start_and_is_there_just_when_no_order_fits(pairs):
    order = {f"s{b}": tuple(f"s{a}" for a, c in pairs if c == b) for _, b in pairs}
    wiring = dataflow([step(f"s{i}") for i in range(10)], order)

    ring = wiring.cycle()

    if ring:
        assert all(b in wiring.after[a] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))
    else:
        left, done = set(range(10)), set()
        while ready := {i for i in left if wiring.before[i] <= done}:
            left -= ready
            done |= ready
        assert not left


def test_a_graph_is_wired_once():
    whole = Graph((A, B))

    assert graph_dataflow(whole) is graph_dataflow(whole)


def test_a_graph_reads_from_outside_what_nobody_inside_makes():
    flow = infer_graph(Graph((A, B, C)))

    assert list(flow.needs) == ["x"]
    assert sorted(flow.makes) == ["p", "q", "r"]
    assert flow.makers["q"] == "b"
    assert flow.problems == []


def test_what_does_not_fit_in_a_graph_is_named_with_its_step():
    assert codes(A, step("again", "", "p")) == [("clashing_outputs", "again")]
    assert codes(step("grow", "n", "n")) == [("reads_and_writes", "grow")]
    assert codes(step("one", "b", "a"), step("two", "a", "b"))[0][0] == "cycle"
    assert codes(A, a=("ghost",)) == [("unknown_step", "ghost")]


def test_a_joint_of_types_that_do_not_fit_is_found():
    text = from_contract(dict, "text", Contract((), (Port("n", str),)))
    number = from_contract(dict, "number", Contract((Port("n", int),), ()))

    assert codes(text.as_step(), number.as_step()) == [("wrong_type", "number")]
