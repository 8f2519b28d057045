"""Every problem names its step and what to do."""

from typing import Annotated

import pytest

from packetflow import (
    Effect,
    Pipeline,
    Trigger,
    capability,
    choose,
    each,
    fallback,
    graph,
    parallel,
    pipeline,
    race,
    secret,
    then,
    wait_for,
    when,
)
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.policies import Retry
from packetflow.composition.steps import (
    Branch,
    Call,
    Case,
    Each,
    Fallback,
    Guarded,
    Unknown,
    Use,
    Wait,
)


@capability(provides="n", run_in="loop")
def inc(n: int) -> int:
    return n


@capability(provides="m", effects=[Effect.writes("files")])
def write(n: int) -> int:
    return n


@capability(provides="k", effects=[Effect.writes("files")])
def write_too(n: int) -> int:
    return n


@capability(provides="m", enabled=False)
def off(n: int) -> int:
    return n


HIDDEN = pipeline("hidden", write)
INNER = pipeline("inner", when("n > 1", inc.writing(n="m")) >> inc.reading(n="m"))

FOUND = {
    "unknown_capability": lambda: Use(Unknown("fetsh")),
    "unknown_pipeline": lambda: Call(Unknown("q", "pipeline")),
    "duplicate_id": lambda: then(inc.called("one"), inc.called("one")),
    "empty": lambda: Fallback(()),
    "unbounded": lambda: Each(inc.as_step(), {}),
    "disabled": lambda: off.as_step(),
    "unknown_name": lambda: Use(inc, reads={"nn": "x"}),
    "missing_input": lambda: inc.reading(n=None),
    "unreachable": lambda: choose(("true", inc), ("n > 1", inc)),
    "bad_condition": lambda: Branch((Case("size(n) == ", inc.as_step()),)),
    "guarded_twice": lambda: race(write, inc.writing(n="m")),
    "waits_twice": lambda: then(inc, wait_for("paid")).hedge(1),
    "cached_effect": lambda: write.cache(),
    "secret_event": lambda: wait_for("told", gives={"word": Annotated[str, secret]}),
    "unordered_effects": lambda: graph(write, write_too),
    "maybe_missing": lambda: then(INNER),
}  # fmt: skip


@pytest.mark.parametrize("code", FOUND)
def test_what_does_not_fit_is_found(code):
    problems = check(FOUND[code]())

    assert code in [problem.code for problem in problems], problems
    assert all(problem.step and problem.message for problem in problems)


def test_what_fits_has_no_problems():
    assert not check(then(inc, each(inc, "ns", "ms"), fallback(inc, inc)))
    assert not check(parallel(write, inc.writing(n="x")))


def test_unordered_effects_are_a_warning_with_a_mend():
    [problem] = check(graph(write, write_too))

    assert problem.severity == "warning"
    assert problem.fix.text == "Run write_too after write"
    ordered = graph(write.called("a"), write_too.called("b"), after={"b": ["a"]})
    assert not check(ordered)


def test_a_cache_over_an_effect_is_a_warning_in_a_called_pipeline_too():
    for flow in (write.cache(), write.retry(2, on=OSError).cache(), HIDDEN.as_step().cache()):
        [problem] = check(flow)
        assert (problem.severity, problem.code) == ("warning", "cached_effect")
    assert not check(inc.cache())


def test_a_missing_input_offers_the_nearest_name():
    [problem] = check(inc.as_step(), given={"nn": int})

    assert problem.message == "needs 'n', which nothing provides; did you mean 'nn'?"
    assert problem.fix.operation == {"op": "read", "step": "inc", "input": "n", "from": "nn"}


def test_a_declared_name_nobody_reads_is_offered_before_one_a_little_alike():
    @capability(provides="weather")
    def look(day: int) -> str:
        return "fair"

    @capability(provides="size")
    def measure(path: str) -> int:
        return 0

    problems = check_pipeline(pipeline("p", look & measure, requires=["day", "source"]))

    (missing,) = [one for one in problems if one.code == "missing_input"]
    assert missing.message == "needs 'path', which nothing provides; did you mean 'source'?"
    assert missing.fix.operation["from"] == "source"


PROMISES = {
    "requires 'x', which no step reads": {"requires": ["n", "x"]},
    "says 'n' may be left out, but 'inc' needs it": {"requires": ["n?"]},
    "promises 'nn', which no step makes; did you mean 'n'?": {"provides": ["nn"]},
    "needs 'n', which nothing provides": {"requires": []},
}


@pytest.mark.parametrize("message", PROMISES)
def test_a_pipeline_s_promises_are_checked(message):
    problems = check_pipeline(pipeline("p", inc, **PROMISES[message]))

    assert any(message in problem.message for problem in problems)


def test_a_promise_that_only_some_ways_keep_needs_a_question_mark():
    some = when("n > 1", inc.writing(n="m"))

    [problem] = check_pipeline(pipeline("p", some, provides=["m"]))
    assert "write 'm?'" in problem.message
    assert not check_pipeline(pipeline("p", some, provides=["m?"]))


def test_a_pipeline_that_calls_itself_is_found():
    inner = pipeline("p", inc)
    outer = pipeline("q", then(inner))
    again = Pipeline("p", then(outer, inc))

    assert [problem.code for problem in check_pipeline(again)] == ["recursion"]


def test_too_deep_a_nesting_is_refused():
    step = inc.as_step()
    for _ in range(120):
        step = Guarded(step, Retry(2))

    [problem] = check(step)
    assert "nested more than 100 deep" in problem.message


def test_a_case_that_never_holds_is_named_by_its_step():
    flow = when("false", inc.called("never"))

    assert [(p.code, p.step) for p in check(flow)] == [("unreachable", "never")]


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        (Wait(""), "waits for an event without a name"),
        (Wait("paid", within_seconds=-1), "within is -1; it must be 0 or more"),
        (Wait("paid", within_seconds=1e18), "within is 1e+18 s; it must be at most 100 years"),
    ],
)
def test_a_wait_that_makes_no_sense_is_found_however_it_was_built(waits: Wait, said: str):
    (problem,) = check(waits)

    assert said in problem.message


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (lambda: race(HIDDEN, inc.writing(n="m")), "guarded_twice"),
        (lambda: then(pipeline("asks", wait_for("paid"))).hedge(1), "waits_twice"),
    ],
)
def test_what_may_not_happen_twice_is_found_in_called_pipelines_too(part, code):
    assert code in {one.code for one in check(part())}


def test_what_calls_others_in_a_race_is_a_warning():
    @capability(provides="m", effects=[Effect.calls("write")])
    async def decide(n: int) -> int:
        return n

    (problem,) = check(race(decide, inc.writing(n="m")))

    assert (problem.code, problem.severity) == ("guarded_twice", "warning")


@pytest.mark.parametrize("schedule", ["every day", "0 25 * * *", ""])
def test_a_schedule_that_cannot_be_read_is_told(schedule):
    made = Pipeline("nightly", inc.as_step(), triggers=(Trigger("schedule", schedule),))

    (found,) = [one for one in check_pipeline(made) if one.code == "bad_schedule"]

    assert repr(schedule) in found.message
    assert found.severity == "error"


def test_a_schedule_of_five_fields_is_good():
    made = Pipeline("nightly", inc.as_step(), triggers=(Trigger("schedule", "30 6 * * 1-5"),))

    assert not [one for one in check_pipeline(made) if one.code == "bad_schedule"]
