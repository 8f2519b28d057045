"""The spans of an execution one at a time."""

from studio.spans import described, span_title
from tests.studio.conftest import said


def span(**said: object) -> dict:
    return {"step": "read", "name": "read", "path": [], "attempt": 1} | said


def test_a_span_is_called_by_its_step_its_item_and_its_try():
    assert span_title(span()) == "read"
    assert span_title(span(path=[2, 0], attempt=3)) == "read, item 2.0, try 3"
    assert span_title(span(step="")) == "read"


def test_something_that_is_gone_is_described_by_its_name_alone(page):
    page()

    assert described("was_there_once").steps == []
    assert described("customer_onboarding").steps


def test_one_step_shows_what_it_was_given_and_made(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-002")
    test = page("runs", run=run.execution_id)
    chooser = next(one for one in test.selectbox if one.label == "Step")

    chooser.select_index(chooser.options.index("customer_onboarding/ai_risk_assessment"))
    test.run()

    assert not test.exception
    assert "Risk score" in said(test)
