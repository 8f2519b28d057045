"""Building in Python: what stands, and what is refused in the line that wrote it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow import (
    approval,
    capability,
    choose,
    each,
    fallback,
    graph,
    parallel,
    pipeline,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.composition.build import as_step, guarded, rejoined
from packetflow.composition.infer import infer
from packetflow.composition.policies import Timeout
from packetflow.composition.steps import Call, Guarded, Parallel, Sequence, Use
from packetflow.errors import CompositionError, ContractError


@capability(provides="m")
def grow(n: int, by: int = 1) -> int:
    return n + by


@capability(provides="k")
def shrink(n: int) -> int:
    return n - 1


@capability(provides="total")
def add(m: int, k: int) -> int:
    return m + k


def test_a_function_without_its_decorator_is_refused_by_name():
    def plain(n: int) -> int:
        return n

    with pytest.raises(CompositionError, match="plain is no capability; put @capability above it"):
        as_step(plain)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(CompositionError, match="3 is no step"):
        then(grow, 3)  # type: ignore[arg-type]  # that is the point


def test_sequences_and_parallels_flatten_unless_they_have_a_name_or_a_bound():
    inner = parallel(grow, shrink)

    assert len(parallel(inner, capability(provides="j")(wide)).steps) == 3
    assert len(parallel(inner.called("both"), capability(provides="j")(wide)).steps) == 2
    bound = parallel(grow, shrink, at_once=1)
    assert len(parallel(bound, capability(provides="j")(wide)).steps) == 2
    assert len(then(then(grow, shrink), then(grow, shrink)).steps) == 4


def wide(n: int) -> int:
    return n


@given(st.lists(st.sampled_from([grow, shrink]), min_size=3, max_size=8), st.integers(1, 7))
def test_many_at_once_are_the_same_as_one_by_one_wherever_one_cuts(parts, cut):
    at = min(cut, len(parts) - 1)

    whole = then(*parts)
    halves = then(then(*parts[:at]), then(*parts[at:]))

    assert whole == halves
    assert whole.flow.needs == halves.flow.needs == infer(whole).needs
    assert whole.flow.makes == halves.flow.makes == infer(whole).makes


def test_what_certainly_does_not_fit_is_refused_at_once():
    with pytest.raises(ContractError, match="needs 'm' as int, but 'say' makes it as str"):
        then(capability(provides="m", name="say")(words), add)
    with pytest.raises(ContractError, match="makes 'm', and so does 'grow' beside it"):
        grow & grow
    with pytest.raises(ContractError, match="waits for itself"):
        graph(
            grow.reading(n="b").writing(m="a").called("one"),
            grow.reading(n="a").writing(m="b").called("two"),
        )


def words(n: int) -> str:
    return str(n)


def test_each_takes_bare_names_for_the_only_ones_and_plurals_for_what_it_collects():
    one = each(shrink, over="ns")
    two = each(shrink, over={"n": "ns"}, into="ks")

    assert (one.over, one.into) == ({"n": "ns"}, {"k": "ks"})
    assert one == two
    assert each(grow, over="ns").over == {"n": "ns"}  # `by` has a default


def test_each_asks_for_a_mapping_where_a_bare_name_is_not_enough():
    with pytest.raises(CompositionError, match=r"'add' has several requires \(m, k\)"):
        each(add, over="ms")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: each(grow, over="ns", at_once=0), "each: at_once is 0"),
        (lambda: repeat(grow, at_most=0), "repeat: at_most is 0"),
        (lambda: grow.timeout(0), "timeout is 0"),
        (lambda: guarded(grow, Timeout(-1)), "timeout is -1"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(make, said):
    with pytest.raises(CompositionError, match=said):
        make()


def test_a_choice_keeps_its_cases_in_order():
    made = choose(("n > 9", grow), ("n > 0", grow), otherwise=grow)

    assert [case.when for case in made.cases] == ["n > 9", "n > 0"]
    assert made.otherwise == grow.as_step()
    assert when("n > 0", grow).otherwise is None


def test_a_wait_gives_its_own_name_unless_it_says_more():
    assert [port.name for port in wait_for("paid").gives] == ["paid"]
    made = wait_for("paid", key="number", gives={"amount": float}, within=timedelta(minutes=1))

    assert [(port.name, port.type) for port in made.gives] == [("amount", float)]
    assert (made.key, made.within_seconds) == ("number", 60.0)


def test_an_approval_is_yes_or_no_or_one_of_its_choices():
    plain, chosen = approval("Go?"), approval("Which?", into="colour", choices=["red", "blue"])

    assert (plain.event, plain.gives[0].type, plain.choices) == ("approved", bool, ())
    assert (chosen.event, chosen.gives[0].type) == ("colour", str)
    assert chosen.choices == ("red", "blue")


def test_joints_are_changed_one_after_the_other_and_earlier_ones_stay():
    step = grow.reading(n="start").setting(by=2).writing(m="end")

    assert isinstance(step, Use)
    assert (step.reads, step.values, step.writes) == ({"n": "start"}, {"by": 2}, {"m": "end"})


def test_a_joint_is_changed_through_the_policies_around_it():
    step = rejoined(grow.timeout(5), reads={"n": "start"})

    assert isinstance(step, Guarded)
    assert isinstance(step.step, Use)
    assert step.step.reads == {"n": "start"}


def test_an_output_without_a_new_name_keeps_its_own():
    step = rejoined(grow, writes={"m": None})

    assert isinstance(step, Use)
    assert step.writes == {"m": "m"}


def test_an_unknown_input_or_output_is_answered_with_the_nearest():
    with pytest.raises(CompositionError, match=r"no input 'bye'; did you mean 'by'\?"):
        grow.setting(bye=1)
    with pytest.raises(CompositionError, match=r"'grow' has no output 'x' \(it has: m\)"):
        grow.writing(x="y")


def test_only_what_calls_something_can_be_rejoined():
    with pytest.raises(CompositionError, match="not a sequence; rename at the steps inside"):
        rejoined(grow >> shrink, reads={"n": "x"})


def test_a_pipeline_is_a_step_and_keeps_what_is_said_of_it():
    made = pipeline("p", grow, requires=["n", "by?"], intent="Grow")

    assert (made.requires, made.intent) == (("n", "by?"), "Grow")
    assert isinstance(as_step(made), Call)
    assert isinstance(then(made, shrink), Sequence)
    assert isinstance(parallel(made, shrink), Parallel)


def test_a_fallback_provides_what_all_its_ways_share():
    made = fallback(grow & shrink, grow)

    assert list(made.flow.makes) == ["m"]
