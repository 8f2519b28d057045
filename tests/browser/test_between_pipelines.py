"""What goes over from one pipeline on a canvas to another."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

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
