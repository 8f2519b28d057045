"""The tables of the store, brought up to date by numbered SQL files.

A migration is applied once, whole or not at all, and remembered with its SHA-256. Columns are
only ever added; readers use the views.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from packetflow.errors import NewerWorkspace, StoreError
from packetflow.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_LEDGER = """CREATE TABLE IF NOT EXISTS schema_migration (
    number INTEGER, name VARCHAR, sha VARCHAR, duckdb VARCHAR, applied_at TIMESTAMP)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema.

    Attributes:
        number: From 1 upwards, without gaps.
        name: What it brings, in a word or two.
        sql: Its statements.
    """

    number: int
    name: str
    sql: str

    @property
    def sha(self) -> str:
        """The SHA-256 of its statements, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Read the migrations of this version of PacketFlow, in order.

    >>> [step.number for step in migrations()][0]
    1
    """
    found = []
    for file in files("packetflow.store").joinpath("migrations").iterdir():
        match = _NAME.fullmatch(file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda step: step.number)


def _applied(connection: duckdb.DuckDBPyConnection) -> dict[int, tuple[str, str]]:
    table = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'schema_migration'"
    if not connection.execute(table).fetchall():
        return {}
    rows = connection.execute("SELECT number, name, sha FROM schema_migration").fetchall()
    return {number: (name, sha) for number, name, sha in rows}


def _refuse(known: Sequence[Migration], applied: dict[int, tuple[str, str]]) -> None:
    for number, (name, sha) in sorted(applied.items()):
        if number > len(known):
            message = (
                f"this workspace was written by a newer PacketFlow (schema {number} {name!r}; "
                f"this one knows {len(known)}); update PacketFlow to open it"
            )
            raise NewerWorkspace(message, found=number, known=len(known))
        if known[number - 1].sha != sha:
            message = (
                f"migration {number} {name!r} differs from the one this workspace was made with; "
                "reinstall PacketFlow, applied migrations are never edited"
            )
            raise StoreError(message, number=number)


def migrate(
    connection: duckdb.DuckDBPyConnection,
    *,
    steps: Sequence[Migration] | None = None,
    database: Path | None = None,
) -> int:
    """Bring a database to the present schema and answer how many migrations were applied.

    Args:
        connection: To the database, with no transaction open.
        steps: The migrations known; those of the package when missing.
        database: The file behind *connection*: a copy of it is kept beside it before anything
            that has tables is changed, as ``NAME.before-NUMBER``.

    Raises:
        NewerWorkspace: The database has migrations that are not known here.
        StoreError: An applied migration was edited since, or one fails; then nothing of it stays.
    """
    known = migrations() if steps is None else list(steps)
    applied = _applied(connection)
    _refuse(known, applied)
    missing = known[len(applied) :]
    if not missing:
        return 0
    if applied and database is not None:
        connection.execute("CHECKPOINT").fetchall()
        shutil.copy2(database, f"{database}.before-{missing[0].number}")
    for step in missing:
        _apply(connection, step)
    connection.execute("CHECKPOINT").fetchall()
    return len(missing)


def _apply(connection: duckdb.DuckDBPyConnection, step: Migration) -> None:
    import duckdb

    try:
        with transaction(connection):
            connection.execute(_LEDGER).fetchall()
            connection.execute(step.sql).fetchall()
            connection.execute(
                "INSERT INTO schema_migration VALUES (?, ?, ?, ?, now() AT TIME ZONE 'UTC')",
                [step.number, step.name, step.sha, duckdb.__version__],
            ).fetchall()
    except duckdb.Error as error:
        message = f"migration {step.number} {step.name!r} failed and was undone: {error}"
        raise StoreError(message, number=step.number) from error
