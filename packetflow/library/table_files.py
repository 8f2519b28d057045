"""Load tables from files and addresses, and save them."""

from __future__ import annotations

import codecs
import gzip
import io
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library.dialects import (
    WINDOWS,
    Dialect,
    find_fault,
    guess_dialect,
    not_in_encoding,
)
from packetflow.library.excel_files import read_excel, titles_left_out
from packetflow.library.names import renamed, unique_names
from packetflow.library.notes import noted, notes_of
from packetflow.library.paths import existing_file, writable, write_whole
from packetflow.library.sql import first_lines, plain_numbers, quoted

_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
_LONG = re.compile(r"[-+]?\d{19,}")
_GUESSED = (
    "The file was read as Windows-1252, since it is no UTF-8; give encoding= if letters look wrong."
)
_KNOWN = "CSV, TSV, Parquet, JSON, JSONL or Excel (.xlsx)"


@capability(
    provides="table",
    effects=[Effect.reads("files"), Effect.reads("network")],
    tags=["csv", "excel", "parquet", "json", "open", "import"],
    examples=[{"path": "files/orders.csv"}],
)
def load_table(
    path: str, sheet: str | None = None, encoding: str = "", context: Context | None = None
) -> pa.Table:
    """Load a table from a file or a web address.

    CSV and TSV (separator, decimal mark and header are recognised; also packed as ``.gz``),
    Parquet, JSON (a list of records), JSONL, Excel. Cells are kept as they are; `clean_table`
    mends them.

    Args:
        path: A file, relative to where the program runs or to the workspace, or an http(s) address.
        sheet: For Excel: the sheet's name; the first one if not given.
        encoding: For text tables: 'latin-1', 'cp1250', ...; if not given, UTF-8, UTF-16 and
            Windows-1252 are told apart.
        context: Filled by the engine.

    Raises:
        LibraryError: The file is missing, empty, damaged, of an unknown format or in another
            encoding, or a line has more or fewer cells than the header (the line is named).
    """
    if re.match(r"^https?://", path, re.IGNORECASE):
        return _load_address(path, sheet, encoding)
    if re.match(r"^\w{2,}://", path):
        raise LibraryError(f"{path!r} is no http or https address", path=path)
    return _read(existing_file(path, context), sheet, encoding)


def _load_address(address: str, sheet: str | None, encoding: str) -> pa.Table:
    from packetflow.library.web import download

    page = download(address, limit_bytes=200_000_000)
    name = PurePosixPath(urlsplit(page.url).path).name or "table"
    if not any(suffix in _KINDS for suffix in PurePosixPath(name).suffixes):
        endings = {"json": ".json", "parquet": ".parquet", "spreadsheetml": ".xlsx"}
        name += next((end for word, end in endings.items() if word in page.media_type), ".csv")
    if page.media_type == "text/html":
        raise LibraryError(
            f"{address!r} is a web page, not a table; give the address of the file itself",
            path=address,
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        place.write_bytes(page.content)
        return _read(place, sheet, encoding)


def _read(place: Path, sheet: str | None, encoding: str) -> pa.Table:
    if place.stat().st_size == 0:
        raise LibraryError(f"{place.name!r} is empty; it needs column names and rows")
    suffix = place.with_suffix("").suffix if place.suffix == ".gz" else place.suffix
    kind = _KINDS.get(suffix.lower()) or _kind_by_content(place)
    readers: dict[str, Callable[[], pa.Table]] = {
        "csv": lambda: _read_csv(place, encoding),
        "parquet": lambda: _duck(place, "read_parquet(?)"),
        "json": lambda: _read_json(place),
        "jsonl": lambda: _duck(place, "read_json(?, format='newline_delimited', sample_size=-1)"),
        "excel": lambda: read_excel(place, sheet),
    }
    table = readers[kind]()
    if table.num_columns == 0 or table.num_rows == 0:
        raise LibraryError(f"{place.name!r} has no rows; it needs at least one below its header")
    return noted(plain_numbers(table), notes_of(table))


def _read_json(place: Path) -> pa.Table:
    opened = gzip.open if place.suffix == ".gz" else Path.open
    try:
        with opened(place, "rb") as file:
            begin = file.read(4096).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            end = file.read().rstrip()[-1:]
    except (OSError, EOFError) as error:
        raise LibraryError(f"cannot read {place.name!r}: {error}", path=str(place)) from error
    if begin == b"[" and end != b"]":  # DuckDB takes a list that breaks off at a comma for whole
        raise LibraryError(
            f"{place.name!r} breaks off: its list has no ']' at the end; fetch or save it again",
            path=str(place),
        )
    return _rows_inside(_duck(place, "read_json(?, sample_size=-1)"))


def _rows_inside(table: pa.Table) -> pa.Table:
    """The one list of records inside a single object, as services answer; else the table."""
    lists = [f.name for f in table.schema if pa.types.is_list(f.type)]
    inside = [
        name for name in lists if pa.types.is_struct(table.schema.field(name).type.value_type)
    ]
    if table.num_rows != 1 or len(inside) != 1:
        return table
    records = table.column(inside[0]).combine_chunks().flatten()
    others = [name for name in table.column_names if name != inside[0]]
    beside = f"; left out beside it: {', '.join(others[:8])}" if others else ""
    return noted(
        pa.Table.from_struct_array(records), [f"The rows are those of '{inside[0]}'{beside}."]
    )


def _kind_by_content(place: Path) -> str:
    with place.open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK"):
        return "excel"
    if b"\x00" in start or start.startswith((b"%PDF", b"\x89PNG")):
        raise LibraryError(f"{place.name!r} is no table; give {_KNOWN}", path=str(place))
    return "json" if start.lstrip()[:1] in (b"[", b"{") else "csv"


def _read_csv(place: Path, encoding: str) -> pa.Table:
    dialect = guess_dialect(place, encoding)
    table = (_read_utf8 if dialect.encoding == "utf-8" else _read_transcoded)(place, dialect)
    written = list(dialect.names)
    is_guess = not encoding and dialect.encoding == WINDOWS
    guessed = _GUESSED if is_guess else ""
    left_out = titles_left_out(dialect.above)
    if len(written) != table.num_columns:
        return noted(table, [guessed, left_out])
    names = unique_names(written)
    return noted(table.rename_columns(names), [guessed, left_out, renamed(written, names)])


def _read_transcoded(place: Path, dialect: Dialect) -> pa.Table:
    """Read by way of a copy in UTF-8, which DuckDB reads fastest and without extensions."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / place.with_suffix("").name
        opened = gzip.open if place.suffix == ".gz" else open
        try:
            with (
                opened(place, "rt", encoding=dialect.encoding, newline="") as source,
                copy.open("w", encoding="utf-8", newline="") as made,
            ):
                shutil.copyfileobj(source, made, 1 << 20)
        except UnicodeDecodeError as error:
            raise find_fault(place, dialect) or not_in_encoding(
                place.name, dialect.encoding, 1
            ) from error
        try:
            return _read_utf8(copy, replace(dialect, encoding="utf-8"))
        except LibraryError as error:
            text = error.message.replace(repr(copy.name), repr(place.name))
            raise LibraryError(text, path=str(place)) from error


def _read_utf8(place: Path, dialect: Dialect) -> pa.Table:
    options: dict[str, Any] = {
        "delim": dialect.separator,
        "header": dialect.header,
        "decimal_separator": dialect.decimal,
        "encoding": dialect.encoding,
        # Other dates stay text, for clean_table to say how it read them.
        "dateformat": "%Y-%m-%d",
        "quote": '"',
        "escape": '"',
        "sample_size": -1,
        # Else DuckDB takes a long row for the header and silently skips what is above it.
        "skip": len(dialect.above),
        "comment": "",
        "null_padding": False,
        "ignore_errors": False,
    }
    if dialect.thousands:
        options["thousands"] = dialect.thousands
    asked = ", ".join(f"{name}=?" for name in options)
    try:
        table = _duck(place, f"read_csv(?, {asked})", *options.values())
        table = _whole_digits(
            table,
            lambda types: _duck(place, f"read_csv(?, {asked}, types={types})", *options.values()),
        )
    except LibraryError as error:
        fault = find_fault(place, dialect)
        if fault is None:
            raise
        raise fault from error
    if not dialect.header:
        return table.rename_columns([f"column_{n}" for n in range(1, table.num_columns + 1)])
    return table


def _whole_digits(table: pa.Table, read_as: Callable[[str], pa.Table]) -> pa.Table:
    """Keep whole numbers of more digits than a number holds as texts: they mostly identify."""
    large = [
        field.name for place, field in enumerate(table.schema) if _is_large(table.column(place))
    ]
    if not large:
        return table
    texts = read_as("{" + ", ".join(f"{_sql_text(name)}: 'VARCHAR'" for name in large) + "}")
    for name in large:
        column = texts.column(name)
        if any(_LONG.fullmatch(text) for text in column.to_pylist() if text):
            table = table.set_column(table.column_names.index(name), name, column)
    return table


def _is_large(column: pa.ChunkedArray) -> bool:
    import pyarrow.compute as pc

    whole = pa.types.is_decimal(column.type) and column.type.scale == 0
    if not whole and not pa.types.is_floating(column.type):
        return False
    least = pc.min(pc.abs(column)).as_py()
    return least is not None and math.isfinite(least) and least >= 1e17


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _duck(place: Path, source: str, *values: Any) -> pa.Table:
    import duckdb

    with duckdb.connect() as connection:
        try:
            params = [str(place), *values]
            answer = connection.sql(f"SELECT * FROM {source}", params=params)
            types = zip(answer.columns, map(str, answer.types), strict=True)
            mixed = [quoted(name) for name, kind in types if kind == "JSON"]
            if mixed:  # values of several kinds: as texts, without the quotes of JSON
                plain = ", ".join(f"{name} ->> '$' AS {name}" for name in mixed)
                whole = f"SELECT * REPLACE ({plain}) FROM {source}"
                answer = connection.sql(whole, params=params)
            return answer.to_arrow_table()
        except duckdb.Error as error:
            raise _explained(place, str(error), error) from error


def _explained(place: Path, text: str, error: Exception) -> LibraryError:
    found_line = re.search(r"Line: (\d+)", text)
    line = int(found_line[1]) if found_line else 0
    if "unicode" in text.lower() or "not utf-8" in text:
        return not_in_encoding(place.name, "utf-8", line)
    return LibraryError(
        f"{place.name!r} cannot be read; is it really {_KNOWN}? ({first_lines(error)[:200]})",
        path=str(place),
    )


@capability(
    provides="saved_path",
    effects=[Effect.writes("files", idempotent=True)],
    tags=["csv", "excel", "parquet", "json", "export", "write"],
    examples=[{"path": "made/clean.parquet"}],
)
def save_table(table: pa.Table, path: str, context: Context | None = None) -> str:
    """Save a table as CSV, TSV, Parquet, JSONL or Excel, by the path's ending.

    The file appears whole or not at all; saving again replaces it.

    Args:
        table: The table to save.
        path: Where to; relative paths are inside the workspace.
        context: Filled by the engine.

    Returns:
        The path of the file.

    Raises:
        LibraryError: The ending is unknown or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    writers: dict[str, Callable[[pa.Table], bytes]] = {
        ".csv": lambda rows: _csv_bytes(rows, ","),
        ".tsv": lambda rows: _csv_bytes(rows, "\t"),
        ".parquet": _parquet_bytes,
        ".jsonl": _jsonl_bytes,
        ".xlsx": _excel_bytes,
    }
    if suffix not in writers:
        raise LibraryError(
            f"cannot save a table as {suffix or 'a file without ending'!r}; end the path with "
            f"{', '.join(writers)}",
            path=path,
        )
    place = writable(path, context)
    write_whole(place, writers[suffix](table))
    return str(place)


def _csv_bytes(table: pa.Table, separator: str) -> bytes:
    import csv

    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))
    return text.getvalue().encode()


def _parquet_bytes(table: pa.Table) -> bytes:
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def _jsonl_bytes(table: pa.Table) -> bytes:
    import json

    lines = (json.dumps(row, ensure_ascii=False, default=str) for row in table.to_pylist())
    return "".join(f"{line}\n" for line in lines).encode()


def _excel_bytes(table: pa.Table) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet("table")
    page.append(table.column_names)
    plain = (bool, int, float, str, type(None))
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        page.append([c if isinstance(c, plain) or hasattr(c, "isoformat") else str(c) for c in row])
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()
