"""What goes over from one pipeline on a canvas to another."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from packetflow.workspace.drafts import Drafts
from tests.browser.conftest import PATIENCE_MS, has_begun
from tests.browser.test_build import card, is_kept, text_of, written

pytestmark = pytest.mark.browser


def test_steps_are_pasted_into_another_pipeline_on_another_page(
    browser: Browser, studio: str, workspace: Path
):
    written(
        workspace, "giving", "pipeline: giving\nsteps:\n  - {use: prepare}\n  - {use: stumble}\n"
    )
    written(workspace, "taking", "pipeline: taking\nsteps: []\n")
    with browser.new_context() as context:  # which may not read the system's clipboard
        context.set_default_timeout(PATIENCE_MS)
        page, other = context.new_page(), context.new_page()
        page.goto(f"{studio}/build?pipeline=giving")
        has_begun(page)
        card(page, "prepare").locator(".pf-head").click()
        card(page, "stumble").locator(".pf-head").click(modifiers=["Shift"])
        page.keyboard.press("Control+c")
        expect(page.locator(".pf-said")).to_contain_text("2 steps copied")

        other.goto(f"{studio}/build?pipeline=taking")
        has_begun(other)
        other.keyboard.press("Control+v")
        expect(card(other, "stumble")).to_have_count(1)
        is_kept(other)

    assert "use: prepare" in text_of(workspace, "taking")
    assert "use: stumble" in text_of(workspace, "taking")


def test_a_first_save_asks_for_a_name_and_another_name_takes_the_callers_along(
    browser: Browser, studio: str, workspace: Path
):
    Drafts(workspace).new("pipeline: untitled-7\nsteps:\n  - {use: prepare}\n", "untitled-7")
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(f"{studio}/build?pipeline=untitled-7")
        has_begun(page)

        page.keyboard.press("Control+s")
        page.get_by_label("Name of the pipeline").fill("first_name")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("pipeline=first_name$"))
        expect(page.locator(".pf-saved")).to_have_text("Saved")
        written(workspace, "caller", "pipeline: caller\nsteps:\n  - {call: first_name}\n")
        page.locator(".pf-name").click()
        page.get_by_label("Name of the pipeline").fill("second_name")
        page.keyboard.press("Enter")
        expect(page.locator(".pf-saved")).to_have_text("Draft")
        page.keyboard.press("Control+s")
        expect(page.locator(".pf-sheet .pf-badge")).to_have_text("caller")
        page.get_by_role("button", name="Rename their calls").click()

        page.wait_for_url(re.compile("pipeline=second_name$"))
        expect(page.locator(".pf-saved")).to_have_text("Saved")
        expect(page).to_have_title(re.compile("^Second name"))
    assert "call: second_name" in (workspace / "pipelines" / "caller.yaml").read_text()
    assert not (workspace / "pipelines" / "first_name.yaml").exists()
