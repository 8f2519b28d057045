"""The research report, built by hand from an empty page; `make soak`, in the studio as in cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.hands import still
from tests.browser.test_build import (
    Begin,
    begin,  # noqa: F401 - a fixture
    card,
    drag,
    ends,
    is_kept,
    middle,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

STEPS = (
    "open_source",
    "clean_table",
    "validate_source",
    "guess_roles",
    "trends",
    "outliers",
    "profile_table",
    "charts_for",
    "write_findings",
    "render_report",
)
WIRES = (
    ("guess_roles", "value_column", "trends", "value"),
    ("guess_roles", "time_column", "trends", "time"),
    ("guess_roles", "value_column", "outliers", "value"),
)

Empty = Callable[[], Page]


@pytest.fixture
def empty(begin: Begin) -> Empty:  # noqa: F811 - the fixture
    """Open an empty page."""

    def opened() -> Page:
        page = begin("")
        page.get_by_role("button", name="Begin empty").click()
        expect(page.locator(".pf-start")).to_be_visible()
        return page

    return opened


def test_the_research_report_is_built_by_hand_from_an_empty_page(empty: Empty, workspace: Path):
    page = empty()
    for name in STEPS:
        page.get_by_label("Search capabilities and steps").fill(name)
        expect(page.locator(".pf-offer[aria-selected=true]")).to_contain_text(name)
        page.locator(".pf-offer").filter(has=page.get_by_text(name, exact=True)).click()
        expect(card(page, name)).to_be_attached()
    is_kept(page)
    page.get_by_role("button", name=re.compile("^Arrange")).click()
    is_kept(page)

    for source, output, target, name in WIRES:
        page.get_by_role("button", name="Show all").click()
        still(page)
        begins = card(page, source).locator(f'[data-handleid="out:{output}"]')
        to = card(page, target).locator(f'[data-handleid="in:{name}"]')
        drag(page, middle(begins), middle(to))
        wire = page.get_by_label(f"Wire {output} from {source} to {target}")
        expect(wire).to_have_count(1)
    is_kept(page)
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator(".pf-sheet").get_by_role("button", name="Run").click()

    ends(page, "done")
    expect(card(page, "render_report").locator(".pf-card.pf-s-ok")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    if page.locator(".pf-name").inner_text().startswith("untitled"):
        page.get_by_label("Name of the pipeline").fill("by_hand")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("pipeline=by_hand"))
    expect(page.locator(".pf-saved")).to_have_text("Saved")
    saved = max((workspace / "pipelines").glob("*.yaml"), key=lambda path: path.stat().st_mtime)
    assert re.findall(r"use: (\w+)", saved.read_text()) == list(STEPS)
