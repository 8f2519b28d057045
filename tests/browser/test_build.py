"""Build, run and mend pipelines on the canvas of the real studio, as people do."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from packetflow.workspace.drafts import Drafts
from tests.browser.conftest import PATIENCE_MS, ROOT, SERVE, answers, end, free_port

pytestmark = pytest.mark.browser

Begin = Callable[[str], Page]
GREET = """\
pipeline: {name}
steps:
  - graph:   # free
      - {{use: prepare, id: prepare, set: {{text: hello}}}}
      - {{use: {second}, id: second}}
    id: graph
"""


@pytest.fixture
def begin(browser: Browser, studio: str) -> Iterator[Begin]:
    """Open the canvas of a pipeline; nothing may be complained about in the end."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE_MS)

    def opened(pipeline: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{studio}/build" + (f"?pipeline={pipeline}" if pipeline else ""))
        if pipeline:
            expect(page.locator(".pf-card, .pf-start").first).to_be_visible()
        return page

    yield opened
    context.close()
    assert errors == []


def written(workspace: Path, name: str, text: str) -> str:
    (workspace / "pipelines" / f"{name}.yaml").write_text(text)
    return name


def text_of(workspace: Path, name: str) -> str:
    """The draft's text, read by another process's rules."""
    drafts = Drafts(workspace)
    try:
        return drafts.open(name).text
    finally:
        drafts.close()


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def is_kept(page: Page) -> None:
    """Wait until Python has heard everything."""
    expect(page.locator(".pf-saved")).to_have_text(re.compile("Draft|Saved"))


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, begin: tuple[float, float], to: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*to, steps=12)
    page.mouse.up()


def carry(page: Page, name: str, to: Locator, x: float, y: float) -> None:
    """Drag what the palette offers onto a place."""
    page.get_by_label("Search capabilities and steps").fill(name)
    offer = page.locator(".pf-offer").filter(has=page.get_by_text(name, exact=True))
    offer.drag_to(to, target_position={"x": x, "y": y})
    is_kept(page)


def ends(page: Page, word: str) -> None:
    expect(page.locator(".pf-runword")).to_have_text(word)


def test_a_flow_with_a_branch_is_built_by_mouse_from_an_empty_page_and_runs(
    begin: Begin, workspace: Path
):
    page = begin("")
    page.get_by_role("button", name="Begin", exact=True).first.click()
    ground = page.locator(".pf-ground")
    expect(page.locator(".pf-start")).to_be_visible()

    carry(page, "pick_customer", ground, 160, 200)
    wire = card(page, "pick_customer").locator('[data-handleid="out:customer_data"]')
    around = ground.bounding_box()
    assert around
    drag(page, middle(wire), (around["x"] + 420, around["y"] + 120))
    field = page.get_by_role("combobox", name="What takes customer_data?")
    field.fill("validate_customer")
    page.locator(".pf-chooser [role=option]", has_text="validate_customer_data").click()
    expect(card(page, "validate_customer_data")).to_be_visible()
    is_kept(page)
    carry(page, "Choose", ground, 700, 200)
    page.get_by_role("textbox", name="When").fill("size(validation_errors) == 0")
    page.get_by_role("textbox", name="When").blur()
    is_kept(page)
    page.get_by_role("button", name="Close Inspector").click()
    page.get_by_role("button", name="Show all").click()
    lane = card(page, "choice")
    expect(lane.locator(".pf-way").first).to_contain_text("size(validation_errors)")
    carry(page, "estimate_credit", lane, 100, 110)
    expect(card(page, "estimate_credit")).to_be_visible()
    ground.focus()
    page.keyboard.press("Control+Enter")
    page.get_by_role("textbox", name="customer_id").fill("C-001")
    page.locator(".pf-sheet").get_by_role("button", name="Run").click()

    ends(page, "done")
    for name in ("pick_customer", "validate_customer_data", "choice", "estimate_credit"):
        expect(card(page, name).locator(".pf-card.pf-s-ok")).to_be_visible()
    name = page.url.split("pipeline=")[1]
    assert "when: size(validation_errors) == 0" in text_of(workspace, name)
