"""Export in a real browser, with a client of our own at the studio's endpoint."""

import asyncio
import re
import shlex
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mcp import Client, MCPError
from playwright.sync_api import Page, expect

from packetflow.mcp.client.settings import read_servers
from packetflow.mcp.settings import read_settings
from packetflow.runner.client import RunnerClient
from tests.browser.conftest import PATIENCE_MS, ROOT

VISIT_SECONDS = 3 * PATIENCE_MS / 1000
"""So long a client may be there, the clicks that it waits for included."""


@pytest.fixture
def put_back(workspace: Path) -> Iterator[Path]:
    settings = workspace / "packetflow.toml"
    text = settings.read_text()
    yield workspace
    settings.write_text(text)


def switch(page: Page, name: str, *, on: bool) -> None:
    toggle = page.get_by_role("switch", name=name)
    page.locator("label").filter(has=toggle).click()
    expect(toggle).to_be_checked(checked=on)


def known_to_the_runner(page: Page, workspace: Path, name: str) -> None:
    """Wait until the runner has a capability; it reads what a page has written a while later."""
    with RunnerClient(workspace) as runner:
        for _ in range(PATIENCE_MS // 100):
            if any(one.name == name for one in runner.listing().capabilities):
                return
            page.wait_for_timeout(100)
    pytest.fail(f"the runner does not know {name!r}")


class Visitor:
    """A client that lists the tools, waits until they change, lists them again, and calls one."""

    def __init__(self, url: str) -> None:
        self.before: list[str] = []
        self.after: list[str] = []
        self.refused = ""
        self.listens = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._visit(url),), daemon=True)
        self._thread.start()

    async def _visit(self, url: str) -> None:
        async with asyncio.timeout(VISIT_SECONDS), Client(url) as client:
            async with client.listen(tools_list_changed=True) as changes:
                self.before = [one.name for one in (await client.list_tools()).tools]
                self.listens.set()
                async for _ in changes:
                    break
            listed = await client.list_tools(cache_mode="refresh")
            self.after = [one.name for one in listed.tools]
            try:
                await client.call_tool("nobody", {})
            except MCPError as error:
                self.refused = error.message

    def join(self) -> None:
        self._thread.join(VISIT_SECONDS)


def test_a_client_at_the_studio_sees_what_is_switched_on_there_and_is_seen(
    visit: Callable[..., Page], studio: str, put_back: Path
):
    page = visit("/export?tool=walk&way=Clients+ask+this+studio")
    switch(page, "Answer clients here", on=True)
    expect(page.get_by_text(f"{studio}/mcp").first).to_be_visible()

    visitor = Visitor(f"{studio}/mcp")
    assert visitor.listens.wait(PATIENCE_MS / 1000)
    page.get_by_role("button", name="Offer it", exact=True).click()
    expect(page.get_by_role("switch", name="Offer Walk")).to_be_checked()
    visitor.join()

    assert "walk" not in visitor.before
    assert "walk" in visitor.after
    assert "walk" in read_settings(put_back).expose
    assert visitor.refused == "Unknown tool: nobody"
    expect(page.get_by_text("Unknown tool: nobody")).to_be_visible()
    switch(page, "Answer clients here", on=False)


def test_a_server_is_added_on_a_page_and_a_tool_of_it_is_allowed_and_stands_on_the_canvas(
    visit: Callable[..., Page], put_back: Path, tmp_path: Path
):
    command = [sys.executable, str(ROOT / "tests/packetflow/mcp/client/odd_server.py"), "plain"]
    page = visit("/settings")
    page.locator("label").filter(has_text="By the command that starts it").click()
    page.get_by_label("What it is called here").fill("sums")
    page.get_by_label("The command", exact=True).fill(shlex.join([*command, str(tmp_path)]))
    page.get_by_label("The command", exact=True).press("Enter")
    expect(page.get_by_text("This starts a program on this machine")).to_be_visible()
    assert "sums" not in read_servers(put_back)
    page.get_by_role("button", name="Start and add it").press("Enter")
    expect(page.get_by_text("answers and has 4 tools")).to_be_visible()

    page.get_by_role("switch", name="Allow add", exact=True).press("Space")
    expect(page.get_by_text("1 of 4 tools allowed")).to_be_visible()
    assert read_servers(put_back)["sums"].allow == ("add",)
    known_to_the_runner(page, put_back, "sums.add")

    page.get_by_role("link", name="Build").click()
    page.get_by_role("button", name="Begin empty").click()
    page.get_by_role("button", name="Add the first step").click()
    page.keyboard.type("sums.add")
    page.keyboard.press("Enter")
    expect(page.locator(".pf-card")).to_have_count(1)
    expect(page.locator(".pf-card")).to_contain_text("sum")


def test_a_call_shows_its_progress_asks_and_stands_in_the_log(visit: Callable[..., Page]):
    page = visit("/export?tool=publish_with_approval&part=Try+it")
    page.get_by_role("button", name="Example values").click()
    expect(page.get_by_label("Path", exact=True)).not_to_have_value("")
    page.get_by_role("button", name="Call it").click()

    page.get_by_role("button", name="No", exact=True).click()

    expect(page.get_by_role("heading", name="Done in")).to_be_visible()
    expect(page.get_by_text("As a model reads it")).to_be_visible()
    log = page.locator(".st-key-runs-live-calls")
    expect(log.get_by_text("from the panel Try it").first).to_be_visible()
    expect(log.get_by_text("publish_with_approval").first).to_be_visible()


def test_a_pipeline_becomes_a_tool_once_it_is_saved_and_the_next_one_can_be_begun(
    visit: Callable[..., Page], workspace: Path
):
    page = visit("/build")
    page.get_by_role("button", name="Begin empty").click()
    page.get_by_role("button", name="Add the first step").click()
    page.keyboard.type("prepare")
    page.keyboard.press("Enter")
    expect(page.locator(".pf-card")).to_have_count(1)
    page.get_by_role("button", name="Offer as a tool").click()
    expect(page.get_by_text("Save it first")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Name of the pipeline").fill("Saved just now")
    page.keyboard.press("Enter")
    expect(page.locator(".pf-saved")).to_have_text("Saved")
    page.wait_for_url(re.compile(r"pipeline=Saved\+just\+now$"))

    page.get_by_role("button", name="Offer as a tool").click()

    expect(page.get_by_role("heading", name="Saved just now")).to_be_visible()
    expect(page.get_by_text("claude_desktop_config.json")).to_be_visible()
    path = workspace / "pipelines" / "Saved just now.yaml"
    assert "exposed: true" in path.read_text()

    page.go_back()
    expect(page.locator(".pf-saved")).to_have_text("Saved")
    page.get_by_role("link", name="All pipelines").click()
    expect(page).to_have_url(re.compile("/build$"))
    page.get_by_role("button", name="Begin empty").click()
    expect(page).to_have_url(re.compile("pipeline=untitled-"))
    path.unlink()
