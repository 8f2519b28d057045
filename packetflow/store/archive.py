"""Moving old rows to Parquet files, one folder a day.

A file is first written under another name. It gets its own once the rows have left the tables and
a checkpoint has passed, so whatever happens in between, each row is in one place: an unfinished
file whose rows are still in the tables is removed, the other kind is given its name later.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from packetflow.store.rollups import DAY_HOURS, HOUR_US, due_hours, horizon, run, settle
from packetflow.store.transaction import transaction

if TYPE_CHECKING:
    import duckdb

_DRAFT = ".new"
_DAY_US = DAY_HOURS * HOUR_US
_GONE = """execution_id::VARCHAR NOT IN (
    SELECT execution_id::VARCHAR FROM execution UNION ALL
    SELECT execution_id::VARCHAR FROM execution_open)"""


_TAKEN = """INSERT INTO taken_before
    SELECT execution_id, event_id FROM taken_now WHERE event_id IS NOT NULL
    AND started_at >= make_timestamp(?) AND started_at < make_timestamp(?)"""
"""An event stays longer than the span of who took it, and must not be taken again."""


class Age(NamedTuple):
    """Which rows of a table are archived.

    Attributes:
        column: Tells how old a row is.
        condition: What else must hold.
    """

    column: str
    condition: str = "true"


AGES: Final[dict[str, Age]] = {
    "span": Age("started_at"),
    "log": Age("logged_at"),
    "metric": Age("measured_at"),
    "message": Age("posted_at"),
    "execution": Age("ended_at", "execution_id::VARCHAR NOT IN (FROM journaled)"),
    "execution_state": Age("changed_at", _GONE),
    "intent": Age("intended_at", _GONE),
    "decision": Age("decided_at", _GONE),
    "wait": Age("waiting_since", _GONE),
    "score": Age("given_at", _GONE),
    "history": Age("kept_at", _GONE),
    "artifact": Age(
        "kept_at", f"{_GONE} AND execution_id NOT IN (SELECT execution_id FROM history)"
    ),
}
"""What is archived: some by its own age, an execution by its end, the rest after its execution."""


def archive(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    before_day: int,
    journaled: Collection[str] = (),
) -> list[int]:
    """Move the rows of whole days to ``day=.../TABLE-N.parquet`` files below *folder*.

    Args:
        connection: With no transaction open.
        folder: Where the files go.
        before_day: Days since 1970; older ones are moved. What was rolled up stays.
        journaled: Executions that stay, because a journal still has records of them.

    Returns:
        The late hours that were rolled up on the way (hours since 1970).
    """
    tidy(connection, folder)
    query = "CREATE OR REPLACE TEMP TABLE journaled AS SELECT unnest(?::VARCHAR[]) AS execution_id"
    run(connection, query, [sorted(journaled)])
    settled: list[int] = []
    for _ in ("executions", "what belongs to them"):
        for day in _days(connection, before_day):
            with transaction(connection):
                first = horizon(connection)
                hours = [hour for hour in due_hours(connection) if hour // DAY_HOURS == day]
                if hours:
                    settle(connection, hours, anew=hours[0] >= first)
                run(connection, _TAKEN, [day * _DAY_US, (day + 1) * _DAY_US])
                for relation, age in AGES.items():
                    _move(connection, folder, (relation, age), day)
            settled += hours
    tidy(connection, folder)
    return settled


def _days(connection: duckdb.DuckDBPyConnection, before_day: int) -> list[int]:
    parts = " UNION ".join(
        f"SELECT DISTINCT epoch_us({age.column}) // {_DAY_US} AS day FROM {relation} "
        f"WHERE {age.column} < make_timestamp($limit) AND {age.condition}"
        for relation, age in AGES.items()
    )
    return [
        day for (day,) in run(connection, f"{parts} ORDER BY day", {"limit": before_day * _DAY_US})
    ]


def _move(
    connection: duckdb.DuckDBPyConnection, folder: Path, what: tuple[str, Age], day: int
) -> None:
    relation, age = what
    bounds = [day * _DAY_US, (day + 1) * _DAY_US]
    within = (
        f"{age.column} >= make_timestamp(?) AND {age.column} < make_timestamp(?) "
        f"AND {age.condition}"
    )
    ((rows,),) = run(connection, f"SELECT count(*) FROM {relation} WHERE {within}", bounds)
    if not rows:
        return
    ((name,),) = run(connection, "SELECT strftime(make_timestamp(?), '%Y-%m-%d')", bounds[:1])
    draft, file = _free_name(folder, f"day={name}/{relation}")
    target = str(draft).replace("'", "''")
    order = f"ORDER BY {age.column}"
    run(
        connection,
        f"COPY (FROM {relation} WHERE {within} {order}) TO '{target}' (FORMAT parquet)",
        bounds,
    )
    _to_disk(draft)
    run(connection, f"DELETE FROM {relation} WHERE {within}", bounds)
    _remember(connection, folder, file, rows)


def _free_name(folder: Path, stem: str) -> tuple[Path, Path]:
    """A draft and its later name, neither of which is there."""
    number = 0
    while True:
        path = folder / f"{stem}-{number}.parquet"
        draft = path.with_name(path.name + _DRAFT)
        if not path.exists() and not draft.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return draft, path
        number += 1


def _to_disk(path: Path) -> None:
    """Wait until a file would survive a power cut."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remember(connection: duckdb.DuckDBPyConnection, folder: Path, path: Path, rows: int) -> None:
    file = path.relative_to(folder).as_posix()
    day, relation = path.parent.name.removeprefix("day="), path.name.rsplit("-", 1)[0]
    query = "INSERT INTO archived VALUES (?, ?, ?, ?, now() AT TIME ZONE 'UTC')"
    run(connection, query, [day, relation, file, rows])


def tidy(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Give files whose rows have left the tables their names, and remove the unfinished.

    Files that the database does not know were left by an earlier one: they are kept.
    """
    drafts = list(folder.glob(f"day=*/*.parquet{_DRAFT}"))
    if drafts:
        run(connection, "CHECKPOINT")
    known = {file for (file,) in run(connection, "SELECT file FROM archived")}
    for draft in drafts:
        path = draft.with_name(draft.name.removesuffix(_DRAFT))
        if path.relative_to(folder).as_posix() in known:
            draft.replace(path)
        else:
            draft.unlink(missing_ok=True)
