"""Home."""

from studio.canvas.templates import TEMPLATES
from tests.studio.conftest import button, end_of, said


def test_home_offers_three_ways_to_start(page):
    home = page()

    assert not home.exception
    titles = [one.value for one in home.header]
    assert any("See an example" in one for one in titles)
    assert any("Try your own table" in one for one in titles)
    assert any("Open a pipeline" in one for one in titles)


def test_the_example_report_begins_with_one_click(page):
    home = page()

    button(home, "Make the example report").click().run()

    assert not home.exception
    assert [one.value for one in home.title] == ["Research report"]
    assert home.query_params["pipeline"] == "research_report"


def test_what_waits_for_a_person_is_asked_on_home(page, example):
    from packetflow.runner.client import RunnerClient

    with RunnerClient(example) as runner:
        run = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in run if event.kind == "waits")

        home = page()

        assert "Publish this draft?" in said(home)
        button(home, "No").click().run()
        assert end_of(runner, run.execution_id).status == "ok"


def test_a_broken_file_is_named_with_its_line(page, example):
    broken = example / "pipelines" / "torn.yaml"
    broken.write_text("pipeline: torn\nsteps:\n  - usse: nothing\n")
    try:
        assert "torn.yaml, line 3" in said(page())
    finally:
        broken.unlink()


def test_a_workspace_without_the_report_offers_what_works_there(page, example):
    report = example / "pipelines" / "research_report.yaml"
    text = report.read_text()
    report.unlink()
    try:
        home = page()
    finally:
        report.write_text(text)

    assert not home.exception
    titles = " ".join(one.value for one in home.header)
    assert "Open a pipeline" in titles
    assert "Add your own" in titles
    assert "See an example" not in titles
    assert not home.file_uploader


def test_an_empty_workspace_offers_three_templates(page, monkeypatch, tmp_path):
    (tmp_path / "packetflow.toml").write_text('name = "fresh"\n')
    monkeypatch.setenv("PACKETFLOW_STUDIO_WORKSPACE", str(tmp_path))

    for where in ("home", "runs"):
        test = page(where)

        assert not test.exception
        assert [one.label for one in test.button] == [template.begin for template in TEMPLATES]
    button(page("runs"), TEMPLATES[1].begin).click().run()
    assert (tmp_path / ".packetflow" / "drafts" / "untitled-1.at").is_file()
