"""Guess how a text table is written: its encoding, separator, decimal mark and header."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from packetflow.errors import LibraryError
from packetflow.library.headers import lines_above

WINDOWS = "cp1252"
"""What text tables are written in that are no UTF-8, mostly; its letters are those of Latin-1."""

_SAMPLE_BYTES = 256 * 1024
_SEPARATORS = ",;\t|"
_POINT = re.compile(r"^\s*[-+]?\d{1,3}(,\d{3})*\.\d+\s*$|^\s*[-+]?\d+\.\d+\s*$")
_COMMA = re.compile(r"^\s*[-+]?\d{1,3}(\.\d{3})*,\d+\s*$|^\s*[-+]?\d+,\d+\s*$")
_DOTTED = re.compile(r"^\s*[-+]?\d{1,3}(\.\d{3})+,\d+\s*$")
_NUMBER = re.compile(
    r"^\s*[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?\s*%?\s*$|^\d{4}-\d\d-\d\d", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text table is written.

    Attributes:
        separator: Between cells.
        decimal: ``.`` or ``,``.
        thousands: Between groups of digits, or empty.
        header: The first line names the columns.
        encoding: As Python spells it.
        names: The cells of the header, as they are written; empty when they were not found.
        above: The lines above the header, remarks and titles; they are no part of the table.
    """

    separator: str
    decimal: str
    thousands: str
    header: bool
    encoding: str
    names: tuple[str, ...] = ()
    above: tuple[str, ...] = ()


def guess_dialect(path: Path, encoding: str = "") -> Dialect:
    """Look at the beginning of a text table.

    Args:
        path: The file; ``.gz`` is unpacked.
        encoding: The one to use; empty to find out: UTF-8, UTF-16, else Windows-1252.

    Raises:
        LibraryError: It is empty, is no text, or is written in another encoding.
    """
    sample, whole = _read_sample(path)
    if not sample.strip():
        raise LibraryError(f"{path.name!r} is empty; it needs a line of column names and rows")
    used = encoding.strip().lower() or _encoding(sample, path)
    text = _decode(sample, used, path, whole=whole)
    if "\x00" in text:
        raise LibraryError(f"{path.name!r} is no text table; save it as CSV, Excel or Parquet")
    lines = text.splitlines()
    if not whole and len(lines) > 1:
        lines.pop()
    if text.lstrip()[:14].lower().startswith(("<!doctype html", "<html")):
        raise LibraryError(f"{path.name!r} is a web page, not a table; get the file itself")
    separator = _separator([line for line in lines if not line.startswith("#")] or lines)
    start = lines_above(lines, separator)
    rows = list(csv.reader(lines[start : start + 2000], delimiter=separator))
    cells = [cell for row in rows[1:] for cell in row if cell]
    decimal, thousands = (".", "") if separator == "," else _marks(cells)
    header = _has_header(rows)
    first = next((row for row in rows if row), []) if header and (whole or len(lines) > 1) else []
    above = tuple(line.strip().strip(separator) for line in lines[:start])
    return Dialect(separator, decimal, thousands, header, used, tuple(first), above)


def _read_sample(path: Path) -> tuple[bytes, bool]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            sample = file.read(_SAMPLE_BYTES)
            return sample, not file.read(1)
    except (OSError, EOFError) as error:
        raise LibraryError(f"cannot read {path.name!r}: {error}", path=str(path)) from error


def _encoding(sample: bytes, path: Path) -> str:
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in sample:
        half = len(sample) // 2
        zeros = sample[0::2].count(0), sample[1::2].count(0)
        for name, often, seldom in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
            if zeros[often] > 0.5 * half and zeros[seldom] < 0.1 * half:
                return name
        raise LibraryError(f"{path.name!r} is no text table; save it as CSV, Excel or Parquet")
    return "utf-8" if _is_utf8(path) else WINDOWS


def _is_utf8(path: Path) -> bool:
    """Whether all of the file is UTF-8; a file may go wrong anywhere."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            while part := file.read(1 << 20):
                decoder.decode(part)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (OSError, EOFError) as error:
        raise LibraryError(f"cannot read {path.name!r}: {error}", path=str(path)) from error
    return True


def _decode(sample: bytes, encoding: str, path: Path, *, whole: bool) -> str:
    try:
        text = sample.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except LookupError as error:
        raise LibraryError(
            f"there is no encoding {encoding!r}; try 'utf-8' or 'latin-1'", encoding=encoding
        ) from error
    except UnicodeDecodeError as error:
        if not whole and error.start > len(sample) - 8:
            return sample[: error.start].decode(encoding)
        line = sample.count(b"\n", 0, error.start) + 1
        raise not_in_encoding(path.name, encoding, line) from error
    return text


def not_in_encoding(name: str, encoding: str, line: int) -> LibraryError:
    """Say that a file is written in another encoding, and what to do."""
    return LibraryError(
        f"line {line} of {name!r} is not {encoding.upper()} text; save the file as UTF-8, or give "
        "encoding='latin-1' (usual for older Excel files)",
        line=line,
    )


def _separator(lines: list[str]) -> str:
    """The separator that cuts most lines into the same number (at least two) of cells."""
    best, best_score = ",", (0.0, 0)
    for separator in _SEPARATORS:
        try:
            widths = [len(row) for row in csv.reader(lines[:500], delimiter=separator) if row]
        except csv.Error:
            continue
        usual = max(set(widths), key=widths.count, default=1)
        score = (round(widths.count(usual) / len(widths), 2) if usual > 1 else 0.0, usual)
        if score > best_score:
            best, best_score = separator, score
    return best


def _marks(cells: list[str]) -> tuple[str, str]:
    commas = sum(1 for cell in cells if _COMMA.match(cell))
    points = sum(1 for cell in cells if _POINT.match(cell))
    if commas <= points:
        return ".", ""
    return ",", "." if any(_DOTTED.match(cell) for cell in cells) else ""


def _has_header(rows: list[list[str]]) -> bool:
    first = next((row for row in rows if row), [])
    return not all(_NUMBER.match(cell) for cell in first if cell.strip())


def find_fault(path: Path, dialect: Dialect) -> LibraryError | None:
    """Find the first line that makes a text table unreadable: cells too many or few, open quotes.

    Reads the whole file, so it is for the case that it could not be read.
    """
    encoding = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
    opened = gzip.open if path.suffix == ".gz" else open
    before = 0
    try:
        with opened(path, "rt", encoding=encoding, newline="") as file:
            for _ in dialect.above:
                before += bool(file.readline())
            start = before
            rows = csv.reader(file, delimiter=dialect.separator, strict=True)
            width = 0
            for row in rows:
                width = width or len(row)
                if row and len(row) != width:
                    return _wrong_width(path, before + 1, len(row), width)
                before = start + rows.line_num
    except UnicodeDecodeError:
        return not_in_encoding(path.name, dialect.encoding, before + 1)
    except csv.Error as error:
        return LibraryError(
            f"line {before + 1} of {path.name!r} cannot be read as CSV ({error}); look for a quote "
            "that is not closed",
            path=str(path),
            line=before + 1,
        )
    return None


def _wrong_width(path: Path, line: int, found: int, width: int) -> LibraryError:
    cells = "1 cell" if found == 1 else f"{found} cells"
    return LibraryError(
        f"line {line} of {path.name!r} has {cells}, but the header has {width}; mend that line "
        "(perhaps a cell with the separator in it needs quotes)",
        path=str(path),
        line=line,
    )
