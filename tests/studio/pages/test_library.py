"""Library."""

import pytest

from packetflow.workspace.drafts import Drafts
from packetflow.workspace.versions import versions
from studio.state import desk
from tests.studio.conftest import button, said


@pytest.fixture
def changed(example, ran):
    """A pipeline that ran, was changed, and ran again; put back afterwards."""
    path = example / "pipelines" / "onboard_sample_customer.yaml"
    text = path.read_text()
    ran("onboard_sample_customer", customer_id="C-001")
    path.write_text(text.replace("use: pick_customer", "use: pick_customer\n    id: pick"))
    ran("onboard_sample_customer", customer_id="C-001")
    yield "onboard_sample_customer"
    path.write_text(text)


def test_all_capabilities_are_listed_with_their_contracts_the_own_ones_first(page):
    test = page("library")

    assert not test.exception
    titles = [one.value for one in test.header]
    assert titles[0].startswith("customers.py")
    assert titles[-1].startswith("Models and messages")
    assert "customer_id, customers_file?" in said(test)


def test_the_search_finds_by_words(page):
    test = page("library")

    test.text_input(key="q").set_value("onboarding plan").run()

    assert "Write the steps that welcome this customer." in said(test)
    assert "Load a table" not in said(test)


def test_the_map_is_drawn_and_what_fits_one_is_listed_beside_it(page):
    test = page("library", view="Map")

    test.selectbox(key="near").set_value("clean_table").run()

    assert not test.exception
    assert len(test.get("plotly_chart")) == 1
    links = [one.proto.label for one in test.get("page_link")]
    assert any(one.startswith("Load table") for one in links)
    assert any(one.startswith("Join tables :gray[table as left") for one in links)


def test_a_capability_shows_where_it_is_from_where_it_is_used_and_how_it_went(page, ran):
    ran("fall_down", text="x")
    ran("onboard_sample_customer", customer_id="C-001")

    used, failed = (
        page("library", capability="pick_customer"),
        page("library", capability="fall_down"),
    )

    assert not used.exception
    assert "capabilities/customers.py, line" in said(used)
    assert "Onboard sample customer" in [one.proto.label for one in used.get("page_link")]
    assert 'ws.run_sync("pick_customer", customer_id=' in "".join(one.value for one in used.code)
    figures = {one.label: one.value for one in failed.metric}
    assert int(figures["Calls"]) >= 1
    assert figures["Failed"].endswith("(100%)")


def test_a_capability_can_be_tried_and_the_run_stands_in_the_address(page):
    test = page("library", capability="pick_customer")

    button(test, "Example values").click().run()
    button(test, "Run").click().run()
    run = test.query_params["run"]
    desk().runs[run].result(60)
    test.run()

    assert not test.exception
    assert "Done" in said(test)


def test_the_last_good_version_of_a_broken_file_is_marked(page, example):
    from packetflow.runner.client import RunnerClient

    path = example / "capabilities" / "digests.py"
    text = path.read_text()
    with RunnerClient(example) as runner:
        runner.listing()
        path.write_text(f"{text}\nimport nothing_of_that_name\n")
        try:
            runner.reload()
            test = page("library", capability="digest_document")
        finally:
            path.write_text(text)
            runner.reload()

    assert not test.exception
    assert "in its last good version" in said(test)
    assert "digests.py" in said(test)


def test_all_pipelines_are_listed(page):
    test = page("library", kind="Pipelines")

    assert not test.exception
    assert "Complete customer onboarding" in said(test)
    assert "Digest every document" in said(test)


def test_a_pipeline_runs_with_its_example_values(page):
    test = page("library", pipeline="customer_onboarding")

    button(test, "Example values").click().run()
    button(test, "Run").click().run()
    run = test.query_params["run"]
    desk().runs[run].result(60)
    test.run()

    assert not test.exception
    assert "Done" in said(test)


def test_an_input_that_is_missing_is_asked_for(page):
    test = page("library", pipeline="onboard_sample_customer")

    button(test, "Run").click().run()

    assert "Please fill this in." in said(test)
    assert "run" not in test.query_params


def test_a_name_that_is_not_there_gets_a_box_with_the_nearest(page):
    for kind in ("pipeline", "capability"):
        test = page("library", **{kind: "reserch_report"})

        assert not test.exception
        assert "did you mean 'research_report'" in said(test)


def test_two_versions_are_compared_in_words_pictures_and_lines(page, changed):
    test = page("library", pipeline=changed, part="Versions")

    assert not test.exception
    words = said(test)
    assert "pick_customer is now pick" in words.replace("\\", "")
    assert words.count("<svg") == 2
    assert "\N{RIGHTWARDS ARROW} renamed" in words
    assert any(one.language == "diff" and "id: pick" in one.value for one in test.code)


def test_a_version_comes_back_as_an_edit_that_can_be_undone(page, changed, example):
    before = Drafts(example).open(changed).text
    test = page("library", pipeline=changed, part="Versions")
    old = next(
        one for one in versions(example, desk().store, changed) if "id: pick_customer" in one.text
    )

    button(test, f"Bring {old.id} back").click().run()

    assert not test.exception
    draft = Drafts(example).open(changed)
    assert draft.text == old.text
    assert draft.do({"op": "undo"}).state.text == before


def test_what_ran_of_a_pipeline_is_counted_and_linked(page, changed):
    test = page("library", pipeline=changed, part="Past runs")

    assert not test.exception
    assert int({one.label: one.value for one in test.metric}["Runs"]) >= 2


def test_an_empty_workspace_says_how_to_begin(page, monkeypatch, tmp_path):
    (tmp_path / "packetflow.toml").write_text("")
    monkeypatch.setenv("PACKETFLOW_STUDIO_WORKSPACE", str(tmp_path))

    capabilities, pipelines = page("library"), page("library", kind="Pipelines")

    assert "none of its own yet" in capabilities.info[0].value
    assert "There is no pipeline yet" in pipelines.info[0].value


def test_a_capability_that_is_not_there_is_told_with_the_nearest_name(page):
    test = page("library", capability="trend")

    assert not test.exception
    assert "No capability is called 'trend'; did you mean 'trends'?" in said(test)
