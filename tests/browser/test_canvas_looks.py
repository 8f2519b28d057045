"""Where the canvas draws its wires, and where it keeps the keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.canvas_page import Open, card

pytestmark = pytest.mark.browser


LOOSE_ENDS = """() => {
    const [pane] = document.querySelectorAll(".react-flow");
    const zoom = pane.querySelector(".react-flow__viewport").getBoundingClientRect().width
        / pane.querySelector(".react-flow__viewport").offsetWidth || 1;
    const spots = (kind, side) => [...pane.querySelectorAll(`.react-flow__handle.${kind}`)].map((handle) => {
        const box = handle.getBoundingClientRect();
        return [box[side], (box.top + box.bottom) / 2];
    });
    const ends = { source: spots("source", "right"), target: spots("target", "left") };
    const inner = { source: spots("source", "left"), target: spots("target", "right") };
    const far = ({ x, y }, kind) => Math.min(...[...ends[kind], ...inner[kind]].map((spot) => Math.hypot(spot[0] - x, spot[1] - y)));
    return [...pane.querySelectorAll(".react-flow__edge-path")].flatMap((path) => {
        const screen = path.getScreenCTM();
        const first = path.getPointAtLength(0).matrixTransform(screen);
        const last = path.getPointAtLength(path.getTotalLength()).matrixTransform(screen);
        const off = Math.max(far(first, "source"), far(last, "target"));
        return off > 1.5 * zoom ? [`${path.id}: ${off} px`] : [];
    });
}"""  # noqa: E501


def test_wires_end_at_handles_though_the_page_is_not_measured(open_canvas: Open):
    page = open_canvas("example=report")
    paths = page.locator(".react-flow__edge-path")
    expect(paths.nth(5)).to_be_attached()

    page.wait_for_function(f"({LOOSE_ENDS})().length === 0")

    assert paths.count() > 8


HIDDEN_WIRES = """() => {
    const cards = ".react-flow__node-step .pf-card:not(.pf-container)";
    const boxes = [...document.querySelectorAll(cards)].map((one) => one.getBoundingClientRect());
    const inside = (x, y, box) => x > box.left && x < box.right && y > box.top && y < box.bottom;
    const isHidden = (path) => {
        const whole = path.getTotalLength();
        for (let at = 0.04; at < 0.96; at += 0.02) {
            const { x, y } = path.getPointAtLength(at * whole).matrixTransform(path.getScreenCTM());
            if (boxes.some((box) => inside(x, y, box))) return true;
        }
        return false;
    };
    const paths = document.querySelectorAll(".react-flow__edge-wire .react-flow__edge-path");
    return [...paths].filter(isHidden).map((path) => path.closest("[data-id]").dataset.id);
}"""


def test_no_wire_of_the_report_runs_behind_a_card(open_canvas: Open):
    page = open_canvas()
    page.keyboard.press("f")

    hidden = page.evaluate(HIDDEN_WIRES)

    assert hidden == []


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
    page.keyboard.press("Escape")
    expect(ground).to_be_focused()

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
    page.keyboard.press("Delete")

    expect(card(page, "clean_table")).to_be_visible()
    expect(wires).to_have_count(before - 1)
