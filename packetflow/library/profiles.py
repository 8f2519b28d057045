"""Describe a table column by column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyarrow as pa

from packetflow import capability
from packetflow.errors import LibraryError
from packetflow.library.cleaning import is_text
from packetflow.library.samples import sample
from packetflow.library.sql import Ask, opened

Kind: TypeAlias = Literal["number", "text", "time", "truth", "other"]


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What is known of one column.

    Attributes:
        name: The column.
        kind: number, text, time (date or time stamp), truth (yes or no) or other.
        type: Its exact type.
        missing: How many values are missing.
        distinct: How many different values it has, missing ones not counted.
        least: The smallest value, as text.
        greatest: The largest value, as text.
        mean: For numbers: the mean.
        deviation: For numbers: the standard deviation (n - 1 below the line).
        quartiles: For numbers: the 25 %, 50 % and 75 % points, interpolated.
        top: The most frequent values as text, with their counts; the smaller value first in a tie.
    """

    name: str
    kind: Kind
    type: str
    missing: int
    distinct: int
    least: str | None = None
    greatest: str | None = None
    mean: float | None = None
    deviation: float | None = None
    quartiles: tuple[float, float, float] | None = None
    top: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What is known of a table: its size and its columns."""

    rows: int
    columns: tuple[ColumnProfile, ...]
    duplicate_rows: int


def kind_of(kind: pa.DataType) -> Kind:
    """Name the kind of a column's type.

    >>> kind_of(pa.int64()), kind_of(pa.date32())
    ('number', 'time')
    """
    types = pa.types
    if types.is_boolean(kind):
        return "truth"
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_date(kind) or types.is_timestamp(kind):
        return "time"
    return "text" if is_text(kind) or types.is_dictionary(kind) else "other"


@capability(
    provides="profile",
    tags=["describe", "summary", "quality", "missing", "columns"],
    examples=[{"table": sample("country,amount; Chad,3; Chad,5; ,4")}],
)
def profile_table(table: pa.Table, top: int = 5) -> TableProfile:
    """Describe a table: for each column its type, gaps, range, mean, quartiles, frequent values.

    Figures are exact, not sampled.

    Args:
        table: The table.
        top: How many frequent values to list per column.

    Raises:
        LibraryError: The table has no columns, or *top* is negative.
    """
    if table.num_columns == 0:
        raise LibraryError("the table has no columns")
    if top < 0:
        raise LibraryError(f"top is {top}; it must be 0 or more")
    # Columns go by number, so that no name can clash, and each is a table of its own: a query over
    # a table of thousands of columns takes long to prepare. NaN and infinities measure nothing.
    places = range(table.num_columns)
    single = {f"c{i}": pa.table({"x": table.column(i)}) for i in places}
    whole = table.rename_columns(list(single))
    with opened({**single, "rows": whole}) as ask:
        columns = tuple(
            _profile(ask, field, index, top) for index, field in enumerate(table.schema)
        )
        different = ask("SELECT count(*) AS n FROM (SELECT DISTINCT * FROM rows)")
    return TableProfile(
        table.num_rows, columns, table.num_rows - int(different.column("n")[0].as_py())
    )


def _profile(ask: Ask, field: pa.Field, index: int, top: int) -> ColumnProfile:
    kind = kind_of(field.type)
    select = ["count(*) - count(x) AS missing", "count(DISTINCT x) AS different"]
    if kind == "number":
        finite = "FILTER (isfinite(x::DOUBLE))"
        select += [
            f"min(x) {finite}::VARCHAR AS least",
            f"max(x) {finite}::VARCHAR AS greatest",
            f"avg(x::DOUBLE) {finite} AS mean",
            f"stddev_samp(x::DOUBLE) {finite} AS deviation",
            f"quantile_cont(x::DOUBLE, [0.25, 0.5, 0.75]) {finite} AS quartiles",
        ]
    elif kind != "other":
        select += ["min(x)::VARCHAR AS least", "max(x)::VARCHAR AS greatest"]
    facts = ask(f"SELECT {', '.join(select)} FROM c{index}").to_pylist()[0]
    quartiles = facts.get("quartiles")
    return ColumnProfile(
        name=field.name,
        kind=kind,
        type=str(field.type),
        missing=int(facts["missing"]),
        distinct=int(facts["different"]),
        least=facts.get("least"),
        greatest=facts.get("greatest"),
        mean=facts.get("mean"),
        deviation=facts.get("deviation"),
        quartiles=tuple(quartiles) if quartiles else None,
        top=_top(ask, f"c{index}", top),
    )


def _top(ask: Ask, column: str, top: int) -> tuple[tuple[str, int], ...]:
    if not top:
        return ()
    rows = ask(
        f"SELECT x::VARCHAR AS value, count(*) AS n FROM {column} WHERE x IS NOT NULL "
        f"GROUP BY x ORDER BY n DESC, x LIMIT {int(top)}"
    )
    return tuple((row["value"], int(row["n"])) for row in rows.to_pylist())
