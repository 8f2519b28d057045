"""The canvas in the real JupyterLab: the studio's tests, and what goes wrong only in notebooks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from packetflow.workspace.drafts import Drafts
from tests.browser.conftest import PATIENCE_MS
from tests.browser.notebooks import Notebook, jupyterlab
from tests.browser.test_build import (
    GREET,
    Begin,
    card,
    ends,
    is_kept,
    test_a_flow_is_built_wired_run_and_undone_to_the_first_byte_by_keyboard,  # noqa: F401
    test_a_run_that_fails_is_looked_into_mended_and_goes_on_from_there,  # noqa: F401
    text_of,
    written,
)
from tests.browser.test_by_hand import (
    Empty,
    test_the_research_report_is_built_by_hand_from_an_empty_page,  # noqa: F401
)
from tests.browser.test_random_edits import (
    CAPABILITIES,
    FIRST,
    SEED,
    Studio,
    undo_all,
    wander,
)

# `make soak`; what `make test` has time for is in `test_jupyterlab_quick.py`
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and its home."""
    home = tmp_path_factory.mktemp("lab")
    with jupyterlab(home) as url:
        yield url, home


@pytest.fixture(scope="module")
def notebook(browser: Browser, lab: tuple[str, Path], workspace: Path) -> Iterator[Notebook]:
    """A notebook that has opened the workspace as ``ws``."""
    with browser.new_context(viewport={"width": 1400, "height": 1000}) as context:
        context.set_default_timeout(PATIENCE_MS)
        made = Notebook(context, *lab)
        made.open_workspace(workspace)
        yield made
        made.run("ws.close()")
        assert made.errors == []


@pytest.fixture
def begin(notebook: Notebook) -> Begin:
    """Open the canvas of a pipeline in the cell."""

    def opened(pipeline: str) -> Page:
        notebook.run(f"ws.edit({pipeline!r})")
        expect(notebook.page.locator(".pf-card, .pf-start").first).to_be_visible()
        notebook.page.locator(".pf-ground").first.focus()  # a cell's takes it from nobody
        return notebook.page

    return opened


@pytest.fixture
def empty(notebook: Notebook) -> Empty:
    """Begin a new pipeline in the cell."""

    def opened() -> Page:
        notebook.run("ws.edit(new='by_hand', height=850)")
        expect(notebook.page.locator(".pf-start")).to_be_visible()
        return notebook.page

    return opened


def test_a_step_that_waits_is_answered_on_its_card(begin: Begin, workspace: Path):
    text = "pipeline: ask_here\nsteps:\n  - {approve: Go on?, id: ask, choices: [Yes, No]}\n"
    page = begin(written(workspace, "ask_here", text))

    page.get_by_role("button", name="Run", exact=True).click()
    page.locator(".pf-answer").get_by_role("button", name="Yes").click()

    ends(page, "done")


def test_keys_pressed_on_the_canvas_are_the_canvass(
    begin: Begin, notebook: Notebook, workspace: Path
):
    page = begin(written(workspace, "its_keys", GREET.format(name="its_keys", second="walk")))
    cells = notebook.cells.count()

    card(page, "walk").locator(".pf-head").click()
    for key in ("b", "d", "d", "x", "z", "Delete"):
        page.keyboard.press(key)

    expect(card(page, "walk")).to_have_count(0)
    is_kept(page)
    expect(notebook.cells).to_have_count(cells)
    assert "walk" not in text_of(workspace, "its_keys")


def test_a_run_is_shown_live_and_answered_while_a_cell_is_busy(notebook: Notebook, tmp_path: Path):
    page = notebook.page
    notebook.run(
        "from packetflow import approval\n"
        "flow = ws.catalog.get('prepare') >> approval('Go on?', choices=['Yes', 'No'])\n"
        "ws.start(flow, text='hello').show()"
    )

    with notebook.busy(tmp_path):
        page.get_by_role("button", name="Yes").click()
        expect(page.locator(".pf-page .pf-badge").first).to_have_text("ok")
        expect(page.locator(".pf-page")).to_contain_text("HELLO")


def test_the_catalog_is_searched_by_typing_what_would_be_commands(notebook: Notebook):
    page = notebook.page
    notebook.run("ws.catalog.show()")
    cells = notebook.cells.count()

    page.get_by_label("Search capabilities and pipelines").press_sequentially("bad dazed walk")

    expect(page.locator("details").first).to_contain_text("Walk for three seconds")
    expect(notebook.cells).to_have_count(cells)


def test_a_restarted_kernel_brings_the_draft_back(
    begin: Begin, notebook: Notebook, workspace: Path
):
    page = begin(written(workspace, "restarted", GREET.format(name="restarted", second="walk")))
    card(page, "walk").locator(".pf-head").click()
    page.keyboard.press("Delete")
    is_kept(page)

    notebook.restart()
    expect(page.locator(".pf-banner")).to_contain_text("Run this cell again")
    notebook.open_workspace(workspace)
    begin("restarted")

    expect(card(page, "prepare")).to_be_visible()
    expect(card(page, "walk")).to_have_count(0)


def test_two_notebooks_and_the_studio_see_each_others_work(
    begin: Begin, notebook: Notebook, lab: tuple[str, Path], studio: str, workspace: Path
):
    page = begin(written(workspace, "of_all", GREET.format(name="of_all", second="walk")))
    context = page.context
    other = context.new_page()
    other.goto(f"{studio}/build?pipeline=of_all")
    second = Notebook(context, *lab, name="two")
    second.open_workspace(workspace)

    card(page, "walk").locator(".pf-head").click()
    page.keyboard.press("Delete")
    expect(card(other, "prepare")).to_be_visible()
    expect(card(other, "walk")).to_have_count(0)
    second.run("%load_ext packetflow")
    second.run(
        "%%capability of_two\n"
        "from packetflow import capability\n\n\n"
        '@capability(provides="mirrored")\n'
        "def mirror(text: str) -> str:\n"
        '    "Read it backwards."\n'
        "    return text[::-1]\n"
    )
    for place in (page, other):
        place.get_by_label("Search capabilities and steps").fill("mirror")
        expect(place.locator(".pf-offer").first).to_contain_text("mirror")
    second.run("ws.dashboard()")
    other.get_by_role("button", name="Run", exact=True).click()
    ends(other, "done")

    expect(second.page.locator("[data-part=latest]")).to_contain_text("of_all")
    assert second.errors == []


class Cell(Studio):
    """One canvas, whose cell is run again and whose capability files change in between."""

    def __init__(self, notebook: Notebook, folder: Path) -> None:
        self.notebook = notebook
        self.folder = folder
        self.drafts = Drafts(folder)
        self.tabs = [notebook.page]

    def begin(self, name: str) -> None:
        self.name = name
        (self.folder / "pipelines" / f"{name}.yaml").write_text(FIRST.format(name=name))
        self.reload(self.notebook.page)

    def disturb(self, tab: Page, chance: random.Random) -> str:
        kind = chance.choice([self.reload, self.replace_runner])
        if chance.random() > 0.1:
            return ""
        kind(tab)
        return f"[{kind.__name__}]"

    def reload(self, tab: Page) -> None:
        self.notebook.run(f"there.edit({self.name!r}, height=700)")
        expect(tab.locator(".pf-card, .pf-start").first).to_be_visible()

    def heal(self) -> None:
        """Nothing lasts here."""


def test_random_edits_leave_python_and_the_canvas_equal(notebook: Notebook, tmp_path: Path):
    folder = tmp_path / "work"
    for name in ("capabilities", "pipelines"):
        (folder / name).mkdir(parents=True)
    (folder / "packetflow.toml").write_text("")
    (folder / "capabilities" / "words.py").write_text(CAPABILITIES)
    notebook.run(f"there = Workspace({str(folder)!r})")
    cell = Cell(notebook, folder)
    cell.begin("short")

    wander(cell, random.Random(SEED), 100)

    undo_all(cell)
    cell.drafts.close()
    notebook.run("there.close()")


# the last one, for its view stays open
def test_a_canvas_shown_twice_is_two_editors_of_one_draft(
    begin: Begin, notebook: Notebook, workspace: Path
):
    page = begin(written(workspace, "in_two", GREET.format(name="in_two", second="walk")))
    notebook.do("notebook:create-output-view")
    cards = page.locator('.react-flow__node[data-id="walk"]')
    expect(cards).to_have_count(2)

    cards.first.locator(".pf-head").click()
    page.keyboard.press("Delete")
    expect(cards).to_have_count(0)
    page.get_by_label("Undo").last.click()

    expect(cards).to_have_count(2)
