"""The studio in a real browser, over a copy of the example workspace."""

import re
import shutil
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from packetflow.runner.client import RunnerClient
from tests.browser.conftest import ROOT, SERVE, STUMBLES, press, serving, settle


def done(page: Page, status: str = "Done") -> None:
    heading = page.get_by_role("heading", name=re.compile(status)).first
    expect(heading).to_be_visible()  # the first run of all waits for the runner


def fill_in(page: Page, name: str) -> None:
    """Fill a form by one of its buttons; before it shows that, Run would send it empty."""
    press(page, name)
    fields = page.get_by_test_id("stForm").locator("textarea, input:not([type=file])")
    expect(fields.first).not_to_have_value("")


def test_a_table_of_ones_own_becomes_a_report(visit: Callable[..., Page], workspace: Path):
    page = visit()

    page.locator("input[type=file]").first.set_input_files(workspace / "files" / "orders.csv")
    expect(page.get_by_text("orders.csv")).to_be_visible()
    press(page, "Make the report")

    done(page)
    report = page.frame_locator("iframe").first.frame_locator("iframe")
    expect(report.locator("h1")).to_have_text("Orders")


def test_a_path_does_as_well(visit: Callable[..., Page]):
    page = visit()

    page.get_by_label("or its path or web address").fill("files/orders.csv")
    page.keyboard.press("Enter")
    press(page, "Make the report")

    done(page)


@pytest.mark.parametrize("name", ["research_report", "digest_documents", "onboard_sample_customer"])
def test_the_examples_run_with_their_example_values(visit: Callable[..., Page], name: str):
    page = visit(f"/library?pipeline={name}")

    fill_in(page, "Example values")
    press(page, "Run")

    done(page)


WAYS = [("Good customer", "Onboarding plan"), ("Bad customer", "Correction request")]


@pytest.mark.parametrize(("customer", "made"), WAYS)
def test_good_and_bad_customers_go_their_two_ways(
    visit: Callable[..., Page], customer: str, made: str
):
    page = visit("/library?pipeline=customer_onboarding")

    fill_in(page, customer)
    press(page, "Run")

    done(page)
    expect(page.get_by_text(made).first).to_be_visible()


def test_a_step_that_was_answered_works_on_and_does_not_ask_again(visit: Callable[..., Page]):
    page = visit("/library?capability=sign")
    settle(page)
    page.get_by_label("Text", exact=True).fill("lease")
    press(page, "Run")
    page.get_by_role("button", name="Ada", exact=True).click()

    done(page, "Running")
    expect(page.get_by_text("Who signs this?", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Stop", exact=True).click()
    done(page, "Stopped")


def test_an_approval_is_answered_in_the_page(visit: Callable[..., Page], workspace: Path):
    page = visit("/library?pipeline=publish_with_approval")

    fill_in(page, "Example values")
    press(page, "Run")
    expect(page.get_by_role("heading", name="Publish this draft?")).to_be_visible()
    press(page, "Yes")

    done(page)
    expect(page.get_by_text("You answered")).to_contain_text("Yes")
    assert (workspace / "published" / "spring-newsletter.md").is_file()


def test_a_failure_is_shown_and_replayed_after_mending(visit: Callable[..., Page], workspace: Path):
    page = visit("/library?pipeline=fall")
    settle(page)
    page.get_by_role("textbox", name="Text").fill("hello")
    press(page, "Run")
    done(page, "Failed")
    expect(page.get_by_text("the left shoelace is untied").first).to_be_visible()

    file = workspace / "capabilities" / "stumbles.py"
    mended = 'return prepared + ", standing"'
    file.write_text(STUMBLES.replace('raise RuntimeError("the left shoelace is untied")', mended))
    page.get_by_role("link", name="Everything about this run").click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/library\?.*pipeline=fall"))
    page.go_forward()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.get_by_text("the left shoelace is untied").first).to_be_visible()
    with RunnerClient(workspace) as runner:  # until one with the mended file is in place
        while runner.run("stumble", {"prepared": "one"}).result(60).status != "ok":
            page.wait_for_timeout(50)
    press(page, "Replay from Stumble")

    done(page)
    expect(page.get_by_text("HELLO, standing").first).to_be_visible()


def test_a_run_under_way_is_followed_without_flicker(visit: Callable[..., Page]):
    page = visit("/library?pipeline=stroll")
    settle(page)
    press(page, "Run")
    expect(page.locator(".pf-dot.running").first).to_be_visible()

    seen = page.evaluate(WATCH)

    assert seen["frames"] > 5
    assert seen["gone"] == 0
    assert seen["faded"] == 0
    assert len(seen["told"]) > 3
    page.get_by_role("button", name="Stop", exact=True).click()
    done(page, "Stopped")


WATCH = """() => new Promise(done => {
  const seen = {frames: 0, gone: 0, faded: 0, told: []};
  let missing = 0;  // frames without it; they count if it comes back
  const look = () => {
    const heads = [...document.querySelectorAll("h2")].map(one => one.innerText);
    const isOver = heads.some(one => /Done|Failed|Stopped/.test(one));
    if (isOver || seen.told.length > 3) return done(seen);
    const rows = document.querySelector(".pf-rows:has(.pf-dot.running)");
    const drawing = document.querySelector(".pf-draw svg");
    seen.frames += 1;
    if (rows && drawing) {
      seen.gone += missing;
      missing = 0;
    } else missing += 1;
    for (let one = rows; one; one = one.parentElement) {
      seen.faded += getComputedStyle(one).opacity < 0.9 && one !== rows;
    }
    const text = rows && rows.innerText;
    if (text && !seen.told.includes(text)) seen.told.push(text);
    requestAnimationFrame(look);
  };
  look();
})"""


def test_what_hangs_can_be_stopped(visit: Callable[..., Page]):
    page = visit("/library?capability=sleep_long")
    settle(page)
    page.get_by_role("textbox", name="Text").fill("hello")
    press(page, "Run")
    page.get_by_role("button", name="Stop", exact=True).click()

    done(page, "Stopped")


def test_a_capability_that_ends_its_process_leaves_the_studio_up(visit: Callable[..., Page]):
    page = visit("/library?capability=leave")
    settle(page)
    page.get_by_role("textbox", name="Text").fill("hello")
    press(page, "Run")

    expect(page.get_by_text("The process that ran this has ended")).to_be_visible()
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("Recent runs")).to_be_visible()


def test_no_words_of_a_capability_lie_over_others_on_a_phone(
    visit: Callable[..., Page], page: Page
):
    page.set_viewport_size({"width": 390, "height": 800})

    visit("/library")
    settle(page)
    expect(page.get_by_text("Workspace").last).to_be_visible()

    boxes = page.locator('[class*="st-key-caps"] p').evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.top, box.bottom])"
    )
    assert len(boxes) > 3
    assert all(after[0] >= before[1] - 1 for before, after in pairwise(boxes))


def test_nothing_stays_behind_when_the_studio_ends(workspace: Path, tmp_path: Path):
    folder = tmp_path / "short"
    shutil.copytree(workspace, folder, ignore=shutil.ignore_patterns(".packetflow"))
    command = [sys.executable, "-c", SERVE, str(folder), "{port}"]
    with serving(command, tmp_path / "log", env={"PYTHONPATH": str(ROOT)}):
        assert within(15, lambda: len(serving_processes(folder)) > 0)

    assert within(6, lambda: serving_processes(folder) == [])


def serving_processes(folder: Path) -> list[list[str]]:
    """Runners and store owners of a workspace."""
    lines = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line and "-m" in line]


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    import time

    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if is_so():
            return True
        time.sleep(0.1)
    return False
