"""One place that runs SQL over tables in memory, closed to everything outside them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import pyarrow as pa

from packetflow.errors import LibraryError

Ask: TypeAlias = Callable[..., pa.Table]
"""Takes a query, and values for its ``?``; gives the answer as a table."""


@contextmanager
def opened(tables: Mapping[str, pa.Table]) -> Iterator[Ask]:
    """Open one DuckDB over tables, for several queries; it reaches nothing else."""
    import duckdb

    with duckdb.connect(
        config={"enable_external_access": "false", "python_enable_replacements": "false"}
    ) as connection:
        connection.execute("SET lock_configuration = true").complete()
        for name, table in tables.items():
            connection.register(name, table)

        def ask(text: str, parameters: Sequence[object] = ()) -> pa.Table:
            answer = connection.sql(text, params=list(parameters) or None)
            if answer is None:
                raise LibraryError("the SQL gives no table; write a SELECT", query=text)
            return plain_numbers(answer.to_arrow_table())

        yield ask


def query(
    text: str,
    tables: Mapping[str, pa.Table],
    parameters: Sequence[object] = (),
    *,
    what: str = "SQL",
) -> pa.Table:
    """Answer a query over tables, in DuckDB, without reach to files, network or Python variables.

    Args:
        text: One SELECT statement.
        tables: The tables by the names the query uses.
        parameters: Values for ``?``.
        what: How messages call the text.

    Raises:
        LibraryError: The query is wrong; the message is DuckDB's first lines.
    """
    import duckdb

    with opened(tables) as ask:
        try:
            return ask(text, parameters)
        except duckdb.Error as error:
            raise LibraryError(f"the {what} is wrong: {first_lines(error)}", query=text) from error


def plain_numbers(table: pa.Table) -> pa.Table:
    """Turn decimals (the type of SQL sums and of ``1.5``) into integers or floats."""
    fields = [
        pa.field(field.name, _plain(field.type, table.column(index)))
        for index, field in enumerate(table.schema)
    ]
    wanted = pa.schema(fields)
    return table if wanted == table.schema.remove_metadata() else table.cast(wanted)


def _plain(kind: pa.DataType, column: pa.ChunkedArray) -> pa.DataType:
    if not pa.types.is_decimal(kind):
        return kind
    if kind.scale > 0:
        return pa.float64()
    largest = max((abs(int(value)) for value in column.to_pylist() if value is not None), default=0)
    return pa.int64() if largest < 2**63 else pa.float64()


def quoted(name: str) -> str:
    """A column's name as SQL writes it.

    >>> quoted('a "b" c')
    '"a ""b"" c"'
    """
    return '"' + name.replace('"', '""') + '"'


def first_lines(error: Exception) -> str:
    """What DuckDB says, without the hints meant for SQL programmers."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = " ".join(lines[:2])
    return re.sub(r"^(\w+ )?(Error|Exception): ", "", re.sub(r"\s*LINE \d+:.*", "", text))
