from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from packetflow.errors import LibraryError
from packetflow.library.excel_files import read_excel
from packetflow.library.notes import notes_of


def book(folder: Path, **sheets: list[list[object]]) -> Path:
    made = Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        page = made.create_sheet(title)
        for row in rows:
            page.append(row)
    made.save(folder / "b.xlsx")
    return folder / "b.xlsx"


def test_titles_above_the_header_equal_names_and_other_sheets_are_told(tmp_path: Path) -> None:
    rows = [["Sales 2024"], [], ["day", "sum", "sum"], [date(2024, 1, 1), 2, 3], [None, 4, 5]]

    table = read_excel(book(tmp_path, Main=rows, More=[["a"]]), None)

    assert table.to_pydict() == {"day": [date(2024, 1, 1), None], "sum": [2, 4], "sum_2": [3, 5]}
    assert notes_of(table) == [
        "Read from sheet 'Main'; others: More (sheet=).",
        "1 line above the column names left out: Sales 2024.",
        "Column 3 is called 'sum_2' here, since 'sum' is the name of another.",
    ]


def test_cells_beyond_the_header_get_a_column_of_their_own(tmp_path: Path) -> None:
    table = read_excel(book(tmp_path, Main=[["a", "b"], [1, 2, 3], [4, 5]]), "Main")

    assert table.to_pydict() == {"a": [1, 4], "b": [2, 5], "column_3": [3, None]}


def test_an_empty_sheet_names_the_others(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"no rows below a header \(other sheets: Full\)"):
        read_excel(book(tmp_path, Empty=[], Full=[["a"], [1]]), None)
