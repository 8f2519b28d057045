"""Runs on the canvas of the real studio: pins, stale steps, and what an old run ran."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_build import GREET, card, ends, is_kept, text_of, written

pytestmark = pytest.mark.browser


def test_a_pinned_step_is_not_run_and_an_old_run_is_drawn_on_what_it_ran(
    page: Page, workspace: Path, studio: str
):
    name = written(workspace, "pinned", GREET.format(name="pinned", second="walk").replace(
        "id: walk}", "id: walk, from: {text: prepared}}"
    ))  # fmt: skip
    page.goto(f"{studio}/build?pipeline={name}")
    page.get_by_role("button", name="Run", exact=True).click()
    ends(page, "done")
    card(page, "prepare").locator(".pf-head").dblclick()
    page.get_by_role("button", name="Pin prepared").click()
    expect(card(page, "prepare").locator(".pf-pin")).to_be_visible()

    card(page, "walk").locator(".pf-head").dblclick()
    page.get_by_role("button", name="From here").click()
    expect(card(page, "prepare").locator(".pf-state")).to_contain_text("reused")
    ends(page, "done")
    page.locator(".pf-ground").focus()
    page.keyboard.press("y")
    area = page.get_by_label("The pipeline's text")
    area.fill(area.input_value().replace("hello", "bye"))
    area.blur()
    expect(card(page, "walk").locator(".pf-state")).to_have_text("stale")
    expect(card(page, "prepare").locator(".pf-pin.pf-error")).to_be_visible()
    first = sorted((workspace / ".packetflow" / "drafts").glob("*.runs/*.yaml"))[-2]

    page.goto(f"{studio}/build?pipeline={name}&run={first.stem}")
    page.get_by_role("button", name="Bring this version back").click()

    expect(page.locator(".pf-looking")).to_have_count(0)
    expect(card(page, "walk").locator(".pf-old")).to_have_count(0)
    is_kept(page)
    assert "hello" in text_of(workspace, name)
    assert "# free" in text_of(workspace, name)
