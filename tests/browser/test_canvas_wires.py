"""Wires on the canvas: they end where they seem to, and run behind nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

Open = Callable[..., Page]

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
