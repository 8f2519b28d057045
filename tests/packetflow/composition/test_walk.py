"""Ways through a tree: children, all steps, ids."""

import pytest

from packetflow import (
    capability,
    choose,
    each,
    fallback,
    graph,
    parallel,
    race,
    repeat,
    then,
    wait_for,
)
from packetflow.composition.policies import Timeout
from packetflow.composition.steps import Guarded, Sequence, Step, Use
from packetflow.composition.walk import (
    DEEPEST,
    changed_children,
    children,
    find,
    identified,
    label,
    natural_name,
    step_id,
    walk,
    with_id,
)
from packetflow.errors import CompositionError


def step(name: str) -> Use:
    return capability(name=name, provides=name)(make).as_step()


def make(x: int) -> int:
    return x


A, B, C = step("a"), step("b"), step("c")
KINDS = {
    "sequence": (then(A, B), [A, B]),
    "parallel": (parallel(A, B), [A, B]),
    "graph": (graph(A, B), [A, B]),
    "branch": (choose(("x > 1", A), ("x > 0", B), otherwise=C), [A, B, C]),
    "branch without otherwise": (choose(("x > 1", A)), [A]),
    "each": (each(A, over={"x": "xs"}), [A]),
    "race": (race(A, B.writing(b="a")), [A, B.writing(b="a")]),
    "fallback": (fallback(A, B.writing(b="a")), [A, B.writing(b="a")]),
    "repeat": (repeat(A, at_most=2), [A]),
    "wait": (wait_for("e", within=1, otherwise=A.writing(a="e")), [A.writing(a="e")]),
    "wait for ever": (wait_for("e"), []),
    "guarded": (A.timeout(1), [A]),
    "use": (A, []),
}


@pytest.mark.parametrize("kind", KINDS)
def test_children_are_the_steps_directly_inside_in_reading_order(kind):
    whole, inside = KINDS[kind]

    assert list(children(whole)) == inside


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_reaches_each_child_once_and_nothing_else(kind):
    whole, inside = KINDS[kind]
    seen: list[Step] = []

    def note(child: Step) -> Step:
        seen.append(child)
        return with_id(child, f"new_{len(seen)}")

    changed = changed_children(whole, note)

    assert seen == inside
    assert [step_id(child) for child in children(changed)] == [
        f"new_{n}" for n in range(1, len(inside) + 1)
    ]
    assert changed_children(whole, lambda child: child) == whole


def test_a_walk_meets_parents_before_children_in_reading_order():
    whole = then(parallel(A, then(B, C)), A)

    assert [natural_name(part) for part in walk(whole)] == [
        "sequence", "parallel", "a", "sequence", "b", "c", "a",
    ]  # fmt: skip


def nested(depth: int) -> Step:
    whole: Step = A
    for _ in range(depth - 1):
        whole = Sequence((whole,))
    return whole


def test_a_tree_may_be_as_deep_as_the_limit_and_no_deeper():
    assert sum(1 for _ in walk(nested(DEEPEST))) == DEEPEST
    with pytest.raises(CompositionError, match="nested more than 100 deep"):
        list(walk(nested(DEEPEST + 1)))


def test_a_guarded_step_goes_by_the_one_inside():
    wrapped = Guarded(Guarded(A, Timeout(1)), Timeout(2))

    assert (step_id(wrapped), label(wrapped)) == (None, "a")
    assert step_id(with_id(wrapped, "mine")) == "mine"
    assert label(with_id(wrapped, "mine")) == "mine"


def test_missing_ids_count_up_in_reading_order_and_given_ones_stay():
    whole = identified(then(A, B.called("a_2"), A, parallel(A, B)))

    ids = [step_id(part) for part in walk(whole)]

    assert ids == [None, "a", "a_2", "a_3", "parallel", "a_4", "b"]


def test_a_sequence_needs_an_id_only_under_a_policy():
    plain = identified(then(A, B))
    wrapped = identified(then(A, B).timeout(1))

    assert step_id(plain) is None
    assert step_id(wrapped) == "sequence"


def test_a_tree_with_all_ids_stays_the_very_same():
    whole = identified(then(A, parallel(B, C)))

    assert identified(whole) is whole


def test_a_step_is_found_by_its_id():
    whole = identified(then(A.timeout(1), A))

    found = find(whole, "a_2")

    assert isinstance(found, Use)
    assert found.id == "a_2"
    assert isinstance(find(whole, "a"), Use)
    assert find(whole, "nobody") is None
