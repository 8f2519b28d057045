"""Random edits in the real studio, with all that can come between: nothing is lost or doubled.

Two tabs edit one pipeline while pages are loaded again and left, connections break, Streamlit runs
its script anew, the studio stands still, and the runner is replaced. Python's document, the boards
of both tabs and what they draw must agree whenever it is quiet, and undoing all must give the first
bytes. ``EDITS_SEED`` and ``EDITS`` ask for another walk, or a longer one.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from packetflow.composition.board import draw_board
from packetflow.composition.view import parse_view
from packetflow.discovery.catalog import Catalog
from packetflow.workspace.draft import Snapshot
from packetflow.workspace.drafts import Drafts
from tests.browser.conftest import PATIENCE_MS, ROOT, SERVE, serving
from tests.browser.hands import EDITOR, Hands

SEED: Final = int(os.environ.get("EDITS_SEED", "1"))
EDITS: Final = int(os.environ.get("EDITS", "40"))
AT_A_TIME: Final = 20
DRAWING_SECONDS: Final = 60
MANY: Final = 60
"""From so many cards on, those out of view are not drawn."""
ROUND: Final = 200
"""Edits from one empty page to the next; a draft remembers only so many."""

CAPABILITIES = '''
"""Capabilities to put together."""

from packetflow import capability


@capability(provides="loud")
def shout(text: str, times: int = 1) -> str:
    """Say it louder."""
    return text.upper() * times


@capability(provides="joined")
def join(text: str, other: str = "") -> str:
    """Put two texts together."""
    return text + other


@capability(provides="number")
def count(text: str) -> int:
    """Count letters."""
    return len(text)


@capability(provides="words")
def split(text: str) -> list[str]:
    """Take a text apart."""
    return text.split()


@capability(provides="half")
def halve(number: int) -> int:
    """Give half of a number."""
    return number // 2
'''
FIRST = "# mine\npipeline: {name}\nsteps:\n  - graph: []  # all\n    id: graph\n"
SOCKETS = """(() => {
  const Old = WebSocket;
  globalThis.lines = [];
  globalThis.WebSocket = class extends Old {
    constructor(...given) {
      super(...given);
      if (String(given[0]).includes("/api/canvas")) globalThis.lines.push(this);
    }
  };
})()"""
STANDS = f"""() => {{
  const editor = {EDITOR};
  const {{ document: told, waiting, connection }} = editor?.shown ?? {{}};
  return connection === "open" && waiting === 0 && told && !told.late ? told.rev : null;
}}"""
DRAWN = f"""() => {{
  const {{ board, document: told }} = ({EDITOR}).shown;
  const root = ({EDITOR}).root;
  const places = {{}};
  for (const node of root.querySelectorAll(".react-flow__node")) {{
    const {{ e, f }} = new DOMMatrix(getComputedStyle(node).transform);
    places[node.dataset.id] = [e, f];
  }}
  const edges = [...root.querySelectorAll(".react-flow__edge")].map((one) => one.dataset.id);
  const given = new Set(board.inputs.map((port) => port.name));
  const lost = board.wires.filter((one) => one.source === null && !given.has(one.output));
  // what only carries a default is folded, and has no wire
  const idle = new Set(board.inputs.filter((one) => one.idle).map((one) => one.name));
  const carry = board.wires.filter((one) => one.source !== null || !idle.has(one.output));
  return {{ cards: board.cards, wires: board.wires.map((one) => one.id), text: told.text,
           carry: carry.map((one) => one.id),
           root: board.root, places, edges: [...edges, ...lost.map((one) => one.id)] }};
}}"""


class Studio:
    """A studio of one's own, two tabs of it, and what can go wrong with them."""

    def __init__(self, url: str, folder: Path, context: BrowserContext) -> None:
        self.url = url
        self.folder = folder
        self.context = context
        self.drafts = Drafts(folder)
        self.name = ""
        self.tabs: list[Page] = []
        self.server = next(
            one for one in psutil.process_iter(["cmdline"])
            if SERVE in (one.info["cmdline"] or []) and str(folder) in one.info["cmdline"]
        )  # fmt: skip
        self._offline = self._frozen = 0
        self._dark = False

    def begin(self, name: str) -> None:
        """Open a new pipeline in two tabs."""
        self.name = name
        (self.folder / "pipelines" / f"{name}.yaml").write_text(FIRST.format(name=name))
        while len(self.tabs) < 2:
            self.tabs.append(self.context.new_page())
        for tab in self.tabs:
            self.open(tab)

    def open(self, tab: Page) -> None:
        tab.goto(f"{self.url}/build?pipeline={self.name}")
        expect(tab.locator(".pf-card, .pf-start").first).to_be_visible()

    def disturb(self, tab: Page, chance: random.Random) -> str:
        """Let something come between, and end what came before once its time is over."""
        self._offline = max(0, self._offline - 1)
        self._frozen = max(0, self._frozen - 1)
        if self._offline == 0 and self._frozen == 0:
            self.heal()
        kinds: list[Callable[[Page], None]] = [self.cut, self.rerun, self.replace_runner]
        if not self._offline and not self._frozen:
            kinds += [self.reload, self.leave, self.go_offline, self.freeze]
        if chance.random() > 0.16:
            return ""
        kind = chance.choice(kinds)
        kind(tab)
        return f"[{kind.__name__}]"

    def reload(self, tab: Page) -> None:
        tab.reload()
        expect(tab.locator(".pf-card, .pf-start").first).to_be_visible()

    def leave(self, tab: Page) -> None:
        """Go to another page without loading anything, and come back."""
        tab.get_by_role("navigation").get_by_role("link", name="Runs").click()
        tab.wait_for_url("**/runs")
        expect(tab.locator(".pf-place")).to_have_count(0)
        tab.go_back()
        expect(tab.locator(".pf-card, .pf-start").first).to_be_visible()

    def cut(self, tab: Page) -> None:
        tab.evaluate("lines.splice(0).forEach((line) => line.close())")

    def rerun(self, tab: Page) -> None:
        """Another theme lets Streamlit run the script of the page anew."""
        self._dark = not self._dark
        tab.emulate_media(color_scheme="dark" if self._dark else "light")

    def replace_runner(self, tab: Page) -> None:
        file = self.folder / "capabilities" / "words.py"
        file.write_text(f"{CAPABILITIES}\n# {time.monotonic_ns()}\n")

    def go_offline(self, tab: Page) -> None:
        self.context.set_offline(True)
        for one in self.tabs:
            self.cut(one)
        self._offline = 4

    def freeze(self, tab: Page) -> None:
        """The studio stands still, as a slow script makes it."""
        self.server.send_signal(signal.SIGSTOP)
        self._frozen = 3

    def heal(self) -> None:
        self._offline = self._frozen = 0
        self.context.set_offline(False)
        self.server.send_signal(signal.SIGCONT)

    def quiet(self) -> Snapshot:
        """Wait until both tabs show what Python has; give that."""
        limit = time.monotonic() + PATIENCE_MS / 1000
        while True:
            kept = self.drafts.open(self.name).snapshot()
            stands = [tab.evaluate(STANDS) for tab in self.tabs]
            if stands == [kept.rev] * len(self.tabs):
                return kept
            assert time.monotonic() < limit, f"Python is at {kept.rev}, the tabs at {stands}"
            self.tabs[0].wait_for_timeout(50)

    def differences(self) -> list[str]:
        """Where Python, the tabs' boards and their drawings do not agree, and stay so."""
        limit = time.monotonic() + DRAWING_SECONDS
        while True:
            said = self._differences(self.quiet())
            if not said or time.monotonic() > limit:
                return said
            self.tabs[0].wait_for_timeout(200)

    def _differences(self, kept: Snapshot) -> list[str]:
        catalog = Catalog(self.folder)
        looks = parse_view(kept.state.view(), file="the looks")
        fresh = msgspec.to_builtins(draw_board(kept.state.text, catalog.resolve, looks=looks))
        wrong = [one["message"] for one in fresh["problems"] if one["code"] == "source"]
        said = [f"the text cannot be read: {one}\n{kept.state.text}" for one in wrong]
        for number, tab in enumerate(self.tabs):
            shown = tab.evaluate(DRAWN)
            if shown["text"] != kept.state.text:
                said.append(f"tab {number} has another text")
            told, wanted = essence(shown["cards"]), essence(fresh["cards"])
            other = [one for one in told | wanted if told.get(one) != wanted.get(one)]
            said += [f"tab {number}: {told.get(one)}, not {wanted.get(one)}" for one in other]
            if set(shown["wires"]) != {wire["id"] for wire in fresh["wires"]}:
                said.append(f"tab {number} has other wires")
            said += [f"tab {number}: {one}" for one in misdrawn(shown, kept)]
        return said


def essence(cards: list[dict[str, Any]]) -> dict[str, Any]:
    """What cards say, but for where they stand."""

    def ports(all_: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        return [(one["name"], one["scope"], one.get("set"), one.get("inside")) for one in all_]

    return {
        card["id"]: (
            card["kind"], card["title"], card["parent"], card["slot"], card["case"], card["at"],
            card["note"], card["after"], [one["text"] for one in card["policies"]],
            ports(card["inputs"]), ports(card["outputs"]),
        )
        for card in cards
    }  # fmt: skip


def misdrawn(shown: dict[str, Any], kept: Snapshot) -> list[str]:
    """Where a drawing is not its board, and a board not where the draft says."""
    said = []
    board = {card["id"]: card for card in shown["cards"] if card["id"] != shown["root"]}
    drawn = {name: at for name, at in shown["places"].items() if not name.startswith("@")}
    if len(board) >= MANY:
        return [f"not on the board: {one}" for one in set(drawn) - set(board)]
    if set(drawn) != set(board):
        said.append(f"cards drawn or not: {set(drawn) ^ set(board)}")
    if not set(shown["carry"]) <= set(shown["edges"]):
        said.append(f"wires not drawn: {set(shown['carry']) - set(shown['edges'])}")
    for name in set(drawn) & set(board):
        card = board[name]
        if card["parent"] in (None, shown["root"]) and drawn[name] != [card["x"], card["y"]]:
            said.append(f"{name} is drawn at {drawn[name]}, not at {card['x']}, {card['y']}")
    for name, look in kept.state.looks.items():
        at = look.get("at") if isinstance(look, dict) else None
        if at and name in board and [board[name]["x"], board[name]["y"]] != list(at):
            said.append(f"{name} stands at {board[name]['x']}, {board[name]['y']}, not at {at}")
    return said


@pytest.fixture
def studio_of_two(browser: Browser, tmp_path: Path) -> Iterator[Studio]:
    folder = tmp_path / "work"
    (folder / "capabilities").mkdir(parents=True)
    (folder / "pipelines").mkdir()
    (folder / "packetflow.toml").write_text("")
    (folder / "capabilities" / "words.py").write_text(CAPABILITIES)
    command = [sys.executable, "-c", SERVE, str(folder), "{port}"]
    errors: list[str] = []
    with (
        serving(command, tmp_path / "log", env={"PYTHONPATH": str(ROOT)}) as url,
        browser.new_context(viewport={"width": 1400, "height": 900}) as context,
    ):
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(SOCKETS)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        studio = Studio(url, folder, context)
        yield studio
        studio.heal()
        studio.drafts.close()
    assert errors == []


def wander(studio: Studio, chance: random.Random, edits: int) -> None:
    """Edit at random, and look again and again."""
    hands = [Hands(tab, chance) for tab in studio.tabs]
    done: list[str] = []
    for number in range(edits):
        hand = chance.choice(hands)
        done.append(studio.disturb(hand.page, chance) + hand.act())
        if number % AT_A_TIME == AT_A_TIME - 1:
            studio.heal()
            assert studio.differences() == [], f"after {', '.join(done[-2 * AT_A_TIME :])}"


def undo_all(studio: Studio) -> None:
    ground = studio.tabs[0].locator(".pf-ground")
    while (kept := studio.quiet()).undo is not None:
        ground.focus()
        for _ in range(10):
            studio.tabs[0].keyboard.press("Control+z")
    assert kept.state.text == FIRST.format(name=studio.name)
    assert kept.state.looks == {}


def test_random_edits_leave_python_and_the_canvas_equal(studio_of_two: Studio):
    studio_of_two.begin("short")

    wander(studio_of_two, random.Random(SEED), EDITS)

    undo_all(studio_of_two)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(1000 // ROUND))
def test_a_thousand_random_edits_leave_python_and_the_canvas_equal(
    studio_of_two: Studio, part: int
):
    studio_of_two.begin(f"part_{part}")

    wander(studio_of_two, random.Random(f"{SEED} {part}"), ROUND)

    undo_all(studio_of_two)
