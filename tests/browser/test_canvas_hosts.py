"""The built canvas as hosts load it: over a WebSocket, and as a notebook's widget."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.browser.serving import Quiet, serving

STATIC = Path(__file__).parent.parent.parent / "packetflow" / "show" / "static"
pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">
<body><div id="place" style="height:700px"></div></body></html>"""

STREAMLIT = """async (data) => {
    const { default: canvas } = await import("/canvas.js");
    const place = document.querySelector("#place");
    globalThis.root ??= place.attachShadow({ mode: "open" });
    globalThis.cleanup = canvas({ data, parentElement: globalThis.root });
}"""

WIDGET = """async (document_) => {
    const { default: canvas } = await import("/canvas.js");
    globalThis.sent = [];
    const listeners = new Map();
    const model = {
        get: (name) => ({ pipeline: "notes", workspace: "w", settings: { theme: "dark" } })[name],
        send: ({ view, say }) => {
            sent.push(say);
            if (say?.type === "open") listeners.get("msg:custom")({ view, say: document_ });
        },
        on: (name, listener) => listeners.set(name, listener),
        off: (name) => listeners.delete(name),
    };
    canvas().render({ model, el: document.querySelector("#place") });
}"""


class _Beside(Quiet):
    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A page without anything, beside the built canvas."""
    with serving(STATIC, _Beside) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    errors: list[str] = []
    with browser.new_context(viewport={"width": 1200, "height": 760}) as context:
        made = context.new_page()
        made.on("pageerror", lambda error: errors.append(str(error)))
        yield made
    assert errors == []


def document(**changes: Any) -> dict[str, Any]:
    """A document with one card."""
    port = {"optional": False, "secret": False, "help": "", "default": "", "schema": {}}
    card = {
        "id": "fetch",
        "kind": "use",
        "title": "fetch",
        "about": "Get it.",
        "note": "",
        "parent": None,
        "slot": "steps",
        "case": 0,
        "at": 0,
        "x": 0,
        "y": 0,
        "inputs": [{**port, "name": "url", "scope": "url", "type": "str"}],
        "outputs": [],
        "policies": [],
        "fields": [],
        "after": [],
        "width": 240,
        "height": 90,
        "pins": [],
        "status": "",
        "container": False,
    }
    board = {
        "name": "notes",
        "intent": "",
        "version": "1",
        "kind": "sequence",
        "root": "",
        "cards": [card],
        "wires": [],
        "problems": [],
        "inputs": [],
        "outputs": [],
        "types": {"str": {"name": "str", "fits": ["str"]}},
    }
    whole = {"type": "document", "rev": 1, "text": "pipeline: notes\n", "board": board}
    rest = {"acks": {}, "undo": None, "redo": None, "saved": True, "conflict": None, "late": ""}
    return {**whole, **rest, **changes}


class Desk:
    """Hears edits; answers them once it is willing."""

    def __init__(self) -> None:
        self.edits: list[dict[str, Any]] = []
        self.is_willing = True
        self.is_away = False
        self.opened = 0
        self.line: WebSocketRoute | None = None

    def serve(self, line: WebSocketRoute) -> None:
        if self.is_away:
            line.close()
            return
        self.line = line

        def hear(content: str | bytes) -> None:
            message = json.loads(content)
            if message["type"] == "open":
                self.opened += 1
                line.send(json.dumps(document()))
            elif message["type"] == "edit":
                self.edits.append(message)
                if self.is_willing:
                    acks = {message["client"]: message["seq"]}
                    line.send(json.dumps(document(rev=1 + len(self.edits), acks=acks)))

        line.on_message(hear)


def shown(page: Page, desk: Desk, address: str) -> None:
    page.route_web_socket("**/api/canvas", desk.serve)
    page.goto(address)
    page.evaluate(STREAMLIT, {"address": "/api/canvas", "pipeline": "notes", "height": 680})
    expect(page.locator(".pf-card")).to_be_visible()


def take_out(page: Page) -> None:
    page.locator(".pf-card .pf-head").click()
    page.keyboard.press("Delete")


def test_a_rerun_of_the_page_keeps_the_canvas_and_takes_new_settings(page: Page, address: str):
    desk = Desk()
    shown(page, desk, address)
    page.locator(".pf-card .pf-head").click()

    again = {"address": "/api/canvas", "pipeline": "notes", "height": 600, "theme": "dark"}
    page.evaluate(STREAMLIT, again)

    expect(page.locator(".pf-root.pf-dark")).to_be_visible()
    expect(page.locator(".pf-card.pf-selected")).to_be_visible()
    assert desk.opened == 1


def test_another_pipeline_is_another_editor(page: Page, address: str):
    desk = Desk()
    shown(page, desk, address)

    page.evaluate(STREAMLIT, {"address": "/api/canvas", "pipeline": "other"})

    expect(page.locator(".pf-root")).to_have_count(1)
    page.wait_for_function("1")
    expect(page.locator(".pf-card")).to_be_visible()


def test_edits_made_offline_are_sent_when_the_connection_is_back(page: Page, address: str):
    desk = Desk()
    shown(page, desk, address)
    assert desk.line
    desk.is_away = True
    desk.line.close()
    expect(page.locator(".pf-saved")).to_have_text("Offline")

    take_out(page)
    expect(page.locator(".pf-saved")).to_have_text("Offline, 1 kept")
    desk.is_away = False

    expect(page.locator(".pf-saved")).to_have_text("Saved")
    assert [edit["seq"] for edit in desk.edits] == [1]
    assert desk.opened == 2


def test_a_page_that_is_loaded_again_sends_what_was_not_acknowledged(page: Page, address: str):
    desk = Desk()
    shown(page, desk, address)
    desk.is_willing = False
    take_out(page)
    expect(page.locator(".pf-saved")).to_have_text("Working…")

    desk.is_willing = True
    first = list(desk.edits)
    page.goto(address)
    page.evaluate(STREAMLIT, {"address": "/api/canvas", "pipeline": "notes"})

    expect(page.locator(".pf-saved")).to_have_text("Saved")
    assert desk.edits[-1] == first[0]


def test_a_second_tab_is_an_editor_of_its_own(page: Page, address: str):
    desk, other = Desk(), Desk()
    shown(page, desk, address)
    take_out(page)
    tab = page.context.new_page()

    shown(tab, other, address)
    take_out(tab)

    expect(tab.locator(".pf-saved")).to_have_text("Saved")
    assert desk.edits[0]["client"] != other.edits[0]["client"]
    assert other.edits[0]["seq"] == 1


def with_input(name: str, rev: int) -> dict[str, Any]:
    """The document, with one input of the pipeline's that a wire takes to the card."""
    whole = document(rev=rev)
    board = whole["board"]
    board["inputs"] = [{**board["cards"][0]["inputs"][0], "name": name, "scope": name}]
    ends = {"source": None, "output": name, "name": name, "target": "fetch", "input": "url"}
    board["wires"] = [{"id": f".{name}>fetch.url", "certain": True, **ends}]
    return whole


def test_a_wire_from_a_port_that_took_anothers_place_is_drawn(page: Page, address: str):
    desk = Desk()
    shown(page, desk, address)
    assert desk.line
    desk.line.send(json.dumps(with_input("old", 2)))
    expect(page.locator('.react-flow__edge[data-id=".old>fetch.url"]')).to_have_count(1)

    desk.line.send(json.dumps(with_input("new", 3)))

    expect(page.locator('.react-flow__edge[data-id=".new>fetch.url"]')).to_have_count(1)


def test_a_notebooks_widget_speaks_over_custom_messages(page: Page, address: str):
    page.goto(address)
    page.evaluate(WIDGET, document())
    expect(page.locator(".pf-root.pf-dark .pf-card")).to_be_visible()

    take_out(page)

    page.wait_for_function("sent.some((message) => message.type === 'edit')")
    edit = page.evaluate("sent.find((message) => message.type === 'edit')")
    assert edit == {
        "type": "edit",
        "client": page.evaluate("sent[0].client"),
        "seq": 1,
        "ops": [{"op": "remove", "step": "fetch"}],
    }
