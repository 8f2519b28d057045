"""What stands on the canvas's cards, and the wires between them, on the dev page."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_canvas import card, step

pytestmark = pytest.mark.browser


def test_a_policy_is_added_changed_and_taken_away_from_its_card(open_canvas: Open):
    page = open_canvas()
    card(page, "open_source").locator(".pf-head").click()

    page.keyboard.press("m")
    page.keyboard.type("add a policy")
    page.keyboard.press("Enter")
    page.keyboard.type("breaker")
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Breaker of open_source")
    expect(sheet.get_by_label("Failures in a row")).to_be_focused()
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    changed = step(page, "open_source")["with"]
    card(page, "open_source").locator("button.pf-badge").click()
    sheet.get_by_role("button", name="Take away").click()
    expect(card(page, "open_source").locator(".pf-badge")).to_have_count(0)

    assert changed == [{"breaker": {"failures": 7, "reset": 30}}]
    assert "with" not in step(page, "open_source")


def test_no_wire_of_the_report_runs_behind_a_card(open_canvas: Open):
    page = open_canvas()
    page.keyboard.press("f")

    assert page.evaluate((Path(__file__).parent / "hidden_wires.js").read_text()) == []
