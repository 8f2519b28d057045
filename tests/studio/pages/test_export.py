"""Export."""

import time

import pytest

from packetflow.mcp.export import CannotExport
from packetflow.mcp.export.reasons import Reason
from packetflow.mcp.refused import Refusal, Refusals
from packetflow.mcp.settings import read_settings
from studio import tool_files, trying_tools
from tests.studio.conftest import button, said


@pytest.fixture
def put_back(example):
    """Files that a test changes, as they were before."""
    paths = [example / "packetflow.toml", *(example / "pipelines").glob("*.yaml")]
    texts = {path: path.read_text() for path in paths}
    yield example
    for path, text in texts.items():
        if path.read_text() != text:
            path.write_text(text)


def toggle(test, label):
    return next(one for one in test.toggle if one.label == label)


def test_everything_is_listed_with_its_switch_and_the_first_tool_with_its_snippets(page):
    test = page("export")

    assert not test.exception
    switches = {one.label: one.value for one in test.toggle}
    assert switches["Offer Research report"] is True
    assert switches["Offer Pick customer"] is False
    assert "Offer Load table" not in switches
    assert "customer_onboarding" in said(test)
    assert any('"mcpServers"' in one.value for one in test.code)
    assert any(one.value.startswith("claude mcp add") for one in test.code)


def test_a_switch_writes_the_file_that_says_so(page, put_back):
    test = page("export", tool="pick_customer")

    button(test, "Offer it").click().run()
    offered = read_settings(put_back).expose
    toggle(test, "Offer Pick customer").set_value(False).run()

    assert offered == ("pick_customer",)
    assert read_settings(put_back).expose == ()
    assert "not offered" in said(test)

    toggle(test, "Offer Research report").set_value(False).run()
    assert test.query_params["tool"] == "research_report", "what was switched is looked at"
    assert "exposed:" not in (put_back / "pipelines" / "research_report.yaml").read_text()


def test_what_a_browser_says_late_does_not_take_back_what_was_offered(page, put_back):
    test = page("export", tool="pick_customer")
    before = test._tree.get_widget_states()
    button(test, "Offer it").click().run()

    test._run(before)

    assert read_settings(put_back).expose == ("pick_customer",)
    assert toggle(test, "Offer Pick customer").value is True


def test_what_a_browser_says_late_of_switches_that_are_gone_leads_nowhere(page):
    test = page("export", tool="publish_with_approval")
    before = test._tree.get_widget_states()
    test.text_input(key="find").set_value("load table").run()
    del test.query_params["find"]

    test._run(before)

    assert test.query_params["tool"] == "publish_with_approval"


def test_what_a_pipeline_is_for_is_written_there(page, put_back):
    test = page("export", tool="research_report")

    field = next(one for one in test.text_input if one.label == "What it is for")
    field.set_value("Compare countries")
    button(test, "Save").click().run()

    assert not test.exception
    text = (put_back / "pipelines" / "research_report.yaml").read_text()
    assert "intent: Compare countries" in text


def test_what_clients_see_is_told_in_words(page):
    test = page("export", tool="publish_with_approval", part="What clients see")

    assert not test.exception
    assert "may change things for good" in said(test)
    assert "A question: put to you" in said(test)


def test_the_search_finds_what_the_library_has(page):
    test = page("export")

    test.text_input(key="find").set_value("load table").run()

    assert any(one.label == "Offer Load table" for one in test.toggle)
    assert not any(one.label == "Offer Research report" for one in test.toggle)


def test_calls_that_were_refused_are_shown_too(page, example):
    Refusals(example, "http").note(Refusal(1.0, "Unknown tool: nope", "nope", "x 1", "http"))

    test = page("export")

    assert "Refused" in said(test)
    assert "Unknown tool\\: nope" in said(test)


def test_over_http_nobody_is_answered_before_somebody_wants_it(page):
    test = page("export", way="Clients ask this studio")

    assert not test.exception
    assert "Off: nobody is answered" in said(test)
    assert not any("mcpServers" in one.value for one in test.code)


def test_with_nothing_offered_one_click_offers_the_first_pipeline(page, put_back):
    for path in (put_back / "pipelines").glob("*.yaml"):
        path.write_text(path.read_text().replace("exposed: true\n", ""))
    test = page("export")
    until = time.monotonic() + 60
    while not any(one.label.startswith("Offer Customer onboarding") for one in test.button):
        assert time.monotonic() < until, "the runner still has the files as they were"
        test.run()

    button(test, "Offer Customer onboarding, and show how to connect").click().run()

    path = put_back / "pipelines" / "customer_onboarding.yaml"
    assert "exposed: true" in path.read_text()


def test_files_to_take_away_are_made_when_asked_for(page):
    test = page("export", tool="text_statistics", part="Files")

    button(test, "Make the files").click().run(timeout=120)

    files = [one.proto.label for one in test.get("download_button")]
    assert files[:2] == ["text_statistics.py", "text_statistics.mcpb"]
    assert not test.exception


def test_what_cannot_be_taken_away_is_refused_with_line_and_reason(page, monkeypatch):
    def refuse(_folder, _listing, names):
        raise CannotExport(names, [Reason("capabilities/a.py", 8, "imports <b>", "move it")])

    monkeypatch.setattr(tool_files, "export", refuse)
    test = page("export", tool="greet", part="Files")

    button(test, "Make the files").click().run()

    assert "capabilities/a.py, line 8</td><td>imports &lt;b&gt;<br>move it" in said(test)


def test_a_call_is_the_pages_before_it_begins_so_that_no_other_press_makes_it_nobodys(
    page, monkeypatch
):
    test, begun = page("export", tool="publish_with_approval", part="Try it"), []
    monkeypatch.setattr(
        trying_tools.Trial, "begin",
        lambda trial: begun.append(trying_tools.trial_of("publish_with_approval") is trial),
    )  # fmt: skip

    button(test, "Example values").click().run()
    button(test, "Call it").click().run()

    assert begun == [True]
