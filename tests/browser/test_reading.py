"""Whether everybody can reach what is on a page: by keys, and on a phone."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from packetflow.runner.client import RunnerClient
from tests.browser.conftest import settle


def test_the_keyboard_reaches_the_main_button_and_shows_where_it_is(visit: Callable[..., Page]):
    page = visit("/")
    settle(page)

    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText || ''").strip())
        page.wait_for_function(FOCUS_IS_SEEN)  # some lines come slowly, on purpose
        if seen[-1].endswith("Make the example report"):
            break

    assert seen[-1].endswith("Make the example report")


FOCUS_IS_SEEN = """() => { const look = getComputedStyle(document.activeElement);
  return look.outlineStyle !== "none" || look.boxShadow !== "none"; }"""


def test_why_a_run_failed_can_be_read_on_a_phone(
    page: Page, visit: Callable[..., Page], workspace: Path
):
    with RunnerClient(workspace) as runner:
        assert runner.run("grumble", {"text": "hello"}).result(60).status == "failed"
    page.set_viewport_size({"width": 390, "height": 800})
    visit("/runs")
    settle(page)

    line = page.get_by_role("link", name="Grumble").first
    shown = line.get_by_text("fill it up and try again")
    expect(shown).to_be_visible()
    assert shown.evaluate(
        "one => one.scrollHeight <= one.clientHeight + 1 && one.scrollWidth <= one.clientWidth + 1"
        " && one.getBoundingClientRect().right <= innerWidth"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_wide_drawing_can_be_fitted_and_scrolled_by_keys(page: Page, visit: Callable[..., Page]):
    page.set_viewport_size({"width": 390, "height": 800})
    visit("/library?pipeline=customer_onboarding")
    settle(page)
    frame = page.locator(".pf-draw")

    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.pf-draw').scrollLeft > 0")
    page.get_by_label("Whole picture").check()

    assert frame.evaluate("one => one.scrollWidth <= one.clientWidth")
