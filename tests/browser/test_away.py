"""Edits on the canvas go on while the studio is away, and are there when it comes back."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PATIENCE_MS, ROOT, SERVE, answers, end, free_port
from tests.browser.test_build import card, text_of, written

pytestmark = pytest.mark.browser


@contextmanager
def at_port(workspace: Path, port: int, log: Path) -> Iterator[str]:
    """A studio of its own, always at the same address."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(workspace), str(port)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        waiting = 600
        while not answers(url) and waiting:
            waiting -= 1
            assert process.poll() is None, log.read_text(errors="replace")[-2000:]
            with_pause(process)
        yield url
    finally:
        end(process)


def with_pause(process: subprocess.Popen[bytes]) -> None:
    """Give a process a tenth of a second."""
    try:
        process.wait(0.1)
    except subprocess.TimeoutExpired:
        return


def test_edits_made_while_the_studio_is_away_are_kept(browser: Browser, tmp_path: Path):
    workspace = tmp_path / "work"
    (workspace / "capabilities").mkdir(parents=True)
    (workspace / "pipelines").mkdir()
    (workspace / "packetflow.toml").write_text("")
    first = "pipeline: away\nsteps:\n  - {wait_for: news, id: one}\n  - {wait_for: more, id: two}\n"
    name = written(workspace, "away", first)
    port, log = free_port(), tmp_path / "studio.log"
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        saved = page.locator(".pf-saved")
        with at_port(workspace, port, log) as url:
            page.goto(f"{url}/build?pipeline={name}")
            card(page, "one").locator(".pf-head").click()
        expect(saved).to_have_text("Offline")
        page.keyboard.press("Delete")
        expect(saved).to_have_text("Offline, 1 kept")

        with at_port(workspace, port, log):
            expect(saved).to_have_text("Draft")
            card(page, "two").locator(".pf-head").click()
        expect(saved).to_have_text("Offline")
        page.keyboard.press("Delete")
        expect(saved).to_have_text("Offline, 1 kept")

        with at_port(workspace, port, log) as url:
            page.goto(f"{url}/build?pipeline={name}")
            expect(saved).to_have_text("Draft")
            expect(page.locator(".pf-start")).to_be_visible()
            assert "wait_for" not in text_of(workspace, name)
