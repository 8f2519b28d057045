"""Tables of pyarrow in notebooks."""

import sys
from datetime import date
from types import SimpleNamespace

import pyarrow as pa
import pytest

from packetflow.show import tables
from packetflow.show.tables import MOST_ROWS, cells_of, table_html, teach_notebook


def test_a_table_shows_its_cells_escaped():
    shown = table_html(pa.table({"name": ["<b>", None], "n": [1, 2.5]}))

    assert "&lt;b&gt;" in shown
    assert "<td></td><td>2.5</td>" in shown
    assert "2 rows, 2 columns" in shown


def test_a_long_table_says_what_is_left_out():
    shown = table_html(pa.table({"n": range(MOST_ROWS + 5)}))

    assert shown.count("<td>") == MOST_ROWS
    assert f"{MOST_ROWS + 5} rows, 1 column; the first {MOST_ROWS} are shown" in shown


def test_a_table_without_columns_says_so():
    assert "0 rows, 0 columns" in table_html(pa.table({}))


def test_dates_that_python_cannot_hold_are_shown_as_text():
    days = pa.array([3_000_000, 2**31 - 1, 1, None], pa.date32())
    lists = pa.array([[3_000_000], [1], [2], None], pa.list_(pa.date32()))

    assert cells_of(days) == ["10183-09-21", "<out of range>", date(1970, 1, 2), None]
    assert cells_of(lists) == ["<out of range>", [date(1970, 1, 2)], [date(1970, 1, 3)], None]
    assert "10183-09-21" in table_html(pa.table({"day": days}))


class Formatter:
    def __init__(self, *known):
        self.deferred_printers = dict.fromkeys(known)

    def for_type_by_name(self, module, name, draw):
        self.deferred_printers[module, name] = draw


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch):
    def opened(*known):
        html = Formatter(*known)
        shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": html}))
        module = SimpleNamespace(get_ipython=lambda: shell)
        monkeypatch.setitem(sys.modules, "IPython", module)
        return html

    return opened


def test_a_notebook_learns_to_show_tables(notebook):
    html = notebook()

    teach_notebook()

    assert html.deferred_printers == {("pyarrow.lib", "Table"): tables.table_html}


def test_a_notebook_that_knows_how_is_left_alone(notebook):
    html = notebook(("pyarrow.lib", "Table"))

    teach_notebook()

    assert html.deferred_printers == {("pyarrow.lib", "Table"): None}


def test_outside_of_notebooks_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    teach_notebook()
    monkeypatch.delitem(sys.modules, "IPython")

    teach_notebook()

    assert "IPython" not in sys.modules
