"""The canvas on a page with a host in the page itself in the place of Python, and hands for it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.serving import serving

ROOT = Path(__file__).parent.parent.parent
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def dev_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dev page, built and served on loopback."""
    folder = tmp_path_factory.mktemp("page")
    said = subprocess.run(
        ["sh", str(ROOT / "scripts" / "build_frontend.sh"), "--page", str(folder)],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode and os.environ.get("CI") != "true":
        pytest.skip(said.stderr.strip()[-300:])
    assert said.returncode == 0, said.stderr
    with serving(folder) as served:
        yield served


@pytest.fixture
def open_canvas(browser: Browser, dev_page: str) -> Iterator[Open]:
    """Open the dev page; in the end nothing may have been complained about."""
    pages: list[Page] = []
    errors: list[str] = []

    def opened(query: str = "", *, width: int = 1400, height: int = 850) -> Page:
        page = browser.new_page(viewport={"width": width, "height": height})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(f"{dev_page}?{query}")
        page.wait_for_selector(".pf-card, .pf-start")
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []


def steps(page: Page) -> list[str]:
    """The ids of the document's outermost steps, in order, once all edits are acknowledged."""
    page.wait_for_function("packetflow.session.shown.waiting === 0")
    return page.evaluate("packetflow.host.draft.steps.map((step) => step.id)")


def step(page: Page, name: str) -> dict[str, Any]:
    """An outermost step as the document has it."""
    page.wait_for_function("packetflow.session.shown.waiting === 0")
    said = page.evaluate("JSON.stringify(packetflow.host.draft.steps)")
    return next(one for one in json.loads(said) if one["id"] == name)


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def port(page: Page, name: str, handle: str) -> Locator:
    return card(page, name).locator(f'.react-flow__handle[data-handleid="{handle}"]')


def drag(page: Page, begin: Locator, end: tuple[float, float]) -> None:
    box = begin.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*end, steps=12)


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def add(page: Page, name: str) -> None:
    """Put in a capability with the keyboard alone."""
    page.keyboard.press("/")
    field = page.get_by_label("Search capabilities and steps")
    expect(field).to_be_focused()
    field.fill(name)
    expect(page.locator(".pf-offer[aria-selected=true]")).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(field).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator(".pf-ground")).to_be_focused()
