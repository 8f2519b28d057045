"""The canvas and a live run in the real marimo: the basics."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, ROOT, serving
from tests.browser.test_build import GREET, card, ends, is_kept, text_of, written

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CELLS = """
import marimo

app = marimo.App()


@app.cell
def _():
    from packetflow import Workspace

    ws = Workspace({folder!r})
    return (ws,)


@app.cell
def _(ws):
    ws.edit("in_marimo")
    return


@app.cell
def _(ws):
    ws.start("in_marimo", text="on").show()
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def page(browser: Browser, workspace: Path, tmp_path: Path) -> Iterator[Page]:
    """A notebook with a canvas and a run, after all of it has run."""
    written(workspace, "in_marimo", GREET.format(name="in_marimo", second="walk"))
    (tmp_path / "book.py").write_text(CELLS.format(folder=str(workspace)))
    command = [sys.executable, "-m", "marimo", "edit", str(tmp_path / "book.py"), "--headless"]
    command += ["--no-token", "--skip-update-check", "--host", "127.0.0.1", "--port", "{port}"]
    home = str(tmp_path / "home")
    env = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home, "PYTHONPATH": str(ROOT)}
    errors: list[str] = []
    with (
        serving(command, tmp_path / "marimo.log", path="/health", env=env) as url,
        browser.new_context(viewport={"width": 1400, "height": 1600}) as context,
    ):
        context.set_default_timeout(PATIENCE_MS)
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        made.goto(url)
        expect(made.locator(".cm-editor").first).to_be_visible()
        made.keyboard.press("Control+Shift+r")
        expect(made.locator(".pf-card").first).to_be_visible()
        yield made
    assert errors == []


def test_a_flow_is_edited_run_and_shown(page: Page, workspace: Path):
    expect(page.locator(".pf-page .pf-badge").first).to_have_text("ok")

    card(page, "walk").locator(".pf-head").click()
    for key in ("b", "d", "d", "Delete"):
        page.keyboard.press(key)
    expect(card(page, "walk")).to_have_count(0)
    is_kept(page)
    page.get_by_role("button", name="Run", exact=True).last.click()

    ends(page, "done")
    assert "walk" not in text_of(workspace, "in_marimo")
