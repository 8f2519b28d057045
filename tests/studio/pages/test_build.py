"""The page that puts the canvas up."""

import pytest

import packetflow.show
from packetflow.composition import load
from packetflow.composition.check import check_pipeline
from packetflow.workspace.drafts import Drafts
from studio.canvas.templates import TEMPLATES
from studio.showing import words
from tests.studio.conftest import button, said


def test_build_offers_three_templates_and_the_pipelines_there_are(page):
    build = page("build")

    assert not build.exception
    assert [one.label for one in build.button] == [one.begin for one in TEMPLATES]
    assert all(template.title in said(build) for template in TEMPLATES)


def test_beginning_makes_a_draft_and_goes_to_its_canvas(page, example):
    build = page("build")

    button(build, TEMPLATES[0].begin).click().run()

    assert not build.exception
    name = build.query_params["pipeline"]
    assert name.startswith("untitled-")
    named = TEMPLATES[0].text.replace("pipeline: untitled", f"pipeline: {name}")
    assert Drafts(example).open(name).text == named


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.title)
def test_a_template_needs_no_mending(template, example):
    from packetflow import Workspace

    with Workspace(example) as workspace:
        pipeline = load(template.text, workspace.catalog.resolve)

    codes = {one.code for one in check_pipeline(pipeline) if one.severity == "error"}
    assert codes <= {"empty"}


def test_without_its_bundle_the_page_says_how_to_build_it(page, monkeypatch, tmp_path):
    monkeypatch.setattr(packetflow.show, "__file__", str(tmp_path / "__init__.py"))

    build = page("build", pipeline="research_report")

    assert not build.exception
    assert "make frontend" in build.error[0].value


def test_a_draft_that_nobody_saved_is_found_again(page, example):
    drafts = Drafts(example)
    left, changed = drafts.new(TEMPLATES[0].text), drafts.new(TEMPLATES[1].text)
    changed.do({"op": "rename", "step": "describe", "to": "look"})
    drafts.close()

    build = page("build")

    links = [one.proto.label for one in build.get("page_link")]
    assert words(changed.name) in links
    assert words(left.name) not in links, "nothing was done there"


def test_a_pipeline_that_is_not_there_is_a_box_with_the_nearest(page):
    build = page("build", pipeline="research_reprot")

    assert not build.exception
    assert "No pipeline is called 'research_reprot'; did you mean 'research_report'?" in said(build)
    assert not build.button
