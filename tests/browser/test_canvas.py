"""The canvas in a real browser, with a host in the page itself in the place of Python."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open

pytestmark = pytest.mark.browser


def steps(page: Page) -> list[str]:
    """The ids of the document's outermost steps, in order, once all edits are acknowledged."""
    page.wait_for_function("packetflow.session.shown.waiting === 0")
    return page.evaluate("packetflow.host.draft.steps.map((step) => step.id)")


def step(page: Page, name: str) -> dict[str, Any]:
    """An outermost step as the document has it."""
    page.wait_for_function("packetflow.session.shown.waiting === 0")
    said = page.evaluate("JSON.stringify(packetflow.host.draft.steps)")
    return next(one for one in json.loads(said) if one["id"] == name)


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def port(page: Page, name: str, handle: str) -> Locator:
    return card(page, name).locator(f'.react-flow__handle[data-handleid="{handle}"]')


def drag(page: Page, begin: Locator, end: tuple[float, float]) -> None:
    box = begin.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(*end, steps=12)


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def add(page: Page, name: str) -> None:
    """Put in a capability with the keyboard alone."""
    page.keyboard.press("/")
    field = page.get_by_label("Search capabilities and steps")
    expect(field).to_be_focused()
    field.fill(name)
    expect(page.locator(".pf-offer[aria-selected=true]")).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(field).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator(".pf-ground")).to_be_focused()


def test_a_capability_dragged_from_the_palette_becomes_a_step(open_canvas: Open):
    page = open_canvas("example=empty")

    page.locator(".pf-offer", has_text="fetch_page").drag_to(page.locator(".pf-ground"))

    expect(card(page, "fetch_page")).to_be_visible()
    assert steps(page) == ["fetch_page"]


def test_while_a_wire_is_dragged_only_fitting_ports_light_up(open_canvas: Open):
    page = open_canvas()

    drag(page, port(page, "open_source", "out:title"), (400, 600))

    fitting = card(page, "clean_table").locator(".pf-fits")
    expect(page.locator(".pf-wiring")).to_be_visible()
    expect(fitting).to_have_count(0)
    expect(card(page, "trends").locator(".pf-fits")).to_have_count(3)
    page.mouse.up()


def test_a_wire_is_drawn_to_a_port_that_fits_and_refused_by_one_that_does_not(open_canvas: Open):
    page = open_canvas()
    expect(card(page, "clean_table").locator(".pf-input")).to_have_text(
        ["table", "drop_duplicatesfalse", "limit, at its default"]
    )

    card(page, "clean_table").locator(".pf-head").click()
    page.keyboard.press("d")
    expect(card(page, "clean_table").locator(".pf-input").last).to_have_text("limit1000")
    drag(
        page, port(page, "open_source", "out:title"), middle(port(page, "clean_table", "in:limit"))
    )
    page.mouse.up()
    drag(
        page, port(page, "open_source", "out:table"), middle(port(page, "guess_roles", "in:table"))
    )
    page.mouse.up()

    assert "limit" not in step(page, "clean_table")["from"]
    page.wait_for_function("packetflow.session.shown.waiting === 0")
    expect(page.locator(".pf-saved")).to_have_text("Draft")
    assert step(page, "guess_roles")["from"] == {"table": "table"}


def test_a_wire_let_go_over_empty_ground_offers_what_fits_and_joins_it(open_canvas: Open):
    page = open_canvas()

    drag(page, port(page, "open_source", "out:title"), (500, 650))
    page.mouse.up()
    field = page.get_by_role("combobox", name="What takes title?")
    expect(field).to_be_focused()
    field.fill("words")
    expect(page.locator(".pf-chooser")).to_contain_text("count_words")
    expect(page.locator(".pf-chooser [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")

    expect(card(page, "count_words")).to_be_visible()
    assert step(page, "count_words")["from"] == {"text": "title"}


def test_a_double_click_on_the_ground_adds_a_step_there_whatever_is_typed_first(open_canvas: Open):
    page = open_canvas("example=empty")
    box = page.locator(".pf-ground").bounding_box()
    assert box
    spot = (box["x"] + 500, box["y"] + 520)

    page.mouse.dblclick(*spot)
    expect(page.get_by_role("combobox", name="Add a step here")).to_be_focused()
    page.keyboard.type("count_words")
    page.keyboard.press("Enter")

    expect(card(page, "count_words")).to_be_visible()
    there = card(page, "count_words").bounding_box()
    assert there
    assert abs(there["x"] - spot[0]) + abs(there["y"] - spot[1]) < 4


def test_the_end_of_a_wire_is_carried_to_another_port_and_off_the_ground(open_canvas: Open):
    page = open_canvas()
    wires = page.locator(".react-flow__edge-wire")
    before = wires.count()
    end = middle(port(page, "clean_table", "in:table"))

    page.mouse.move(end[0] - 20, end[1])
    page.mouse.down()
    page.mouse.move(*middle(port(page, "guess_roles", "in:table")), steps=12)
    page.mouse.up()
    page.wait_for_function("packetflow.host.draft.steps[2].from?.table === 'table'")
    assert step(page, "clean_table")["from"] == {"table": None}
    page.keyboard.press("Control+z")
    expect(wires).to_have_count(before)
    page.mouse.move(end[0] - 20, end[1])
    page.mouse.down()
    page.mouse.move(end[0], 700, steps=12)
    page.mouse.up()

    page.wait_for_function("packetflow.host.draft.steps[1].from?.table === null")
    assert (
        "from" not in step(page, "guess_roles") or "table" not in step(page, "guess_roles")["from"]
    )


def test_a_past_version_is_drawn_where_the_present_one_stands(open_canvas: Open):
    page = open_canvas()
    box = card(page, "clean_table").bounding_box()
    assert box

    page.evaluate("""() => {
        const { session } = packetflow;
        session.follow("past");
        const { text, board } = structuredClone(session.shown.document);
        session.receive({ type: "version", execution: "past", text, board });
    }""")
    expect(page.locator(".pf-palette")).to_have_count(0)
    page.wait_for_function(
        """(x) => {
            const card = document.querySelector('.react-flow__node[data-id="clean_table"]');
            return Math.abs(card.getBoundingClientRect().x - x) < 2;
        }""",
        arg=box["x"],
    )


def test_a_card_that_is_dragged_stays_where_it_was_let_go(open_canvas: Open):
    page = open_canvas()
    head = card(page, "open_source").locator(".pf-head")
    x, y = middle(head)
    drag(page, head, (x + 60, y + 220))
    held = middle(head)

    page.mouse.up()
    page.wait_for_function("packetflow.session.shown.waiting === 0")

    after = middle(head)
    assert held[1] > y + 150
    assert abs(after[0] - held[0]) < 2
    assert abs(after[1] - held[1]) < 2
    assert page.evaluate("packetflow.host.draft.looks.open_source.at.length") == 2


def test_a_flow_of_five_steps_is_built_wired_run_and_undone_by_keyboard(open_canvas: Open):
    page = open_canvas("example=empty")
    before = page.evaluate("packetflow.host.text()")
    page.locator(".pf-ground").focus()

    for name in ("fetch_page", "translate", "feel", "count_words", "summarize"):
        add(page, name)
    assert steps(page) == ["fetch_page", "translate", "feel", "count_words", "summarize"]
    expect(card(page, "summarize").locator(".pf-selected")).to_be_visible()
    expect(card(page, "summarize")).to_be_in_viewport(ratio=0.99)

    page.keyboard.press("c")
    page.get_by_role("combobox", name="Wire: which port of summarize?").fill("text")
    page.keyboard.press("Enter")
    field = page.get_by_role("combobox", name="summarize · text (str) from")
    field.fill("fetch_page text")
    expect(page.locator(".pf-chooser [aria-selected=true]")).to_contain_text("fetch_page · text")
    page.keyboard.press("Enter")
    assert "text" in step(page, "summarize")["from"]

    page.keyboard.press("Enter")
    expect(page.get_by_label("Inspector", exact=True).first).to_be_visible()
    page.get_by_role("textbox", name="sentences").fill("5")
    page.keyboard.press("Escape")
    page.wait_for_function("packetflow.host.draft.steps[4].set?.sentences === 5")

    page.keyboard.press("Control+Enter")
    page.get_by_role("textbox", name="url").fill("https://example.org")
    page.keyboard.press("Enter")
    expect(page.locator(".pf-runword")).to_have_text("done")
    page.locator(".pf-ground").focus()
    page.keyboard.press("v")
    expect(page.get_by_role("region", name="What it took")).to_contain_text("translate · text")
    page.get_by_role("button", name="Step before").click()
    expect(page.get_by_role("dialog", name="Values of count_words")).to_be_visible()
    page.keyboard.press("Escape")
    expect(card(page, "count_words").locator(".pf-selected")).to_be_visible()

    page.locator(".pf-ground").focus()
    while page.evaluate("packetflow.session.shown.document.undo") is not None:
        page.keyboard.press("Control+z")
        page.wait_for_function("packetflow.session.shown.waiting === 0")
    assert page.evaluate("packetflow.host.text()") == before


def test_arrow_keys_walk_over_the_cards_and_delete_takes_one_out(open_canvas: Open):
    page = open_canvas()
    page.locator(".pf-ground").focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(card(page, "clean_table")).to_be_focused()
    page.keyboard.press("Delete")

    expect(card(page, "clean_table")).to_have_count(0)
    assert "clean_table" not in steps(page)


def test_steps_are_copied_pasted_and_wrapped(open_canvas: Open):
    page = open_canvas()
    card(page, "open_source").locator(".pf-head").click()

    page.keyboard.press("Control+c")
    page.wait_for_function("document.querySelector('.pf-said').textContent.includes('copied')")
    page.keyboard.press("Control+v")
    expect(card(page, "open_source_2")).to_have_count(1)
    card(page, "open_source").locator(".pf-head").click()
    page.keyboard.press("w")
    page.get_by_role("combobox", name="Put the selection into").fill("each")
    page.keyboard.press("Enter")

    page.wait_for_function("packetflow.host.draft.steps[0].each?.length === 1")


def test_text_beside_the_drawing_edits_the_same_document(open_canvas: Open):
    page = open_canvas()
    page.locator(".pf-ground").focus()
    page.keyboard.press("y")
    area = page.get_by_label("The pipeline's text")
    text = json.loads(area.input_value())
    text["steps"] = text["steps"][:2]

    area.fill(json.dumps(text, indent=2))
    area.blur()

    expect(card(page, "guess_roles")).to_have_count(0)
    assert steps(page) == ["open_source", "clean_table"]


def test_a_step_that_asks_is_answered_on_the_canvas(open_canvas: Open):
    page = open_canvas()

    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Question").click()
    expect(page.get_by_role("button", name="yes")).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="yes").click()

    expect(page.locator(".pf-runword")).to_have_text("done")
    expect(card(page, "open_source").locator(".pf-s-ok").first).to_be_visible()


@pytest.mark.parametrize("width", [390, 800, 1400])
def test_nothing_sticks_out_of_the_page(open_canvas: Open, width: int):
    page = open_canvas(width=width)

    card(page, "open_source").locator(".pf-head").click()
    page.keyboard.press("Enter")
    expect(page.locator(".pf-side")).to_be_visible()

    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
    out = page.evaluate(
        """() => [...document.querySelectorAll('.pf-toolbar > *, .pf-side')].filter((part) => {
            const box = part.getBoundingClientRect();
            return box.width && (box.right > innerWidth || box.left < 0);
        }).map((part) => part.className)"""
    )
    assert out == []


def test_on_a_narrow_screen_the_palette_is_a_drawer(open_canvas: Open):
    page = open_canvas("example=empty", width=390, height=780)
    expect(page.locator(".pf-palette")).to_be_hidden()

    page.get_by_role("button", name="Add a step").click()
    page.locator(".pf-offer", has_text="fetch_page").click()

    expect(page.locator(".pf-palette")).to_be_hidden()
    expect(card(page, "fetch_page")).to_be_in_viewport()


def test_it_works_inside_a_shadow_root_and_follows_the_hosts_theme(open_canvas: Open):
    page = open_canvas("example=report&shadow=1&theme=dark")

    drag(
        page, port(page, "open_source", "out:table"), middle(port(page, "guess_roles", "in:table"))
    )
    page.mouse.up()

    page.wait_for_function("packetflow.host.draft.steps[2].from?.table === 'table'")
    expect(page.locator(".pf-root.pf-dark")).to_be_visible()
    expect(page.locator(".react-flow.dark")).to_be_visible()


LOOSE_ENDS = """() => {
    const [pane] = document.querySelectorAll(".react-flow");
    const zoom = pane.querySelector(".react-flow__viewport").getBoundingClientRect().width
        / pane.querySelector(".react-flow__viewport").offsetWidth || 1;
    const spots = (kind, side) => [...pane.querySelectorAll(`.react-flow__handle.${kind}`)].map((handle) => {
        const box = handle.getBoundingClientRect();
        return [box[side], (box.top + box.bottom) / 2];
    });
    const ends = { source: spots("source", "right"), target: spots("target", "left") };
    const inner = { source: spots("source", "left"), target: spots("target", "right") };
    const far = ({ x, y }, kind) => Math.min(...[...ends[kind], ...inner[kind]].map((spot) => Math.hypot(spot[0] - x, spot[1] - y)));
    return [...pane.querySelectorAll(".react-flow__edge-path")].flatMap((path) => {
        const screen = path.getScreenCTM();
        const first = path.getPointAtLength(0).matrixTransform(screen);
        const last = path.getPointAtLength(path.getTotalLength()).matrixTransform(screen);
        const off = Math.max(far(first, "source"), far(last, "target"));
        return off > 1.5 * zoom ? [`${path.id}: ${off} px`] : [];
    });
}"""  # noqa: E501


def test_wires_end_at_handles_though_the_page_is_not_measured(open_canvas: Open):
    page = open_canvas("example=report")
    paths = page.locator(".react-flow__edge-path")
    expect(paths.nth(5)).to_be_attached()

    page.wait_for_function(f"({LOOSE_ENDS})().length === 0")

    assert paths.count() > 8
