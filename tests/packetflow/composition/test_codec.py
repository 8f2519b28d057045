import re

import pytest
from hypothesis import HealthCheck, given, settings

from packetflow.capabilities import Contract
from packetflow.composition import from_contract
from packetflow.composition.codec import (
    definition_sha,
    dump,
    dump_compact,
    dump_json,
    load,
    load_compact,
    load_json,
)
from packetflow.composition.steps import Branch, Call, Case, Pipeline, Unknown, Use
from packetflow.errors import CompositionError, SourceError
from tests.strategies import pipelines, resolve

slow_to_draw = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow_to_draw
@given(pipelines)
def test_what_is_dumped_as_yaml_loads_as_the_same_pipeline(pipeline):
    assert load(dump(pipeline), resolve) == pipeline


@slow_to_draw
@given(pipelines)
def test_what_is_dumped_as_json_loads_as_the_same_pipeline(pipeline):
    assert load_json(dump_json(pipeline), resolve) == pipeline


@slow_to_draw
@given(pipelines)
def test_what_is_dumped_for_machines_loads_as_the_same_pipeline(pipeline):
    assert load_compact(dump_compact(pipeline), resolve) == pipeline


@slow_to_draw
@given(pipelines)
def test_the_digest_of_a_definition_is_the_same_after_saving_and_loading(pipeline):
    assert definition_sha(load(dump(pipeline), resolve)) == definition_sha(pipeline)


def nothing(kind, name):
    return None


def mistakes(text, read=load):
    with pytest.raises(SourceError) as caught:
        read(text, nothing, file="p.yaml")
    found = [caught.value, *caught.value.others]
    assert all(one.file == "p.yaml" for one in found)
    return [(one.line, one.column, str(one).split(": ", 1)[1]) for one in found]


def test_every_mistake_of_a_file_is_told_with_its_place():
    text = "pipeline: p\nsteps:\n  - {use: a, too: b}\n  - usee: c\n  - {use: d, from: 3}\n"

    assert mistakes(text) == [
        (3, 14, "a step with `use:` has no key 'too'; did you mean 'to'?"),
        (4, 5, "a step needs a key that tells its kind; did you mean 'use'?"),
        (5, 20, "from must be a list: [a, b]"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "is empty"),
        ("- a", 1, "must be a mapping"),
        ("pipeline: p\n", 1, "lacks `steps:`"),
        ("pipeline: p\npipeline: q\nsteps: []", 2, "stands twice"),
        ("pipeline: p\nsteps: [{use: &a b}]", 2, "anchor"),
        ("pipeline: p\nsteps: [*a]", 2, "cannot be read|alias"),
        ("pipeline: !!str p\nsteps: []", 1, "tag"),
        ("%YAML 1.1\n---\npipeline: p", 2, "directive"),
        ("pipeline: p\nsteps: []\n---\na: b", 3, "several documents"),
        ("pipeline: p\nsteps: [", 2, "cannot be read as YAML"),
        ("pipeline: p\n\tsteps: []", 2, "cannot be read as YAML: a tab stands here"),
        ("pipeline: p\nsteps:\n  - use: a\n   - use: b", 4, "is not indented like those"),
        ("pipeline: p\nintent: so: that\nsteps: []", 2, "put text with one in quotes"),
        ("pipeline: \x01", 1, "may not stand"),
        ("pipeline: p\n1: 2\nsteps: []", 2, "a key is no text"),
        ("pipeline: p\nversion: one\nsteps: []", 2, "whole number"),
        ("pipeline: p\nexposed: yes\nsteps: []", 2, "true or false"),
        ("pipeline: p\nversion: " + "9" * 5000 + "\nsteps: []", 2, "too many digits"),
        ("pipeline: p\nsteps: [{use: a, call: b}]", 2, "one kind"),
        (
            "pipeline: p\nsteps: [{each: [{use: a}]}]",
            2,
            "write `over: {item: items}`",
        ),
        ("pipeline: p\nsteps: [{use: a, after: [b]}]", 2, "no key 'after'"),
        ("pipeline: p\nsteps: [{use: a, with: [{time_out: 1}]}]", 2, "did you mean 'timeout'"),
        ("pipeline: p\nsteps: [{use: a, with: [{timeout: soon}]}]", 2, "no duration"),
        ("pipeline: p\nsteps: [{use: a, with: [{retry: {attempts: 0}}]}]", 2, "at least 1"),
        ("pipeline: p\ninputs: {a: strr}\nsteps: []", 2, "no type"),
        ("pipeline: p\ninputs: {a: {default: {$date: x}}}\nsteps: []", 2, "no value for"),
        ("pipeline: p\ntriggers: [{}]\nsteps: []", 2, "one of event"),
        ("pipeline: p\nsteps: " + "[" * 3000, 2, "500 deep"),
        ("pipeline: p\nsteps: " + "[{race: " * 120 + "[]" + "}]" * 120, 2, "100 deep"),
    ],
)
def test_bad_input_is_refused_with_its_line(text, line, reason):
    found = mistakes(text)

    assert found[0][0] == line
    assert re.search(reason, found[0][2])


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('{"pipeline": "p",\n "steps": [}', (2, 12), "cannot be read as JSON"),
        ('{"pipeline": "p",\n "steps": [{"use": "a",\n  "id": "b", "id": "c"}]}', (3, 14), "twice"),
        ('{"pipeline": "p",\n "steps": [{"use": "a", "too": []}]}', (2, 25), "did you mean 'to'"),
        ('{"pipeline": NaN, "steps": []}', (1, 1), "NaN"),
        ("[" * 600 + "]" * 600, (1, 1), "deep"),
        ("[" * 99999, (1, 1), "deep"),
    ],
)
def test_bad_json_is_refused_with_its_place(text, place, reason):
    line, column, message = mistakes(text, load_json)[0]

    assert (line, column) == place
    assert reason in message


def test_what_is_not_found_becomes_unknown():
    step = load("pipeline: p\nsteps: [{use: a}, {call: b}]", nothing).step

    assert step.steps[0].capability == Unknown("a")
    assert step.steps[1].pipeline == Unknown("b", "pipeline")


def test_a_list_of_inputs_leaves_the_other_optional_ones_to_their_default():
    step = load("pipeline: p\nsteps: [{use: feel, from: [text]}]", resolve).step

    assert step.reads == {"text": "text", "language": None}


def test_an_order_may_name_steps_by_the_ids_they_get():
    text = "pipeline: p\nsteps: [{graph: [{use: a}, {use: a}, {use: b, after: [a_2]}]}]"

    assert load(text, nothing).step.after == {"b": ("a_2",)}


def test_what_a_file_cannot_hold_is_refused_when_it_is_saved():
    pipeline = Pipeline("p", Use(Unknown("a"), values={"x": object()}))

    with pytest.raises(CompositionError, match="a: x: a object cannot be saved"):
        dump(pipeline)


def test_the_digest_changes_with_a_capability_and_with_a_called_pipeline():
    used = {v: from_contract(dict, "a", Contract(), version=v) for v in "12"}
    inner = [Pipeline("q", Use(one)) for one in used.values()]

    digests = {definition_sha(Pipeline("p", Use(one))) for one in used.values()}
    digests |= {definition_sha(Pipeline("p", Call(one))) for one in inner}

    assert len(digests) == 4


def test_a_value_nested_too_deep_is_refused_with_its_line():
    text = "pipeline: p\nsteps:\n  - {use: a, set: {x: " + "[" * 480 + "]" * 480 + "}}"

    assert mistakes(text)[0][0] == 3


@pytest.mark.parametrize("write", [dump, dump_json, definition_sha])
def test_steps_nested_as_deep_as_allowed_are_saved_or_refused_clearly(write):
    step = Use(Unknown("a"))
    for _ in range(99):
        step = Branch((Case("x", step), Case("y", Use(Unknown("b")))))

    try:
        write(Pipeline("p", step))
    except CompositionError as error:
        reason = error.message
    else:
        reason = "too deep"

    assert "too deep" in reason
