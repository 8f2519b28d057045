"""The page that puts the canvas up."""

import pytest

import packetflow.show
from packetflow.composition import load
from packetflow.composition.check import check_pipeline
from packetflow.workspace.drafts import Drafts
from studio.canvas.templates import TEMPLATES
from tests.studio.conftest import button, said


def test_build_offers_three_templates_and_the_pipelines_there_are(page):
    build = page("build")

    assert not build.exception
    assert [one.label for one in build.button] == [one.begin for one in TEMPLATES]
    assert all(template.title in said(build) for template in TEMPLATES)


def test_beginning_makes_a_draft_and_goes_to_its_canvas(page, example):
    build = page("build")

    button(build, "Begin with nothing").click().run()

    assert not build.exception
    name = build.query_params["pipeline"]
    assert name.startswith("untitled-")
    assert Drafts(example).open(name).text == TEMPLATES[0].text


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
