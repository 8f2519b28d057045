"""How executions stand, worked out from their records as they come in.

The open executions (running, waiting, lost) are few; this module knows them by heart and their
rows are rewritten as they change. A row moves to the large ``execution`` table when its execution
ends. Records of an older epoch never change how an execution stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packetflow.kernel.records import (
    FINAL,
    ExecutionEnded,
    ExecutionResumed,
    ExecutionStarted,
    SpanEnded,
    Status,
    StepDecision,
    WaitStarted,
)
from packetflow.store.rows import SCHEMAS, Row, Rows, as_table
from packetflow.store.standing import Change, Place, Standing, puts_aside
from packetflow.store.tables import insert, registered
from packetflow.store.worked import worked

if TYPE_CHECKING:
    import duckdb

CHANGES = (ExecutionStarted, ExecutionResumed, WaitStarted, ExecutionEnded)

_COLUMNS = SCHEMAS["execution"].names
_AS_NUMBERS = ", ".join(
    f"epoch_us({name}) AS {name}" if name.endswith("_at") else name for name in _COLUMNS
)


@dataclass(slots=True)
class _Draft:
    """An execution touched by the batch in hand."""

    standing: Standing
    row: dict[str, Any]
    stored_in: str | None = None


def _blank(execution_id: str) -> _Draft:
    row = dict.fromkeys(_COLUMNS)
    row |= {"execution_id": execution_id, "epoch": 0}
    return _Draft(Standing(), row)


class Executions:
    """The open executions of a workspace, kept true to the store.

    All methods that take a connection expect a transaction around them; when it fails, call
    `load` before anything else.
    """

    def __init__(self, rows: Rows) -> None:
        self.open: dict[str, Standing] = {}
        self._rows = rows
        self._drafts: dict[str, _Draft] = {}
        self._states: list[Row] = []
        self._artifacts: list[Row] = []
        self._waits: dict[tuple[str, Place], Row | None] = {}

    def load(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Learn the open executions from the store."""
        self._forget()
        query = "SELECT execution_id::VARCHAR, epoch, status, process FROM execution_open"
        self.open = {
            identity: Standing(epoch, status, process or "")
            for identity, epoch, status, process in connection.execute(query).fetchall()
        }
        query = "SELECT execution_id::VARCHAR, step, path FROM wait_open"
        for identity, step, path in connection.execute(query).fetchall():
            if identity in self.open:
                self.open[identity].waits[step, tuple(path)] = None

    def running(self) -> dict[str, str]:
        """The ids of the executions that run, and the process of each."""
        return {
            identity: standing.process
            for identity, standing in self.open.items()
            if standing.status == Status.RUNNING
        }

    def concerns(self, record: SpanEnded | StepDecision) -> bool:
        """Tell whether a span or a decision may end a wait, or puts an execution aside."""
        standing = self.open.get(record.execution_id)
        if standing is None:
            return False
        return (record.step, record.path) in standing.waits or puts_aside(record)

    def apply(
        self, connection: duckdb.DuckDBPyConnection, changes: list[tuple[Change, str]]
    ) -> list[Change]:
        """Bring the changes, each with the process it came from, into the store.

        Returns:
            Those that counted: changes of older epochs are left out.
        """
        self._fetch(connection, {change.execution_id for change, _ in changes})
        counted = []
        for change, process in sorted(changes, key=lambda pair: pair[0].epoch):
            draft = self._drafts.get(change.execution_id) or _blank(change.execution_id)
            self._drafts[change.execution_id] = draft
            if self._change(draft, change, process):
                counted.append(change)
            self._note_artifacts(change)
        self._write(connection)
        return counted

    def lose(self, connection: duckdb.DuckDBPyConnection, identities: set[str], *, at: int) -> None:
        """Mark running executions as lost since *at* (microseconds since 1970)."""
        self._fetch(connection, identities)
        for identity in identities:
            draft = self._drafts[identity]
            draft.standing.status = Status.LOST
            self._note(draft, at, "the process that ran it is gone")
        self._write(connection)

    def _fetch(self, connection: duckdb.DuckDBPyConnection, identities: set[str]) -> None:
        for relation, wanted in (
            ("execution_open", identities & self.open.keys()),
            ("execution", identities - self.open.keys()),
        ):
            if not wanted:
                continue
            query = (
                f"SELECT {_AS_NUMBERS} FROM {relation} "  # names of our own
                "WHERE execution_id IN (SELECT unnest(?)::UUID)"
            )
            for row in connection.sql(query, params=[sorted(wanted)]).to_arrow_table().to_pylist():
                identity = row["execution_id"]
                standing = self.open.get(identity) or Standing(
                    row["epoch"], row["status"], row["process"] or ""
                )
                self._drafts[identity] = _Draft(standing, row, relation)

    def _change(self, draft: _Draft, change: Change, process: str) -> bool:
        """Change one draft; False when the change is of an older epoch."""
        row, standing = draft.row, draft.standing
        identity = row["execution_id"]
        step = standing.take(change, process)
        for place in step.closed:
            self._waits[identity, place] = None
        match change:
            case ExecutionStarted():
                self._facts(row, change)
            case _ if not step.counts:
                return False
            case ExecutionResumed():
                row["ended_at"] = None
            case WaitStarted():
                made = self._rows.make(change, process)
                self._waits[identity, (change.step, change.path)] = made[1] if made else None
            case ExecutionEnded():
                self._end(row, change)
            case _:
                pass
        row["runner"] = standing.runner or row["runner"]
        if step.at is not None:
            self._note(draft, step.at, step.reason)
        return step.counts

    def _facts(self, row: dict[str, Any], start: ExecutionStarted) -> None:
        json = self._rows.json
        row |= {
            "name": start.name,
            "version": start.version,
            "definition_sha": start.definition_sha,
            "trigger": start.trigger,
            "started_at": start.at // 1000,
            "inputs": json(start.inputs),
            "parent_id": start.parent_id,
            "retry_of": start.retry_of,
            "user_id": start.user,
            "agent_id": start.agent,
            "tags": json(start.tags),
        }

    def _end(self, row: dict[str, Any], end: ExecutionEnded) -> None:
        row |= {
            "ended_at": end.at // 1000,
            "outputs": self._rows.json(end.outputs),
            "failed_step": end.failed_step or None,
            "error_type": end.error_type or None,
            "error": end.error or None,
        }

    def _note_artifacts(self, change: Change) -> None:
        """Keep in mind which large values an execution was given and made."""
        blobs = self._rows.plain.blobs
        if blobs and isinstance(change, ExecutionStarted | ExecutionEnded):
            owner = (change.execution_id, None, change.at // 1000)
            self._artifacts.extend((*blob, *owner) for blob in blobs)
        blobs.clear()

    def _note(self, draft: _Draft, at: int, reason: str) -> None:
        standing = draft.standing
        draft.row |= {
            "epoch": standing.epoch,
            "status": str(standing.status),
            "process": standing.process,
        }
        identity = draft.row["execution_id"]
        self._states.append(
            (identity, standing.epoch, at, str(standing.status), standing.process, reason or None)
        )

    def _write(self, connection: duckdb.DuckDBPyConnection) -> None:
        insert(connection, "execution_state", self._states)
        insert(connection, "artifact", self._artifacts)
        self._work_out(connection)
        stored: dict[str, list[str]] = {"execution": [], "execution_open": []}
        fresh: dict[str, list[Row]] = {"execution": [], "execution_open": []}
        for identity, draft in self._drafts.items():
            ended = draft.standing.status in FINAL
            if draft.stored_in:
                stored[draft.stored_in].append(identity)
            if ended:
                self.open.pop(identity, None)
            else:
                self.open[identity] = draft.standing
            fresh["execution" if ended else "execution_open"].append(tuple(draft.row.values()))
        for relation, identities in stored.items():
            if identities:
                delete = f"DELETE FROM {relation} WHERE execution_id IN (SELECT unnest(?)::UUID)"
                connection.execute(delete, [identities]).fetchall()
        self._write_waits(connection, fresh)
        for relation, rows in fresh.items():
            insert(connection, relation, rows)
        self._forget()

    def _work_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Set how long executions were at work: all the time, unless they waited or were lost."""
        over = {
            identity: draft
            for identity, draft in self._drafts.items()
            if draft.standing.status != Status.RUNNING
        }
        query = (
            "SELECT DISTINCT execution_id::VARCHAR FROM wait "
            "WHERE execution_id IN (SELECT unnest(?)::UUID)"
        )
        broken = {one for (one,) in connection.execute(query, [list(over)]).fetchall()}
        bounds = {}
        for identity, draft in over.items():
            began, ended = draft.row["started_at"], draft.row["ended_at"]
            whole = None not in (began, ended) and draft.standing.epoch == 1
            if whole and identity not in broken:
                draft.row["active_us"] = max(0, ended - began)
            else:
                bounds[identity] = (began, ended)
        if bounds:
            for identity, active in worked(connection, bounds).items():
                self._drafts[identity].row["active_us"] = active
        for draft in self._drafts.values():
            if draft.standing.status == Status.RUNNING:
                draft.row["active_us"] = None

    def _write_waits(
        self, connection: duckdb.DuckDBPyConnection, fresh: dict[str, list[Row]]
    ) -> None:
        if self._waits:
            blank = (None,) * (len(SCHEMAS["wait"]) - 4)
            keys = [(identity, 0, step, path, *blank) for identity, (step, path) in self._waits]
            with registered(connection, as_table("wait", keys)) as name:
                connection.execute(
                    f"DELETE FROM wait_open w USING {name} k WHERE w.step = k.step "
                    "AND w.execution_id = k.execution_id::UUID AND w.path = k.path"
                ).fetchall()
        fresh["wait_open"] = [row for row in self._waits.values() if row is not None]

    def _forget(self) -> None:
        self._drafts, self._states, self._waits, self._artifacts = {}, [], {}, []
