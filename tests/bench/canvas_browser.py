"""The canvas in a real browser, for `bench_canvas`: loading, editing, panning, live status."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
]
ROUNDS = 5
PAN_SECONDS = 2.5

FIND = """
globalThis.canvasRoot = () => {
    if (globalThis.foundRoot?.isConnected) return globalThis.foundRoot;
    for (const one of document.querySelectorAll("*")) {
        const inside = (one.shadowRoot ?? one).querySelector?.(".pf-root");
        if (one.shadowRoot && inside) return (globalThis.foundRoot = inside);
    }
    return null;
};
globalThis.whenDrawn = (count) => new Promise((done) => {
    const look = () => {
        const there = canvasRoot()?.querySelectorAll(".react-flow__node .pf-card").length ?? 0;
        if (there < count) requestAnimationFrame(look);
        else requestAnimationFrame(() => done(performance.now()));
    };
    look();
});
globalThis.frames = (seconds) => new Promise((done) => {
    const at = [];
    const note = (now) => {
        at.push(now);
        now - at[0] < 1000 * seconds ? requestAnimationFrame(note) : done(at);
    };
    requestAnimationFrame(note);
});
"""
KEPT = """() => void (globalThis.kept = new Promise((done) => {
    let began = 0;
    addEventListener("keydown", () => (began = performance.now()), { capture: true, once: true });
    const word = () => canvasRoot().querySelector(".pf-saved").textContent;
    let asked = false;
    const look = () => {
        asked ||= began && word() === "Working…";
        if (asked && word() !== "Working…") done(performance.now() - began);
        else requestAnimationFrame(look);
    };
    setTimeout(() => done(null), 20000);
    look();
}))"""
SEEN = """() => new Promise((done) => {
    const look = () => {
        const card = canvasRoot().querySelector('[data-id="stamp"] .pf-card');
        card.classList.contains("pf-s-ok") ? done(Date.now() / 1000) : setTimeout(look, 1);
    };
    setTimeout(() => done(null), 20000);
    look();
})"""

Figure = tuple[str, float, str, float | None, bool]


def chromium() -> str:
    """The path of a browser; empty where there is none."""
    script = ["sh", str(ROOT / "scripts" / "install_browser.sh"), "--find"]
    found = subprocess.run(script, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def in_browser(address: str, folder: Path) -> Iterator[Figure]:
    """Each figure, with its unit, its goal, and whether that is the least it may be."""
    path = chromium()
    if not path:
        print("  no browser was found; the rest is left out")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield from _loading(browser, address)
            yield from _editing(browser, address)
            yield from _panning(browser, address)
            yield from _status(browser, address, folder)
        finally:
            browser.close()


def _page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.add_init_script(FIND)
    return page


def _open(page: Page, address: str, size: int, drawn: int) -> float:
    page.goto(f"{address}/build?pipeline=many_{size}", wait_until="commit")
    return float(page.evaluate(f"whenDrawn({drawn})"))


def _loading(browser: Browser, address: str) -> Iterator[Figure]:
    page = _page(browser)
    for size, goal in ((200, 1500), (1000, 2000)):
        _open(page, address, size, 10)
        taken = [_open(page, address, size, 10) for _ in range(ROUNDS)]
        yield f"page load with {size:,} cards, warm", min(taken, default=nan), "ms", goal, False
    page.context.close()


def _editing(browser: Browser, address: str) -> Iterator[Figure]:
    for size, goal in ((200, 100), (1000, 150)):
        page = _page(browser)
        _open(page, address, size, 10)
        page.wait_for_timeout(1000)
        taken = []
        for _ in range(ROUNDS):
            page.locator(".react-flow__node .pf-card .pf-head").nth(3).click()
            page.wait_for_timeout(300)
            page.evaluate(KEPT)
            page.keyboard.press("Delete")
            kept = page.evaluate("kept")
            if kept is not None:
                taken.append(float(kept))
            page.wait_for_timeout(300)
        yield (
            f"{size:,} cards: a card is taken out, until shown as kept",
            min(taken, default=nan),
            "ms",
            goal,
            False,
        )
        page.context.close()


def _panning(browser: Browser, address: str) -> Iterator[Figure]:
    for size, goal in ((400, 17), (1000, 33)):
        page = _page(browser)
        _open(page, address, size, 10)
        page.wait_for_timeout(1000)
        rate, slow = _pan(page)
        yield f"{size:,} cards, as opened: panning", rate, "fps", None, True
        yield f"{size:,} cards, as opened: slow frames (95 %)", slow, "ms", goal, False
        page.locator(".pf-ground").focus()
        page.keyboard.press("f")
        page.wait_for_timeout(2000)
        rate, slow = _pan(page)
        yield (
            f"{size:,} cards, all in view: panning",
            rate,
            "fps",
            50 if size == 400 else None,
            True,
        )
        yield f"{size:,} cards, all in view: slow frames (95 %)", slow, "ms", goal, False
        page.context.close()


def _pan(page: Page) -> tuple[float, float]:
    """Frames a second and the slow ones' milliseconds while the ground is dragged; best of some."""
    box: Any = page.locator(".react-flow__pane").bounding_box()
    x, y = box["x"] + box["width"] - 40, box["y"] + box["height"] - 14
    best: list[float] = []
    for _ in range(3):
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(f"void (globalThis.counted = frames({PAN_SECONDS}))")
        until, step = time.monotonic() + PAN_SECONDS, 0
        while time.monotonic() < until:
            step += 1
            page.mouse.move(x - 3 * (step % 40), y - 2 * (step % 40))
            time.sleep(0.008)
        at = page.evaluate("counted")
        page.mouse.up()
        gaps = sorted(later - one for one, later in pairwise(at))
        if not best or sum(gaps) / len(gaps) < sum(best) / len(best):
            best = gaps
    return 1000 * len(best) / sum(best), best[int(len(best) * 0.95)]


def _status(browser: Browser, address: str, folder: Path) -> Iterator[Figure]:
    page = _page(browser)
    page.goto(f"{address}/build?pipeline=stamp")
    page.locator(".pf-card").first.wait_for()
    taken = []
    for _ in range(2 * ROUNDS):
        page.get_by_role("button", name="Run", exact=True).click()
        go = page.get_by_role("dialog").get_by_role("button", name="Run", exact=True)
        page.wait_for_timeout(150)
        if go.count():
            go.click()
        seen = float(page.evaluate(SEEN) or 0)
        done = float((folder / "capabilities" / "stamps.stamp").read_text())
        if seen > done:
            taken.append((seen - done) * 1e3)
        page.wait_for_timeout(300)
    yield "a step's end, until it is seen on its card", min(taken, default=nan), "ms", 50, False
    page.context.close()
