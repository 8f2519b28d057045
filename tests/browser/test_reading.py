"""Whether everybody can read and reach each page: names, contrast, headings, landmarks, keys."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from packetflow.runner.client import RunnerClient
from tests.browser.conftest import settle

CONTROLS = {
    "button", "link", "textbox", "combobox", "checkbox", "switch", "spinbutton", "tab", "radio",
    "searchbox", "slider", "listbox", "img", "image", "dialog",
}  # fmt: skip
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
PATHS = [
    "/",
    "/library?pipeline=customer_onboarding",
    "/library",
    "/library?capability=write_letter",
    "/library?view=Map&near=clean_table",
    "/library?pipeline=customer_onboarding&part=Versions",
    "/settings",
    "/runs",
    "/metrics",
    "/metrics?called=tear",
    "/runs?run={failed}",
    "/runs?run={waiting}",
]


@pytest.fixture(scope="module")
def ran(workspace: Path, studio: str) -> dict[str, str]:
    """The ids of a run that failed and of one that waits; the studio's runner made them."""
    assert studio
    with RunnerClient(workspace) as runner:
        failed = runner.run("tear", {"text": "hello"})
        assert failed.result(60).status == "failed"
        waiting = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in waiting if event.kind == "waits")
    return {"failed": failed.execution_id, "waiting": waiting.execution_id}


@pytest.fixture(params=["light", "dark"])
def looked(
    request: pytest.FixtureRequest, visit: Callable[..., Page], page: Page, ran: dict[str, str]
) -> Callable[[str], Page]:
    page.emulate_media(color_scheme=request.param)

    def opened(path: str) -> Page:
        visit(path.format(**ran))
        settle(page)
        expect(page.get_by_text("Workspace").last).to_be_visible()
        return page

    return opened


@pytest.mark.parametrize("path", PATHS)
def test_all_words_stand_out_from_what_is_behind_them(looked: Callable[[str], Page], path: str):
    page = looked(path)
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
    page.wait_for_timeout(500)

    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", PATHS)
def test_pages_make_sense_without_seeing_them(
    visit: Callable[..., Page], ran: dict[str, str], path: str
):
    page = visit(path.format(**ran))
    settle(page)
    expect(page.get_by_text("Workspace").last).to_be_visible()

    assert nameless(page) == []
    levels = [int(tag[1]) for tag in page.locator("h1,h2,h3,h4,h5,h6").evaluate_all(
        "all => all.filter(one => one.offsetParent).map(one => one.tagName)")]  # fmt: skip
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("main", "navigation", "banner"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    assert re.match(r"\w\w", page.locator("html").get_attribute("lang") or "")
    assert page.title().endswith("PacketFlow Studio")
    assert page.locator("[tabindex]").evaluate_all("all => all.every(one => one.tabIndex <= 0)")


def nameless(page: Page) -> list[str]:
    """Controls and pictures without a name in Chromium's accessibility tree."""
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    return [
        f"{node['role']['value']} {node.get('properties', '')}"[:300]
        for node in tree["nodes"]
        if not node.get("ignored")
        and node["role"]["value"] in CONTROLS
        and not node.get("name", {}).get("value", "").strip()
    ]


def test_the_keyboard_reaches_the_main_button_and_shows_where_it_is(visit: Callable[..., Page]):
    page = visit("/")
    settle(page)

    seen = []
    for _ in range(20):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.innerText || ''").strip())
        if seen[-1] == "Make the example report":
            break

    assert seen[-1] == "Make the example report"
    assert page.evaluate(
        "(one => { const s = getComputedStyle(one);"
        " return s.outlineStyle !== 'none' || s.boxShadow !== 'none' })(document.activeElement)"
    )


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
