"""Pressing everything, with odd inputs: no page may show a traceback or an apology.

The seed is fixed; ``MONKEY_SEED`` and ``MONKEY_STEPS`` ask for another walk, or a longer one.
"""

import os
import random
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from tests.browser.conftest import settle

SEED = int(os.environ.get("MONKEY_SEED", "7"))
STEPS = int(os.environ.get("MONKEY_STEPS", "10"))
STARTS = [
    "/",
    "/library",
    "/library?capability=write_letter",
    "/library?view=Map",
    "/library?pipeline=onboard_sample_customer&part=Versions",
    "/settings",
    "/runs",
    "/metrics",
]
ODD = [
    "", " ", "0", "-1", "1e999", "null", "[]", "{", '{"a": [1, 2', "<script>alert(1)</script>",
    "'; DROP TABLE span; --", "../../etc/passwd", "\u202eright to left", "\U0001f9ff" * 40,
    ":red[**x", "$x^2$ `code` [a](b)", "%00", "x" * 5000, "http://127.0.0.1:1/", "C-001",
]  # fmt: skip
ADDRESSES = [
    "/runs?run=nonsense", "/runs?page=-3", "/runs?page=999999", "/runs?run=%00",
    "/metrics?time=never", "/metrics?at=soon&only=x", "/metrics?called=%00&status=odd",
    "/library?pipeline=%F0%9F%A7%BF", "/library?pipeline=research_report&run=nonsense",
    "/library?kind=Odd&view=%00&q=%F0%9F%A7%BF", "/library?view=Map&near=nobody",
    "/library?pipeline=research_report&part=Versions&old=x&new=%00", "/pipelines?name=%00&a=b",
    "/library?capability=../../x", "/library?capability=load_table&run=nonsense",
]  # fmt: skip
CONTROLS = (
    "main button:visible:enabled, main [role=tab]:visible, main summary:visible, "
    "main a[href]:visible, main label:has(input[type=checkbox]):visible"
)
FIELDS = "main input[type=text]:visible, main input[type=search]:visible, main textarea:visible"
NUMBERS = "main input[type=number]:visible"


def shows_no_traceback(page: Page, after: str) -> None:
    for sign in ("Traceback (most recent", "could not be shown", "our mistake"):
        assert page.get_by_text(sign).count() == 0, f"{page.url} after {after}"
    assert page.locator("[data-testid=stException]").count() == 0, f"{page.url} after {after}"


def pick(found: Locator, chance: random.Random) -> Locator | None:
    count = found.count()
    return found.nth(chance.randrange(count)) if count else None


def act(page: Page, chance: random.Random) -> str:
    """Do one thing to something on the page; say what."""
    kind, text = chance.choice(["press", "press", "write", "number"]), chance.choice(ODD)
    where = {"press": CONTROLS, "write": FIELDS, "number": NUMBERS}[kind]
    one = pick(page.locator(where), chance)
    if one is None:
        return "nothing"
    said = kind
    try:
        label = one.text_content(timeout=1500) or one.get_attribute("aria-label", timeout=1500)
        said += f" {(label or '')[:40]!r}"
        if one.get_attribute("target", timeout=1500) == "_blank":
            return "nothing"
        if kind == "press":
            one.click(timeout=1500)
        else:
            one.fill(text if kind == "write" else chance.choice(["-7", "0", "1e30"]), timeout=1500)
            one.press("Enter" if chance.random() < 0.5 else "Tab", timeout=1500)
            said += f" {text[:30]!r}"
    except Error:
        return f"{said} (covered or gone)"
    return said


@pytest.mark.parametrize("start", STARTS)
def test_nothing_one_presses_or_writes_shows_a_traceback(page: Page, studio: str, start: str):
    chance = random.Random(f"{SEED} {start}")
    page.goto(studio + start)
    expect(page.locator("h1").first).to_be_visible()
    settle(page)
    done: list[str] = []

    for _ in range(STEPS):
        done.append(act(page, chance))
        page.wait_for_timeout(250)
        shows_no_traceback(page, " / ".join(done))
        if not page.url.startswith(studio) or page.locator("h1").count() == 0:
            page.goto(studio + start)
            settle(page)
    settle(page)
    shows_no_traceback(page, " / ".join(done))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_odd_address_is_answered_with_words(
    visit: Callable[..., Page], page: Page, studio: str, address: str
):
    page.goto(studio + address)
    expect(page.locator("main")).to_contain_text("Workspace")
    settle(page)

    shows_no_traceback(page, address)


def test_every_form_sent_empty_asks_or_runs(page: Page, studio: str):
    for name in ("write_letter", "join_tables", "run_sql", "calendar_lookup", "chart"):
        page.goto(f"{studio}/library?capability={name}")
        settle(page)
        page.get_by_role("button", name="Run", exact=True).click()
        settle(page)

        expect(page.get_by_text("Please fill this in.").first).to_be_visible()
        shows_no_traceback(page, name)
