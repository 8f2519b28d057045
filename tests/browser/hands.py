"""What a person does on the canvas of a real page, at random: by mouse, by keys, by its forms.

Nothing here looks whether it was done. A target that went away meanwhile, because of another tab or
a lost connection, is left; what must hold is looked at from outside.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Error, Locator, Page

AT_ONCE_MS: Final = 1500
CAPABILITIES: Final = ("shout", "join", "count", "split", "halve")
KINDS: Final = ("Choose", "For each", "Together", "Repeat", "Fallback", "Race", "Ask", "Wait")

HOST: Final = "[data-testid=stBidiComponentIsolated], [data-lm-suppress-shortcuts]"
"""What holds the canvas: Streamlit's element, or ours in a notebook's cell."""

EDITOR: Final = f"""document.querySelector("{HOST}")
    ?.shadowRoot.querySelector(".pf-place")?.editor"""
"""The editor of the page's canvas, in the page's own words."""

SEEN: Final = (
    f"""() => {{
  const host = document.querySelector("{HOST}");"""
    + """
  if (!host?.shadowRoot) return { cards: [], outputs: [], inputs: [], ground: null };
  const middle = (one) => {
    const box = one.getBoundingClientRect();
    return [box.left + Math.min(box.width / 2, 40), box.top + box.height / 2];
  };
  const reached = (one) => one.contains(host.shadowRoot.elementFromPoint(...middle(one)));
  const all = (of) => [...host.shadowRoot.querySelectorAll(of)].filter(reached).map(middle);
  const box = host.shadowRoot.querySelector(".pf-ground")?.getBoundingClientRect();
  return {
    cards: all(".pf-card > .pf-head"),
    boxes: all(".pf-card.pf-container > .pf-head"),
    outputs: all(".pf-output .react-flow__handle"),
    inputs: all(".pf-input .react-flow__handle"),
    ground: box ? [box.left, box.top, box.right, box.bottom] : null,
  };
}"""
)


STILL: Final = """async (ground) => {
    const place = () => getComputedStyle(ground).transform;
    for (let last = "", same = 0; same < 10; same = place() === last ? same + 1 : 0) {
        last = place();
        await new Promise(requestAnimationFrame);
    }
}"""


def still(page: Page) -> None:
    """Wait until the picture does not move any more."""
    page.locator(".react-flow__viewport").evaluate(STILL)


class Hands:
    """Somebody at a page.

    Args:
        page: With a canvas on it, most of the time.
        chance: What is done next.
    """

    def __init__(self, page: Page, chance: random.Random) -> None:
        self.page = page
        self._chance = chance
        self._ways: tuple[Callable[[], None], ...] = (
            self.add_by_keys, self.add_by_keys, self.add_by_mouse, self.add_a_kind,
            self.wire_by_mouse, self.wire_by_keys, self.move_by_mouse, self.move_by_mouse,
            self.move_by_keys, self.rename, self.set_an_input, self.note, self.wrap, self.unwrap,
            self.remove, self.remove_a_wire, self.copy_and_paste, self.undo, self.undo, self.redo,
            self.save, self.write, self.shift, self.arrange, self.guard, self.move_all,
        )  # fmt: skip

    def act(self) -> str:
        """Do one thing; say what."""
        way = self._chance.choice(self._ways)
        try:
            way()
        except Error as error:
            return f"{way.__name__} ({error.message.splitlines()[0][:60]})"
        return way.__name__

    def state(self, part: str) -> Any:
        """A part of what the editor shows; None while there is none."""
        return self.page.evaluate(f"({EDITOR})?.{part}")

    def add_by_keys(self) -> None:
        self._maybe_pick()
        name = self._chance.choice(CAPABILITIES)
        self._key("/")
        field = self.page.get_by_label("Search capabilities and steps")
        field.fill(name, timeout=AT_ONCE_MS)
        self.page.locator(".pf-offer[aria-selected=true]").filter(
            has=self.page.get_by_text(name, exact=True)
        ).wait_for(timeout=AT_ONCE_MS)
        field.press("Enter")
        field.press("Escape")

    def add_by_mouse(self) -> None:
        offer = self._chance.choice((*CAPABILITIES, *KINDS))
        found = self.page.locator(".pf-offer").filter(has=self.page.get_by_text(offer, exact=True))
        spot = self._spot()
        ground = self.page.locator(".pf-ground")
        box = ground.bounding_box(timeout=AT_ONCE_MS)
        if box:
            at = {"x": spot[0] - box["x"], "y": spot[1] - box["y"]}
            found.drag_to(ground, target_position=at, timeout=AT_ONCE_MS)  # type: ignore[arg-type]  # a position

    def add_a_kind(self) -> None:
        self._maybe_pick()
        kind = self._chance.choice(KINDS)
        self.page.locator(".pf-kinds .pf-offer", has_text=kind).click(timeout=AT_ONCE_MS)

    def wire_by_mouse(self) -> None:
        seen = self.page.evaluate(SEEN)
        if seen["outputs"] and seen["inputs"]:
            begin = self._chance.choice(seen["outputs"])
            self._drag(begin, self._chance.choice([*seen["inputs"], self._spot()]))
            self.page.keyboard.press("Enter")  # where a list of what fits has opened

    def wire_by_keys(self) -> None:
        if self._pick():
            self._key("c")
            for _ in range(2):
                self.page.locator(".pf-chooser [aria-selected=true]").wait_for(timeout=AT_ONCE_MS)
                self._down(4)
                self.page.keyboard.press("Enter")

    def move_by_mouse(self) -> None:
        seen = self.page.evaluate(SEEN)
        if seen["cards"]:
            self._drag(self._chance.choice(seen["cards"]), self._spot())

    def move_by_keys(self) -> None:
        if self._pick():
            for _ in range(self._chance.randint(1, 3)):
                self._key(f"Alt+Arrow{self._chance.choice(['Left', 'Right', 'Up', 'Down'])}")

    def move_all(self) -> None:
        self._key("Control+a")
        self._key("Alt+ArrowDown")

    def rename(self) -> None:
        self._fill("Id", f"step_{self._chance.randrange(30)}")

    def note(self) -> None:
        self._fill("Note", self._chance.choice(["slow", "ask Ada", ""]))

    def set_an_input(self) -> None:
        self._fill(self._chance.choice(["text", "other"]), self._chance.choice(["one", "42", ""]))

    def guard(self) -> None:
        if self._open_form():
            policy = self._chance.choice(["retry", "timeout", "cache"])
            self.page.get_by_label("Add a policy").select_option(policy, timeout=AT_ONCE_MS)

    def wrap(self) -> None:
        if self._pick():
            if self._chance.random() < 0.3:
                self._pick(with_key="Shift")
            self._key("w")
            self.page.locator(".pf-chooser [aria-selected=true]").wait_for(timeout=AT_ONCE_MS)
            self._down(6)
            self.page.keyboard.press("Enter")

    def unwrap(self) -> None:
        if self._open_form(of="boxes"):
            self.page.get_by_role("button", name="Unwrap").click(timeout=AT_ONCE_MS)

    def remove(self) -> None:
        if (self.state("shown.board.cards.length") or 0) > 4 and self._pick():
            self._key("Delete")

    def remove_a_wire(self) -> None:
        wires = self.page.locator(".react-flow__edge")
        if count := wires.count():
            wires.nth(self._chance.randrange(count)).focus(timeout=AT_ONCE_MS)
            self.page.keyboard.press("Enter")
            self._key("Delete")

    def copy_and_paste(self) -> None:
        if self._pick():
            self._key(self._chance.choice(["Control+c", "Control+c", "Control+x", "Control+d"]))
            self._key("Control+v")

    def undo(self) -> None:
        for _ in range(self._chance.randint(1, 3)):
            self._key("Control+z")

    def redo(self) -> None:
        self._key(self._chance.choice(["Control+Shift+z", "Control+y"]))

    def save(self) -> None:
        self._key("Control+s")

    def shift(self) -> None:
        if self._pick():
            self._key(self._chance.choice("[]"))

    def arrange(self) -> None:
        self._key("a")

    def write(self) -> None:
        """Write a comment into the text; it must survive everything else."""
        self._key("y")
        area = self.page.get_by_label("The pipeline's text")
        text = area.input_value(timeout=AT_ONCE_MS)
        area.fill(f"{text.rstrip()}\n# {self._chance.randrange(1000)}\n", timeout=AT_ONCE_MS)
        area.blur()
        self._key("y")

    def _key(self, key: str) -> None:
        self.page.locator(".pf-ground").focus(timeout=AT_ONCE_MS)
        self.page.keyboard.press(key)

    def _down(self, most: int) -> None:
        for _ in range(self._chance.randrange(most)):
            self.page.keyboard.press("ArrowDown")

    def _spot(self) -> tuple[float, float]:
        """Somewhere on the ground."""
        left, top, right, bottom = self.page.evaluate(SEEN)["ground"] or (300, 200, 900, 600)
        chance = self._chance
        return (chance.uniform(left + 20, right - 20), chance.uniform(top + 20, bottom - 20))

    def _drag(self, begin: tuple[float, float], to: tuple[float, float]) -> None:
        mouse = self.page.mouse
        mouse.move(*begin)
        mouse.down()
        mouse.move(*to, steps=4)
        mouse.up()

    def _maybe_pick(self) -> None:
        if self._chance.random() < 0.5:
            self._pick()
        else:
            self._key("Escape")

    def _pick(self, of: str = "cards", with_key: str = "") -> bool:
        """Select a card that is in sight; show all when none is."""
        seen = self.page.evaluate(SEEN)
        if not seen.get(of):
            if of == "cards":
                self._key("f")
            return False
        if with_key:
            self.page.keyboard.down(with_key)
        self.page.mouse.click(*self._chance.choice(seen[of]))
        if with_key:
            self.page.keyboard.up(with_key)
        return True

    def _open_form(self, of: str = "cards") -> bool:
        if not self._pick(of):
            return False
        if not self.page.locator(".pf-side-inspector").is_visible():
            self._key("Enter")
        return True

    def _fill(self, label: str, text: str) -> None:
        if self._open_form():
            field: Locator = self.page.locator(".pf-side").get_by_label(label, exact=True)
            field.fill(text, timeout=AT_ONCE_MS)
            field.blur()
