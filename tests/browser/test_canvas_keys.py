"""The canvas by keyboard: one stop of the Tab key, and a focus that is never lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_canvas import card

pytestmark = pytest.mark.browser


def test_tab_goes_once_through_the_canvas_however_many_cards_it_has(open_canvas: Open):
    page = open_canvas("example=report")
    stops: list[str] = []

    for _ in range(40):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if stops[-1] in ("BODY", stops[0]) and len(stops) > 1:
            break

    assert stops[-1] in ("BODY", stops[0]), "one can leave it"
    assert not [stop for stop in stops if "react-flow__node" in stop or "react-flow__edge" in stop]
    assert len([stop for stop in stops if "pf-ground" in stop]) == 1


FOCUSED = """(() => { const one = document.activeElement;
  const said = ["class", "title"].map((name) => one.getAttribute(name) ?? "");
  return [one.tagName, ...said].join(" ").trim(); })()"""


def test_the_keyboard_is_never_left_nowhere(open_canvas: Open):
    page = open_canvas("example=report")
    ground = page.locator(".pf-ground")

    page.locator("button.pf-name").click()
    page.get_by_label("Name of the pipeline").fill("another")
    page.keyboard.press("Escape")
    expect(ground).to_be_focused()
    assert page.evaluate("packetflow.session.shown.document.undo") is None

    card(page, "open_source").locator(".pf-head").click()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Duplicate").focus()
    page.keyboard.press("Escape")
    expect(ground).to_be_focused()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("?")
    page.keyboard.press("Escape")
    expect(page.locator(".react-flow__node:focus")).to_have_count(1)


def test_a_wire_that_has_the_focus_is_the_one_that_is_taken_out(open_canvas: Open):
    page = open_canvas("example=report")
    wires = page.locator(".react-flow__edge-wire")
    before = wires.count()
    card(page, "clean_table").locator(".pf-head").click()

    wires.first.focus()
    expect(wires.first).to_be_focused()
    page.keyboard.press("Delete")

    expect(wires).to_have_count(before - 1)
    expect(card(page, "clean_table")).to_be_visible()


def test_a_key_typed_before_the_next_picture_goes_where_the_last_one_led(open_canvas: Open):
    page = open_canvas("example=report")
    card(page, "clean_table").locator(".pf-head").click()

    led = page.evaluate(LED, ["ArrowRight", "Enter", "/"])

    assert "react-flow__node" in led["ArrowRight"]
    assert led["Enter"].startswith(("INPUT", "TEXTAREA", "SELECT"))
    assert "combobox" in led["/"]


LED = """(keys) => { document.querySelector(".pf-ground").focus();
  const type = (key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
  const said = (one) => [one.tagName, one.className, one.getAttribute("role") ?? ""].join(" ");
  return Object.fromEntries(keys.map((key) => {
    type(key);
    const led = said(document.activeElement);
    if (key !== "ArrowRight") document.querySelector(".pf-ground").focus();
    return [key, led];
  })); }"""


def test_steps_typed_quicker_than_the_search_answers_are_all_put_in_in_order(open_canvas: Open):
    page = open_canvas("example=report")
    before = page.locator(".pf-card").count()
    page.evaluate(LATE)
    page.locator(".pf-ground").focus()

    page.keyboard.press("/")
    page.keyboard.type("translate")
    page.keyboard.press("Enter")
    page.keyboard.type("nothing is called so")
    page.keyboard.press("Enter")
    page.keyboard.type("count words")
    page.keyboard.press("Enter")

    expect(page.locator(".pf-card")).to_have_count(before + 2)
    assert page.evaluate("packetflow.added") == ["translate", "count_words"]


def test_a_second_enter_while_the_search_is_awaited_is_not_another_step(open_canvas: Open):
    page = open_canvas("example=report")
    page.evaluate(LATE)
    page.locator(".pf-ground").dblclick(position={"x": 8, "y": 8})
    field = page.get_by_role("dialog").get_by_role("combobox")
    field.fill("translate")

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(field).to_have_count(0)
    page.wait_for_timeout(600)
    assert page.evaluate("packetflow.added") == ["translate"]


def test_what_was_cut_is_what_goes_whatever_is_selected_meanwhile(open_canvas: Open):
    page = open_canvas("example=report")
    card(page, "clean_table").locator(".pf-head").click()
    page.evaluate("""() => { navigator.clipboard.writeText = () => new Promise((done) => {
      globalThis.letWrite = done; }); }""")

    page.keyboard.press("Control+x")
    card(page, "open_source").locator(".pf-head").click()
    page.evaluate("letWrite()")

    expect(card(page, "clean_table")).to_have_count(0)
    expect(card(page, "open_source").locator(".pf-selected")).to_be_visible()


LATE = """(() => { const { session } = packetflow;
  const [ask, put] = [session.palette.bind(session), session.edit.bind(session)];
  packetflow.added = [];
  session.palette = async (text, fits) => {
    await new Promise((done) => setTimeout(done, 300));
    return ask(text, fits);
  };
  session.edit = (...ops) => {
    for (const op of ops) if (op.op === "insert") packetflow.added.push(op.step.use);
    return put(...ops);
  };
})()"""
