"""Build, run and mend pipelines on the canvas of the real studio, as people do."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from packetflow.workspace.drafts import Drafts
from tests.browser.conftest import PATIENCE_MS, has_begun
from tests.browser.hands import still

pytestmark = pytest.mark.browser

Begin = Callable[[str], Page]
GREET = """\
pipeline: {name}
steps:
  - graph:   # free
      - {{use: prepare, id: prepare, set: {{text: hello}}}}
      - {{use: {second}, id: {second}}}
    id: graph
"""


@pytest.fixture
def begin(browser: Browser, studio: str) -> Iterator[Begin]:
    """Open the canvas of a pipeline; nothing may be complained about in the end."""
    errors: list[str] = []
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE_MS)

    def opened(pipeline: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{studio}/build" + (f"?pipeline={pipeline}" if pipeline else ""))
        if pipeline:
            expect(page.locator(".pf-card, .pf-start").first).to_be_visible()
            has_begun(page)
        return page

    yield opened
    context.close()
    assert errors == []


def written(workspace: Path, name: str, text: str) -> str:
    (workspace / "pipelines" / f"{name}.yaml").write_text(text)
    return name


def text_of(workspace: Path, name: str) -> str:
    """The draft's text, read by another process's rules."""
    drafts = Drafts(workspace)
    try:
        return drafts.open(name).text
    finally:
        drafts.close()


def card(page: Page, name: str) -> Locator:
    return page.locator(f'.react-flow__node[data-id="{name}"]')


def is_kept(page: Page) -> None:
    """Wait until Python has heard everything."""
    expect(page.locator(".pf-saved")).to_have_text(re.compile("Draft|Saved"))


def middle(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, begin: tuple[float, float], to: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*to, steps=12)
    page.mouse.up()


def carry(page: Page, name: str, to: Locator, x: float, y: float) -> None:
    """Drag what the palette offers onto a place."""
    page.get_by_label("Search capabilities and steps").fill(name)
    expect(page.locator(".pf-offer[aria-selected=true]")).to_contain_text(name)
    offer = page.locator(".pf-offer").filter(has=page.get_by_text(name, exact=True))
    offer.drag_to(to, target_position={"x": x, "y": y})
    is_kept(page)


def ends(page: Page, word: str) -> None:
    expect(page.locator(".pf-runword")).to_have_text(word)


def test_steps_become_a_pipeline_that_is_opened_left_and_unpacked_by_keyboard(
    begin: Begin, workspace: Path
):
    text = "pipeline: parted\nsteps:\n  - {use: prepare}\n  - {use: stumble}\n"
    page = begin(written(workspace, "parted", text))
    card(page, "prepare").locator(".pf-head").click()
    card(page, "stumble").locator(".pf-head").click(modifiers=["Shift"])

    page.keyboard.press("g")
    page.get_by_label("Name of the new pipeline").fill("both parts")
    page.keyboard.press("Enter")
    expect(card(page, "both_parts").locator(".pf-selected")).to_be_visible()
    part = (workspace / "pipelines" / "both parts.yaml").read_text()
    card(page, "both_parts").locator(".pf-head").dblclick()
    expect(card(page, "stumble")).to_be_visible()
    expect(page).to_have_url(re.compile("pipeline=both"))
    page.get_by_role("navigation", name="Way back").get_by_role("button", name="parted").click()
    card(page, "both_parts").locator(".pf-head").click()
    page.keyboard.press("u")
    expect(page.locator(".pf-card.pf-selected")).to_have_count(2)
    unpacked = text_of(workspace, "parted")
    for count in (1, 2):
        page.keyboard.press("Control+z")
        expect(page.locator(".react-flow__node-step")).to_have_count(count)
    is_kept(page)

    assert part.startswith("pipeline: both parts\nprovides: [prepared, done]\nsteps:\n")
    assert re.findall(r"use: (\w+)", unpacked) == ["prepare", "stumble"]
    assert text_of(workspace, "parted") == text
    assert not (workspace / "pipelines" / "both parts.yaml").exists()


def test_a_flow_with_a_branch_is_built_by_mouse_from_an_empty_page_and_runs(
    begin: Begin, workspace: Path
):
    page = begin("")
    page.get_by_role("button", name="Begin empty").click()
    ground = page.locator(".pf-ground")
    expect(page.locator(".pf-start")).to_be_visible()

    carry(page, "pick_customer", ground, 160, 200)
    wire = card(page, "pick_customer").locator('[data-handleid="out:customer_data"]')
    around = ground.bounding_box()
    assert around
    drag(page, middle(wire), (around["x"] + 420, around["y"] + 120))
    field = page.get_by_role("combobox", name="What takes customer_data?")
    field.fill("validate_customer")
    page.locator(".pf-chooser [role=option]", has_text="validate_customer_data").click()
    expect(card(page, "validate_customer_data")).to_be_visible()
    is_kept(page)
    carry(page, "Choose", ground, 700, 200)
    card(page, "choice").locator(".pf-head").dblclick()
    page.get_by_role("textbox", name="When").fill("size(validation_errors) == 0")
    page.get_by_role("textbox", name="When").blur()
    is_kept(page)
    page.get_by_role("button", name="Close Inspector").click()
    page.get_by_role("button", name="Show all").click()
    lane = card(page, "choice")
    expect(lane.locator(".pf-way").first).to_contain_text("size(validation_errors)")
    carry(page, "estimate_credit", lane, 100, 110)
    expect(card(page, "estimate_credit")).to_be_visible()
    ground.focus()
    page.keyboard.press("Control+Enter")
    page.get_by_role("textbox", name="customer_id").fill("C-001")
    page.locator(".pf-sheet").get_by_role("button", name="Run").click()

    ends(page, "done")
    for name in ("pick_customer", "validate_customer_data", "estimate_credit"):
        expect(card(page, name).locator(".pf-card.pf-s-ok")).to_be_visible()
    name = page.url.split("pipeline=")[1]
    assert "when: size(validation_errors) == 0" in text_of(workspace, name)


def test_a_flow_is_built_wired_run_and_undone_to_the_first_byte_by_keyboard(
    begin: Begin, workspace: Path
):
    name = written(
        workspace, "by_keys", "# mine\npipeline: by_keys\nsteps:\n  - graph: []  # all\n"
    )
    before = text_of(workspace, name)
    page = begin(name)

    for capability in ("prepare", "walk"):
        page.keyboard.press("/")
        field = page.get_by_label("Search capabilities and steps")
        expect(field).to_be_focused()
        field.fill(capability)
        expect(page.locator(".pf-offer[aria-selected=true]")).to_contain_text(capability)
        page.keyboard.press("Enter")
        expect(card(page, capability)).to_be_in_viewport(ratio=0.99)
        page.keyboard.press("Escape")
        expect(page.locator(".pf-ground")).to_be_focused()
    page.keyboard.press("c")
    page.get_by_role("combobox", name="Wire: which port of walk?").fill("text")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="walk · text (str) from").fill("prepared")
    expect(page.locator(".pf-chooser [aria-selected=true]")).to_contain_text("prepared")
    page.keyboard.press("Enter")
    is_kept(page)
    page.locator(".pf-ground").focus()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="text")).to_be_focused()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")
    ends(page, "done")
    page.get_by_role("button", name="Results").click()
    expect(page.locator(".pf-looks").first).to_contain_text("HELLO")
    assert "from: {text: prepared}" in text_of(workspace, name)

    page.locator(".pf-ground").focus()
    for _ in range(3):
        page.keyboard.press("Control+z")
    expect(page.locator(".pf-start")).to_be_visible()
    expect(page.get_by_role("button", name="Nothing to undo")).to_be_visible()
    assert text_of(workspace, name) == before


def test_two_tabs_see_each_others_edits(begin: Begin, workspace: Path):
    name = written(workspace, "two_tabs", GREET.format(name="two_tabs", second="walk"))
    one, other = begin(name), begin(name)

    card(one, "walk").locator(".pf-head").click()
    one.keyboard.press("Delete")
    expect(card(other, "walk")).to_have_count(0)
    other.locator(".pf-ground").focus()
    other.keyboard.press("Control+z")

    expect(card(one, "walk")).to_be_visible()


def test_a_file_that_does_not_parse_opens_with_its_problem_is_mended_and_torn_again(
    begin: Begin, workspace: Path
):
    name = written(workspace, "torn_file", "pipeline: torn_file\nsteps:\n  - use: [prepare\n")

    page = begin_text(begin, name)
    expect(page.locator(".pf-toolbar .pf-error")).to_contain_text("problem")
    area = page.get_by_label("The pipeline's text")
    area.fill("pipeline: torn_file\nsteps:\n  - use: prepare\n")
    area.blur()
    expect(card(page, "prepare")).to_be_visible()
    half = "pipeline: torn_file\nsteps:\n  - use: prepare\n  - {use: st"
    area.fill(half)

    expect(page.locator(".pf-yaml .pf-wrong")).to_be_visible()
    expect(card(page, "prepare")).to_be_visible()
    is_kept(page)
    expect(area).to_have_value(half)
    assert text_of(workspace, name) == half


def begin_text(begin: Begin, name: str) -> Page:
    """Open a pipeline with its text beside."""
    page = begin(name)
    page.locator(".pf-ground").focus()
    page.keyboard.press("y")
    expect(page.get_by_label("The pipeline's text")).to_be_visible()
    return page


def test_what_is_selected_in_the_text_stays_so_when_somebody_else_changes_it(
    begin: Begin, workspace: Path
):
    name = written(workspace, "by_two", GREET.format(name="by_two", second="walk"))
    page = begin_text(begin, name)
    area = page.get_by_label("The pipeline's text")
    area.select_text()

    drafts = Drafts(workspace)
    drafts.open(name).do({"op": "rename", "step": "walk", "to": "stroll"})
    drafts.close()
    expect(area).to_have_value(re.compile("stroll"))
    page.keyboard.insert_text("pipeline: by_two\n")

    expect(area).to_have_value("pipeline: by_two\n")


def test_an_unknown_capability_is_a_red_card_that_keeps_its_wires_and_is_mended(
    begin: Begin, workspace: Path
):
    text = GREET.format(name="unknown_one", second="stumbel").replace(
        "id: stumbel}", "id: stumbel, from: {prepared: prepared}}"
    )
    page = begin(written(workspace, "unknown_one", text))
    expect(card(page, "stumbel").locator(".pf-k-unknown")).to_be_visible()
    expect(page.get_by_label("Wire prepared from prepare to stumbel")).to_have_count(1)

    page.locator(".pf-toolbar .pf-error").click()
    page.locator(".pf-side").get_by_role("button", name="Use stumble").click()

    expect(card(page, "stumbel").locator(".pf-k-unknown")).to_have_count(0)
    expect(page.get_by_label("Wire prepared from prepare to stumbel")).to_have_count(1)


def test_a_run_that_fails_is_looked_into_mended_and_goes_on_from_there(
    begin: Begin, workspace: Path
):
    name = written(workspace, "to_mend", GREET.format(name="to_mend", second="stumble"))
    page = begin(name)
    page.get_by_role("button", name="Run", exact=True).click()
    ends(page, "failed")
    expect(card(page, "stumble").locator(".pf-s-failed").first).to_be_visible()
    card(page, "stumble").locator(".pf-head").dblclick()
    expect(page.locator(".pf-side .pf-wrong")).to_contain_text("the left shoelace is untied")
    page.locator(".pf-ground").focus()
    page.keyboard.press("y")
    area = page.get_by_label("The pipeline's text")
    area.fill(area.input_value().replace("use: stumble", "use: walk, from: {text: prepared}"))
    area.blur()
    expect(card(page, "stumble").locator(".pf-head")).to_contain_text("walk")
    is_kept(page)

    still(page)
    card(page, "stumble").locator(".pf-head").dblclick()
    expect(page.locator(".pf-side-inspector")).to_contain_text("Walk for three seconds")
    page.get_by_role("button", name="From here", exact=True).click()

    ends(page, "done")
    expect(card(page, "prepare").locator(".pf-state")).to_contain_text("reused")
    page.locator(".pf-ground").focus()
    page.keyboard.press("Control+s")
    expect(page.locator(".pf-saved")).to_have_text("Saved")


def test_a_run_under_way_shows_where_it_is_and_is_stopped(begin: Begin, workspace: Path):
    text = GREET.format(name="to_stop", second="sleep_long").replace(
        "id: sleep_long}", "id: sleep_long, from: {text: prepared}}"
    )
    page = begin(written(workspace, "to_stop", text))

    page.get_by_role("button", name="Run", exact=True).click()
    expect(card(page, "sleep_long").locator(".pf-card.pf-s-running")).to_be_visible()
    expect(card(page, "prepare").locator(".pf-card.pf-s-ok")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()

    ends(page, "stopped")


def test_a_step_that_waits_still_asks_after_a_reload_and_is_answered(begin: Begin, workspace: Path):
    text = "pipeline: to_ask\nsteps:\n  - {approve: Go on?, id: ask, into: sent}\n"
    page = begin(written(workspace, "to_ask", text))

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".pf-answer")).to_contain_text("Go on?")
    page.reload()
    expect(card(page, "ask").locator(".pf-card.pf-s-waiting")).to_be_visible()
    ends(page, "waits")
    page.locator(".pf-answer").get_by_role("button", name="Yes").click()

    ends(page, "done")
