"""The drawing of a run in a chat: the app in a sandbox, and its host's side played."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from packetflow.mcp.apps import GRAPH, RUN, page

HOST = Path(__file__).with_name("app_host.html").read_text("utf-8")
NODES = ["fetch", "summarise", "translate", "publish"]
WIRES = [["fetch", "summarise"], ["fetch", "translate"], ["summarise", "publish"]]
PICTURE = {"nodes": [{"id": one, "label": one} for one in NODES], "wires": WIRES}
TOOL = {"name": "news", "title": "News", "inputSchema": {}, "_meta": {GRAPH: PICTURE}}
SCRIPT = "<img src=x onerror=parent.postMessage('broken','*')>"


def result(status: str, steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    run = {"execution": "0192", "name": "news", "status": status, "ms": 1234, "steps": steps}
    return {"content": [], "_meta": {RUN: run | {"graph": PICTURE}}, **more}


@pytest.fixture
def said(page: Page) -> list[str]:
    """What the browser complains of."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def begun(window: Page, theme: str = "light") -> FrameLocator:
    """The app, ready for a call."""
    window.goto("about:blank")  # so that the host's script begins anew
    window.set_content(HOST)
    given = {"theme": theme, "toolInfo": {"tool": TOOL}}
    window.evaluate("([html, given]) => begin(html, given)", [page(), given])
    window.wait_for_function("heard.some((one) => one.method === 'ui/notifications/initialized')")
    return window.frame_locator("iframe")


def tell(window: Page, method: str, **params: Any) -> None:
    window.evaluate("([method, params]) => tell(method, params)", [method, params])


def stands(app: FrameLocator, step: str, how: str) -> None:
    expect(app.locator(f"g.card.{how}").filter(has_text=step)).to_have_count(1)


def test_a_run_is_drawn_while_it_goes_on_and_at_its_end(page: Page, said: list[str]):
    app = begun(page)
    expect(app.get_by_role("heading", name="News")).to_be_visible()

    tell(page, "ui/notifications/tool-input", arguments={})
    tell(page, "notifications/progress", progress=0, total=3, message="fetch begins")
    stands(app, "fetch", "running")
    tell(page, "notifications/progress", progress=1, total=3, message="fetch done")
    stands(app, "fetch", "ok")
    expect(app.get_by_role("progressbar")).to_have_attribute("value", "1")

    steps = {
        "fetch": {"ms": 12, "times": 1, "status": "ok"},
        "summarise": {"ms": 900, "times": 3, "status": "ok"},
        "publish": {"ms": 1, "times": 1, "status": "ok"},
    }
    content = {"text": SCRIPT, "long": "word " * 200}
    tell(page, "ui/notifications/tool-result", **result("ok", steps, structuredContent=content))

    expect(app.get_by_role("status")).to_have_text("done \u00b7 1.2 s")
    stands(app, "900 ms", "ok")
    expect(app.get_by_text("3\u00d7 900 ms")).to_be_visible()
    stands(app, "translate", "idle")
    expect(app.locator("path.wire")).to_have_count(3)
    expect(app.get_by_text(SCRIPT)).to_be_visible()
    expect(app.get_by_text("execution 0192")).to_be_visible()
    app.get_by_role("group").get_by_text("word word").first.click()
    heights = "heard.filter((one) => one.method?.endsWith('size-changed')).length"
    page.wait_for_function(f"{heights} >= 2 && document.body.scrollHeight > 400")
    assert "broken" not in page.evaluate("heard")
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_failure_is_told_on_a_narrow_screen_in_the_colours_of_the_host(
    page: Page, said: list[str], theme: str
):
    page.set_viewport_size({"width": 390, "height": 800})
    app = begun(page, theme)
    steps = {"fetch": {"ms": 12, "times": 1, "status": "failed"}}
    words = [{"type": "text", "text": "TimeoutError: no answer"}]
    failed = result("failed", steps, isError=True) | {"content": words}

    tell(page, "ui/notifications/tool-input", arguments={})
    tell(page, "ui/notifications/tool-result", **failed)

    stands(app, "fetch", "failed")
    expect(app.get_by_text("TimeoutError: no answer")).to_be_visible()
    ground = "rgb(255, 255, 255)" if theme == "light" else "rgb(23, 24, 28)"
    expect(app.locator("body")).to_have_css("background-color", ground)
    assert app.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    assert said == []


def test_the_host_may_change_its_looks_stop_the_call_and_end_the_app(page: Page, said: list[str]):
    app = begun(page)
    variables = {"--color-background-primary": "rgb(1, 2, 3)"}

    tell(page, "ui/notifications/host-context-changed", styles={"variables": variables})
    expect(app.locator("body")).to_have_css("background-color", "rgb(1, 2, 3)")
    tell(page, "ui/notifications/tool-input", arguments={})
    tell(page, "ui/notifications/tool-cancelled", reason="by the person")
    expect(app.get_by_role("status")).to_have_text("stopped")
    page.evaluate("post({ id: 7, method: 'ui/resource-teardown', params: {} })")
    page.wait_for_function("heard.some((one) => one.id === 7 && one.result)")
    page.evaluate("post({ id: 8, method: 'no/such', params: {} })")
    page.wait_for_function("heard.some((one) => one.id === 8 && one.error.code === -32601)")
    assert said == []
