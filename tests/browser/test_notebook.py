"""How compositions and tables look in a notebook, whose own rules reach into every cell."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from playwright.sync_api import Browser, Page

from packetflow import capability
from packetflow.show.tables import table_html

JUPYTER = """
.jp-RenderedHTMLCommon table {border-collapse: collapse; border: none; color: #000;
  font-size: 12px; table-layout: fixed; margin: 0 auto 1em}
.jp-RenderedHTMLCommon td, .jp-RenderedHTMLCommon th, .jp-RenderedHTMLCommon tr {text-align: right;
  vertical-align: middle; padding: .5em; line-height: normal; max-width: none; border: none}
.jp-RenderedHTMLCommon tbody tr:nth-child(odd) {background: #fff}
.jp-RenderedHTMLCommon tbody tr:nth-child(even) {background: #eee}
.jp-RenderedHTMLCommon tbody tr:hover {background: #cef}
.jp-RenderedHTMLCommon :not(pre) > code {background: #ddd; padding: 1px 5px}
"""
"""What JupyterLab 4 says of the HTML in its cells, with the weight it says it with."""


@capability(provides="text")
def fetch(url: str) -> str:
    """Download one web page."""
    return url


@pytest.fixture(params=["light", "dark"])
def notebook(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param)
    page = context.new_page()
    cells = "".join(
        f'<div class="jp-RenderedHTMLCommon">{one}</div>'
        for one in (fetch._repr_html_(), table_html(pa.table({"n": [1, 2, 3]})))
    )
    page.set_content(f"<style>{JUPYTER}</style>{cells}")
    yield page
    context.close()


def test_the_rules_of_a_notebook_do_not_reach_our_tables(notebook: Page):
    told = notebook.locator(".pf-page :is(td, th, tr)").evaluate_all(
        "all => all.map(one => { const s = getComputedStyle(one);"
        " return [s.textAlign, s.backgroundColor] })"
    )

    assert len(told) > 10
    assert {tuple(one) for one in told} == {("left", "rgba(0, 0, 0, 0)")}


def test_words_in_our_tables_stand_out_in_light_and_dark(notebook: Page):
    inks = notebook.locator(".pf-page td").evaluate_all(
        "all => all.map(one => [getComputedStyle(one).color,"
        " getComputedStyle(one.closest('.pf-page')).backgroundColor])"
    )

    assert inks
    assert all(abs(lightness(ink) - lightness(paper)) > 0.5 for ink, paper in inks)


def lightness(colour: str) -> float:
    return sum(int(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]) / 765
