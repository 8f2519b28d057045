"""Read a sheet of an Excel file as a table."""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from packetflow.errors import LibraryError
from packetflow.library.headers import rows_above
from packetflow.library.names import renamed, unique_names
from packetflow.library.notes import noted
from packetflow.library.sentences import count, shortened


def read_excel(place: Path, sheet: str | None) -> pa.Table:
    """Read one sheet; what was guessed stands in its notes.

    Args:
        place: The file, ``.xlsx``.
        sheet: The sheet's name; the first one if not given.

    Raises:
        LibraryError: It is no such file, or the sheet is not there or holds no rows.
    """
    title, others, rows = _rows(place, sheet)
    start = rows_above([["" if cell is None else str(cell) for cell in row] for row in rows[:60]])
    above, rows = rows[:start], rows[start:]
    more = f" (other sheets: {', '.join(others)})" if others else ""
    if len(rows) < 2:
        raise LibraryError(f"sheet {title!r} of {place.name!r} has no rows below a header{more}")
    width = max(len(row) for row in rows)
    written = ["" if cell is None else str(cell) for cell in rows[0]]
    written += [""] * (width - len(written))
    names = unique_names(written)
    columns = zip(*(row + [None] * (width - len(row)) for row in rows[1:]), strict=True)
    table = pa.table(
        {name: _column(list(cells)) for name, cells in zip(names, columns, strict=True)}
    )
    chosen = sheet is None and bool(others)
    notes = [
        f"Read from sheet '{title}'; others: {', '.join(others[:8])} (sheet=)." if chosen else "",
        titles_left_out([str(cell) for row in above for cell in row if cell is not None]),
        renamed(written, names),
    ]
    return noted(table, notes)


def titles_left_out(texts: Sequence[str]) -> str:
    """Say what stood above the column names; empty when nothing did."""
    if not texts:
        return ""
    few = "; ".join(shortened(text, 60) for text in [text for text in texts if text.strip()][:3])
    return f"{count(len(texts), 'line')} above the column names left out: {few or 'empty'}."


def _rows(place: Path, sheet: str | None) -> tuple[str, list[str], list[list[Any]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(place, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
        raise LibraryError(
            f"{place.name!r} is no Excel file (.xlsx) or is damaged; open and save it again"
        ) from error
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise LibraryError(
                f"{place.name!r} has no sheet {sheet!r}; it has {', '.join(book.sheetnames)}"
            )
        page = book[sheet] if sheet else book.worksheets[0]
        if not hasattr(page, "iter_rows"):
            raise LibraryError(f"sheet {page.title!r} of {place.name!r} is a chart; give sheet=")
        rows = [list(row) for row in page.iter_rows(values_only=True) if _has_cells(row)]
        others = [one.title for one in book.worksheets if one.title != page.title]
        return page.title, others, rows
    finally:
        book.close()


def _has_cells(row: tuple[Any, ...]) -> bool:
    return any(cell is not None for cell in row)


def _column(cells: list[Any]) -> pa.Array:
    moments = [cell for cell in cells if isinstance(cell, datetime.datetime)]
    if moments and all(moment.time() == datetime.time() for moment in moments):
        cells = [c.date() if isinstance(c, datetime.datetime) else c for c in cells]
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if cell is None else str(cell) for cell in cells])
