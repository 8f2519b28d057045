"""Answering SQL that only reads, and saying clearly what is wrong with SQL that does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import duckdb

from packetflow.errors import QueryFailed
from packetflow.store.port import Params

if TYPE_CHECKING:
    import pyarrow as pa

_READS = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
_DAMAGED = ("Corrupt database file", "Could not read enough bytes")


def _readable(error: duckdb.Error) -> str:
    """Keep DuckDB's own words, without its addresses and stack traces."""
    text = str(error).split("\n\nStack Trace", maxsplit=1)[0].strip()
    if any(sign in text for sign in _DAMAGED):
        text += "; that file is damaged, and docs/store.md says under Damage what to do"
    return text or type(error).__name__


def _check(query: str) -> None:
    try:
        statements = duckdb.extract_statements(query)
    except duckdb.Error as error:
        raise QueryFailed(_readable(error), query=query) from error
    if len(statements) != 1:
        message = f"send one statement at a time, not {len(statements)}"
        raise QueryFailed(message, query=query)
    if statements[0].type not in _READS:
        kind = statements[0].type.name.lower()
        message = f"the store is read with SQL, not changed: {kind} is not allowed, only select"
        raise QueryFailed(message, query=query)


def ask(connection: duckdb.DuckDBPyConnection, query: str, params: Params = None) -> pa.Table:
    """Run one reading statement in a transaction of its own that cannot write.

    Args:
        connection: A cursor that nobody else uses meanwhile.
        query: One ``select`` (or ``from``, ``describe``, ``explain``, ``pivot``).
        params: Values for ``?`` in order, or for ``$name`` by name.

    Raises:
        QueryFailed: The statement is wrong, or would change something.
    """
    _check(query)
    values = dict(params) if isinstance(params, Mapping) else list(params or ())
    connection.execute("BEGIN TRANSACTION READ ONLY").fetchall()
    try:
        relation = connection.sql(query, params=values or None)
        if relation is None:
            message = "the statement gives no table"
            raise QueryFailed(message, query=query)
        return relation.to_arrow_table()
    except duckdb.Error as error:
        raise QueryFailed(_readable(error), query=query) from error
    finally:
        connection.rollback()
