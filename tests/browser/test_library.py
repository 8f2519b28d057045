"""The library in a real browser: what only a pointer on the map can show."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from studio.theme import DELETED
from tests.browser.conftest import settle

POINTS = ".scatterlayer .trace:last-child .points path"


def test_a_click_on_the_map_looks_at_a_capability_and_leads_to_it(visit: Callable[..., Page]):
    page = visit("/library?view=Map")
    settle(page)
    point = page.locator(POINTS).first
    expect(point).to_be_visible()
    box = point.bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"near=\w+"))
    expect(page.get_by_text(re.compile("^It can be followed by")).first).to_be_visible()
    page.get_by_role("link", name="Open it").click()

    expect(page).to_have_url(re.compile(r"capability=\w+"))
    expect(page.get_by_role("heading", name="Try it")).to_be_visible()

    page.get_by_role("navigation").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    settle(page)
    page.go_back()
    expect(page.get_by_role("heading", name="Try it")).to_be_visible()
    expect(page).to_have_url(re.compile(r"capability=\w+"))


def test_a_page_that_is_open_turns_dark_with_the_browser_as_a_whole(visit: Callable[..., Page]):
    page = visit("/library")
    settle(page)
    sheets = "[...document.querySelectorAll('style')].map(one => one.textContent).join()"
    drawn = f"colour => {sheets}.includes(colour)"
    page.wait_for_function(drawn, arg=DELETED["light"])

    page.emulate_media(color_scheme="dark")

    page.wait_for_function(drawn, arg=DELETED["dark"])
