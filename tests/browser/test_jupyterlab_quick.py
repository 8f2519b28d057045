"""The canvas in the real JupyterLab: what `make test` has time for; all else is for `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.notebooks import Notebook
from tests.browser.test_build import GREET, Begin, card, ends, written
from tests.browser.test_jupyterlab import begin, lab, notebook  # noqa: F401 - fixtures

pytestmark = pytest.mark.browser


def test_a_run_is_live_and_is_stopped_while_a_cell_is_busy(
    begin: Begin,  # noqa: F811 - the fixture, as the next
    notebook: Notebook,  # noqa: F811
    workspace: Path,
    tmp_path: Path,
):
    text = GREET.format(name="while_busy", second="sleep_long")
    text = text.replace("id: sleep_long}", "id: sleep_long, from: {text: prepared}}")
    page = begin(written(workspace, "while_busy", text))

    with notebook.busy(tmp_path):
        page.get_by_role("button", name="Run", exact=True).click()
        expect(card(page, "sleep_long").locator(".pf-card.pf-s-running")).to_be_visible()
        expect(card(page, "prepare").locator(".pf-card.pf-s-ok")).to_be_visible()
        page.get_by_role("button", name="Stop", exact=True).click()
        ends(page, "stopped")
