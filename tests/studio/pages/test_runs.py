"""Runs."""

from streamlit.testing.v1 import AppTest

from packetflow.store.queries import whole
from studio.state import desk
from tests.studio.conftest import button, said


def address(test: AppTest, name: str) -> str:
    """A value of the page's address."""
    found = test.query_params[name]
    return found if isinstance(found, str) else found[0]


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
    assert desk().runs[identity].result(60).status == "ok"


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


def test_run_again_begins_at_the_start_and_takes_nothing_over(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-001")
    test = page("runs", run=run.execution_id)

    button(test, "Run again").click().run()
    again = address(test, "run")
    assert desk().runs[again].result(60).status == "ok"
    kinds = [one["kind"] for one in whole(desk().store, again).spans.to_pylist()]

    assert again != run.execution_id
    assert kinds
    assert "reused" not in kinds


def test_the_form_of_other_inputs_has_what_the_run_was_given(page, ran):
    run = ran("onboard_sample_customer", customer_id="C-001")
    test = page("runs", run=run.execution_id)

    button(test, "Change inputs").click().run()

    assert not test.exception
    assert "C-001" in [one.value for one in test.text_input]


def test_two_runs_stand_side_by_side(page, ran):
    one = ran("onboard_sample_customer", customer_id="C-001")
    other = ran("onboard_sample_customer", customer_id="C-999")

    test = page("runs", **{"run": other.execution_id, "with": one.execution_id})

    assert not test.exception
    shown = said(test)
    assert "two runs" in test.title[0].value
    assert shown.index("C-001") < shown.index("C-999")
    assert "did not run" in shown
    assert "Failed in" in shown
    assert "Both ran the same." in shown


def test_the_list_tells_inputs_and_reads_its_filters_from_the_address(page, ran):
    ran("onboard_sample_customer", customer_id="C-002")
    test = page("runs")
    lines = [link.proto.label for link in test.get("page_link")]

    filtered = page("runs", status="failed")

    assert any("customer" in line and "C-002" in line for line in lines)
    assert filtered.selectbox(key="status").value == "failed"
    filtered.selectbox(key="status").set_value("ok").run()
    assert address(filtered, "status") == "ok"
    filtered.selectbox(key="status").set_value("").run()
    assert "status" not in filtered.query_params


def test_the_filters_follow_the_address_whatever_a_browser_still_says_of_them(page, ran):
    ran("fall_down", text="x")
    test = page("runs", text="x")
    test.selectbox(key="status").set_value("failed").run()
    before = test._tree.get_widget_states()
    test.query_params.clear()
    test.run()
    shown = [box.value for box in test.selectbox] + [box.value for box in test.text_input]

    test._run(before)

    assert shown == ["", "", "", ""]
    assert dict(test.query_params) == {}


def test_a_run_of_what_is_not_in_the_library_has_no_way_there(page, ran, example):
    known = ran("onboard_sample_customer", customer_id="C-001")
    draft = example / "pipelines" / "draft.yaml"
    draft.write_text("pipeline: draft\nsteps: [{use: keywords}]\n")
    gone = ran("draft", text="To be or not to be.")
    draft.unlink()

    ways = [
        {link.proto.label for link in page("runs", run=run.execution_id).get("page_link")}
        for run in (known, gone)
    ]

    assert ["The pipeline" in labels for labels in ways] == [True, False]
