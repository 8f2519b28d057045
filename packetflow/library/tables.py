"""Ask, pick, sort and join tables; every one of them is a query in DuckDB."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

from packetflow import capability
from packetflow.errors import LibraryError, did_you_mean
from packetflow.library.samples import sample
from packetflow.library.sql import query as ask
from packetflow.library.sql import quoted

_ORDERS = sample("country,amount; Norway,3; Chad,5; Norway,4")


def require_columns(table: pa.Table, names: list[str]) -> None:
    """Check that a table has these columns.

    Raises:
        LibraryError: One is missing; the message offers the nearest and lists the others.
    """
    from difflib import get_close_matches

    for name in names:
        if name not in table.column_names:
            near = get_close_matches(name, table.column_names, 1)
            raise LibraryError(
                f"the table has no column {name!r}{did_you_mean(near)} (it has: "
                f"{', '.join(table.column_names[:30])})",
                column=name,
            )


@capability(
    provides="table",
    tags=["query", "select", "group", "aggregate", "duckdb"],
    examples=[
        {
            "query": "SELECT country, sum(amount) AS total FROM rows GROUP BY country",
            "table": _ORDERS,
        }
    ],
)
def run_sql(
    query: str, table: pa.Table | None = None, tables: dict[str, pa.Table] | None = None
) -> pa.Table:
    """Answer an SQL query over tables at hand.

    DuckDB's SQL. The query reaches the given tables only: no files, no network.

    Args:
        query: One SELECT; a single table is called "rows" in it.
        table: The table called "rows".
        tables: More tables, by the names the query uses.

    Raises:
        LibraryError: The query is wrong, or no table was given.
    """
    known = dict(tables or {})
    if table is not None:
        known.setdefault("rows", table)
    if not known:
        raise LibraryError("the query has no table to read; give 'table' or 'tables'")
    return ask(query, known)


@capability(
    provides="table", tags=["pick", "columns"], examples=[{"table": _ORDERS, "columns": ["amount"]}]
)
def select_columns(table: pa.Table, columns: list[str]) -> pa.Table:
    """Keep some columns of a table, in the order given.

    Args:
        table: The table.
        columns: The names to keep.

    Raises:
        LibraryError: A column is not there, or none is named.
    """
    if not columns:
        raise LibraryError("no column is named; say which ones to keep")
    require_columns(table, columns)
    return table.select(columns)


@capability(
    provides="table",
    tags=["where", "search"],
    examples=[{"table": _ORDERS, "condition": "amount > 3 AND country = 'Norway'"}],
)
def filter_rows(table: pa.Table, condition: str) -> pa.Table:
    """Keep the rows for which a condition holds.

    Args:
        table: The table.
        condition: As after SQL's WHERE: "year >= 2000 AND country IN ('Chad', 'Norway')".

    Raises:
        LibraryError: The condition is wrong.
    """
    if not condition.strip() or ";" in condition:
        raise LibraryError("the condition must be one expression, such as: amount > 3")
    return ask(f"SELECT * FROM rows WHERE (\n{condition}\n)", {"rows": table}, what="condition")


@capability(
    provides="table",
    tags=["order", "top"],
    examples=[{"table": _ORDERS, "by": ["amount"], "descending": True, "limit": 2}],
)
def sort_rows(
    table: pa.Table, by: list[str], *, descending: bool = False, limit: int | None = None
) -> pa.Table:
    """Sort a table by columns; missing values come last.

    Args:
        table: The table.
        by: The columns, most important first.
        descending: Largest first.
        limit: Keep only so many rows from the top.

    Raises:
        LibraryError: A column is not there, or the limit is negative.
    """
    require_columns(table, by)
    if limit is not None and limit < 0:
        raise LibraryError(f"limit is {limit}; it must be 0 or more")
    way = "DESC" if descending else "ASC"
    order = ", ".join(f"{quoted(name)} {way} NULLS LAST" for name in by) or "1"
    end = "" if limit is None else f" LIMIT {int(limit)}"
    return ask(f"SELECT * FROM rows ORDER BY {order}{end}", {"rows": table})


@capability(
    provides="table",
    tags=["merge", "lookup"],
    examples=[
        {
            "left": _ORDERS,
            "right": sample("country,region; Norway,Europe; Chad,Africa"),
            "on": ["country"],
        }
    ],
)
def join_tables(
    left: pa.Table,
    right: pa.Table,
    on: list[str],
    how: Literal["inner", "left", "outer", "only_left"] = "left",
) -> pa.Table:
    """Join two tables on columns they share.

    Args:
        left: The table whose rows lead.
        right: The table with further columns; one of a name that *left* has too gets "_right".
        on: The columns that must be equal.
        how: "inner" keeps rows with a partner, "left" all of the left table, "outer" all of
            both, "only_left" the rows of the left table that have no partner.

    Raises:
        LibraryError: A column is missing, or the columns to compare have types that do not.
    """
    if not on:
        raise LibraryError("say which columns to join on")
    require_columns(left, on)
    require_columns(right, on)
    keys = ", ".join(quoted(name) for name in on)
    if how == "only_left":
        text = f"SELECT * FROM a ANTI JOIN b USING ({keys})"
    else:
        others = [name for name in right.column_names if name not in on]
        taken = set(left.column_names)
        picked = "".join(
            f", b.{quoted(name)} AS {quoted(f'{name}_right' if name in taken else name)}"
            for name in others
        )
        word = {"inner": "INNER", "left": "LEFT", "outer": "FULL OUTER"}[how]
        mine = "".join(f", a.{quoted(name)}" for name in left.column_names if name not in on)
        text = f"SELECT {keys}{mine}{picked} FROM a {word} JOIN b USING ({keys})"
    return ask(text, {"a": left, "b": right}, what="join")
