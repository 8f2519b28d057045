"""Bringing rows and Arrow tables into the database, in the transaction at hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from packetflow.store.rows import Row, as_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def insert(connection: duckdb.DuckDBPyConnection, relation: str, rows: list[Row]) -> None:
    """Append rows to one of `SCHEMAS`, in the transaction of the connection.

    Raises:
        ValueError, TypeError, OverflowError: A value does not fit its column.
    """
    if not rows:
        return
    append(connection, relation, as_table(relation, rows))


def append(connection: duckdb.DuckDBPyConnection, relation: str, batch: pa.Table) -> None:
    """Append an Arrow table to one of `SCHEMAS`, in the transaction of the connection."""
    with registered(connection, batch) as name:
        connection.execute(f"INSERT INTO {relation} SELECT * FROM {name}").fetchall()


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, batch: pa.Table) -> Iterator[str]:
    """Lend an Arrow table to a connection under the name answered."""
    connection.register("batch_in_hand", batch)
    try:
        yield "batch_in_hand"
    finally:
        connection.unregister("batch_in_hand")
