"""Pipelines."""

from studio.state import desk
from tests.studio.conftest import button, said


def test_all_pipelines_are_listed(page):
    test = page("pipelines")

    assert not test.exception
    assert "Complete customer onboarding" in said(test)
    assert "Digest every document" in said(test)


def test_a_pipeline_runs_with_its_example_values(page):
    test = page("pipelines", name="customer_onboarding")

    button(test, "Example values").click().run()
    button(test, "Run").click().run()
    run = test.query_params["run"]
    desk().runs[run].result(30)
    test.run()

    assert not test.exception
    assert "Done" in said(test)


def test_an_input_that_is_missing_is_asked_for(page):
    test = page("pipelines", name="onboard_sample_customer")

    button(test, "Run").click().run()

    assert "Please fill this in." in said(test)
    assert "run" not in test.query_params


def test_a_pipeline_that_is_not_there_gets_a_box_and_not_a_traceback(page):
    test = page("pipelines", name="reserch_report")

    assert not test.exception
    assert "did you mean 'research_report'" in said(test)
