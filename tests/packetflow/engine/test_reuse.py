"""What follows from a change, and what does not."""

import pytest

from packetflow import Contract, Port, from_contract, parallel, when
from packetflow.composition.walk import identified
from packetflow.engine.reuse import following
from packetflow.errors import UnknownName


def step(name: str, reads: str, makes: str):
    contract = Contract(
        tuple(Port(one, str) for one in reads.split()),
        tuple(Port(one, str) for one in makes.split()),
    )
    return from_contract(lambda **_: {}, name, contract)


A, B, C = step("a", "x", "p"), step("b", "y", "q"), step("c", "p q", "r")
FLOW = identified((parallel(A, B) >> C).as_step())


@pytest.mark.parametrize(
    ("from_step", "changed", "stale"),
    [
        ("a", (), {"a", "c"}),
        ("c", (), {"c"}),
        (None, ("x",), {"a", "c"}),
        (None, ("y",), {"b", "c"}),
        ("a", ("y",), {"a", "b", "c"}),
        (None, (), set()),
        (None, ("nobody_reads_it",), set()),
    ],
)
def test_what_reads_what_follows_is_done_again(from_step, changed, stale):
    assert following(FLOW, from_step, changed) & {"a", "b", "c"} == stale


def test_a_renamed_input_is_followed_too():
    flow = identified((A.reading(x="z") >> step("d", "p", "s")).as_step())

    assert following(flow, None, ("z",)) == {"a", "d"}


def test_what_reads_from_a_way_follows_a_changed_condition_the_ways_themselves_do_not():
    one, other = step("a", "x", "p"), step("b", "y", "p")
    flow = identified((when("flag", one, otherwise=other) >> step("c", "p", "r")).as_step())

    assert following(flow, None, ("flag",)) == {"branch", "c"}


def test_an_unknown_step_says_so():
    with pytest.raises(UnknownName, match="no step"):
        following(FLOW, "nosuch", ())


def test_a_misspelt_step_is_answered_with_the_nearest():
    flow = identified((A.called("collect") >> C.called("combine")).as_step())

    with pytest.raises(UnknownName, match="did you mean 'combine'"):
        following(flow, "combin", ())
