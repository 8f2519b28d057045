"""Takes the pictures of the studio that README and docs show: docs/images/studio-*.png.

Runs the example workspace in a copy, opens the studio on it, and photographs four pages in a
Chromium that `scripts/install_browser.sh --find` finds. Nothing outside of docs/images is changed.

    .venv/bin/python scripts/take_pictures.py
"""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from mcp import Client
from mcp_types import Implementation
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from packetflow import Workspace
from packetflow.engine.events import Waits

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SHARP = 1.5
COLOURS = 255


def run_examples(folder: Path) -> tuple[str, str]:
    """Run a report, and begin what waits for a person; the ids of both executions."""
    with Workspace(folder) as ws:
        report = ws.run_sync("research_report")
        draft = ws.start("publish_with_approval", path="inbox/spring-newsletter.md")
        for event in draft:
            if isinstance(event, Waits):
                break
        return report.id, draft.id


@contextmanager
def studio(folder: Path) -> Iterator[str]:
    """Serve the studio, and give its address."""
    command = [sys.executable, "-m", "packetflow", "studio", "--no-browser", "-w", str(folder)]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://\S+", said)
        if found is None:
            raise SystemExit(f"the studio does not start: {said}{process.stdout.read()}")
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def opened(
    browser: Browser, address: str, *, high: int, scheme: Literal["light", "dark"] = "light"
) -> Page:
    """A page of its own window; what is shown comes a moment after it."""
    page = browser.new_page(
        viewport={"width": 1280, "height": high}, device_scale_factor=SHARP, color_scheme=scheme
    )
    page.set_default_timeout(60_000)
    page.goto(address)
    return page


def photograph(page: Page, name: str) -> None:
    """Keep a picture of a page once it is at rest, with few colours, for they are enough."""
    page.mouse.move(2, 2)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(3_000)  # figures and the canvas settle
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    few = taken.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    path = IMAGES / f"{name}.png"
    few.save(path, optimize=True)
    sys.stdout.write(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB\n")
    page.close()


async def call_some(address: str) -> None:
    """Call tools of the studio as a client does, so that somebody has called."""
    about = Implementation(name="agent", version="1.0")
    async with Client(address, client_info=about) as client:
        await client.call_tool("onboard_sample_customer", {"customer_id": "C-002"})
        await client.call_tool("onboard_sample_customer", {"customer_id": 5})


def show_export(page: Page, url: str) -> None:
    """Let clients in, let one call, and try a tool."""
    page.locator("label").filter(has=page.get_by_role("switch", name="Answer clients")).click()
    page.get_by_role("tab", name="curl").wait_for()
    with ThreadPoolExecutor() as beside:  # this thread has playwright's loop
        beside.submit(asyncio.run, call_some(f"{url}/mcp")).result()
    page.goto(f"{url}/export?tool=onboard_sample_customer&part=Try+it")
    page.get_by_role("button", name="Example values").click()
    page.get_by_label("Customer id").and_(page.locator("[value='C-001']")).wait_for()
    page.get_by_role("button", name="Call it").click()
    page.get_by_role("heading", name="Done in").wait_for()


def main() -> None:
    """Take all of them."""
    script = ["sh", str(ROOT / "scripts" / "install_browser.sh"), "--find"]
    chromium = subprocess.run(script, check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "example"
        leave = shutil.ignore_patterns(".packetflow", "__pycache__")
        shutil.copytree(ROOT / "data", folder, ignore=leave)
        report, draft = run_examples(folder)
        with studio(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            canvas = f"{url}/build?pipeline=publish_with_approval&run={draft}"
            page = opened(browser, canvas, high=720)
            page.get_by_text("Publish this draft?").first.wait_for()
            photograph(page, "studio-build")
            page = opened(browser, f"{url}/runs?run={report}", high=1150)
            page.get_by_text("Timeline").wait_for()
            page.frame_locator("iframe").first.frame_locator("iframe").locator("h1").wait_for()
            photograph(page, "studio-run")
            page = opened(
                browser, f"{url}/library?view=Map&near=clean_table", high=860, scheme="dark"
            )
            page.locator(".st-key-map .js-plotly-plot").wait_for()
            photograph(page, "studio-library")
            page = opened(browser, f"{url}/export?way=Clients+ask+this+studio", high=1300)
            show_export(page, url)
            photograph(page, "studio-export")
            browser.close()


if __name__ == "__main__":
    main()
