"""The canvas by keyboard: one stop of the Tab key, and a focus that is never lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_canvas import card

pytestmark = pytest.mark.browser


def test_tab_goes_once_through_the_canvas_however_many_cards_it_has(open_canvas: Open):
    page = open_canvas("example=report")
    stops: list[str] = []

    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1] in ("BODY", stops[0]) and len(stops) > 1:
            break

    assert stops[-1] in ("BODY", stops[0]), "one can leave it"
    assert not [stop for stop in stops if "react-flow__node" in stop or "react-flow__edge" in stop]
    assert len([stop for stop in stops if "pf-ground" in stop]) == 1


FOCUSED = """(() => { const one = document.activeElement;
  const said = ["class", "title"].map((name) => one.getAttribute(name) ?? "");
  return [one.tagName, ...said].join(" ").trim(); })()"""


def test_the_keyboard_is_never_left_nowhere(open_canvas: Open):
    page = open_canvas("example=report")
    ground = page.locator(".pf-ground")

    page.locator("button.pf-name").click()
    page.get_by_label("Name of the pipeline").fill("another")
    page.keyboard.press("Escape")
    expect(ground).to_be_focused()
    assert page.evaluate("packetflow.session.shown.document.undo") is None

    card(page, "open_source").locator(".pf-head").click()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Duplicate").focus()
    page.keyboard.press("Escape")
    expect(ground).to_be_focused()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.locator(".react-flow__node:focus")).to_have_count(1)


def test_a_wire_that_has_the_focus_is_the_one_that_is_taken_out(open_canvas: Open):
    page = open_canvas("example=report")
    wires = page.locator(".react-flow__edge-wire")
    before = wires.count()
    card(page, "clean_table").locator(".pf-head").click()

    wires.first.focus()
    expect(wires.first).to_be_focused()
    page.keyboard.press("Delete")

    expect(wires).to_have_count(before - 1)
    expect(card(page, "clean_table")).to_be_visible()
