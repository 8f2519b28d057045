"""Who clicks twice by habit begins one run, and does not stop it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from packetflow.store.client import StoreClient
from tests.browser.conftest import quiet

pytestmark = pytest.mark.browser


def has_run(workspace: Path, name: str) -> list[str]:
    """How the runs of a pipeline stand."""
    with StoreClient(workspace) as store:
        found = store.sql("select status from executions where name = ?", [name])
    return [str(one) for one in found["status"].to_pylist()]


@pytest.mark.parametrize("where", ["library", "build"])
def test_a_double_click_on_run_begins_one_run(page: Page, studio: str, workspace: Path, where: str):
    name = f"clicked_{where}"
    text = f"pipeline: {name}\nsteps:\n  - {{use: walk, id: walk, set: {{text: far}}}}\n"
    (workspace / "pipelines" / f"{name}.yaml").write_text(text)
    page.goto(f"{studio}/{where}?pipeline={name}")
    quiet(page)

    as_long_as_a_finger_takes = 60
    page.get_by_role("button", name="Run", exact=True).dblclick(delay=as_long_as_a_finger_takes)

    on_page = page.get_by_role("heading", name="Done in")
    expect(on_page.or_(page.locator(".pf-runword", has_text="done"))).to_be_visible()
    assert has_run(workspace, name) == ["ok"]
