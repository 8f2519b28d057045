"""The page Metrics in a real browser: a run is counted, and found behind its bar."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from packetflow.runner.client import RunnerClient
from tests.browser.conftest import settle


def number(page: Page, label: str) -> Locator:
    """One of the numbers above the figures."""
    shown = page.get_by_test_id("stMetric").filter(has_text=label)
    return shown.get_by_test_id("stMetricValue")


def count(page: Page) -> int:
    settle(page)
    return int(number(page, "Runs").inner_text().replace(",", ""))


def chart(page: Page, title: str) -> Locator:
    return page.get_by_test_id("stPlotlyChart").and_(
        page.locator(f'[aria-label^="{title}"], :has([aria-label^="{title}"])')
    )


def pick(page: Page, row: Locator) -> None:
    """Click a row of a figure, again if the figure was just being drawn."""
    see = page.get_by_role("link", name="see them")
    for _ in range(10):
        settle(page)
        if see.is_visible():
            break
        row.click(force=True)  # plotly lays what hears the mouse over what is seen
        page.wait_for_timeout(1500)
    expect(see).to_be_visible()


def test_a_run_is_counted_and_found_behind_its_row(
    visit: Callable[..., Page], workspace: Path, studio: str
):
    assert studio
    with RunnerClient(workspace) as runner:
        assert runner.run("tear", {"text": "one"}).result(60).status == "failed"
        page = visit("/metrics")
        before = count(page)
        assert runner.run("tear", {"text": "two"}).result(60).status == "failed"
    visit("/metrics")
    expect(number(page, "Runs")).to_have_text(f"{before + 1:,}")
    settle(page)

    row = chart(page, "Failures").locator(".annotation", has_text="Tear")
    pick(page, row)

    assert "called=tear" in page.url
    assert "error=RuntimeError" in page.url
    runs = page.locator(".st-key-runs")
    expect(runs.get_by_role("link", name="Tear").first).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("link", name="see them")).to_have_count(0)
    assert "called" not in page.url
    settle(page)
    runs.get_by_role("link", name="Tear").first.click()
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()


def test_figures_stay_in_place_when_something_is_picked(
    visit: Callable[..., Page], page: Page, workspace: Path, studio: str
):
    assert studio
    with RunnerClient(workspace) as runner:
        assert runner.run("tear", {"text": "one"}).result(60).status == "failed"
    visit("/metrics?time=Last+hour")
    row = page.get_by_test_id("stPlotlyChart").nth(1).locator(".annotation").first
    expect(row).to_be_visible()
    settle(page)
    before = page.locator("h2").evaluate_all(TOPS)

    pick(page, row)

    assert page.locator("h2").evaluate_all(TOPS) == before


TOPS = "all => all.map(one => Math.round(one.getBoundingClientRect().top))"


def test_the_time_stands_in_the_address(visit: Callable[..., Page], page: Page):
    visit("/metrics?time=All")
    settle(page)
    expect(page.get_by_role("radio", name="All")).to_be_checked()

    page.get_by_role("radio", name="Last week").click()

    page.wait_for_url("**time=Last*week*")
