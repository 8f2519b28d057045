"""Runs."""

from studio.state import desk
from tests.studio.conftest import button, said


def test_runs_are_listed_and_filtered(page, ran):
    ran("onboard_sample_customer", customer_id="C-001")

    test = page("runs")
    everything = len(test.get("page_link"))
    test.selectbox[0].set_value("failed").run()

    assert not test.exception
    assert everything > len(test.get("page_link"))


def test_one_run_shows_its_timeline_and_values(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-002")

    test = page("runs", run=run.execution_id)

    assert not test.exception
    assert "Onboard sample customer: " not in said(test)
    assert "<svg" in said(test)
    assert "2 tries" in said(test)
    assert "made up" in said(test).lower()


def test_a_failed_run_says_where_and_can_be_replayed(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-999")

    test = page("runs", run=run.execution_id)

    assert not test.exception
    assert "Pick customer failed" in said(test)
    assert "no customer 'C-999'" in said(test)
    button(test, "Replay from Pick customer").click().run()
    assert not test.exception
    assert test.query_params["run"] not in (run.execution_id, [run.execution_id])


def test_a_secret_is_asked_for_anew_before_a_replay(page, ran):
    run = ran("open_door", word="please open")
    test = page("runs", run=run.execution_id)

    button(test, "Start").click().run()
    assert "Please fill in Word" in said(test)
    test.text_input[0].set_value("sesame")
    button(test, "Start").click().run()
    again = test.query_params["run"]
    identity = again if isinstance(again, str) else again[0]

    assert not test.exception
    assert identity != run.execution_id
    assert desk().runs[identity].result(30).status == "ok"


def test_a_run_that_is_not_there_gets_a_box(page):
    test = page("runs", run="00000000-0000-0000-0000-000000000000")

    assert not test.exception
    assert "Not found" in said(test)


def test_another_filter_begins_at_the_first_page(page, ran):
    ran("onboard_sample_customer", customer_id="C-001")
    test = page("runs", page="3")
    assert "Loosen the filters" in test.info[0].value

    test.selectbox[0].set_value("ok").run()

    assert "page" not in test.query_params
    assert len(test.get("page_link")) > 0
