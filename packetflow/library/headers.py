"""Find the line of column names below remarks and titles."""

from __future__ import annotations

import csv
from collections.abc import Sequence

_MOST_LINES = 30
_FEWEST_ROWS = 2


def lines_above(lines: Sequence[str], separator: str) -> int:
    """How many lines of a text table stand above its column names.

    Remarks begin with ``#``; one that has as many cells as the next line is the header itself.

    >>> lines_above(["# by hand", "day,rain", "1,2", "2,3"], ",")
    1
    """
    remarks = 0
    while remarks < min(len(lines), _MOST_LINES) and _is_remark(lines[remarks]):
        remarks += 1
    if remarks == len(lines):
        return 0
    if remarks and lines[remarks - 1].startswith("#"):
        last, below = (_cells(lines[at], separator) for at in (remarks - 1, remarks))
        if len(last) == len(below) > 1:
            return remarks - 1
    rest = [] if any('"' in line for line in lines[remarks : remarks + _MOST_LINES]) else lines
    rows = [_cells(line, separator) for line in rest[remarks : remarks + 2 * _MOST_LINES]]
    return remarks + rows_above(rows)


def _is_remark(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def rows_above(rows: Sequence[Sequence[str]]) -> int:
    """How many rows of at most one cell stand above a full row of names that differ.

    >>> rows_above([["Sales 2024", ""], ["", ""], ["day", "sum"], ["1", "2"], ["2", "3"]])
    2
    """
    width = max((len(row) for row in rows), default=0)
    at = 0
    while at < min(len(rows), _MOST_LINES) and sum(bool(cell.strip()) for cell in rows[at]) <= 1:
        at += 1
    if width < 2 or not at or len(rows) < at + 1 + _FEWEST_ROWS:
        return 0
    names = [cell.strip() for cell in rows[at]]
    is_header = len(names) == width and all(names) and not any(map(_is_number, names))
    return at if is_header else 0


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True
