"""What the store offers to the rest of PacketFlow, and what may be plugged into it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from packetflow.errors import OwnerGone
from packetflow.kernel.order import Moment
from packetflow.kernel.records import (
    EventArrived,
    ExecutionEnded,
    ExecutionResumed,
    Record,
    WaitStarted,
)

if TYPE_CHECKING:
    import pyarrow as pa

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
Watched: TypeAlias = WaitStarted | EventArrived | ExecutionEnded | ExecutionResumed


class Tail(Protocol):
    """Records as they come in; iterate it, close it when done."""

    def get(self, timeout: float | None = None) -> Record | None:
        """Wait for the next record, at most *timeout* seconds; None when none came.

        Raises:
            OwnerGone: The tail is closed.
        """
        ...

    def __iter__(self) -> Iterator[Record]:
        while True:
            try:
                record = self.get()
            except OwnerGone:
                return
            if record is not None:
                yield record

    def close(self) -> None:
        """End it; a thread that waits in it returns."""
        ...


class Store(Protocol):
    """SQL and live records of one workspace; safe to share between threads."""

    def sql(self, query: str, params: Params = None, *, fresh: bool = True) -> pa.Table:
        """Answer a query; with *fresh*, everything appended before is in the answer.

        Raises:
            QueryFailed: The statement is wrong, or would change something.
            OwnerGone: Nobody answers for the store.
        """
        ...

    def flush(self) -> None:
        """Return when everything appended before is in DuckDB and on the disk.

        Raises:
            OwnerGone: Nobody answers for the store.
        """
        ...

    def tail(self, kinds: Collection[str] = (), execution_id: str | None = None) -> Tail:
        """Follow records from now on.

        Args:
            kinds: Tags of `packetflow.kernel.records` (``span``, ``log``, ...); empty for all.
            execution_id: Of this execution only.
        """
        ...

    def close(self) -> None:
        """Let go of it; closing twice is fine."""
        ...


class Recall(Protocol):
    """What the runs of a workspace ask of what is kept; safe to share between threads.

    Everything appended before a question is in its answer. Each raises `StoreError` when nobody can
    answer. There are two: `packetflow.store.recall.SqlRecall` asks the database, and
    `packetflow.store.light.LightStore` the journals, where there is none.
    """

    def waiting(self, runner: str = "") -> list[dict[str, Any]]:
        """What waits now, the oldest first: a step, and what it waits for.

        Args:
            runner: Only what this runner held last; empty for all.

        Returns:
            Rows with ``execution_id, name, step, path, event, key, question, choices, deadline``
            and ``waiting_since``; times are UTC.
        """
        ...

    def awaited(self, runner: str = "") -> list[tuple[str, EventArrived]]:
        """What came for executions that wait, each with the execution's id, the oldest first.

        That is what came since they began, or earlier with their key, and is not yet taken.
        """
        ...

    def events(self, event: str, key: str, since: Moment) -> list[EventArrived]:
        """Events of that name, and of that key if one is given, that came since a moment."""
        ...

    def left_over(
        self, event: str, key: str, before: Moment, execution_id: str
    ) -> list[EventArrived]:
        """Events of that name and key from before a moment that no other execution has taken."""
        ...

    def facts(self, execution_id: str) -> dict[str, Any] | None:
        """How an execution stands; ``None`` when there is none of that id.

        Returns:
            ``execution, name, status, trigger, user, client, started_at, duration_ms, failed_step,
            error_type, error, tags``.
        """
        ...

    def ids_like(self, part: str) -> list[str]:
        """Ids of executions that begin or end like that, at most four, the newest first."""
        ...

    def kept(self, execution_id: str) -> dict[str, bytes]:
        """The records of an execution in journals that were removed, by segment, compressed."""
        ...


class Watcher(Protocol):
    """Reacts to what comes in, such as by delivering events and starting what is due."""

    def seen(self, records: Sequence[Watched]) -> None:
        """Called after every batch that has such records, once they are committed."""
        ...

    def tick(self, now_ns: int) -> None:
        """Called about ten times a second, in the same thread as `seen`."""
        ...
