"""Mend a table: spaces, words for "missing", types, duplicate rows, missing values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import partial
from typing import Any, Literal, TypedDict

import pyarrow as pa

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library.mixed_dates import mixed_dates
from packetflow.library.names import unique_names
from packetflow.library.notes import noted, notes_of
from packetflow.library.recognise import Recognised, recognised
from packetflow.library.samples import sample
from packetflow.library.sentences import count, shortened
from packetflow.library.sql import query, quoted

MISSING_WORDS = frozenset(
    {"", "-", "--", "?", ".", "na", "n/a", "n.a.", "nan", "null", "(null)", "none", "missing"}
    | {"#n/a", "#div/0!", "#value!", "#ref!", "#num!", "#name?", "inf", "+inf", "-inf", "infinity"}
)
"""Words that stand for a missing value, in a column whose other values are numbers or dates."""

_COMPACT = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_DAY_WORDS = re.compile("date|datum|day", re.IGNORECASE)
_CLOCK_WORDS = re.compile(r"timestamp|epoch|unix|utc|(^|[_.])(ts|time)$|_at$", re.IGNORECASE)
_CLOCK = (946_684_800, 4_102_444_800)
"""The beginnings of the years 2000 and 2100, in seconds since 1970."""

_YES_AND_NO = (
    *(("yes", "no"), ("true", "false"), ("y", "n")),
    *(("ja", "nein"), ("oui", "non"), ("wahr", "falsch")),
)
"""Pairs that a column may be written in, one pair a column."""


class Cleaned(TypedDict):
    """A mended table and what was mended, one sentence each."""

    table: pa.Table
    changes: list[str]


@capability(
    tags=["tidy", "trim", "duplicates", "missing", "types"],
    examples=[
        {
            "table": sample("name,age; Ada ,36; Ada,36; Bob,n/a"),
            "missing": "median",
        }
    ],
)
def clean_table(
    table: pa.Table,
    *,
    trim: bool = True,
    fix_types: bool = True,
    drop_duplicates: bool = True,
    missing: Literal["keep", "drop", "median"] = "keep",
) -> Cleaned:
    """Mend a table and say what was changed.

    Args:
        table: The table.
        trim: Cut spaces around text and in column names; text that is then empty is missing.
        fix_types: Text columns whose values are all written alike as whole numbers, numbers,
            money, shares, numbers with one unit, dates, months, quarters, times or yes and no get
            that type. Words such as "n/a" are missing among them, and stay text elsewhere; numbers
            with leading zeros, such as postal codes, stay text, and so do whole numbers of more
            than 18 digits. Dates may be written in several ways where every cell tells its date;
            a few cells among many dates that are none are then emptied, and counted. Whole numbers
            under a name such as "timestamp" may be seconds since 1970. Records inside cells become
            columns of their own.
        drop_duplicates: Keep only the first of rows that are equal in every column.
        missing: "keep" them, "drop" rows that have any, or fill numbers with their column's
            "median" (other columns keep them).

    Raises:
        LibraryError: The table has no columns.
    """
    if table.num_columns == 0:
        raise LibraryError("the table has no columns")
    changes: list[str] = []
    if trim:
        table = _trim(table, changes)
    if fix_types:
        table = _fix_types(_spread(table, changes), changes)
    if drop_duplicates:
        table = _drop_duplicates(table, changes)
    if missing == "drop":
        table = _drop_missing(table, changes)
    elif missing == "median":
        table = _fill_median(table, changes)
    return {"table": table, "changes": changes}


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column type holds text."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _text_columns(table: pa.Table) -> list[tuple[int, str]]:
    return [(i, field.name) for i, field in enumerate(table.schema) if is_text(field.type)]


def _mapped(column: pa.ChunkedArray, convert: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """Convert every distinct value once."""
    coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    values = pa.array([convert(value) for value in coded.dictionary.to_pylist()], kind)
    return values.take(coded.indices)


def _trim(table: pa.Table, changes: list[str]) -> pa.Table:
    names = unique_names([name.strip() for name in table.column_names])
    if names != table.column_names:
        changes.append("cut spaces around column names")
        table = table.rename_columns(names)
    for index, name in _text_columns(table):
        column = table.column(index)
        cut = _mapped(column, lambda text: text.strip() or None, pa.string())
        different = sum(
            1 for old, new in zip(column.to_pylist(), cut.to_pylist(), strict=True) if old != new
        )
        if different:
            changes.append(f"{name}: cut spaces in {count(different, 'cell')}")
            table = table.set_column(index, name, cut)
    return table


def _fix_types(table: pa.Table, changes: list[str]) -> pa.Table:
    for index, name in _text_columns(table):
        column = table.column(index)
        seen = [value for value in column.unique().to_pylist() if value is not None]
        real = [value.strip() for value in seen if value.strip().lower() not in MISSING_WORDS]
        found = _yes_or_no(seen) or recognised(real)
        mixed = None if found else mixed_dates(real)
        if mixed:
            found = Recognised(_in_ways(mixed.ways), pa.date32(), mixed.days.get)
        if found is None:
            continue
        word, kind, convert = found
        absent = column.null_count
        made = _mapped(column, partial(_read, convert), kind)
        unread = _cells_among(column, mixed.unread) if mixed else 0
        lost = made.null_count - absent - unread
        emptied = f", {count(lost, 'word')} for missing emptied" if lost else ""
        if mixed and unread:
            few = ", ".join(repr(shortened(text)) for text in mixed.unread[:3])
            emptied += f", {count(unread, 'cell')} that could not be read emptied ({few})"
        changes.append(f"{name}: read as {word}{emptied}")
        table = table.set_column(index, name, made)
    return _clock_seconds(_compact_dates(table, changes), changes)


def _in_ways(ways: int) -> str:
    return "dates" if ways == 1 else f"dates, written in {ways} ways"


def _cells_among(column: pa.ChunkedArray, texts: Iterable[str]) -> int:
    wanted = set(texts)
    return sum(1 for text in column.to_pylist() if text is not None and text.strip() in wanted)


def _compact_dates(table: pa.Table, changes: list[str]) -> pa.Table:
    """Dates written as one number, such as 20241231, under a name that says so."""
    for index, field in enumerate(table.schema):
        if not pa.types.is_integer(field.type) or not _DAY_WORDS.search(field.name):
            continue
        texts = [str(value) for value in table.column(index).unique().to_pylist() if value]
        if texts and all(_COMPACT.fullmatch(text) for text in texts):
            made = _mapped(table.column(index), _as_day, pa.date32())
            if made.null_count == table.column(index).null_count:
                changes.append(f"{field.name}: read as dates")
                table = table.set_column(index, field.name, made)
    return table


def _as_day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _clock_seconds(table: pa.Table, changes: list[str]) -> pa.Table:
    """Whole numbers that count the seconds (or thousandths) since 1970, by name and size."""
    import pyarrow.compute as pc

    for index, field in enumerate(table.schema):
        if not pa.types.is_integer(field.type) or not _CLOCK_WORDS.search(field.name):
            continue
        ends = pc.min_max(table.column(index)).as_py()
        for unit, scale, words in (("s", 1, "seconds"), ("ms", 1000, "thousandths of a second")):
            if ends["min"] is None or not _CLOCK[0] * scale <= ends["min"] <= ends["max"]:
                continue
            if ends["max"] <= _CLOCK[1] * scale:
                made = table.column(index).cast(pa.int64()).cast(pa.timestamp(unit))
                changes.append(f"{field.name}: read as {words} since 1970 (UTC)")
                table = table.set_column(index, field.name, made.cast(pa.timestamp("us")))
                break
    return table


def _spread(table: pa.Table, changes: list[str]) -> pa.Table:
    """Give the fields of records inside cells a column each."""
    while any(pa.types.is_struct(field.type) for field in table.schema):
        for field in table.schema:
            if pa.types.is_struct(field.type):
                names = [f"{field.name}.{inner.name}" for inner in field.type]
                changes.append(f"{field.name}: spread over {shortened(', '.join(names), 100)}")
        spread = table.flatten()
        named = spread.rename_columns(unique_names(spread.column_names))
        table = noted(named, notes_of(table))
    return table


def _yes_or_no(seen: list[str]) -> Recognised | None:
    """Both words must be there, and no other: "NO" and "NA" may be Norway and Namibia."""
    said = {text.strip().lower() for text in seen} - {""}
    for yes, no in _YES_AND_NO:
        if said == {yes, no}:
            return Recognised("yes or no", pa.bool_(), partial(_is_word, yes))
    return None


def _is_word(word: str, text: str) -> bool:
    return text.lower() == word


def _read(convert: Callable[[str], Any], text: str) -> Any:
    bare = text.strip()
    return None if bare.lower() in MISSING_WORDS else convert(bare)


def _drop_duplicates(table: pa.Table, changes: list[str]) -> pa.Table:
    by = ", ".join(quoted(name) for name in table.column_names)
    place = "packetflow_row"
    numbered = table.append_column(place, pa.array(range(table.num_rows), pa.int64()))
    kept = query(
        f"SELECT min({place}) AS {place} FROM rows GROUP BY {by} ORDER BY 1",
        {"rows": numbered},
    )
    gone = table.num_rows - kept.num_rows
    if not gone:
        return table
    changes.append(f"dropped {count(gone, 'duplicate row')}")
    return table.take(kept.column(place))


def _drop_missing(table: pa.Table, changes: list[str]) -> pa.Table:
    kept = table.drop_null()
    if kept.num_rows < table.num_rows:
        changes.append(f"dropped {table.num_rows - kept.num_rows} rows with missing values")
    return kept


def _fill_median(table: pa.Table, changes: list[str]) -> pa.Table:
    import pyarrow.compute as pc

    for index, field in enumerate(table.schema):
        column = table.column(index)
        whole, broken = pa.types.is_integer(field.type), pa.types.is_floating(field.type)
        if not (whole or broken) or not column.null_count or column.null_count == len(column):
            continue
        middle = pc.quantile(column, 0.5)[0].as_py()
        used = round(middle) if whole else middle
        filled = pc.fill_null(column, pa.scalar(used, field.type))
        changes.append(f"{field.name}: filled {column.null_count} missing with the median {used:g}")
        table = table.set_column(index, field.name, filled)
    return table
