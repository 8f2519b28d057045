"""What axe-core, Chromium and our own measure of contrast say of every page.

In the dark theme the colours alone are looked at: all else is the same in both.
A rule that something of Streamlit's breaks stands in `LEFT`, with the reason.
"""

import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page, expect

from packetflow import Workspace, capability
from packetflow.mcp.client.facts import ServerFacts, ToolFacts
from packetflow.mcp.client.listings import keep_listing, listing_path
from packetflow.runner.client import RunnerClient
from packetflow.show.tables import table_html
from tests.browser.conftest import PATIENCE_MS, ROOT, build_frontend, quiet

FRONTEND = ROOT / "studio" / "frontend"
CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")
PAGES = sorted(one.stem for one in (ROOT / "studio" / "pages").glob("*.py") if one.stem != "main")
PATHS = [
    *("/" if name == "home" else f"/{name}" for name in PAGES),
    "/library?kind=Pipelines",
    "/library?view=Map&near=clean_table",
    "/library?pipeline=customer_onboarding",
    "/library?pipeline=customer_onboarding&part=Versions",
    "/library?capability=write_letter",
    "/metrics?called=tear",
    "/runs?run={failed}",
    "/runs?run={waiting}",
]
SETTLE_SECONDS = 20
LOOK_MS = 300
LEFT = {
    # A dropzone that cannot be focused is given the role `presentation` and a label at once.
    ("presentation-role-conflict", "[data-testid=stFileUploaderDropzone]"),
    # Ours, but as small as one zooms out; the forms beside the drawing do the same in full size,
    # which WCAG 2.5.8 takes for enough.
    ("target-size", ".react-flow__viewport *"),
}
"""Rules that elements may break, by a selector of the element."""

AXE = """async ({ within, left, colours }) => {
  const rules = colours
    ? { type: "rule", values: colours }
    : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const how = { runOnly: rules, resultTypes: ["violations"], elementRef: true };
  const said = await axe.run(within, how);
  return said.violations.flatMap(({ id, nodes }) => nodes
    .filter(({ element }) => !left.some(([rule, of]) => rule === id && element?.matches(of)))
    .map(({ target, failureSummary }) => `${id}: ${target.flat(9).join(" ")}: ${failureSummary}`));
}"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that a theme decides; all else is the same in both, and is looked at in the light."""
CONTROLS = {
    "button", "link", "textbox", "combobox", "checkbox", "switch", "spinbutton", "tab", "radio",
    "searchbox", "slider", "listbox", "img", "image", "dialog",
}  # fmt: skip
EVERY_KIND = """\
pipeline: every_kind
version: 1
intent: One step of every kind
requires: [text, names]
steps:
  - {use: prepare, id: prepare, with: [{timeout: 5}, {retry: {attempts: 2}}]}
  - each:
      - {use: walk, id: walk, from: {text: name}}
    over: {name: names}
    into: {walked: walks}
    id: each
  - when: size(prepared) > 3
    id: choice
    then:
      - {use: prepare, id: again, from: {text: prepared}, to: {prepared: longer}}
    otherwise:
      - {use: nobody, id: nobody}
  - race:
      - {use: walk, id: first, set: {text: a}}
      - {use: sleep_long, id: second, set: {text: b}}
    id: race
  - fallback:
      - {use: stumble, id: stumble}
      - {use: grumble, id: grumble, from: {text: prepared}}
    id: fallback
  - repeat:
      - {use: walk, id: around, set: {text: c}}
    until: size(walked) > 3
    at_most: 3
    id: repeat
  - parallel:
      - {use: write_letter, id: letter}
      - {use: leave, id: leave, set: {text: d}}
    id: parallel
  - graph:
      - {wait_for: payment, id: payment}
      - {use: prepare, id: once_more, after: [payment]}
    id: graph
  - {approve: Go on?, id: ask, choices: [Yes, No]}
  - {call: fall, id: fall}
"""
ASKS = """\
pipeline: asks
steps:
  - graph:
      - {use: prepare, id: prepare, set: {text: a}}
      - {use: tear, id: tear, from: {text: prepared}, with: [{retry: {attempts: 2}}]}
      - {approve: Go on?, id: ask, choices: [Yes, No]}
    id: graph
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, a tool of the canvas's own development."""
    build_frontend("--tools")
    return (FRONTEND / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module")
def ran(workspace: Path, studio: str) -> dict[str, str]:
    """The ids of a run that failed and of one that waits; the studio's runner made them."""
    assert studio
    with RunnerClient(workspace) as runner:
        failed = runner.run("tear", {"text": "hello"})
        assert failed.result(60).status == "failed"
        waiting = runner.run("publish_with_approval", {"path": "inbox/spring-newsletter.md"})
        next(event for event in waiting if event.kind == "waits")
    return {"failed": failed.execution_id, "waiting": waiting.execution_id}


@pytest.fixture(scope="module", params=["light", "dark"])
def themed(
    browser: Browser, axe: str, studio: str, request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page in one of the themes that looks at itself with axe; nothing comes from elsewhere."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        color_scheme=request.param,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(axe)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    yield page
    context.close()
    own = (studio, studio.replace("http", "ws"), "data:", "blob:", "about:")
    assert [url for url in asked if not url.startswith(own)] == []


@pytest.fixture
def looked(themed: Page, studio: str, ran: dict[str, str]) -> Callable[[str], Page]:
    """A function that opens a page of the studio and waits until it is drawn."""

    def opened(path: str) -> Page:
        themed.set_viewport_size({"width": 1280, "height": 800})
        themed.goto(studio + path.format(**ran))
        quiet(themed)
        return themed

    return opened


def wrong(page: Page, within: object = "html") -> list[str]:
    """What breaks a rule and goes on doing so: what a script draws anew is faint until it has."""
    limit = time.monotonic() + SETTLE_SECONDS
    while (said := wrong_now(page, within)) and time.monotonic() < limit:
        page.wait_for_timeout(LOOK_MS)
    return said


def wrong_now(page: Page, within: object) -> list[str]:
    """What breaks a rule, as far as it is ours."""
    colours = COLOURS if is_dark(page) else None
    how = {"within": within, "left": sorted(LEFT), "colours": colours}
    said: list[str] = page.evaluate(AXE, how)
    said += [f"contrast {one}" for one in page.evaluate(CONTRAST)]
    return said if colours else said + nameless(page)


def is_dark(page: Page) -> bool:
    """Whether the page is shown in the dark theme."""
    return bool(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"))


def nameless(page: Page) -> list[str]:
    """Controls and pictures without a name in Chromium's accessibility tree."""
    session = page.context.new_cdp_session(page)
    tree = session.send("Accessibility.getFullAXTree")
    session.detach()
    return [
        f"nameless {node['role']['value']} {node.get('properties', '')}"[:300]
        for node in tree["nodes"]
        if not node.get("ignored")
        and node["role"]["value"] in CONTROLS
        and not node.get("name", {}).get("value", "").strip()
    ]


@pytest.mark.parametrize("path", PATHS)
def test_everybody_can_read_and_use_a_page(looked: Callable[[str], Page], path: str):
    page = looked(path)
    expect(page.get_by_text("Workspace").last).to_be_visible()
    page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")

    assert wrong(page) == []
    if is_dark(page):
        return
    levels = [int(tag[1]) for tag in page.locator("h1,h2,h3,h4,h5,h6").evaluate_all(
        "all => all.filter(one => one.offsetParent).map(one => one.tagName)")]  # fmt: skip
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for landmark in ("main", "navigation", "banner"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    assert re.match(r"\w\w", page.locator("html").get_attribute("lang") or "")
    assert page.title().endswith("PacketFlow Studio")
    assert page.locator("[tabindex]").evaluate_all("all => all.every(one => one.tabIndex <= 0)")
    links = page.get_by_role("navigation").get_by_role("link").evaluate_all(
        "all => all.map(one => new URL(one.href).pathname)"
    )  # fmt: skip
    assert {"/" if name == "home" else f"/{name}" for name in PAGES} == set(links)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_everybody_can_read_and_use_the_tools_of_a_server(
    looked: Callable[[str], Page], workspace: Path
):
    tools = (ToolFacts("find", description="Find notes."), ToolFacts("get_one"))
    keep_listing(listing_path(workspace, "notes"), ServerFacts("notes", tools=tools))
    settings = workspace / "packetflow.toml"
    before = settings.read_text()
    settings.write_text(f'{before}\n[mcp.servers.notes]\ncommand = "x"\nallow = ["get_*"]\n')
    try:
        page = looked("/settings")
        expect(page.get_by_role("switch", name="Allow find")).to_be_visible()
        page.get_by_role("button", name="Remove this server").click()
        expect(page.get_by_text("No pipeline uses its tools.")).to_be_visible()
        page.locator("summary").evaluate_all("all => all.forEach(one => one.click())")
        page.get_by_label("What it is called here").fill("docs")
        page.get_by_label("Its address", exact=True).fill("http://127.0.0.1:9/mcp")
        assert wrong(page) == []

        page.get_by_label("Its address", exact=True).press("Enter")
        expect(page.get_by_text("This contacts the server docs")).to_be_visible()
        assert wrong(page) == []
        page.set_viewport_size({"width": 390, "height": 800})
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
    finally:
        settings.write_text(before)


def test_everybody_can_read_and_use_the_canvas(looked: Callable[[str], Page], workspace: Path):
    (workspace / "pipelines" / "every_kind.yaml").write_text(EVERY_KIND)
    page = looked("/build?pipeline=every_kind")
    ground = page.locator(".pf-ground")
    expect(page.locator(".pf-card").first).to_be_visible()
    assert wrong(page) == []

    for name in ("prepare", "each", "choice", "ask"):
        find(page, name)
        page.keyboard.press("Enter")
        shows_nothing_wrong(page, ".pf-side-inspector")
        page.keyboard.press("Escape")
    page.locator(".react-flow__edge").first.focus()
    page.keyboard.press("Enter")
    shows_nothing_wrong(page, ".pf-side-inspector")
    for key, part in (("y", ".pf-side-yaml"), ("?", ".pf-sheet"), ("Control+Enter", ".pf-sheet")):
        ground.focus()
        page.keyboard.press(key)
        shows_nothing_wrong(page, part)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="3 problems").click()
    shows_nothing_wrong(page, ".pf-side-problems")
    for key in ("w", "c"):
        find(page, "walk")
        page.keyboard.press(key)
        shows_nothing_wrong(page, ".pf-chooser")
        page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("button", name="Add a step").click()
    expect(page.locator(".pf-palette.pf-open")).to_be_visible()
    assert wrong(page) == []


def shows_nothing_wrong(page: Page, part: str) -> None:
    """Wait for a part of the canvas, and look at that alone."""
    expect(page.locator(part)).to_be_visible()
    assert wrong(page, {"fromShadowDom": ["[data-testid=stBidiComponentIsolated]", part]}) == [], (
        part
    )


def find(page: Page, name: str) -> None:
    """Select a card by its name."""
    page.locator(".pf-ground").focus()
    page.keyboard.press("Control+f")
    page.get_by_role("combobox", name="Find a step").fill(name)
    expect(page.locator(".pf-chooser [aria-selected=true]")).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.locator(f'.react-flow__node[data-id="{name}"] > .pf-selected')).to_be_visible()


def test_everybody_can_follow_a_run_on_the_canvas(looked: Callable[[str], Page], workspace: Path):
    (workspace / "pipelines" / "asks.yaml").write_text(ASKS)
    page = looked("/build?pipeline=asks")
    expect(page.locator(".pf-card").first).to_be_visible()

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".pf-card.pf-s-waiting, .pf-banner.pf-error").first).to_be_visible()
    find(page, "tear")
    expect(page.locator(".pf-card.pf-s-failed").first).to_be_visible()

    assert wrong(page) == []


@capability(provides="text")
def fetch(url: str) -> str:
    """Download one web page."""
    return url


@capability(provides="count")
def measure(text: str) -> int:
    """Measure a text."""
    return 10 // len(text)


def test_everybody_can_read_what_a_notebook_shows(themed: Page):
    flow = fetch >> measure.retry(2, on=ZeroDivisionError)
    with Workspace(":memory:") as notes:
        runs = [notes.run_sync(flow, url="here"), notes.run_sync(flow, url="")]
    assert runs[1].failure is not None
    shown = [fetch, fetch.contract, flow, *runs, runs[1].failure]
    cells = [one._repr_html_() for one in shown] + [table_html(pa.table({"n": [1, 2]}))]
    parts = "".join(f"<section><h2>A cell</h2>{cell}</section>" for cell in cells)

    themed.goto("about:blank")
    themed.set_content(f"<html lang=en><title>Notes</title><main><h1>Notes</h1>{parts}</main>")

    assert wrong(themed) == []
