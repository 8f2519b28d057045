"""Metrics."""

from studio.canvas.templates import TEMPLATES
from tests.studio.conftest import button, said


def numbers(test):
    return {one.label: one.value for one in test.metric}


def test_a_run_is_counted(page, ran):
    ran("onboard_sample_customer", customer_id="C-001")
    before = int(numbers(page("metrics"))["Runs"])
    ran("fall_down", text="x")

    test = page("metrics")

    assert not test.exception
    assert int(numbers(test)["Runs"]) == before + 1
    assert int(numbers(test)["Failed"].split()[0]) >= 1
    assert len(test.get("plotly_chart")) >= 4
    assert len(test.get("page_link")) > 1


def test_what_is_picked_stands_in_the_address_and_filters_the_runs(page, ran):
    ran("onboard_sample_customer", customer_id="C-001")
    ran("fall_down", text="x")

    test = page("metrics", called="fall_down", error="RuntimeError")

    assert not test.exception
    assert "Runs that called Fall down and met RuntimeError" in said(test)
    lines = [one.proto.label for one in test.get("page_link")]
    assert [one for one in lines if "Fall down" in one]
    assert not [one for one in lines if "Onboard sample customer" in one]
    button(test, "Show all").click().run()
    assert not test.exception
    assert "called" not in test.query_params
    assert "met RuntimeError" not in said(test)


def test_a_pick_that_no_run_is_like_says_so(page, ran):
    ran("fall_down", text="x")

    test = page("metrics", only="no id", at="soon")

    assert not test.exception
    assert "No run of this time is like that" in test.info[0].value


def test_the_numbers_are_there_as_tables_too(page, ran):
    ran("fall_down", text="x")

    test = page("metrics")

    assert "<td>fall_down</td><td>RuntimeError</td>" in said(test)


def test_with_nothing_to_count_the_page_says_what_to_do(page, monkeypatch, tmp_path):
    (tmp_path / "packetflow.toml").write_text("")
    monkeypatch.setenv("PACKETFLOW_STUDIO_WORKSPACE", str(tmp_path))

    test = page("metrics")

    assert not test.exception
    assert "Nothing has run yet" in test.info[0].value
    assert not test.metric
    assert [one.label for one in test.button] == [template.begin for template in TEMPLATES]


def test_what_a_browser_says_late_does_not_take_back_what_was_picked(page, ran):
    ran("fall_down", text="x")
    test = page("metrics")
    before = test._tree.get_widget_states()
    test.query_params["called"] = "fall_down"
    test.query_params["error"] = "RuntimeError"
    test.run()

    test._run(before)

    assert dict(test.query_params) == {"called": "fall_down", "error": "RuntimeError"}


def test_what_can_be_clicked_can_be_chosen_by_its_words(page, ran):
    ran("fall_down", text="x")
    test = page("metrics")
    box = next(one for one in test.selectbox if one.label.startswith("Runs behind"))

    assert any(one.startswith("Failures: Fall down") for one in box.options)
    box.set_value("called=fall_down&error=RuntimeError").run()

    assert not test.exception
    assert dict(test.query_params) == {"called": "fall_down", "error": "RuntimeError"}
    assert "Runs that called Fall down and met RuntimeError" in said(test)
    button(test, "Show all").click().run()
    box = next(one for one in test.selectbox if one.label.startswith("Runs behind"))
    assert box.value == ""
