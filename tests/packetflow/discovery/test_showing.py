"""The catalog, shown and searched."""

from __future__ import annotations

import pytest

from packetflow import capability
from packetflow.discovery import showing
from packetflow.discovery.catalog import Catalog
from packetflow.discovery.showing import CatalogView


@capability(provides="summary")
def shorten(text: str) -> str:
    """Shorten a <text>."""
    return text[:3]


@pytest.fixture
def catalog() -> Catalog:
    made = Catalog()
    made.add(shorten, shorten.saved_as("brief"))
    return made


def test_a_script_prints_what_is_found(catalog, capsys):
    catalog.show("shorten")

    told = capsys.readouterr().out
    assert "shorten(text: str) -> (summary: str)\n    Shorten a <text>." in told


def test_it_begins_with_everything_own_things_first(catalog, monkeypatch):
    monkeypatch.setattr(showing, "MOST", 3)

    drawn = CatalogView(catalog).html()

    assert drawn.index('data-key="brief"') < drawn.index('data-key="shorten"')
    assert drawn.count("<details") == 3
    assert "Shorten a &lt;text&gt;." in drawn
    assert "more; search for what you need" in drawn


def test_words_narrow_it_down_and_nothing_found_is_said(catalog):
    view = CatalogView(catalog)

    view.heard({"do": "search", "text": "shorten"})
    found = view.html()
    view.heard({"do": "search", "text": "<zzz>"})

    assert 'data-key="shorten"' in found
    assert 'data-key="load_table"' not in found
    assert "Nothing is found for &lt;zzz&gt;." in view.html()
    assert view.text() == "nothing is found for '<zzz>'"
    assert not view.is_live()


def test_the_words_that_it_begins_with_stand_in_the_line_to_search_in(catalog):
    drawn = CatalogView(catalog, 'a "brief"').html()

    assert 'value="a &quot;brief&quot;"' in drawn
    assert 'data-key="brief"' in drawn
