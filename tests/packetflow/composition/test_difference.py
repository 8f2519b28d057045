"""What tells two pipelines apart."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetflow.composition import Pipeline, Step, dump, load
from packetflow.composition.difference import Difference, difference
from packetflow.composition.edit import apply
from packetflow.composition.steps import Call, Graph, Guarded, Sequence, Use
from packetflow.composition.walk import changed_children, step_id, walk
from packetflow.errors import CompositionError
from tests.strategies import pipelines, resolve

FLOW = """\
pipeline: digest
steps:
  - use: fetch
  - use: summarize
    set: {language: en}
  - parallel:
      - use: feel
      - use: card
  - use: last
"""


def read(text: str) -> Pipeline:
    return load(text, resolve)


def after(*operations: dict[str, Any], text: str = FLOW) -> list[str]:
    """What differs once a file was edited."""
    new = text
    for operation in operations:
        new = apply(new, operation).text
    return str(difference(read(text), read(new))).splitlines()


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ({"op": "insert", "step": {"use": "new"}, "place": {"after": "fetch"}},
         "+ added new after fetch"),
        ({"op": "insert", "step": {"use": "new", "id": "it"}, "place": {"into": "parallel"}},
         "+ added it (use new) in parallel"),
        ({"op": "remove", "step": "fetch"}, "\N{MINUS SIGN} removed fetch"),
        ({"op": "rename", "step": "fetch", "to": "get"},
         "\N{RIGHTWARDS ARROW} renamed fetch to get"),
        ({"op": "set", "step": "summarize", "field": "set", "value": {"language": "fr"}},
         "~ changed summarize: set language fr, was en"),
        ({"op": "set", "step": "fetch", "field": "use", "value": "feel"},
         "~ changed fetch: use feel, was fetch"),
        ({"op": "guard", "step": "fetch", "policy": {"timeout": 3}},
         "~ changed fetch: with timeout 3, was nothing"),
        ({"op": "move", "step": "last", "place": {"before": "fetch"}},
         "\N{UP DOWN ARROW} moved last to the start"),
        ({"op": "move", "step": "feel", "place": {"after": "last"}},
         "\N{UP DOWN ARROW} moved feel after last"),
        ({"op": "header", "field": "intent", "value": "Sum it up"},
         "* intent Sum it up, was nothing"),
    ],
)  # fmt: skip
def test_an_edit_is_told_as_what_it_is(operation: dict[str, Any], said: str):
    assert after(operation) == [said]


def test_a_container_put_around_steps_is_added_and_they_move_into_it():
    wrap = {"op": "wrap", "steps": ["fetch", "summarize"], "kind": "repeat", "fields": {}}

    said = after(wrap)

    assert said[0].startswith("+ added repeat")
    assert [line.split()[:3] for line in said[1:]] == [
        ["\N{UP DOWN ARROW}", "moved", "fetch"],
        ["\N{UP DOWN ARROW}", "moved", "summarize"],
    ]


def test_a_container_is_known_again_by_what_is_in_it():
    kept = "  - parallel: [{use: c}, {use: d}]\n"
    one = f"pipeline: p\nsteps:\n{kept}"
    two = f"pipeline: p\nsteps:\n  - parallel: [{{use: a}}, {{use: b}}]\n{kept}"

    said = str(difference(read(two), read(one))).splitlines()

    assert [line.split()[1:3] for line in said] == [
        ["removed", "parallel"],
        ["removed", "a"],
        ["removed", "b"],
        ["renamed", "parallel_2"],
    ]


def test_an_order_in_a_graph_that_follows_a_rename_is_no_change_of_its_own():
    old = "pipeline: p\nsteps:\n  - graph: [{use: a}, {use: b, after: [a]}]\n"

    said = after({"op": "rename", "step": "a", "to": "first"}, text=old)

    assert said == ["\N{RIGHTWARDS ARROW} renamed a to first"]


def test_cases_that_change_places_are_moved():
    cases = "[{when: x, then: [{use: a}]}, {when: y, then: [{use: b}]}]"
    old = f"pipeline: p\nsteps:\n  - choose: {cases}\n"
    new = old.replace("use: a", "use: c").replace("use: b", "use: a").replace("use: c", "use: b")

    said = str(difference(read(old), read(new))).splitlines()

    assert len(said) == 1
    assert "moved" in said[0]


def test_the_order_of_what_runs_side_by_side_is_no_difference():
    old = "pipeline: p\nsteps:\n  - parallel: [{use: a}, {use: b}]\n"
    new = "pipeline: p\nsteps:\n  - parallel: [{use: b}, {use: a}]\n"

    assert not difference(read(old), read(new))


def test_marks_name_steps_by_their_ids_on_either_side():
    new = apply(FLOW, {"op": "rename", "step": "fetch", "to": "get"}).text
    new = apply(new, {"op": "remove", "step": "last"}).text

    found = difference(read(FLOW), read(new))

    assert found.marks("old") == {"last": ("removed",), "fetch": ("renamed",)}
    assert found.marks("new") == {"get": ("renamed",)}
    assert found.summary() == "1 removed, 1 renamed"


def test_a_pipeline_tells_what_a_newer_one_changes():
    old = read(FLOW)

    assert str(old.diff(replace(old, version=2))) == "* version 2, was 1"


def test_what_cannot_be_written_cannot_be_compared():
    odd = Pipeline("odd", Use(resolve("capability", "fetch"), values={"text": object()}))

    with pytest.raises(CompositionError, match="text"):
        difference(odd, odd)


# ---------------------------------------------------------------------- laws


def ids(pipeline: Pipeline) -> list[str]:
    """The ids of all steps but those of sequences that have none."""
    return sorted(step_id(one) or "" for one in walk(pipeline.step) if not is_plain(one))


def is_plain(step: Step) -> bool:
    return isinstance(step, Guarded) or (isinstance(step, Sequence) and step.id is None)


def chosen(draw: Callable[..., Any], pipeline: Pipeline, kind: type | tuple[type, ...]) -> Any:
    there = [one for one in walk(pipeline.step) if isinstance(one, kind)]
    return draw(st.sampled_from(there)) if there else None


def swapped(step: Step, old: Step, new: Step) -> Step:
    """The same composition with another step in the place of one."""
    if step is old:
        return new
    return changed_children(step, lambda child: swapped(child, old, new))


@given(pipelines)
def test_a_pipeline_does_not_differ_from_itself(pipeline: Pipeline):
    assert not difference(pipeline, pipeline)
    assert not difference(pipeline, load(dump(pipeline), resolve))


@given(pipelines, pipelines)
def test_what_is_told_leads_from_the_ids_of_one_to_those_of_the_other(old: Pipeline, new: Pipeline):
    told = difference(old, new)

    now = ids(old)
    for change in told:
        if change.kind == "removed":
            now.remove(change.was)
    renames = {one.was: one.step for one in told if one.kind == "renamed"}
    now = [renames.get(name, name) for name in now]
    now += [one.step for one in told if one.kind == "added"]
    assert sorted(now) == ids(new)


@given(pipelines, pipelines)
def test_the_way_back_takes_away_what_the_way_there_adds(old: Pipeline, new: Pipeline):
    def count(found: Difference, kind: str) -> int:
        return sum(one.kind == kind for one in found)

    there, back = difference(old, new), difference(new, old)

    assert bool(there) == bool(back)
    assert count(there, "added") - count(there, "removed") == count(back, "removed") - count(
        back, "added"
    )


@given(st.data(), pipelines)
def test_a_new_id_is_a_rename_and_nothing_else(data: st.DataObject, pipeline: Pipeline):
    one = chosen(data.draw, pipeline, (Use, Call))
    if one is None or any(isinstance(step, Graph) and step.after for step in walk(pipeline.step)):
        return
    renamed = replace(pipeline, step=swapped(pipeline.step, one, replace(one, id="a new id")))

    told = difference(pipeline, renamed)

    assert [(change.kind, change.was, change.step) for change in told] == [
        ("renamed", one.id, "a new id")
    ]


@given(st.data(), pipelines)
def test_another_value_is_a_change_of_that_step_alone(data: st.DataObject, pipeline: Pipeline):
    one = chosen(data.draw, pipeline, (Use, Call))
    if one is None:
        return
    new = replace(one, values={**one.values, "an odd name": 7})
    changed = replace(pipeline, step=swapped(pipeline.step, one, new))

    told = difference(pipeline, changed)

    assert [(change.kind, change.step) for change in told] == [("changed", one.id)]
