"""Wrong calls in Python: each says what is wrong and what to write, in the line that wrote it."""

from datetime import timedelta

import pytest

from packetflow import (
    Pipeline,
    Workspace,
    approval,
    capability,
    choose,
    each,
    from_contract,
    graph,
    parallel,
    pipeline,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.composition.walk import step_id
from packetflow.errors import MissingInput, PacketFlowError


@capability(provides="score")
def rate(text: str) -> int:
    return len(text)


@capability(provides="praise")
def praise(score: int) -> str:
    return "!" * score


def plain(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rate.retry(3), "retry needs 'on'. Write fetch.retry(3, on=OSError)"),
        (lambda: rate.retry(3, OSError), "give on, wait, factor"),
        (lambda: rate.retry(3, on=3), "retry: on is 3; name exceptions, for example on=OSError"),
        (lambda: rate.retry(3, on=int), "retry: on is <class 'int'>; name exceptions"),
        (lambda: rate.retry(3, on="OsError"), "did you mean 'OSError'?"),
        (lambda: rate.retry("3", on=OSError), "retry: attempts is '3'; it must be a whole number"),
        (lambda: rate.retry(3, on=OSError, wait=-1), "retry: wait is -1.0; it must be 0 or more"),
        (lambda: rate.retry(3, on=OSError, delay=1), "retry knows no 'delay'"),
        (lambda: rate.timeout(), "timeout needs 'limit'. Write fetch.timeout(10)"),
        (lambda: rate.timeout(None), "timeout is None; write seconds (2.5), a timedelta, or text"),
        (lambda: rate.timeout("soon"), "timeout: 'soon' is no duration; write seconds, '10 min'"),
        (lambda: rate.timeout(-1), "timeout is -1.0; it must be more than 0"),
        (lambda: rate.timeout(float("inf")), "timeout is inf s; it must be at most 100 years"),
        (lambda: wait_for(""), "wait_for: event is ''; write a text, such as 'paid'"),
        (lambda: wait_for(3), "wait_for: event is 3; write a text"),
        (lambda: wait_for("paid", within=-1), "wait_for: within is -1.0; it must be 0 or more"),
        (lambda: wait_for("paid", within=timedelta.max), "it must be at most 100 years"),
        (lambda: approval(5), "approval: question is 5; write a text, such as 'Publish it?'"),
        (lambda: rate.breaker("5"), "breaker: failures is '5'; it must be a whole number"),
        (lambda: rate.rate_limit(5, 1), "Write fetch.rate_limit(10, per=1)"),
        (lambda: rate.hedge(), "hedge needs 'after'"),
        (lambda: rate.bulkhead(), "bulkhead needs 'at_once'"),
        (lambda: rate.reading("body"), "Write fetch.reading(url='address')"),
        (lambda: rate.setting("body"), "Write fetch.setting(url='example.org')"),
        (lambda: rate.called(), "called needs 'step_id'"),
        (lambda: rate.saved_as(), "saved_as needs 'name'"),
        (lambda: rate.saved_as("p", intend="x"), "pipeline knows no 'intend'; did you mean 'inten"),
        (lambda: rate.saved_as("p", requires="x"), "pipeline: requires lists names: requires=['x"),
        (lambda: rate.saved_as("p", triggers=["x"]), "'x' is no trigger; write Trigger('event'"),
        (lambda: pipeline(rate, "p"), "the name comes first: pipeline('digest', flow)"),
        (lambda: pipeline("p"), "pipeline needs 'part'"),
        (lambda: Pipeline("p", plain), "plain is no capability"),
        (lambda: when("score > 1"), "when needs 'part'. Write when('n > 9', big, otherwise=small)"),
        (lambda: when(lambda s: True, rate), "when: a condition is a text over names in the scope"),
        (lambda: when("score >", rate), "when: condition 'score >' cannot be read at column"),
        (lambda: when("len(text) > 1", rate), "is CEL, not Python: write size for 'len'"),
        (lambda: when("a and not b", rate), "write && for 'and', ! for 'not'"),
        (lambda: when("text == None", rate), "write null for 'None'"),
        (lambda: choose(), "choose takes pairs of a condition"),
        (lambda: choose("score > 1", rate), "choose takes pairs of a condition and a step"),
        (lambda: each(rate), "each needs 'over'"),
        (lambda: each(rate, over=["texts"]), "each: over is ['texts']; write {'text': 'texts'}"),
        (lambda: each(rate, over="texts", on_error="skip"), "it must be 'fail' or 'collect'"),
        (lambda: each(rate, over="texts", at_once="3"), "each: at_once is '3'; it must be a whole"),
        (lambda: repeat(rate, until="score >"), "repeat: condition 'score >' cannot be read"),
        (lambda: repeat(rate, on_limit="stop"), "it must be 'fail' or 'continue'"),
        (lambda: wait_for(), "wait_for needs 'event'"),
        (lambda: wait_for("paid", gives=["amount"]), "write {'amount': float}"),
        (lambda: wait_for("paid", within="soon"), "wait_for: within: 'soon' is no duration"),
        (lambda: approval(), "approval needs 'question'"),
        (lambda: approval("Go?", choices="yes"), "choices is the text 'yes'; write several"),
        (lambda: graph(rate, praise, after=["rate"]), "write the ids that come first by id"),
        (lambda: then([rate, praise]), "a list is no step; unpack it: then(*steps)"),
        (lambda: parallel(rate, 3), "3 is no step"),
        (lambda: rate >> plain, "plain is no capability; put @capability above it"),
        (lambda: plain >> rate, "plain is no capability; put @"),
        (lambda: [rate] & praise, "a list is no step"),
        (lambda: None | rate, "None is no step"),
        (lambda: from_contract(plain), "from_contract needs 'name' and 'contract'"),
        (lambda: capability("score"), "@capability(provides='score')"),
    ],
)
def test_a_wrong_call_is_refused_with_what_to_write(call, said):
    with pytest.raises(PacketFlowError) as refused:
        call()

    assert said in str(refused.value)


def test_times_are_written_as_in_a_file():
    flow = rate.timeout("1 h 30 min").retry(3, on=OSError, total="10 min")

    assert (flow.step.policy.seconds, flow.policy.total_seconds) == (5400.0, 600.0)


def test_one_id_may_stand_for_what_comes_first():
    first, second = rate.called("first"), praise.setting(score=1).called("second")

    assert graph(first, second, after={"second": "first"}).after == {"second": ("first",)}


def test_the_order_of_a_graph_calls_steps_by_their_capabilities():
    quick, lone = rate.timeout(3), praise.setting(score=1)

    made = graph(quick, lone, after={"praise": "rate"})

    assert [step_id(step) for step in made.steps] == ["rate", "praise"]
    assert made.check() == []


def test_of_two_alike_the_order_of_a_graph_means_the_first():
    first, second = praise.setting(score=1), praise.setting(score=2).writing(praise="other")

    made = graph(first, second, rate, after={"rate": ["praise"]})

    assert [step_id(step) for step in made.steps] == ["praise", None, "rate"]


def test_a_pipeline_stands_beside_every_operator():
    first, second = rate.saved_as("first"), praise.saved_as("second")

    assert repr(first >> second) == "<flow first >> second>"
    assert repr(first >> praise | second) == "<flow first >> praise | second>"


def test_a_pipeline_of_a_capability_holds_its_step():
    assert repr(Pipeline("p", rate)) == "<pipeline p: rate>"


@pytest.fixture
def ws():
    with Workspace(":memory:") as opened:
        yield opened


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda ws: ws.run_sync(), "run_sync needs 'what'. Write ws.run_sync(flow, text="),
        (lambda ws: ws.run_sync(rate, "a"), "run_sync takes"),
        (lambda ws: ws.start(rate, {"text": "a"}), "Write ws.start(flow, text="),
        (lambda ws: ws.run(rate, "a"), "Write await ws.run(flow, text="),
        (lambda ws: ws.run_sync(rate, words="a"), "no input is called 'words'; did you mean 'text"),
        (lambda ws: ws.emit(), "emit needs 'event'. Write ws.emit('paid'"),
        (lambda ws: ws.answer("1234", True), "answer needs 'value'. Write ws.answer(run.id"),
        (lambda ws: ws.add(plain), "plain is no capability; put @capability above it"),
        (lambda ws: ws.add(rate >> praise), "has no name; add it as flow.saved_as('name')"),
    ],
)
def test_a_workspace_refuses_wrong_calls_with_what_to_write(ws, call, said):
    with pytest.raises(PacketFlowError) as refused:
        call(ws)

    assert said in str(refused.value)


def test_a_slip_in_a_condition_is_answered_with_the_name_that_is_meant(ws):
    flow = rate >> when("scores > 1", praise)

    with pytest.raises(MissingInput, match=r"'scores', which nobody gave; did you mean 'score'\?"):
        ws.run_sync(flow, text="fine")
